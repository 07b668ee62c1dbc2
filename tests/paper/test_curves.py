import pytest
from pydantic import ValidationError

from resnet_viz.paper import curves
from resnet_viz.paper.curves import BEFORE_DROP, LAST, Curve, Responses, curve


def test_read_off_end_points_agree_with_table_6() -> None:
    points = curves.end_points()
    assert list(points) == ["ResNet-20", "ResNet-32", "ResNet-44", "ResNet-56", "ResNet-1202"]
    assert points["ResNet-20"] == (8.78, 8.75)
    assert max(abs(read - printed) for read, printed in points.values()) < 0.05


def test_all_curves_of_figure_6_are_there_and_none_of_plain_110() -> None:
    found = {(c.net, c.split) for c in curves.digitised().figure_6.curves}
    assert len(found) == 20
    assert curves.NOT_DRAWN not in {net for net, _ in found}
    assert curves.nets()[:4] == curves.plain_nets() == ["plain-20", "plain-32", "plain-44", "plain-56"]


def test_the_source_is_in_the_file() -> None:
    file = curves.digitised()
    assert file.source == "he2015"
    assert "1512.03385v1" in file.edition
    assert "vector paths" in file.how


@pytest.mark.parametrize(
    ("net", "mean"),
    [("plain-20", 9.65), ("plain-32", 11.54), ("plain-44", 15.01), ("plain-56", 17.01), ("ResNet-56", 4.73)],
)
def test_training_error_before_the_first_drop(net: str, mean: float) -> None:
    assert curve(net, "train").mean(BEFORE_DROP) == pytest.approx(mean, abs=0.01)


def test_depth_orders_plain_nets_before_the_drop_but_not_their_training_at_the_end() -> None:
    plain = curves.plain_nets()
    assert curves.best_first(plain, "train", BEFORE_DROP) == plain
    assert curves.best_first(plain, "test", BEFORE_DROP) == plain
    assert curves.best_first(plain, "train", LAST) == ["plain-32", "plain-20", "plain-44", "plain-56"]
    assert curves.best_first(plain, "test", LAST) == plain


def test_a_mean_is_of_the_points_inside_and_none_where_the_curve_is_not_drawn() -> None:
    made = Curve(net="plain-20", split="train", x=(1.003, 1.096, 1.2, 1.3), y=(10.0, 8.0, 6.0, -0.001))
    assert made.mean((10, 11)) == 9.0  # both ends belong to it
    assert made.mean((11, 12)) == 7.0
    assert made.mean((13, 20)) == 0.0  # no error is below 0
    assert made.mean((9, 12)) is None
    assert made.mean((40, 50)) is None
    assert made.mean((12, 64)) == 3.0  # it ends inside the window
    assert curve("plain-56", "train").mean((10, 15)) is None
    assert curves.best_first(["plain-20", "plain-56"], "train", (10, 15)) == ["plain-20"]


def test_a_curve_with_a_lost_number_is_refused() -> None:
    with pytest.raises(ValidationError, match="2 values of x, but 1 of y"):
        Curve(net="plain-20", split="train", x=(1.0, 1.1), y=(10.0,))


def test_layers_of_figure_7() -> None:
    original = curves.responses("original")
    assert {net: r.missing for net, r in original.items()} == {
        "plain-20": 1, "plain-56": 0, "ResNet-20": 1, "ResNet-56": 0, "ResNet-110": 0,
    }  # fmt: skip
    for net, in_order in curves.responses("sorted").items():
        assert list(in_order.std) == sorted(in_order.std, reverse=True)
        if not in_order.missing:  # the same values in another order, up to the width of the pen
            assert sorted(original[net].std) == pytest.approx(sorted(in_order.std), abs=0.07)


@pytest.mark.parametrize("depth", [20, 56])
def test_residual_layers_respond_less_than_plain_ones_of_the_same_depth(depth: int) -> None:
    shown = curves.responses("original")
    plain, residual = (sum(shown[f"{kind}-{depth}"].std) for kind in ("plain", "ResNet"))
    assert residual < plain


def test_second_convolutions_are_compared_stage_by_stage() -> None:
    # Depth 8: stem, then one block in each stage.
    made = Responses(net="ResNet-8", order="original", std=(9.0, 2.0, 1.0, 1.0, 2.0, 2.0, 1.9))
    assert curves.smaller_second(made) == [(1, 1), (0, 1), (1, 1)]
    with pytest.raises(ValueError, match="all layers in the order of the net"):
        curves.smaller_second(curves.responses("sorted")["ResNet-56"])
    with pytest.raises(ValueError, match="all layers in the order of the net"):
        curves.smaller_second(curves.responses("original")["ResNet-20"])

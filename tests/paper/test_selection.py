from resnet_viz.paper import selection
from resnet_viz.paper.results import OWN_PROTOCOL, Axis, one, results


def test_filters_narrow_and_empty_ones_do_not() -> None:
    every = results()
    assert selection.selected(every) == list(every)
    found = selection.selected(every, data=["ImageNet"], protocols=["10-crop"], sources=["he2015"], text="PLAIN table")
    assert [(r.net, r.value) for r in found] == [("plain-18", 27.94), ("plain-34", 28.54), ("plain-34", 10.02)]
    assert selection.selected(every, data=["CIFAR-10"], protocols=["10-crop"]) == []


def test_an_axis_has_one_protocol_and_no_paper_s_own() -> None:
    axes = selection.by_axis(results())
    for axis, members in axes.items():
        assert {result.axis for result in members} == {axis}
    assert OWN_PROTOCOL not in {axis.protocol for axis in axes}
    assert axes[Axis("ImageNet", "top-5 error", "test", "ensemble")][0].net == "ResNet (ILSVRC'15)"
    best = axes[Axis("ImageNet", "top-1 accuracy", "validation", "1 crop, 256 to 224")][0]
    assert best.net == "ResNet-152 (B)"  # of accuracies, the highest is the best


def test_what_is_mixed_is_named() -> None:
    pair = [one("plain-34", "top-5 error", "10-crop"), one("ResNet-34 (A)", "top-5 error", "10-crop")]
    assert selection.mixed(pair) == []
    pair[1] = one("ResNet-34 (B)", "top-5 error", "multi-scale")
    assert selection.mixed(pair) == ["protocols"]
    pair[1] = one("ResNet (ILSVRC'15)", "top-5 error", "ensemble")
    assert selection.mixed(pair) == ["splits", "protocols"]


def test_a_spread_stands_beside_its_number() -> None:
    result = one("ResNet-110", "error", "single view, mean of 5 runs")
    assert result.number == "6.61 ± 0.16"
    (row,) = selection.rows([result])
    assert (row["value"], row["unit"]) == (6.61, "%")
    assert str(row["note"]).startswith("± 0.16")


def test_a_net_that_failed_is_in_the_table_and_on_no_axis() -> None:
    failed = [result for result in results() if result.failed]
    assert len(failed) == 4
    rows = selection.rows(failed)
    assert [row["value"] for row in rows] == [None] * 4
    assert all(str(row["note"]).startswith("fail") for row in rows)
    assert selection.by_axis(failed) == {}
    assert set(failed) < set(selection.selected(results(), text="he 2016 fail"))


def test_costs_are_in_the_same_table_in_their_unit() -> None:
    found = selection.selected(results(), text="multiply-adds")
    assert {row["unit"] for row in selection.rows(found)} == {"billions"}
    (axis,) = selection.by_axis(found)
    assert selection.by_axis(found)[axis][0].net == "ResNet-18"
    assert selection.mixed([found[0], one("plain-34", "top-5 error", "10-crop")]) == ["metrics", "splits", "protocols"]

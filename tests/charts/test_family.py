import json
from typing import Any

import plotly.graph_objects as go
import pytest

from resnet_viz.charts import block_costs, diagrams, family
from resnet_viz.charts.parts import SHORTCUT_WORDS
from resnet_viz.charts.style import COLOURS, Figure
from resnet_viz.family import Counted, Diagram, Member, Node, NodeKind, Stage
from resnet_viz.net_config import Shortcut

KINDS: dict[str, NodeKind] = {"x": "input", "y": "output", "+": "sum", "BN": "norm", "ReLU": "activation"}


def member(name: str, layers: int, work: int, weights: int, shortcut: Shortcut = "B", **more: Any) -> Member:
    """A net of two parts: nine tenths of the work in the first, nine tenths of the weights in the second."""
    counts = {"layers": layers, "activation_bytes": 4_000_000}
    stages = tuple(
        Stage(name=part, size=7, channels=8, multiply_adds=work * share // 10, parameters=weights * (10 - share) // 10,
              layers=1, activation_bytes=2_000_000)
        for part, share in (("stage 1", 9), ("head", 1))
    )  # fmt: skip
    return Member(
        name=name, shortcut=shortcut, resolution=224, multiply_adds=work, parameters=weights, stages=stages,
        **counts, **more,
    )  # fmt: skip


NAMES = tuple(result.net for result in family.quoted_multiply_adds())
COUNTED = Counted(
    members=tuple(
        member(name, 10 * (place + 1), 1_000_000_000 * (place + 1), 50_000_000, "none" if "ResNet" not in name else "B")
        for place, name in enumerate(NAMES)
    ),
    diagrams=(),
)  # fmt: skip


def diagram(words: list[str], edges: list[tuple[int, int]], shortcut: Shortcut = "A") -> Diagram:
    nodes = tuple(Node(kind=KINDS.get(each, "convolution"), words=each) for each in words)
    return Diagram(title="A block", shortcut=shortcut, parameters=1, nodes=nodes, edges=tuple(edges))


PLAIN = diagram(["x", "conv", "BN", "y"], [(0, 1), (1, 2), (2, 3)], "none")
IDENTITY = diagram(["x", "conv", "BN", "+", "ReLU", "y"], [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4), (4, 5)])
PROJECTED = diagram(
    ["x", "conv", "BN", "ReLU", "conv", "1x1", "BN", "+", "y"],
    [(0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 6), (4, 7), (6, 7), (7, 8)],
    "B",
)


def checked(figure: Figure) -> Figure:
    """Plotly accepts the figure, and its JSON is strict."""
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    return figure


@pytest.mark.parametrize("name", list(family.QUANTITIES))
def test_bars_stand_in_order_and_hue_says_the_shortcut(name: family.QuantityName) -> None:
    figure = checked(family.bars(COUNTED.members, name))
    assert len(figure["layout"]["yaxis"]["categoryarray"]) == len(NAMES)
    colours = {trace["name"]: trace["marker"]["color"] for trace in figure["data"]}
    assert colours[SHORTCUT_WORDS["none"]] == COLOURS["none"]
    assert colours[SHORTCUT_WORDS["B"]] == COLOURS["B"]
    assert len({trace["marker"]["pattern"]["shape"] for trace in figure["data"]}) == len(figure["data"])
    largest = max(max(trace["x"]) for trace in figure["data"])
    assert figure["layout"]["xaxis"]["range"] == [0, pytest.approx(1.3 * largest)]


def test_the_net_with_most_work_is_at_the_top_and_says_its_millions() -> None:
    figure = family.bars([member("small", 152, 40_550_000, 1), member("large", 19, 19_632_000_000, 1)], "multiply_adds")
    assert figure["layout"]["yaxis"]["categoryarray"] == ["small", "large"]
    assert figure["data"][0]["text"] == ["40.55", "19,632"]
    assert family.bars_height(COUNTED.members) > family.bars_height(COUNTED.members[:1])


def test_tables_keep_numbers_as_numbers_so_that_they_sort() -> None:
    row = family.table([member("a", 18, 1_814_073_344, 11_689_512, "none")])[0]
    assert (row["depth"], row["parameters"], row["multiply-adds (millions)"]) == (18, 11_689_512, 1814.07)
    assert (row["image"], row["shortcut"], row["activations (MB)"]) == ("224x224", "none", 4.0)
    rows = family.stage_table(member("a", 18, 1000, 1000))
    assert [row["part"] for row in rows] == ["stage 1", "head", "whole net"]
    assert sum(row["parameters"] for row in rows[:-1]) == rows[-1]["parameters"]


def test_shares_of_the_stages_are_percent_of_the_net() -> None:
    figure = checked(family.stage_figure(member("a", 18, 1000, 1000)))
    assert [trace["y"] for trace in figure["data"]] == [[90, 10], [10, 90], [50, 50]]
    assert len({trace["marker"]["pattern"]["shape"] for trace in figure["data"]}) == 3


def test_the_sentence_tells_where_weights_are_and_where_work_is() -> None:
    said = family.stage_sentence(member("a", 18, 1000, 1000))
    assert said == (
        "90% of the parameters of a are in its head, which does 10.0% of its multiply-adds; its stage 1 does most, 90%."
    )
    same = member("a", 18, 1000, 1000)
    same = same.model_copy(update={"stages": same.stages[:1]})
    assert "more than any other part" in family.stage_sentence(same)


def test_the_papers_numbers_stand_beside_what_was_counted() -> None:
    moved = [each.model_copy(update={"first_stride_multiply_adds": 3_857_973_248}) if each.name == "ResNet-50" else each
             for each in COUNTED.members]  # fmt: skip
    rows = {row["net"]: row for row in family.paper_table(Counted(members=tuple(moved), diagrams=()))}
    assert {net: (row["He et al. 2015"], row["place"]) for net, row in rows.items()} == {
        "ResNet-18": ("1.8", "Table 1"), "ResNet-34": ("3.6", "Table 1"), "ResNet-50": ("3.8", "Table 1"),
        "ResNet-101": ("7.6", "Table 1"), "ResNet-152": ("11.3", "Table 1"), "plain-34": ("3.6", "section 3.3"),
        "VGG-16": ("15.3", "section 4.1"), "VGG-19": ("19.6", "section 4.1"),
    }  # fmt: skip
    assert rows["ResNet-50"]["stride in the first 1x1"] == "3.858"
    assert rows["VGG-19"]["stride in the first 1x1"] == ""
    assert rows["ResNet-18"]["without its linear layers"] == "0.900"  # the head has a tenth


def test_the_point_is_made_with_what_was_counted() -> None:
    said = family.point(COUNTED)
    assert said.startswith("VGG-19 needs 8.00 billion multiply-adds")
    assert "needs 5.00 billion" in said
    ordered = family.by_work(COUNTED, ("VGG-16", "ResNet-50"))
    assert family.work_sentence(ordered) == "ResNet-50 3.00, VGG-16 7.00 billion multiply-adds."
    with pytest.raises(KeyError):
        COUNTED.member("ResNet-51")


def test_options_are_counted_from_the_plain_net() -> None:
    rows = block_costs.options_table(20, 16)
    assert [row["more than plain"] for row in rows] == [0, 0, 2_752, 14_240]
    assert rows[0]["parameters"] == 269_722
    assert "A adds no parameter, B adds 2,752 (1.02%), C adds 14,240" in block_costs.options_sentence(20, 16)
    figure = checked(block_costs.options_figure(16, 56))
    assert [trace["line"]["color"] for trace in figure["data"]] == [COLOURS[option] for option in ("A", "B", "C")]
    assert set(figure["data"][1]["y"]) == {2_752}
    assert figure["layout"]["shapes"][0]["x0"] == 56


def test_the_bottleneck_is_worked_out_in_numbers() -> None:
    assert r"2 \cdot 3^2 \cdot 256^2\\&= 1{,}179{,}648" in block_costs.basic_latex(256, 56, "parameters")
    worked = block_costs.bottleneck_latex(256, 56, "multiply_adds")
    assert r"\left(256 \cdot 64 + 3^2 \cdot 64^2 + 64 \cdot 256\right) \cdot 56^2\\&= 218{,}365{,}952" in worked
    assert "56^2" not in block_costs.bottleneck_latex(256, 56, "parameters")
    assert block_costs.saving(256) == pytest.approx(18 / (17 / 16))
    assert "73,728 weights, the bottleneck on 256 has 69,632" in block_costs.equal_price(256, 56)
    assert "norms add 1,024 parameters to the basic block and 768 to the" in block_costs.norms_sentence(256)
    assert "On 64 channels, norms add 256 parameters" in block_costs.norms_sentence(64)


@pytest.mark.parametrize("name", list(block_costs.COST_TITLES))
def test_the_bottleneck_chart_marks_the_chosen_channels(name: block_costs.CostName) -> None:
    figure = checked(block_costs.bottleneck_figure(256, 14, name))
    pixels = 1 if name == "parameters" else 14**2
    place = block_costs.CHANNELS.index(256)
    assert [trace["y"][place] for trace in figure["data"]] == [1_179_648 * pixels, 69_632 * pixels]
    assert figure["layout"]["shapes"][0]["x0"] == 256


def test_the_branch_stands_in_a_column_and_a_projection_beside_it() -> None:
    assert diagrams.main_path(PROJECTED) == [0, 1, 2, 3, 4, 7, 8]
    stands = diagrams.places(PROJECTED)
    assert [stands[place] for place in diagrams.main_path(PROJECTED)] == [(0, -row) for row in range(7)]
    assert stands[5][0] == stands[6][0] == diagrams.SIDE
    assert 0 > stands[5][1] > stands[6][1] > -5  # between x and the plus
    assert diagrams.width(PROJECTED) > diagrams.width(IDENTITY) == diagrams.width(PLAIN)


@pytest.mark.parametrize(("block", "curves", "plus"), [(PLAIN, 0, 0), (IDENTITY, 1, 1), (PROJECTED, 2, 1)])
def test_the_shortcut_is_a_curve_to_a_visible_plus(block: Diagram, curves: int, plus: int) -> None:
    figure = checked(diagrams.block_figure(block))
    shapes = figure["layout"]["shapes"]
    drawn = [shape for shape in shapes if shape["type"] == "path"]
    assert len(drawn) == curves
    assert all(shape["line"]["color"] == COLOURS[block.shortcut] for shape in drawn)
    assert sum(shape["type"] == "circle" for shape in shapes) == plus
    texts = [text["text"] for text in figure["layout"]["annotations"]]
    assert texts.count("+") == plus
    assert ("F(x) + x" in texts) == (block is IDENTITY)
    assert sum(bool(text.get("showarrow")) for text in figure["layout"]["annotations"]) == len(block.edges)


def test_a_diagram_is_read_out_in_words() -> None:
    assert diagrams.reading(PLAIN) == "A block: x, then conv, BN, gives y. Nothing is added."
    assert diagrams.reading(IDENTITY) == (
        "A block: x, then conv, BN, ReLU, gives y; x goes around it unchanged, and is added after BN."
    )
    assert "x goes around it through 1x1, BN, and is added after conv" in diagrams.reading(PROJECTED)
    assert diagrams.height(PROJECTED) == 7 * diagrams.ROW_PX

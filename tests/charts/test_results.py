import json

import plotly.graph_objects as go
import pytest

from resnet_viz.charts import results as charts
from resnet_viz.charts.parts import SHORTCUT_WORDS
from resnet_viz.charts.style import COLOURS, Figure
from resnet_viz.paper import curves
from resnet_viz.paper.results import Axis, one, results
from resnet_viz.paper.selection import by_axis

NETS = ("plain-20", "ResNet-110")
TOP5 = Axis("ImageNet", "top-5 error", "validation", "10-crop")


def strict(figure: Figure) -> Figure:
    """What plotly accepts and strict JSON holds."""
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    return figure


def drawn(*, log: bool = False, window: curves.Window = (26, 31)) -> Figure:
    shown = [curves.curve(net, split) for net in NETS for split in ("train", "test")]
    return strict(charts.curves_figure(shown, window, log=log))


def test_curves_have_hue_marker_and_dash() -> None:
    plain, plain_test, residual, _ = drawn()["data"]
    assert (plain["line"]["color"], residual["line"]["color"]) == (COLOURS["none"], COLOURS["A"])
    assert plain["line"]["dash"] != residual["line"]["dash"]
    assert (plain["marker"]["symbol"], plain_test["marker"]["symbol"]) == ("circle", "circle-open")
    assert plain["x"][0] == 3.86  # thousand iterations
    assert plain["y"][-1] == 1.44


def test_the_window_moves_the_band_and_leaves_the_drops() -> None:
    band, *drops = drawn(window=(40, 50))["layout"]["shapes"]
    assert (band["x0"], band["x1"]) == (40, 50)
    assert [drop["x0"] for drop in drops] == [32, 48]


def test_a_log_axis_leaves_out_what_cannot_be_read_that_exactly() -> None:
    linear, log = drawn()["data"][2]["y"], drawn(log=True)["data"][2]["y"]
    assert min(linear) == 0
    assert None in log
    assert min(value for value in log if value is not None) >= charts.LOWEST
    assert drawn(log=True)["layout"]["yaxis"]["type"] == "log"


def test_every_net_of_the_figures_has_its_dash() -> None:
    depths = {int(net.split("-")[1]) for net in curves.nets()}
    assert depths == set(charts.DASHES)
    assert len(set(charts.DASHES.values())) == len(depths)


def test_second_convolutions_of_residual_nets_are_open_in_the_order_of_the_net() -> None:
    original, in_size = curves.responses("original"), curves.responses("sorted")
    plain, residual = strict(charts.responses_figure([original["plain-56"], original["ResNet-56"]]))["data"]
    assert residual["marker"]["symbol"][:5] == ["diamond", "diamond", "diamond-open", "diamond", "diamond-open"]
    assert set(plain["marker"]["symbol"]) == {"circle"}
    (sorted_trace,) = strict(charts.responses_figure([in_size["ResNet-56"]]))["data"]
    assert set(sorted_trace["marker"]["symbol"]) == {"diamond"}
    (short,) = charts.responses_figure([original["ResNet-20"]])["data"]
    assert set(short["marker"]["symbol"]) == {"diamond"}  # one layer is missing, so nobody knows which is which


@pytest.mark.parametrize("axis", list(by_axis(results())), ids=lambda axis: axis.title)
def test_each_axis_can_be_drawn(axis: Axis) -> None:
    members = by_axis(results())[axis]
    figure = strict(charts.dots_figure(axis, members))
    assert sum(len(trace["x"]) for trace in figure["data"]) == len(members)
    categories = figure["layout"]["yaxis"]["categoryarray"]
    assert len(set(categories)) == len(members)  # two of one name would hide each other


def test_dots_say_the_shortcut_by_hue_and_marker() -> None:
    members = by_axis(results())[TOP5]
    traces = {trace["name"]: trace for trace in charts.dots_figure(TOP5, members)["data"]}
    plain = traces[SHORTCUT_WORDS["none"]]
    assert plain["marker"]["color"] == COLOURS["none"]
    assert traces[SHORTCUT_WORDS["A"]]["y"] == ["ResNet-34 (A)"]
    assert len({trace["marker"]["symbol"] for trace in traces.values()}) == len(traces)
    assert "28.54" not in plain["text"][0]
    assert "10.02 %" in plain["text"][0]
    assert "Table 3" in plain["text"][0]


def test_costs_are_billions_and_no_percent() -> None:
    axis = Axis("ImageNet", "multiply-adds", "one image", "224 x 224")
    figure = strict(charts.dots_figure(axis, by_axis(results())[axis]))
    assert figure["layout"]["xaxis"]["title"]["text"] == "multiply-adds (billions)"
    assert "VGG-19: 19.6 billions" in str(figure["data"])
    assert "%<br>" not in str(figure["data"])


def test_a_number_of_another_protocol_is_refused() -> None:
    foreign = one("ResNet-34 (B)", "top-5 error", "multi-scale")
    with pytest.raises(ValueError, match="not on the axis of ImageNet validation, top-5 error, 10-crop"):
        charts.dots_figure(TOP5, [*by_axis(results())[TOP5], foreign])

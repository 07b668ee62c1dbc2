import json
import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from resnet_viz import runlog
from resnet_viz.charts import error_figure, gradient_heat_figure, gradient_now_figure, loss_figure
from resnet_viz.charts.style import COLOURS, MARKERS, Figure, dash
from resnet_viz.records import Diverged, Record
from resnet_viz.runlog import RunLog, Snapshot
from tests.factories import epoch, experiment, gradients, rows_of, snapshot, started, step

FIGURES: tuple[Callable[[Snapshot], Figure], ...] = (
    loss_figure,
    error_figure,
    gradient_now_figure,
    gradient_heat_figure,
)
ALL = ("none", "A", "B", "C")
VANISHING = [1e-22, 2e-10, 0.03, 4.0, 55.5]


def a_race(*shortcuts: str) -> Snapshot:
    """Three steps, two gradient records and one epoch of every arm."""
    config = experiment(*shortcuts)
    records: list[Record] = [started(config)]
    for arm in range(len(config.arms)):
        records += [gradients(1, VANISHING, arm=arm), gradients(3, VANISHING[::-1], arm=arm)]
        records += [step(number, 3.0 - number / 2 + arm, arm=arm) for number in (1, 2, 3)]
        records += [epoch(1, 0.5, 0.625, arm=arm)]
    return snapshot(config, records)


def a_diverged_race() -> Snapshot:
    """The first arm is lost at once, and its last measurements are no numbers."""
    config = experiment("none", "A")
    records = [
        started(config),
        gradients(1, [None, math.inf, 0.0, 1e-22, 1.0]),
        step(1, None),
        Diverged(arm=0, epoch=1, step=1, images=16),
        epoch(1, None, None),
        gradients(1, VANISHING, arm=1),
        step(1, 2.5, arm=1),
    ]
    return snapshot(config, records)


def a_lost_race() -> Snapshot:
    """No gradient of any arm is a number."""
    config = experiment("A")
    return snapshot(config, [started(config), gradients(1, [None] * 5), step(1, None)])


SNAPSHOTS = {
    "one arm": a_race("A"),
    "four arms": a_race(*ALL),
    "diverged": a_diverged_race(),
    "lost": a_lost_race(),
    "queued": snapshot(experiment(*ALL), []),
    "just started": snapshot(experiment(), [started(experiment())]),
}


@pytest.mark.parametrize("moment", SNAPSHOTS)
@pytest.mark.parametrize("draw", FIGURES)
def test_plotly_accepts_every_property_of_every_figure(draw: Any, moment: str) -> None:
    figure = go.Figure(draw(SNAPSHOTS[moment]))
    assert len(figure.data) == len(draw(SNAPSHOTS[moment])["data"])


@pytest.mark.parametrize("draw", FIGURES)
def test_plotly_would_refuse_a_property_that_does_not_exist(draw: Any) -> None:
    figure = draw(SNAPSHOTS["one arm"])
    with pytest.raises(ValueError, match="colour"):
        go.Figure({"data": [figure["data"][0] | {"colour": "red"}], "layout": figure["layout"]})
    with pytest.raises(ValueError, match="headline"):
        go.Figure(figure | {"layout": figure["layout"] | {"headline": "A race"}})


@pytest.mark.parametrize("moment", SNAPSHOTS)
@pytest.mark.parametrize("draw", FIGURES)
def test_every_figure_is_strict_json(draw: Any, moment: str) -> None:
    figure = draw(SNAPSHOTS[moment])
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure


def test_a_lost_measurement_is_a_gap() -> None:
    diverged = SNAPSHOTS["diverged"]
    faint, strong, *others = loss_figure(diverged)["data"]
    assert faint["y"] == strong["y"] == [None]
    assert [trace["y"] for trace in others] == [[2.5], [2.5]]
    assert [trace["y"] for trace in error_figure(diverged)["data"]] == [[None], [None], [], []]
    assert gradient_now_figure(diverged)["data"][0]["y"] == [None, None, 0.0, 1e-22, 1.0]
    assert gradient_heat_figure(diverged)["data"][0]["z"] == [[None], [None], [None], [-22.0], [0.0]]


def test_a_gradient_of_1e_22_keeps_its_value() -> None:
    race = SNAPSHOTS["one arm"]
    (now,) = gradient_now_figure(race)["data"]
    assert now["y"] == VANISHING[::-1]
    assert now["text"] == list(rows_of(8))
    (heat,) = gradient_heat_figure(race)["data"]
    expected = np.log10([VANISHING, VANISHING[::-1]]).T
    np.testing.assert_allclose(heat["z"], expected, atol=0.005)
    assert heat["x"] == [1, 3]
    assert heat["z"][0][0] == -22.0


def test_the_colours_of_the_heat_maps_span_the_powers_of_ten_of_all_arms() -> None:
    axis = gradient_heat_figure(SNAPSHOTS["diverged"])["layout"]["coloraxis"]
    assert (axis["cmin"], axis["cmax"]) == (-22.0, 2.0)
    assert axis["colorbar"]["tickvals"][0] == -22
    assert axis["colorbar"]["ticktext"][0] == "10<sup>-22</sup>"
    lost = gradient_heat_figure(SNAPSHOTS["lost"])["layout"]["coloraxis"]
    assert (lost["cmin"], lost["cmax"]) == (-2.0, 2.0)


def test_hue_and_marker_say_the_shortcut() -> None:
    race = SNAPSHOTS["four arms"]
    colours = [COLOURS[shortcut] for shortcut in ALL]
    pairs = [colour for colour in colours for _ in range(2)]
    assert [trace["line"]["color"] for trace in loss_figure(race)["data"]] == pairs
    assert [trace["line"]["color"] for trace in error_figure(race)["data"]] == pairs
    assert [trace["marker"]["color"] for trace in error_figure(race)["data"]] == pairs
    assert [trace["line"]["color"] for trace in gradient_now_figure(race)["data"]] == colours
    marks = gradient_heat_figure(race)["layout"]["annotations"]
    assert [mark["font"]["color"] for mark in marks] == colours
    symbols = [trace["marker"]["symbol"] for trace in gradient_now_figure(race)["data"]]
    assert symbols == [MARKERS[shortcut] for shortcut in ALL]
    assert len(set(colours)) == len(set(symbols)) == 4


def test_dash_says_the_depth() -> None:
    deep = snapshot(experiment("none", depth=56), [])
    assert {trace["line"]["dash"] for trace in loss_figure(deep)["data"]} == {"solid"}
    assert {trace["line"]["dash"] for trace in loss_figure(SNAPSHOTS["four arms"])["data"]} == {"dot"}
    assert [dash(depth) for depth in (8, 20, 26, 44, 50, 110)] == ["dot", "dot", "dash", "dash", "solid", "solid"]


@pytest.mark.parametrize(
    ("draw", "x", "y"),
    [
        (loss_figure, "step", "training loss (nats)"),
        (error_figure, "epoch", "error (%)"),
        (gradient_now_figure, "block, from the images to the classifier", "gradient norm ‖dL/dW‖"),
        (gradient_heat_figure, "step", "block"),
    ],
)
@pytest.mark.parametrize("moment", ["queued", "four arms"])
def test_every_axis_says_what_it_measures_and_in_what_unit(draw: Any, x: str, y: str, moment: str) -> None:
    layout = draw(SNAPSHOTS[moment])["layout"]
    axes = {name: axis["title"]["text"] for name, axis in layout.items() if name.startswith(("xaxis", "yaxis"))}
    assert axes.pop("xaxis") == x
    assert set(axes.values()) == {y}


def test_gradients_stand_on_a_logarithmic_axis() -> None:
    assert gradient_now_figure(SNAPSHOTS["one arm"])["layout"]["yaxis"]["type"] == "log"
    assert "type" not in loss_figure(SNAPSHOTS["one arm"])["layout"]["yaxis"]


def test_every_arm_has_a_faint_and_a_strong_loss_and_one_entry_in_the_legend() -> None:
    race = a_race("none", "A")
    data = loss_figure(race)["data"]
    for arm, (faint, strong) in zip(race.arms, (data[:2], data[2:]), strict=True):
        assert faint["x"] == strong["x"] == [1, 2, 3]
        assert faint["y"] == arm.loss.tolist()
        assert strong["y"] == arm.smooth.round(4).tolist()
        assert faint["y"] != strong["y"]
        assert faint["opacity"] < strong.get("opacity", 1)
        assert faint["line"]["width"] < strong["line"]["width"]
        assert (faint["showlegend"], strong.get("showlegend", True)) == (False, True)
        assert faint["legendgroup"] == strong["legendgroup"] == strong["name"] == arm.label


def test_every_arm_has_a_training_and_a_test_error_in_percent() -> None:
    data = error_figure(a_race("none", "A"))["data"]
    assert [(trace["name"], trace["x"], trace["y"]) for trace in data] == [
        ("plain-8, train", [1], [50.0]),
        ("plain-8, test", [1], [62.5]),
        ("residual-8, train", [1], [50.0]),
        ("residual-8, test", [1], [62.5]),
    ]
    assert data[0]["marker"]["symbol"] != data[1]["marker"]["symbol"]


def test_chance_is_drawn_as_a_line_with_its_name() -> None:
    loss, error = (draw(SNAPSHOTS["one arm"])["layout"] for draw in (loss_figure, error_figure))
    assert loss["shapes"][0]["y0"] == loss["shapes"][0]["y1"] == pytest.approx(math.log(10))
    assert loss["annotations"][0]["text"] == "chance 2.30"
    assert error["shapes"][0]["y0"] == 90
    assert error["annotations"][0]["text"] == "chance 90 %"
    assert "shapes" not in gradient_now_figure(SNAPSHOTS["one arm"])["layout"]


def test_an_arm_that_diverged_is_marked_where_it_did() -> None:
    marks = loss_figure(SNAPSHOTS["diverged"])["layout"]["annotations"][1:]
    assert [(mark["text"], mark["x"], mark["font"]["color"]) for mark in marks] == [
        ("plain-8 diverged", 1, COLOURS["none"])
    ]
    assert loss_figure(SNAPSHOTS["four arms"])["layout"]["annotations"][1:] == []


def test_the_frame_of_the_loss_follows_the_race_and_never_cuts_off_chance() -> None:
    def ceiling(loss: float | None) -> float:
        config = experiment("A")
        figure = loss_figure(snapshot(config, [started(config), step(1, loss)]))
        return float(figure["layout"]["yaxis"]["autorangeoptions"]["clipmax"])

    chance = math.log(10)
    assert ceiling(0.1) == ceiling(None) == pytest.approx(1.5 * chance, abs=0.01)
    assert ceiling(100.0) == pytest.approx(110)


def test_an_error_chart_without_an_epoch_says_when_it_fills() -> None:
    texts = [mark["text"] for mark in error_figure(SNAPSHOTS["just started"])["layout"]["annotations"]]
    assert "measured at the end of each epoch" in texts
    texts = [mark["text"] for mark in error_figure(SNAPSHOTS["one arm"])["layout"]["annotations"]]
    assert "measured at the end of each epoch" not in texts


@pytest.mark.parametrize("moment", ["one arm", "diverged", "four arms"])
def test_heat_maps_share_one_colour_scale_and_do_not_overlap(moment: str) -> None:
    race = SNAPSHOTS[moment]
    figure = gradient_heat_figure(race)
    layout = figure["layout"]
    axes = [trace["yaxis"].replace("y", "yaxis") for trace in figure["data"]]
    domains = [layout[axis]["domain"] for axis in axes]
    assert len(set(axes)) == len(race.arms)
    assert {trace["coloraxis"] for trace in figure["data"]} == {"coloraxis"}
    assert all(0 <= low < high <= 1 for low, high in domains)
    assert all(lower[1] < upper[0] for upper, lower in pairwise(domains))
    assert layout["xaxis"]["anchor"] == figure["data"][-1]["yaxis"]


@pytest.mark.parametrize("depth", [8, 14, 20, 56, 110])
def test_stem_and_classifier_are_named_on_every_block_axis(depth: int) -> None:
    config = experiment("A", depth=depth)
    axis = gradient_now_figure(snapshot(config, [started(config)]))["layout"]["xaxis"]
    last = len(rows_of(depth)) - 1
    assert (axis["tickvals"][0], axis["tickvals"][-1]) == (0, last)
    assert (axis["ticktext"][0], axis["ticktext"][-1]) == ("stem", "class.")
    assert axis["ticktext"][1:-1] == [str(place) for place in axis["tickvals"][1:-1]]
    assert 2 < len(axis["tickvals"]) <= 9
    assert axis["tickvals"] == sorted(set(axis["tickvals"]))


@pytest.mark.parametrize("draw", FIGURES)
def test_zoom_survives_a_tick_and_not_another_run(draw: Any) -> None:
    config = experiment("A")
    first, later = (RunLog("a-run", config, [started(config), step(1, loss)]) for loss in (2.0, 1.0))
    other = RunLog("another-run", config, [started(config), step(1, 2.0)])
    revisions = [draw(log.snapshot())["layout"]["uirevision"] for log in (first, later, other)]
    assert revisions[0] == revisions[1] != revisions[2]


def test_all_charts_of_a_long_deep_race_are_at_most_120_kilobytes(monkeypatch: pytest.MonkeyPatch) -> None:
    config = experiment("none", "A", depth=56)
    source = np.random.default_rng(0)
    records: list[Record] = [started(config)]
    for number in range(1, 2001):
        for arm in (0, 1):
            if number % 10 == 1:
                norms = 10.0 ** source.uniform(-22, 3, len(rows_of(56)))
                records.append(gradients(number, norms.tolist(), arm=arm))
            records.append(step(number, float(source.uniform(0, 3)), arm=arm))
    records += [epoch(number, 0.123, 0.456, arm=arm) for number in range(1, 9) for arm in (0, 1)]
    log = RunLog("a-run", config, records)
    assert sum(len(json.dumps(draw(log.snapshot()))) for draw in FIGURES) <= 120_000
    monkeypatch.setattr(runlog, "MAX_POINTS", 2000)  # every point
    whole = RunLog("a-run", config, records).snapshot()
    assert sum(len(json.dumps(draw(whole))) for draw in FIGURES) > 120_000

"""Marks of what was changed, on every chart that has an axis of time."""

import json
from typing import Any

import plotly.graph_objects as go
import pytest

from resnet_viz.charts import error_figure, gradient_heat_figure, gradient_now_figure, loss_figure
from resnet_viz.charts.marks import HEIGHTS, with_interventions
from resnet_viz.records import Intervention
from resnet_viz.runlog import Snapshot
from tests.factories import epoch, experiment, gradients, snapshot, started, step

CHANGES = (
    Intervention(step=2, learning_rate_factor=0.1),
    Intervention(step=6, learning_rate_factor=2.5),
    Intervention(step=6, extend_epochs=1),
    Intervention(step=8, extend_epochs=3),
)
LABELS = ["rate \N{MULTIPLICATION SIGN} 0.1", "rate \N{MULTIPLICATION SIGN} 2.5, +1 epoch", "+3 epochs"]


def a_race(*changes: Intervention) -> Snapshot:
    config = experiment("none", "A")  # 4 steps an epoch
    measured = [record for arm in (0, 1) for record in (gradients(1, [1.0] * 5, arm=arm), step(8, 2.0, arm=arm))]
    return snapshot(config, [started(config), *measured, epoch(1, 0.5, 0.5), *changes])


def lines(figure: dict[str, Any]) -> list[float]:
    """Where vertical lines stand on the x axis."""
    found = [shape for shape in figure["layout"].get("shapes", []) if shape.get("yref") == "paper"]
    assert all(shape["x0"] == shape["x1"] and shape["line"]["dash"] == "dot" for shape in found)
    return [shape["x0"] for shape in found]


def labels(figure: dict[str, Any]) -> list[tuple[float, str]]:
    return [(mark["x"], mark["text"]) for mark in figure["layout"]["annotations"] if mark["text"] in LABELS]


@pytest.mark.parametrize(
    ("draw", "places"),
    [(loss_figure, [2, 6, 8]), (gradient_heat_figure, [2, 6, 8]), (error_figure, [0.5, 1.5, 2])],
)
def test_each_moment_is_a_dotted_line_with_a_short_label(draw: Any, places: list[float]) -> None:
    figure = draw(a_race(*CHANGES))
    assert lines(figure) == places
    assert labels(figure) == ([] if draw is error_figure else list(zip(places, LABELS, strict=True)))
    go.Figure(figure)  # plotly knows every property
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure
    assert lines(draw(a_race())) == []


def test_the_chart_of_the_blocks_has_no_such_marks() -> None:
    assert lines(gradient_now_figure(a_race(*CHANGES))) == []


def test_the_other_marks_stay() -> None:
    texts = [mark["text"] for mark in loss_figure(a_race(*CHANGES))["layout"]["annotations"]]
    assert texts == ["chance 2.30", *LABELS]
    texts = [mark["text"] for mark in gradient_heat_figure(a_race(*CHANGES))["layout"]["annotations"]]
    assert texts[:2] == ["<b>plain-8</b>", "<b>residual-8</b>"]


def test_labels_of_neighbours_stand_at_different_heights() -> None:
    many = [Intervention(step=number, learning_rate_factor=0.5) for number in range(1, 5)]
    marks = with_interventions({}, a_race(*many))
    heights = [mark["y"] for mark in marks["annotations"]]
    assert heights == [*HEIGHTS, HEIGHTS[0]]
    assert len(set(HEIGHTS)) == 3


def test_the_axis_of_epochs_grows_with_the_run() -> None:
    assert error_figure(a_race())["layout"]["xaxis"]["range"] == [0.5, 2.5]
    assert error_figure(a_race(*CHANGES))["layout"]["xaxis"]["range"] == [0.5, 6.5]

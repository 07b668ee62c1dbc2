import json
import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from resnet_viz.attribution import MethodName
from resnet_viz.charts.saliency import (
    change_figure,
    class_name,
    faithfulness_figure,
    percent,
    prediction_figure,
    randomise_figure,
    sweep_figure,
    top,
)
from resnet_viz.charts.style import COLOURS, GREY, MARKERS, ORANGE, SKY, Figure

CATEGORIES = ("espresso", "cup", "crane", "mug", "bowl", "crane", "tench")
BEFORE = np.array([0.5, 0.125, 0.0625, 0.25, 0.03125, 0.0, 0.03125])
AFTER = np.array([0.125, 0.0, 0.0, 0.0625, 0.0, 0.5, 0.3125])
LOST = np.full(7, np.nan)
ORDERS = ("map", "random", "centre")
CURVES = np.array([[[1, 0.25, 0], [0, 0.75, 1]], [[1, 0.5, 0], [0, 0.5, 1]], [[1, 0.4, 0], [0, 0.6, 1]]])
METHODS: tuple[MethodName, ...] = ("grad-cam", "saliency", "guided-backprop")
STAGES = ("nothing", "fc", "layer4")
CORRELATIONS = [[1.0, 1.0, 1.0], [None, 0.5, 0.75], [-0.25, 0.125, 0.875]]
BLOCKS, TITLES = ["layer1.1", "layer2.1"], ["stage 1, block 2", "stage 2, block 2"]

FIGURES: dict[str, Figure] = {
    "prediction": prediction_figure(BEFORE, CATEGORIES, explained=0),
    "prediction, sixth": prediction_figure(BEFORE, CATEGORIES, explained=5),
    "prediction, lost": prediction_figure(LOST, CATEGORIES, explained=1),
    "prediction, two classes": prediction_figure([0.25, 0.75], ("a", "b"), explained=0),
    "change": change_figure(BEFORE, AFTER, CATEGORIES),
    "change, lost": change_figure(BEFORE, LOST, CATEGORIES),
    "sweep": sweep_figure(BLOCKS, TITLES, 0.5, [0.25, 0.625]),
    "sweep, lost": sweep_figure(BLOCKS, TITLES, math.nan, [math.nan, 0.5]),
    "sweep, nothing": sweep_figure([], [], 0.5, []),
    "faithfulness": faithfulness_figure(CURVES, ORDERS),
    "faithfulness, lost": faithfulness_figure(np.full((3, 2, 4), np.nan), ORDERS),
    "randomise": randomise_figure(METHODS, STAGES, CORRELATIONS),
    "randomise, flat": randomise_figure(METHODS[:1], STAGES, [[1.0], [None], [None]]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_plotly_accepts_every_property_of_every_figure(name: str) -> None:
    assert len(go.Figure(FIGURES[name]).data) == len(FIGURES[name]["data"])


@pytest.mark.parametrize("name", ["prediction", "change", "sweep", "faithfulness", "randomise"])
def test_plotly_would_refuse_a_property_that_does_not_exist(name: str) -> None:
    figure = FIGURES[name]
    with pytest.raises(ValueError, match="colour"):
        go.Figure({"data": [figure["data"][0] | {"colour": "red"}], "layout": figure["layout"]})


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_strict_json(name: str) -> None:
    assert json.loads(json.dumps(FIGURES[name], allow_nan=False)) == FIGURES[name]


def test_the_top_classes_come_largest_first_and_of_equal_ones_the_first_class() -> None:
    assert top(BEFORE, CATEGORIES) == [(0, 0.5), (3, 0.25), (1, 0.125), (2, 0.0625), (4, 0.03125)]
    assert top(BEFORE, CATEGORIES, 2) == [(0, 0.5), (3, 0.25)]
    assert top([0.25, 0.5, 0.25], ("a", "b", "c")) == [(1, 0.5), (0, 0.25), (2, 0.25)]
    alternating = np.tile([0.0, 0.02], 50)  # so many that a sort which is not stable mixes them up
    assert [place for place, _ in top(alternating, [str(place) for place in range(100)])] == [1, 3, 5, 7, 9]
    assert top([math.nan, 0.5], ("a", "b"))[0] == (1, 0.5)


def test_probabilities_of_another_net_are_refused() -> None:
    with pytest.raises(ValueError, match="10 probabilities do not fit 7 classes"):
        top(np.full(10, 0.1), CATEGORIES)


def test_two_classes_of_one_name_are_told_apart_by_their_numbers() -> None:
    assert [class_name(place, CATEGORIES) for place in (0, 2, 5)] == ["espresso", "crane (2)", "crane (5)"]


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.953, "95.3 %"), (0.5, "50.0 %"), (0.0005, "0.1 %"), (0.00049, "< 0.1 %"), (0.0, "< 0.1 %"),
        (0.9994, "99.9 %"), (0.9995, "> 99.9 %"), (1.0, "> 99.9 %"), (math.nan, "no number"),
    ],
)  # fmt: skip
def test_no_rounding_makes_a_probability_certain(probability: float, text: str) -> None:
    assert percent(probability) == text


def test_a_prediction_has_five_bars_in_percent_the_largest_on_top() -> None:
    figure = FIGURES["prediction"]
    (bars,) = figure["data"]
    assert bars["x"] == [50.0, 25.0, 12.5, 6.25, 3.12]
    assert bars["y"] == figure["layout"]["yaxis"]["tickvals"] == [0, 1, 2, 3, 4]
    assert figure["layout"]["yaxis"]["autorange"] == "reversed"
    assert figure["layout"]["yaxis"]["ticktext"][1:] == ["mug", "cup", "crane (2)", "bowl"]
    assert bars["text"] == ["50.0 %", "25.0 %", "12.5 %", "6.2 %", "3.1 %"]


def marks(figure: Figure) -> list[tuple[str, str, str]]:
    """Colour, pattern and label of each bar."""
    (bars,) = figure["data"]
    marker = bars["marker"]
    return list(
        zip(marker["color"], marker["pattern"]["shape"], figure["layout"]["yaxis"]["ticktext"], strict=True)
    )  # fmt: skip


def test_the_class_explained_differs_in_colour_pattern_and_label() -> None:
    assert marks(FIGURES["prediction"])[0] == (ORANGE, "/", "<b>espresso, explained</b>")
    assert marks(FIGURES["prediction"])[1] == (SKY, "", "mug")
    assert [label for *_, label in marks(FIGURES["prediction"]) if "explained" in label] == [
        "<b>espresso, explained</b>"
    ]


def test_a_class_explained_below_the_top_five_is_a_sixth_bar() -> None:
    figure = FIGURES["prediction, sixth"]
    assert figure["data"][0]["x"][5:] == [0.0]
    assert figure["data"][0]["text"][5:] == ["< 0.1 %"]
    assert marks(figure)[5] == (ORANGE, "/", "<b>crane (5), explained</b>")
    assert {mark[:2] for mark in marks(figure)[:5]} == {(SKY, "")}


def test_probabilities_that_are_no_numbers_have_no_bars() -> None:
    (bars,) = FIGURES["prediction, lost"]["data"]
    assert set(bars["x"]) == {None}
    assert set(bars["text"]) == {"no number"}


def test_a_change_shows_both_top_fives_with_the_same_classes_once() -> None:
    figure = FIGURES["change"]
    before, after = figure["data"]
    names = ["espresso", "mug", "cup", "crane (2)", "bowl", "crane (5)", "tench"]
    assert figure["layout"]["yaxis"]["ticktext"] == names
    assert before["x"] == [50.0, 25.0, 12.5, 6.25, 3.12, 0.0, 3.12]
    assert after["x"] == [12.5, 6.25, 0.0, 0.0, 0.0, 50.0, 31.25]
    assert (before["name"], after["name"]) == ("every block on", "blocks off")
    assert before["marker"]["color"] != after["marker"]["color"]
    assert ("pattern" in before["marker"], "pattern" in after["marker"]) == (False, True)
    assert figure["layout"]["barmode"] == "group"
    same = change_figure(BEFORE, BEFORE, CATEGORIES)["layout"]["yaxis"]["ticktext"]
    assert same == names[:5]


def test_a_sweep_shows_percentage_points_in_the_order_of_the_data() -> None:
    figure = FIGURES["sweep"]
    (bars,) = figure["data"]
    assert (bars["x"], bars["y"], bars["customdata"]) == (TITLES, [-25.0, 12.5], BLOCKS)
    assert figure["layout"]["annotations"][0]["text"] == "50.0 % with every block on"
    assert figure["layout"]["shapes"][0]["y0"] == 0
    turned = sweep_figure(BLOCKS[::-1], TITLES[::-1], 0.5, [0.625, 0.25])["data"][0]
    assert (turned["x"], turned["y"]) == (TITLES[::-1], [12.5, -25.0])


def test_deletion_and_insertion_have_a_panel_each_and_three_lines() -> None:
    figure = FIGURES["faithfulness"]
    drawn = [(trace["name"], trace["xaxis"], trace["yaxis"], trace["x"], trace["y"]) for trace in figure["data"]]
    share = [0.0, 50.0, 100.0]
    assert drawn == [
        ("map", "x", "y", share, [1, 0.25, 0]),
        ("random", "x", "y", share, [1, 0.5, 0]),
        ("centre", "x", "y", share, [1, 0.4, 0]),
        ("map", "x2", "y2", share, [0, 0.75, 1]),
        ("random", "x2", "y2", share, [0, 0.5, 1]),
        ("centre", "x2", "y2", share, [0, 0.6, 1]),
    ]
    layout = figure["layout"]
    assert layout["xaxis"]["domain"][1] < layout["xaxis2"]["domain"][0]
    assert layout["yaxis"]["range"] == layout["yaxis2"]["range"] == [0, 1]
    assert layout["yaxis2"]["anchor"] == "x2"


def test_the_map_is_solid_and_the_orders_that_know_nothing_are_grey() -> None:
    data = FIGURES["faithfulness"]["data"]
    pens = [(trace["line"]["color"] == GREY, trace["line"]["dash"]) for trace in data]
    assert pens == 2 * [(False, "solid"), (True, "dash"), (True, "dot")]
    assert [trace["showlegend"] for trace in data] == [True] * 3 + [False] * 3


def test_a_check_has_a_line_a_method_and_a_gap_without_contrast() -> None:
    figure = FIGURES["randomise"]
    drawn = [(trace["name"], trace["x"], trace["y"]) for trace in figure["data"]]
    assert drawn == [
        ("Grad-CAM", list(STAGES), [1.0, None, -0.25]),
        ("Gradient", list(STAGES), [1.0, 0.5, 0.125]),
        ("Guided Backprop", list(STAGES), [1.0, 0.75, 0.875]),
    ]
    assert not any(trace.get("connectgaps") for trace in figure["data"])
    low, high = figure["layout"]["yaxis"]["range"]
    assert low <= -1 < 1 <= high
    for part, key in (("line", "dash"), ("line", "color"), ("marker", "symbol")):
        assert len({trace[part][key] for trace in figure["data"]}) == 3


def test_no_hue_and_no_marker_here_means_a_shortcut() -> None:
    text = json.dumps(list(FIGURES.values()))
    assert not any(colour in text for colour in COLOURS.values())
    symbols = {trace["marker"]["symbol"] for trace in FIGURES["randomise"]["data"]}
    assert symbols.isdisjoint(MARKERS.values())
    assert len({SKY, ORANGE, GREY, *COLOURS.values()}) == 7


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("prediction", {"xaxis": "probability (%)", "yaxis": ""}),
        ("change", {"xaxis": "probability (%)", "yaxis": ""}),
        ("sweep", {"xaxis": "block that is off", "yaxis": "change (percentage points)"}),
        (
            "faithfulness",
            {
                "xaxis": "deletion: pixels greyed out (%)", "yaxis": "probability",
                "xaxis2": "insertion: pixels put back (%)", "yaxis2": "probability",
            },
        ),
        ("randomise", {"xaxis": "stage replaced last", "yaxis": "rank correlation"}),
    ],
)  # fmt: skip
def test_every_axis_says_what_it_measures_and_in_what_unit(name: str, titles: dict[str, str]) -> None:
    layout: dict[str, Any] = FIGURES[name]["layout"]
    axes = {key: axis for key, axis in layout.items() if key.startswith(("xaxis", "yaxis"))}
    assert {key: axis.get("title", {}).get("text", "") for key, axis in axes.items()} == titles

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from resnet_viz.afterwards import concatenated, highway, how_many
from resnet_viz.charts import after, after_counts
from resnet_viz.charts.style import COLOURS, Figure

POWERS = 0.9 ** np.arange(19)
RISING = np.array([[1.0, 2.0, 4.0], [3.0, 2.0, 4.0]])  # two seeds, three layers
FIGURES = {
    "chain": after.chain_figure(5 * POWERS, 5 * np.linspace(1, 9, 19), 0.9),
    "gates": after.gates_figure(highway(0.0, 54).carried, 0.5),
    "stream": after.stream_figure(RISING, RISING[:, ::-1]),
    "law": after_counts.law_figure(how_many([0.5] * 54), 19, 35, "length", "paths"),
    "widths": after_counts.widths_figure({8: 77, 20: 41, 110: 16}, 20),
    "channels": after_counts.channels_figure(concatenated(16, 12, 3)),
}


def trace(figure: Figure, name: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = next(data for data in figure["data"] if data["name"].startswith(name))
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_plotly_accepts_every_figure_and_its_json_is_strict(name: str) -> None:
    go.Figure(FIGURES[name])
    json.dumps(FIGURES[name], allow_nan=False)
    assert FIGURES[name]["layout"]["xaxis"]["title"]["text"]


@pytest.mark.parametrize("name", ["chain", "gates", "stream", "channels"])
def test_no_two_lines_differ_by_their_colour_alone(name: str) -> None:
    marks = [
        (line["line"]["dash"], line.get("marker", {}).get("symbol")) for line in FIGURES[name]["data"] if "line" in line
    ]
    assert len(set(marks)) == len(marks) > 1


def test_a_chain_is_drawn_relative_to_what_was_sent() -> None:
    measured = trace(FIGURES["chain"], "measured, F(x) = 0")
    assert measured["y"] == pytest.approx(POWERS, rel=1e-3)
    assert trace(FIGURES["chain"], "formula")["y"] == measured["y"]
    assert trace(FIGURES["chain"], "measured, He")["y"][-1] == 9
    assert FIGURES["chain"]["layout"]["yaxis"]["type"] == "log"


def test_a_gradient_of_exactly_zero_is_a_gap_on_the_log_axis() -> None:
    figure = after.gates_figure(np.array([1.0, 0.0]), 1.0)
    assert [line["y"][1] for line in figure["data"]] == [None, None]


def test_the_slope_is_found_again_and_stands_beside_the_formula() -> None:
    assert after.slope(7 * POWERS) == pytest.approx(np.log(0.9))
    sentence = after.chain_sentence(7 * POWERS, 1.1 ** np.arange(19), 0.9)
    assert "log λ = **-0.1054**" in sentence
    assert "F(x) = 0: **-0.1054**" in sentence
    assert "weights: **+0.0953**" in sentence
    still = after.chain_sentence(np.array([1, 1 - 1e-16, 1]), POWERS, 1.0)
    assert "-0.0000" not in still


def test_the_transformers_are_told_from_their_numbers() -> None:
    """Post-norm grows from 1 to 3, pre-norm falls from 2 to 1."""
    pre, post = np.array([[2.0, 1.5, 1.0]]), np.array([[0.5, 2.0, 2.0], [1.5, 2.0, 4.0]])
    sentence = after.stream_sentence(pre, post)
    assert "post-norm **3.00** (as Xiong et al. say)" in sentence
    assert "pre-norm **0.50** (Xiong et al. found about the same" in sentence
    assert "**3.0 times** the gradient of pre-norm" in sentence


def test_what_a_toy_does_not_show_is_said() -> None:
    flat = np.ones((2, 3))
    sentence = after.stream_sentence(flat, flat)
    assert "Xiong et al. expect growth, which this toy does not show" in sentence
    assert "pre-norm **1.00** (as Xiong et al. say)" in sentence


def test_layers_are_counted_from_one_and_each_seed_has_its_marks() -> None:
    assert trace(FIGURES["stream"], "pre-norm, mean")["x"] == [1, 2, 3]
    assert trace(FIGURES["stream"], "pre-norm, mean")["y"] == [2, 2, 4]
    assert trace(FIGURES["stream"], "pre-norm, each seed")["y"] == [1, 2, 4, 3, 2, 4]


def test_bars_inside_stand_out_and_none_is_drawn_twice() -> None:
    inside, others = FIGURES["law"]["data"]
    assert inside["x"] == list(range(19, 36))
    assert sum(inside["y"]) == pytest.approx(0.980, abs=1e-3)
    assert not set(inside["x"]) & set(others["x"])
    assert inside["marker"] != others["marker"]


def test_the_chosen_depth_is_marked_with_its_width() -> None:
    chosen = FIGURES["widths"]["data"][1]
    assert (chosen["x"], chosen["y"], chosen["text"]) == ([20], [41], ["20 layers, width 41"])


def test_adding_keeps_the_channels() -> None:
    assert trace(FIGURES["channels"], "added")["y"] == [16] * 4
    assert trace(FIGURES["channels"], "concatenated")["y"] == [16, 28, 40, 52]
    assert trace(FIGURES["channels"], "added")["line"]["color"] == COLOURS["A"]

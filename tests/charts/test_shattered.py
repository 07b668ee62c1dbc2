import json

import numpy as np
import plotly.graph_objects as go
import pytest

from resnet_viz.charts import shattered as charts
from resnet_viz.net_config import NetConfig, Shortcut


def net(correlations: list[float], depth: int = 8, shortcut: Shortcut = "A", norm: float | None = 0.5) -> charts.Along:
    pictures = np.full((2, 32, 32, 3), 7, dtype=np.uint8)
    slope = np.linspace(-1, 1, 2 * len(correlations))
    return charts.Along(NetConfig(depth=depth, shortcut=shortcut), np.array(correlations), slope, pictures, norm)


def test_the_half_is_where_the_correlation_first_falls_below_it() -> None:
    assert net([1, 0.8, 0.4, 0.6]).half == pytest.approx(100 * 2 / 7)
    assert net([1, 0.9, 0.8, 0.7]).half is None


def test_a_net_without_a_gradient_says_so() -> None:
    dead = net([0, 0, 0, 0])
    assert dead.half is None
    assert charts.table([dead])[0]["neighbouring points"] == "no gradient"
    assert charts.table([net([0, 0, 0, 0], norm=None)])[0]["neighbouring points"] == "out of range"
    alive = net([1, 0.9, 0.1, 0], shortcut="none")
    assert charts.verdict(dead, alive) is None
    assert charts.verdict(alive, dead) is None
    assert "Nothing can be compared" in charts.sentence(alive, dead)
    assert [trace["name"] for trace in charts.correlation_figure([alive, dead])["data"]] == ["plain-8"]


def test_no_minus_zero_is_written() -> None:
    assert charts.table([net([1, -0.001, 0, 0])])[0]["neighbouring points"] == "0.00"


@pytest.mark.parametrize(
    ("plain", "residual", "whose"),
    [(0.0, 0.8, "the plain net's"), (0.8, 0.0, "the residual net's"), (0.8, 0.85, "about alike")],
)
def test_the_verdict_compares_neighbouring_points(plain: float, residual: float, whose: str) -> None:
    first, second = net([1, plain, 0, 0], shortcut="none"), net([1, residual, 0, 0])
    assert charts.verdict(first, second) == whose
    says = charts.sentence(first, second)
    assert f"{plain:.2f} in plain-8 and {residual:.2f} in residual-8" in says


def test_figures_are_good_plotly_and_strict_json() -> None:
    nets = [net([1, 0.5, 0.1, 0]), net([1, 0.9, 0.5, 0.2], depth=56)]
    for figure in (charts.correlation_figure(nets), charts.slope_figure(nets[0])):
        go.Figure(figure)
        json.dumps(figure, allow_nan=False)
    lowest = charts.correlation_figure([net([1, 0, -0.48, 0])])["layout"]["yaxis"]["range"][0]
    assert lowest < -0.48
    assert charts.correlation_figure(nets)["data"][1]["x"] == pytest.approx([0, 14.29, 28.57, 42.86])


def test_the_strip_shows_every_picture_enlarged_with_a_gap() -> None:
    strip = charts.strip(net([1, 0, 0, 0]).pictures)
    assert strip.shape == (32 * charts.ENLARGE, (2 * 32 + charts.GAP) * charts.ENLARGE, 3)
    white = (strip == 255).all(axis=(0, 2))
    assert white.sum() == charts.GAP * charts.ENLARGE

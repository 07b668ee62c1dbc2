"""What came after ResNet, counted: paths, blocks alive, widths and channels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viz.charts.style import COLOURS, GREY, MARKERS, Figure, layout, significant

LEAST_SHOWN = 5e-4  # of a probability; bars below can't be seen


def law_figure(law: NDArray[np.float64], least: int, most: int, x_title: str, revision: str) -> Figure:
    """Bars of a distribution over 0 … n; those from `least` to `most` stand out, filled and in colour."""
    shown = np.flatnonzero(law > LEAST_SHOWN)
    inside = (shown >= least) & (shown <= most)
    data = [
        {
            "type": "bar", "name": name, "x": shown[chosen].tolist(), "y": significant(law[shown[chosen]], 4),
            "marker": {"color": colour, "pattern": {"shape": pattern}}, "hovertemplate": "%{y:.3%}",
        }
        for name, chosen, colour, pattern in (
            (f"{least} to {most}", inside, COLOURS["A"], ""),
            ("others", ~inside, GREY, "/"),
        )
    ]  # fmt: skip
    figure = layout(x_title, "probability", revision, bargap=0.15)
    figure["yaxis"]["tickformat"] = ".0%"
    return {"data": data, "layout": figure}


def widths_figure(widths: Mapping[int, int], chosen: int) -> Figure:
    """Width against depth at the same number of parameters, the chosen depth marked."""
    data = [
        {
            "type": "scatter", "mode": "lines+markers", "name": "same number of parameters",
            "x": list(widths), "y": list(widths.values()), "hovertemplate": "width %{y}",
            "line": {"color": COLOURS["A"], "width": 2}, "marker": {"symbol": MARKERS["A"], "size": 5},
        },
        {
            "type": "scatter", "mode": "markers+text", "name": "chosen", "x": [chosen], "y": [widths[chosen]],
            "text": [f"{chosen} layers, width {widths[chosen]}"], "hoverinfo": "skip",
            "textposition": "top left" if chosen > max(widths) / 2 else "top right",
            "marker": {"symbol": "circle-open", "size": 14, "color": GREY, "line": {"width": 3}},
        },
    ]  # fmt: skip
    figure = layout("depth (layers)", "width (channels of the first stage)", "widths")
    figure["yaxis"]["rangemode"] = "tozero"
    return {"data": data, "layout": figure}


def channels_figure(concatenated: NDArray[np.int64]) -> Figure:
    """Channels before each layer: of a dense block, and of residual blocks, which keep what they began with."""
    layers = list(range(len(concatenated)))
    added = [int(concatenated[0])] * len(layers)
    data = [
        _steps("concatenated (DenseNet)", layers, concatenated.tolist(), COLOURS["C"], "dash", MARKERS["C"]),
        _steps("added (ResNet)", layers, added, COLOURS["A"], "solid", MARKERS["A"]),
    ]
    figure = layout("layers passed", "channels", "channels")
    figure["yaxis"]["rangemode"] = "tozero"
    return {"data": data, "layout": figure}


def _steps(name: str, x: list[int], y: list[int], colour: str, dash: str, marker: str) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines+markers", "name": name, "x": x, "y": y, "hovertemplate": "%{y}",
        "line": {"color": colour, "dash": dash, "width": 2}, "marker": {"symbol": marker, "size": 6},
    }  # fmt: skip

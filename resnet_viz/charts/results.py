"""Figures of the paper's numbers: curves read off, responses of layers, and dots that share one protocol."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from resnet_viz.charts.parts import SHORTCUT_WORDS, vertical
from resnet_viz.charts.style import COLOURS, GREY, MARKERS, Figure, layout, rounded
from resnet_viz.net_config import Shortcut
from resnet_viz.paper.curves import DROPS, END, Curve, Responses, Window
from resnet_viz.paper.results import Axis, Result
from resnet_viz.sources import SOURCES

# Dash says the depth; more kinds than in the race, since up to six depths of one hue are drawn together.
DASHES = {20: "dot", 32: "dashdot", 44: "dash", 56: "solid", 110: "longdash", 1202: "longdashdot"}
KINDS: tuple[tuple[Shortcut | None, str], ...] = (*SHORTCUT_WORDS.items(), (None, "other or not stated"))
ROW_HEIGHT = 26  # pixels a net in a chart of dots
FRAME_HEIGHT = 96  # its axis, title and legend
FRAME_TOP = 20.0  # percent: the paper's Figure 6 ends there
LOWEST = 0.05  # percent: below it the reading is no longer exact enough for a log axis
LOG_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


def curves_figure(curves: Sequence[Curve], window: Window, *, log: bool) -> Figure:
    """Figure 6: error against iterations; train filled, test open; a band on the window, lines where the rate falls."""
    data = []
    for curve in curves:
        test = curve.split == "test"
        error = np.where(curve.error < LOWEST, np.nan, curve.error) if log else curve.error
        data.append({
            "type": "scatter", "mode": "lines+markers", "name": f"{curve.net}, {curve.split}",
            "x": rounded(10 * np.array(curve.x), 2), "y": rounded(error, 2), "hovertemplate": "%{y:.2f} %",
            "line": {"color": COLOURS[curve.shortcut], "dash": DASHES[curve.depth], "width": 1.3 if test else 2.2},
            "marker": {"symbol": MARKERS[curve.shortcut] + ("-open" if test else ""), "size": 5},
        })  # fmt: skip
    figure = layout("thousand iterations", "error (%)", f"curves_{log}", shapes=[_band(window), *map(vertical, DROPS)])
    figure["xaxis"]["range"] = [0, END + 1]
    scale: dict[str, Any] = {"type": "log", "tickvals": list(LOG_TICKS)} if log else {"range": [0, FRAME_TOP]}
    figure["yaxis"] |= scale
    return {"data": data, "layout": figure}


def _band(window: Window) -> dict[str, Any]:
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": window[0], "x1": window[1], "y0": 0, "y1": 1,
        "fillcolor": GREY, "opacity": 0.18, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip


def responses_figure(shown: Sequence[Responses]) -> Figure:
    """Figure 7: response of each layer. In the order of the net, open marks are the second convolution of a block."""
    data = []
    for net in shown:
        layers = list(range(1, len(net.std) + 1))
        symbol = MARKERS[net.shortcut]
        told_apart = net.shortcut != "none" and net.order == "original" and not net.missing
        data.append({
            "type": "scatter", "mode": "lines+markers", "name": net.net, "x": layers,
            "y": rounded(np.array(net.std), 2), "hovertemplate": "%{y:.2f}",
            "line": {"color": COLOURS[net.shortcut], "dash": DASHES[net.depth], "width": 1.5},
            "marker": {
                "symbol": [f"{symbol}-open" if told_apart and layer > 1 and layer % 2 else symbol for layer in layers],
                "size": 6,
            },
        })  # fmt: skip
    order = shown[0].order if shown else "original"
    title = "3x3 layer, in the order of the net" if order == "original" else "rank by size"
    figure = layout(title, "standard deviation", f"responses_{order}")
    figure["yaxis"]["rangemode"] = "tozero"
    return {"data": data, "layout": figure}


def dots_figure(axis: Axis, members: Sequence[Result]) -> Figure:
    """The numbers of one axis, a row a net, best on top.

    Raises:
        ValueError: a number belongs to another axis.
    """
    for result in members:
        if result.axis != axis:
            raise ValueError(f"{result.net} is {result.axis.title}: not on the axis of {axis.title}")
    names = _names(members)
    data = []
    for kind, title in KINDS:
        of_kind = [(name, result) for name, result in zip(names, members, strict=True) if result.shortcut == kind]
        if of_kind:
            data.append({
                "type": "scatter", "mode": "markers", "name": title,
                "x": [result.value for _, result in of_kind], "y": [name for name, _ in of_kind],
                "text": [_hover(result) for _, result in of_kind], "hovertemplate": "%{text}<extra></extra>",
                "marker": {
                    "size": 10, "color": COLOURS[kind] if kind else GREY, "symbol": MARKERS[kind] if kind else "x",
                },
            })  # fmt: skip
    figure = layout(f"{axis.metric} ({axis.unit})", "", axis.title, hovermode="closest", showlegend=True)
    figure["yaxis"] |= {"type": "category", "categoryorder": "array", "categoryarray": names[::-1]}
    return {"data": data, "layout": figure}


def dots_height(members: Sequence[Result]) -> int:
    """Pixels for a chart of dots."""
    return FRAME_HEIGHT + ROW_HEIGHT * len(members)


def _names(members: Sequence[Result]) -> list[str]:
    """The net, with its source where two have the same one."""
    often = Counter(result.net for result in members)
    return [f"{r.net}, {SOURCES[r.source].authors.split(',')[0]}" if often[r.net] > 1 else r.net for r in members]


def _hover(result: Result) -> str:
    note = f"<br>{result.note}" if result.note else ""
    return f"{result.net}: {result.number} {result.axis.unit}<br>{result.quoted}{note}"

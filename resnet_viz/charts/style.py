"""Colours, marks and number formats of every chart.

Hue says the shortcut. The dash says the depth, and dash-dot with open marks says that there is no batch norm. The mark
says shortcut and block. Where this would draw two arms of one race alike (width, gate, depth 56 and 110), `pens` gives
the later one a dash and a mark that nothing else has.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viz.net_config import BlockKind, NetConfig, Shortcut

# A figure as plotly.js reads it. plotly's own Figure class checks every property, which takes half of the time that a
# live tick may take; the tests do that check.
Figure = dict[str, Any]

COLOURS: dict[Shortcut, str] = {
    "none": "#D55E00",
    "A": "#0072B2",
    "B": "#009E73",
    "C": "#CC79A7",
}  # Okabe-Ito
MARKERS: dict[Shortcut, str] = {"none": "circle", "A": "diamond", "B": "square", "C": "cross"}
BLOCK_MARKERS: dict[BlockKind, dict[Shortcut, str]] = {
    "basic": MARKERS,
    "pre-activation": {"none": "triangle-up", "A": "triangle-down", "B": "triangle-left", "C": "triangle-right"},
    "bottleneck": {"none": "hourglass", "A": "bowtie", "B": "hexagon", "C": "x"},
}
SPARES = (("longdash", "star"), ("longdashdot", "pentagon"), ("12px,3px,3px,3px,3px,3px", "hexagram"))
GREY = "#808890"  # readable on both themes
SKY = "#56B4E9"  # two more of Okabe-Ito, for classes and methods: these hues mean no shortcut
ORANGE = "#E69F00"
GRADIENT_SCALE = "Viridis"


def dash(depth: int) -> str:
    """Line style of a depth: the deeper, the more solid."""
    if depth >= 50:
        return "solid"
    return "dash" if depth >= 26 else "dot"


@dataclass(frozen=True)
class Pen:
    """How one arm is drawn on every chart of its race."""

    colour: str
    dash: str
    symbol: str  # of the marks

    def line(self, width: float) -> dict[str, Any]:
        return {"color": self.colour, "dash": self.dash, "width": width}

    def marker(self, size: float) -> dict[str, Any]:
        return {"symbol": self.symbol, "size": size, "color": self.colour}


def pen(net: NetConfig) -> Pen:
    """How a net is drawn that stands alone."""
    symbol = BLOCK_MARKERS[net.block][net.shortcut]
    style, suffix = (dash(net.depth), "") if net.batch_norm else ("dashdot", "-open")
    return Pen(COLOURS[net.shortcut], style, symbol + suffix)


def pens(nets: Sequence[NetConfig]) -> list[Pen]:
    """How the arms of one race are drawn: no two with the same colour and dash."""
    spares = iter(SPARES)
    drawn: list[Pen] = []
    for net in nets:
        own = pen(net)
        if any((own.colour, own.dash) == (other.colour, other.dash) for other in drawn):
            style, symbol = next(spares)
            own = Pen(own.colour, style, symbol + ("" if net.batch_norm else "-open"))
        drawn.append(own)
    return drawn


def line(net: NetConfig, width: float) -> dict[str, Any]:
    return pen(net).line(width)


def marker(net: NetConfig, size: float) -> dict[str, Any]:
    return pen(net).marker(size)


def layout(x_title: str, y_title: str, revision: str, **more: Any) -> dict[str, Any]:
    """What all charts share. `revision` stays the same while zoom and legend shall survive an update."""
    return {
        "uirevision": revision,
        "margin": {"l": 64, "r": 16, "t": 8, "b": 44},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": {"title": {"text": x_title}},
        "yaxis": {"title": {"text": y_title}},
        **more,
    }


def rounded(values: NDArray[np.float64], decimals: int) -> list[float | None]:
    """JSON numbers with so many decimals; what is not finite becomes null."""
    listed: list[float | None] = np.round(values, decimals).tolist()
    if np.isfinite(values).all():
        return listed
    return [value if finite else None for value, finite in zip(listed, np.isfinite(values), strict=True)]


def significant(values: NDArray[np.float64], digits: int = 3) -> list[float | None]:
    """The same with so many significant digits, for the few values that span many powers of ten."""
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in values]


def loss_axis(chance: float, ends: Iterable[float]) -> dict[str, Any]:
    """The axis of a training loss: a deep net may start far above chance, so it follows where the runs went.

    Zooming out shows the rest.
    """
    ceiling = max([1.5 * chance, *(1.1 * end for end in ends if isfinite(end))])
    return {"title": {"text": "training loss (nats)"}, "autorangeoptions": {"clipmax": round(ceiling, 2)}}


def epoch_axis(epochs: int) -> dict[str, Any]:
    """An axis of epochs, with whole and round numbers only, at most eight of them."""
    tick = next(step * 10**power for power in count() for step in (1, 2, 5) if 8 * step * 10**power >= epochs)
    return {"range": [0.5, epochs + 0.5], "tick0": 0, "dtick": tick}


def in_the_middle(text: str) -> dict[str, Any]:
    """What an empty chart says, as an annotation."""
    return {"text": text, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}


def level(y: float, text: str) -> dict[str, Any]:
    """A grey horizontal line with its name, as `shapes` and `annotations` of a layout."""
    return {
        "shapes": [{
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y,
            "line": {"color": GREY, "dash": "dot", "width": 1},
        }],
        "annotations": [{
            "xref": "paper", "x": 1, "y": y, "xanchor": "right", "yanchor": "bottom", "showarrow": False,
            "text": text, "font": {"color": GREY, "size": 11},
        }],
    }  # fmt: skip

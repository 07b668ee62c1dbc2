"""Parts that several charts are made of: words for the shortcuts, a log axis, a vertical line."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viz.charts.style import GREY, Figure, significant
from resnet_viz.net_config import Shortcut

SHORTCUT_WORDS: Mapping[Shortcut, str] = {
    "none": "plain: no shortcut",
    "A": "A: identity",
    "B": "B: projection where dimensions change",
    "C": "C: projection in every block",
}


def on_log_axis(figure: Figure) -> Figure:
    """The layout of a figure, its y axis logarithmic."""
    return {**figure, "yaxis": {**figure["yaxis"], "type": "log", "exponentformat": "power"}}


def gaps_at_zero(values: NDArray[np.float64], digits: int = 3) -> list[float | None]:
    """JSON numbers for a log axis, which has no place for 0: a gap stands there."""
    return [value or None for value in significant(values, digits)]


def vertical(x: float) -> dict[str, Any]:
    """A grey dotted line from bottom to top, as one of the `shapes` of a layout."""
    line = {"color": GREY, "dash": "dot", "width": 1}
    return {"type": "line", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": line}


def marked(x: float, text: str, largest: float) -> Figure:
    """The same with its name, as `shapes` and `annotations` of a layout.

    Args:
        largest: where the x axis ends; the name stands on that side of the line where there is more room.
    """
    name = {
        "x": x, "yref": "paper", "y": 1, "yanchor": "top", "showarrow": False, "text": text,
        "xanchor": "left" if x < largest / 2 else "right", "font": {"color": GREY, "size": 11},
    }  # fmt: skip
    return {"shapes": [vertical(x)], "annotations": [name]}

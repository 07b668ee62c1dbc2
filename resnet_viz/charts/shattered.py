"""How the gradient at the image changes along the line between two images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viz.charts.style import COLOURS, MARKERS, Figure, dash, layout, level, rounded, significant
from resnet_viz.net_config import NetConfig

Floats = NDArray[np.float64]
ALIKE = 0.1  # correlations that differ by less are called alike
ENLARGE = 3  # times, of the 32 pixels of a gradient
GAP = 1  # pixels between two of them


@dataclass(frozen=True, eq=False)
class Along:
    """One net along the line."""

    net: NetConfig
    autocorrelation: Floats  # (distances,)
    slope: Floats  # (points,): derivative of the score along the line
    pictures: NDArray[np.uint8]  # (k, 32, 32, 3)
    norm: float | None  # mean L2 norm of the gradient; None: no number

    @property
    def label(self) -> str:
        return self.net.label

    @property
    def neighbours(self) -> float:
        """Autocorrelation of the gradient at neighbouring points."""
        return round(float(self.autocorrelation[1]), 2) + 0.0  # never "-0.00"

    @property
    def distance(self) -> Floats:
        """Of the autocorrelation, in percent of the line."""
        return 100 * np.arange(len(self.autocorrelation)) / (len(self.slope) - 1)

    @property
    def half(self) -> float | None:
        """Distance at which the autocorrelation has fallen below a half, in % of the line; None: it does not."""
        below = np.flatnonzero(self.autocorrelation < 0.5)
        return float(self.distance[below[0]]) if len(below) and self.is_alive else None

    @property
    def lack(self) -> str:
        """Why there is nothing to compare."""
        return "out of range" if self.norm is None else "no gradient"

    @property
    def is_alive(self) -> bool:
        """Whether there is a gradient that changes: it may be too small for a float32, or beyond its range."""
        return bool(self.autocorrelation[0] > 0)


def along(nets: Sequence[NetConfig], told: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> list[Along]:
    """The answer to `Shatter` as values."""
    return [
        Along(
            net, arrays[f"autocorrelation_{place}"], arrays[f"along_{place}"], arrays[f"pictures_{place}"],
            told["norms"][place],
        )
        for place, net in enumerate(nets)
    ]  # fmt: skip


def correlation_figure(nets: Sequence[Along]) -> Figure:
    """Autocorrelation of the gradient against distance, of the nets that have one."""
    alive = [net for net in nets if net.is_alive]
    data = [
        {
            "type": "scatter", "mode": "lines+markers", "name": net.label, "x": rounded(net.distance, 2),
            "y": rounded(net.autocorrelation, 3), "hovertemplate": "%{y:.2f}",
            "line": {"color": COLOURS[net.net.shortcut], "dash": dash(net.net.depth), "width": 2.5},
            "marker": {"symbol": MARKERS[net.net.shortcut], "size": 6, "maxdisplayed": 14},
        }
        for net in alive
    ]  # fmt: skip
    figure = layout("distance between two points (% of the line)", "autocorrelation", "shattered", **level(0, "noise"))
    lowest = min((float(net.autocorrelation.min()) for net in alive), default=0.0)
    figure["yaxis"] |= {"range": [round(min(lowest, -0.2) - 0.05, 2), 1.05]}
    figure["xaxis"] |= {"range": [0, 50]}
    return {"data": data, "layout": figure}


def slope_figure(net: Along) -> Figure:
    """The derivative of the score along the line, point by point."""
    place = 100 * np.linspace(0, 1, len(net.slope))
    trace = {
        "type": "scatter", "mode": "lines", "name": net.label, "x": rounded(place, 2), "y": significant(net.slope, 4),
        "line": {"color": COLOURS[net.net.shortcut], "width": 1.5}, "hovertemplate": "%{y:.3g}",
    }  # fmt: skip
    figure = layout("place on the line (%)", "d score / d place", f"slope_{net.label}")
    figure["yaxis"] |= {"exponentformat": "power"}
    return {"data": [trace], "layout": figure}


def strip(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pictures side by side, enlarged without smoothing: (height, width, 3)."""
    framed = np.pad(pictures, ((0, 0), (0, 0), (0, GAP), (0, 0)), constant_values=255)
    joined = np.concatenate(list(framed), axis=1)[:, :-GAP]
    return joined.repeat(ENLARGE, axis=0).repeat(ENLARGE, axis=1)


def table(nets: Sequence[Along]) -> list[dict[str, str]]:
    """A row a net."""
    return [
        {
            "net": net.label,
            "neighbouring points": f"{net.neighbours:.2f}" if net.is_alive else net.lack,
            "mean norm of the gradient": "-" if net.norm is None else f"{net.norm:.3g}",
            "falls below 0.5 at (% of the line)": "-" if net.half is None else f"{net.half:.1f}",
        }
        for net in nets
    ]


def verdict(plain: Along, residual: Along) -> str | None:
    """Whose gradient changes faster: an option of the page's question; None where one has none."""
    if not (plain.is_alive and residual.is_alive):
        return None
    difference = residual.neighbours - plain.neighbours
    if abs(difference) < ALIKE:
        return "about alike"
    return "the plain net's" if difference > 0 else "the residual net's"


def sentence(plain: Along, residual: Along) -> str:
    """What separates the two, in numbers."""
    dead = [net for net in (plain, residual) if not net.is_alive]
    if dead:
        said = " and ".join(f"{net.label} ({net.lack})" for net in dead)
        return f"Nothing can be compared: what a float32 holds is not enough for the gradient of {said}."
    step = plain.distance[1]
    return (
        f"Between neighbouring points, {step:.1f} % of the line apart, the gradient's autocorrelation is "
        f"{plain.neighbours:.2f} in {plain.label} and {residual.neighbours:.2f} in {residual.label}. "
        f"Their mean norms are {plain.norm:.3g} and {residual.norm:.3g}."
    )

"""Gradients and activations of nets before their first update, and which story they tell."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viz.charts.style import COLOURS, MARKERS, Figure, layout, significant
from resnet_viz.config import NetConfig

LAYERS_A_BLOCK = 2
HEALTHY = 10.0  # a gradient that changes by less than this factor from the last block to the first
# Yang et al. 2019, A Mean Field Theory of Batch Normalization: growth of the gradient a layer in a plain ReLU net.
BATCH_NORM_FACTOR = math.sqrt(math.pi / (math.pi - 1))

Story = Literal["vanishes", "healthy", "explodes"]
Quantity = Literal["grad_w", "grad_x", "spread"]
STORIES: tuple[Story, ...] = ("vanishes", "healthy", "explodes")
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measured:
    """One net before its first update; values by row: stem, blocks, classifier."""

    net: NetConfig
    rows: Sequence[str]
    grad_w: Floats
    grad_x: Floats
    spread: Floats  # of stem and blocks
    loss: float | None

    @property
    def label(self) -> str:
        norm = "with BN" if self.net.batch_norm else "without BN"
        return f"{self.net.label}, {norm}"

    @property
    def change(self) -> float:
        """Gradient at the first block's input over that at the last block's."""
        blocks = self.grad_x[1:-1]
        return float(blocks[0] / blocks[-1])

    @property
    def factor(self) -> float:
        """Growth of the gradient a layer towards the images, fitted to the logarithm over the blocks."""
        logs = np.log(self.grad_x[1:-1])
        slope = np.polyfit(np.arange(len(logs)), logs, 1)[0] if len(logs) > 1 else 0.0
        return float(np.exp(-slope / LAYERS_A_BLOCK))

    @property
    def story(self) -> Story:
        """What the gradient does on its way to the images."""
        if not np.isfinite(self.change) or self.change > HEALTHY:
            return "explodes"
        return "vanishes" if self.change < 1 / HEALTHY else "healthy"


def measured(nets: Sequence[NetConfig], told: Mapping[str, Any], arrays: Mapping[str, Floats]) -> list[Measured]:
    """The answer to `Initial` as values."""
    return [
        Measured(
            net, told["rows"][place], arrays[f"grad_w_{place}"], arrays[f"grad_x_{place}"], arrays[f"spread_{place}"],
            told["losses"][place],
        )
        for place, net in enumerate(nets)
    ]  # fmt: skip


def rows_figure(nets: Sequence[Measured], quantity: Quantity) -> Figure:
    """One quantity of every net, row by row, on a log axis."""
    titles = {"grad_w": "‖dL/dW‖", "grad_x": "‖dL/dx‖, mean over the images", "spread": "standard deviation"}
    data = []
    for net in nets:
        values, shortcut = getattr(net, quantity), net.net.shortcut
        data.append({
            "type": "scatter", "mode": "lines+markers", "name": net.label, "x": list(range(len(values))),
            "y": [value or None for value in significant(values)], "text": list(net.rows[: len(values)]),
            "hovertemplate": "%{text}: %{y:.3g}",
            "line": {"color": COLOURS[shortcut], "dash": "solid" if net.net.batch_norm else "dot", "width": 2},
            "marker": {"symbol": MARKERS[shortcut] + ("" if net.net.batch_norm else "-open"), "size": 6},
        })  # fmt: skip
    figure = layout("row: stem, blocks, classifier", titles[quantity], quantity)
    figure["yaxis"] |= {"type": "log", "exponentformat": "power"}
    return {"data": data, "layout": figure}


def table(nets: Sequence[Measured], predicted: Sequence[Story]) -> list[dict[str, str]]:
    """A row a net: the prediction beside what was measured."""
    return [
        {
            "net": net.label,
            "you said": said,
            "measured": net.story,
            "gradient, first block / last": f"{net.change:.3g}",
            "factor a layer": f"{net.factor:.3f}",
            "loss (nats)": "not a number" if net.loss is None else f"{net.loss:.4g}",
        }
        for net, said in zip(nets, predicted, strict=True)
    ]


def story_sentence(nets: Sequence[Measured]) -> str:
    """Which story the numbers support."""
    plain = [net for net in nets if net.net.is_plain]
    words = "; ".join(f"{net.label}: the gradient {_verb(net)}" for net in plain)
    vanishing = [net for net in plain if net.story == "vanishes"]
    if not vanishing:
        verdict = "No plain net here loses its gradient on the way to the images: vanishing explains nothing of these."
    elif len(vanishing) == len(plain):
        verdict = "Here the usual story holds: the gradient of the plain nets vanishes."
    else:
        verdict = f"The usual story holds only for {vanishing[0].label}."
    return f"{words}. {verdict}"


def _verb(net: Measured) -> str:
    verbs = {"vanishes": "vanishes", "healthy": "stays healthy", "explodes": "grows"}
    return f"{verbs[net.story]} towards the images ({net.change:.2g} times, {net.factor:.2f} a layer)"

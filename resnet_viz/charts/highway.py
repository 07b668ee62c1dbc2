"""Gradients and activations of nets before their first update, and which story they tell."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viz.charts.parts import gaps_at_zero, on_log_axis
from resnet_viz.charts.style import COLOURS, MARKERS, Figure, layout
from resnet_viz.net_config import NetConfig

LAYERS_A_BLOCK = 2
HEALTHY = 10.0  # a gradient that changes by less than this factor from the last block to the first
# Growth of the gradient a layer in a plain ReLU net with batch norm, wide and before training. With z normal, as batch
# norm makes it, the ReLU passes E[ReLU'(z)^2] = 1/2 of the squared gradient, and the next norm divides by the variance
# of ReLU(z), (1 - 1/pi) / 2. Yang et al. 2019 (A Mean Field Theory of Batch Normalization) show that it must explode.
BATCH_NORM_FACTOR = math.sqrt((1 / 2) / ((1 - 1 / math.pi) / 2))

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
        """Gradient at the first block's input over that at the last block's.

        0 where it is too small for a float32, infinite where one left its range.
        """
        first, last = self.grad_x[1], self.grad_x[-2]
        if not np.isfinite([first, last]).all():
            return math.inf
        return float(first / last) if last > 0 else 0.0

    @property
    def factor(self) -> float | None:
        """Growth of the gradient a layer towards the images, fitted to the logarithm over the blocks.

        None where fewer than two blocks have a gradient that a float32 can hold.
        """
        blocks = self.grad_x[1:-1]
        places = np.flatnonzero(np.isfinite(blocks) & (blocks > 0))
        if len(places) < 2:
            return None if len(blocks) > 1 else 1.0
        slope = np.polyfit(places, np.log(blocks[places]), 1)[0]
        return float(np.exp(-slope / LAYERS_A_BLOCK))

    @property
    def size(self) -> str:
        """`change` and `factor` in words."""
        if math.isinf(self.change):
            return "beyond the range of a float32"
        if self.change == 0:
            return "too small for a float32"
        return f"{self.change:.3g} times" + (f", {self.factor:.2f} a layer" if self.factor is not None else "")

    @property
    def story(self) -> Story:
        """What the gradient does on its way to the images."""
        if self.change > HEALTHY:
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
            "y": gaps_at_zero(values), "text": list(net.rows[: len(values)]),
            "hovertemplate": "%{text}: %{y:.3g}",
            "line": {"color": COLOURS[shortcut], "dash": "solid" if net.net.batch_norm else "dot", "width": 2},
            "marker": {"symbol": MARKERS[shortcut] + ("" if net.net.batch_norm else "-open"), "size": 6},
        })  # fmt: skip
    figure = layout("row: stem, blocks, classifier", titles[quantity], quantity)
    return {"data": data, "layout": on_log_axis(figure)}


def table(nets: Sequence[Measured], predicted: Sequence[str]) -> list[dict[str, str]]:
    """A row a net: the prediction beside what was measured."""
    return [
        {
            "net": net.label,
            "you said": said,
            "measured": net.story,
            "gradient, first block / last": f"{net.change:.3g}" if math.isfinite(net.change) else "out of range",
            "factor a layer": "-" if net.factor is None else f"{net.factor:.3f}",
            "loss (nats)": "not a number" if net.loss is None else f"{net.loss:.4g}",
        }
        for net, said in zip(nets, predicted, strict=True)
    ]


def story_sentence(nets: Sequence[Measured]) -> str:
    """Which story the numbers support, of plain nets and of residual ones."""
    plain = [net for net in nets if net.net.is_plain]
    words = "; ".join(f"{net.label}: the gradient {_verb(net)}" for net in nets)
    vanishing = [net for net in plain if net.story == "vanishes"]
    if not vanishing:
        verdict = "No plain net here loses its gradient on the way to the images: vanishing explains nothing of these."
    elif len(vanishing) == len(plain):
        verdict = "Here the usual story holds: the gradient of the plain nets vanishes."
    else:
        verdict = f"The usual story holds only for {vanishing[0].label}."
    wild = [net.label for net in nets if not net.net.is_plain and net.story != "healthy"]
    also = f" And a shortcut alone keeps no gradient healthy: see {' and '.join(wild)}." if wild else ""
    return f"{words}. {verdict}{also}"


def _verb(net: Measured) -> str:
    verbs = {"vanishes": "vanishes", "healthy": "stays healthy", "explodes": "grows"}
    return f"{verbs[net.story]} towards the images ({net.size})"

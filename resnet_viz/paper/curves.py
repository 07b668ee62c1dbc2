"""Figures 6 and 7 of He et al. 2015, read off the vector drawing of the paper."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from resnet_viz.net_config import Shortcut, Value
from resnet_viz.paper.results import one

FILE = Path(__file__).with_name("he2015_curves.json")
DROPS = (32, 48)  # thousand iterations after which the learning rate is divided by 10 (section 4.2)
END = 64  # where training stops
BEFORE_DROP = (26, 31)  # a window of thousand iterations before the first drop …
LAST = (60, 64)  # … and one at the end
NOT_DRAWN = "plain-110"  # "higher than 60% and not displayed" (caption of Figure 6)

Part = Literal["train", "test"]
Order = Literal["original", "sorted"]
Window = tuple[int, int]  # thousand iterations, both ends included
Floats = NDArray[np.float64]


class _OfNet(Value):
    net: str

    @property
    def shortcut(self) -> Shortcut:
        """Of the CIFAR nets of the paper: none, or option A (section 4.2)."""
        return "none" if self.net.startswith("plain") else "A"

    @property
    def depth(self) -> int:
        return int(self.net.split("-")[1])


class Curve(_OfNet):
    """An error along the iterations. A point stands for each thousand iterations, some are missing."""

    split: Part
    x: tuple[float, ...] = Field(min_length=1)  # iterations / 10,000
    y: tuple[float, ...]  # error in percent

    @model_validator(mode="after")
    def _one_y_for_each_x(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError(f"{self.net}, {self.split}: {len(self.x)} values of x, but {len(self.y)} of y")
        return self

    @property
    def thousands(self) -> Floats:
        """Iterations in thousands, (points,). The drawing is exact to about 50 iterations."""
        thousands: Floats = np.rint(10 * np.array(self.x))
        return thousands

    @property
    def error(self) -> Floats:
        """In percent, (points,). The width of the pen puts some points a hair below 0, which none can be."""
        error: Floats = np.maximum(np.array(self.y), 0)
        return error

    @property
    def end(self) -> float:
        """The last point that is drawn, in percent."""
        return float(self.error[-1])

    def mean(self, window: Window) -> float | None:
        """Mean error of the points in a window, in percent; None where the curve begins later, or has no point there.

        A curve may end inside the window: three of Figure 6 do so, a thousand iterations before the training ends.
        """
        begin, end = window
        inside = (self.thousands >= begin) & (self.thousands <= end)
        if self.thousands[0] > begin or not inside.any():
            return None
        return float(self.error[inside].mean())


class Responses(_OfNet):
    """Standard deviation of the response of each 3x3 layer of a trained net, after batch norm, before ReLU (Fig. 7)."""

    order: Order
    std: tuple[float, ...]

    @property
    def missing(self) -> int:
        """How many of the depth - 1 layers with 3x3 filters could not be read."""
        return self.depth - 1 - len(self.std)


class _Figure6(Value):
    x: str
    y: str
    note: str
    curves: tuple[Curve, ...]


class _Figure7(Value):
    x: str
    y: str
    note: str
    responses: tuple[Responses, ...]


class Digitised(Value):
    """The file: what was read off, and how."""

    version: Literal[1]
    source: Literal["he2015"]
    edition: str
    how: str
    figure_6: _Figure6
    figure_7: _Figure7


@cache
def digitised() -> Digitised:
    return Digitised.model_validate_json(FILE.read_bytes())


def curve(net: str, split: Part) -> Curve:
    """One curve of Figure 6."""
    return next(c for c in digitised().figure_6.curves if (c.net, c.split) == (net, split))


def nets() -> list[str]:
    """The nets of Figure 6, plain ones first, shallow ones first."""
    return list(dict.fromkeys(c.net for c in digitised().figure_6.curves))


def plain_nets() -> list[str]:
    return [net for net in nets() if net.startswith("plain")]


def best_first(given: Sequence[str], split: Part, window: Window) -> list[str]:
    """Those nets that have a mean in a window, lowest first."""
    means = {net: curve(net, split).mean(window) for net in given}
    drawn = {net: mean for net, mean in means.items() if mean is not None}
    return sorted(drawn, key=drawn.__getitem__)


def end_points() -> dict[str, tuple[float, float]]:
    """A check of the method: last point of each ResNet's test curve, and what Table 6 prints for it, in percent.

    ResNet-110 is left out: its curve is one run, and Table 6 has the best and the mean of five.
    """
    checked = [net for net in nets() if net.startswith("ResNet") and net != "ResNet-110"]
    return {net: (curve(net, "test").end, one(net, "error", "single view").value) for net in checked}


def responses(order: Order) -> dict[str, Responses]:
    """Figure 7 in one of its two orders, by net."""
    return {r.net: r for r in digitised().figure_7.responses if r.order == order}


def smaller_second(given: Responses) -> list[tuple[int, int]]:
    """In how many blocks of each stage the second convolution responds less than the first; of how many.

    Layer 1 is the stem, then two layers a block, as many blocks in each of three stages.

    Raises:
        ValueError: the layers are not in the order of the net, or some are missing.
    """
    if given.order != "original" or given.missing:
        raise ValueError(f"{given.net}: needs all layers in the order of the net")
    first, second = np.array(given.std[1::2]), np.array(given.std[2::2])
    stages = np.split(second < first, 3)
    return [(int(stage.sum()), len(stage)) for stage in stages]

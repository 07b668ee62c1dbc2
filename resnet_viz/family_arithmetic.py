"""What convolutions, blocks and shortcuts cost, as arithmetic: no net is built. Tests hold it against real modules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resnet_viz.net_config import Shortcut

IMAGE = 32  # pixels a side, of CIFAR
CLASSES = 10
REDUCTION = 4  # of the channels inside a bottleneck (He et al. 2015, figure 5)


@dataclass(frozen=True)
class Cost:
    """Learned numbers, and multiply-adds for one image."""

    parameters: int = 0
    multiply_adds: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.parameters + other.parameters, self.multiply_adds + other.multiply_adds)


def total(costs: Sequence[Cost]) -> Cost:
    return sum(costs, start=Cost())


def convolution(kernel: int, channels_in: int, channels_out: int, size: int) -> Cost:
    """A convolution without bias whose output has `size` pixels a side."""
    weights = kernel**2 * channels_in * channels_out
    return Cost(weights, weights * size**2)


def basic(channels: int, size: int) -> list[Cost]:
    """The convolutions of a basic block, whose input and output have so many channels."""
    return [convolution(3, channels, channels, size)] * 2


def bottleneck(channels: int, size: int) -> list[Cost]:
    """Those of a bottleneck: 1x1 to a quarter of the channels, 3x3, 1x1 back."""
    inner = channels // REDUCTION
    return [
        convolution(1, channels, inner, size),
        convolution(3, inner, inner, size),
        convolution(1, inner, channels, size),
    ]


def basic_norms(channels: int) -> list[Cost]:
    """The norms of a basic block."""
    return [_norm(channels)] * 2


def bottleneck_norms(channels: int) -> list[Cost]:
    """Those of a bottleneck, one after each convolution."""
    inner = channels // REDUCTION
    return [_norm(inner), _norm(inner), _norm(channels)]


def cifar_net(depth: int, width: int, shortcut: Shortcut) -> Cost:
    """The paper's CIFAR net, with batch norm and ten classes (He et al. 2015, section 4.2).

    Args:
        depth: 6n + 2.
        width: channels of the first stage.
    """
    costs = [convolution(3, 3, width, IMAGE), _norm(width), Cost(4 * width * CLASSES + CLASSES, 4 * width * CLASSES)]
    for channels_in, channels, size in _blocks(depth, width):
        costs += [convolution(3, channels_in, channels, size), convolution(3, channels, channels, size)]
        costs += [_norm(channels)] * 2
        if shortcut == "C" or (shortcut == "B" and channels_in != channels):
            costs += [convolution(1, channels_in, channels, size), _norm(channels)]
    return total(costs)


def _blocks(depth: int, width: int) -> Iterator[tuple[int, int, int]]:
    """Channels in, channels out, pixels a side of the output."""
    channels_in = width
    for stage in range(3):
        for _ in range((depth - 2) // 6):
            yield channels_in, width * 2**stage, IMAGE // 2**stage
            channels_in = width * 2**stage


def _norm(channels: int) -> Cost:
    return Cost(2 * channels)  # scale and shift; its arithmetic is no multiply-add of a matrix product

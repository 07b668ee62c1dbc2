"""What followed ResNet, in arithmetic: gates, paths, survival, width, concatenation, tokens, the order of a block.

All of it is numpy; the nets that are measured are in `probes`.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from resnet_viz.family_arithmetic import cifar_net

Floats = NDArray[np.float64]
Mixer = Callable[[Floats], Floats]

UNITS = 64  # of the highway layers that are computed here
NORM_EPSILON = 1e-5  # as in PyTorch's LayerNorm


@dataclass(frozen=True, eq=False)
class Gates:
    """A stack of highway layers with random weights and one random input."""

    mean: Floats  # (layers,), of T(x) over the units
    carried: Floats  # (layers + 1,), mean over the units of the product of 1 - T(x): the share of the input left


def highway(bias: float, layers: int, seed: int = 0) -> Gates:
    """y = H(x) T(x) + x (1 - T(x)) with H = tanh(W x) and T = sigmoid(V x + bias) (Srivastava et al. 2015).

    W and V are normal with variance 1 / UNITS, new in each layer; x is standard normal.
    """
    source = np.random.default_rng(seed)
    x = source.normal(size=UNITS)
    left = [np.ones(UNITS)]
    means = []
    for _ in range(layers):
        transform, gate_weights = source.normal(0, UNITS**-0.5, (2, UNITS, UNITS))
        gate = 1 / (1 + np.exp(-(gate_weights @ x + bias)))
        x = np.tanh(transform @ x) * gate + x * (1 - gate)
        left.append(left[-1] * (1 - gate))
        means.append(gate.mean())
    return Gates(np.array(means), np.array([share.mean() for share in left]))


def how_many(probabilities: Sequence[float] | Floats) -> Floats:
    """Distribution of how many of n independent events happen, (n + 1,): exact, one convolution an event.

    With n times 1/2 it is the length of a random path through n residual blocks (Veit et al. 2016, section 5);
    with survival probabilities it is the number of blocks that stochastic depth leaves.
    """
    law = np.ones(1)
    for probability in probabilities:
        law = np.convolve(law, [1 - probability, probability])
    return law


def share(law: Floats, least: int, most: int) -> float:
    """Probability of a number from `least` to `most`, both included."""
    return float(law[least : most + 1].sum())


def central(law: Floats, outside: float = 0.05) -> tuple[int, int]:
    """The numbers between which all but a share `outside` lies, at most half of it on either side."""
    below = np.cumsum(law)
    return int(np.searchsorted(below, outside / 2)), int(np.searchsorted(below, 1 - outside / 2))


def survival(last: float, blocks: int) -> Floats:
    """p_l = 1 - l/L (1 - p_L) for l = 1 … L: linear decay (Huang et al. 2016, equation 4)."""
    return 1 - np.arange(1, blocks + 1) / blocks * (1 - last)


def width_for(depth: int, parameters: int) -> int:
    """The width at which a CIFAR net of this depth, plain or with option A, comes closest to so many parameters."""

    def count(width: int) -> int:
        return cifar_net(depth, width, "A").parameters

    too_wide = isqrt(parameters) + 1  # a net has more parameters than the square of its width
    wide = bisect_left(range(too_wide), parameters, lo=1, key=count)
    return min((max(1, wide - 1), wide), key=lambda width: abs(count(width) - parameters))


def concatenated(start: int, growth: int, layers: int) -> NDArray[np.int64]:
    """Channels before each layer of a dense block and after the last, (layers + 1,) (DenseNet, section 3)."""
    return start + growth * np.arange(layers + 1)


def tokens(side: int, patch: int) -> int:
    """Tokens of a square picture in a vision transformer: its patches, and the class token."""
    return (side // patch) ** 2 + 1


def layer_norm(x: Floats) -> Floats:
    """Mean 0 and variance 1 over the last axis, without scale and shift."""
    deviation = x - x.mean(axis=-1, keepdims=True)
    normed: Floats = deviation / np.sqrt((deviation**2).mean(axis=-1, keepdims=True) + NORM_EPSILON)
    return normed


def mixers(blocks: int, width: int, seed: int = 0) -> list[Mixer]:
    """Stand-ins for attention or a state space: one random tanh layer each."""
    weights = np.random.default_rng(seed).normal(0, width**-0.5, (blocks, width, width))
    return [partial(_mix, weight) for weight in weights]


def _mix(weight: Floats, x: Floats) -> Floats:
    mixed: Floats = np.tanh(x @ weight)
    return mixed


def pre_norm(x: Floats, blocks: Sequence[Mixer]) -> Floats:
    """Norm, mix, add, in each block: x + mix(LN(x))."""
    for mix in blocks:
        x = x + mix(layer_norm(x))
    return x


def add_first(x: Floats, blocks: Sequence[Mixer]) -> Floats:
    """The same as Mamba's code orders it: add, norm, mix; what was mixed and the sum travel on side by side."""
    hidden, residual = x, np.zeros_like(x)
    for mix in blocks:
        residual = residual + hidden
        hidden = mix(layer_norm(residual))
    return residual + hidden

"""One residual block in numbers: y = F(x) + x with F(x) = Wx + b, forward, backward, stacked and trained.

Linear and two-dimensional, as in a walk-through on paper; the nets of the race are in `nets`. All of it is numpy.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.signal import correlate2d

Floats = NDArray[np.float64]

LARGEST = 1e6  # of a number that may be entered: with it, products and squares stay finite


class NumbersRefused(ValueError):
    """Numbers that can't be worked with; the sentence says which and why."""


def checked(values: object, shape: tuple[int, ...], name: str) -> Floats:
    """Numbers from an editor as an array of a shape.

    Raises:
        NumbersRefused: a cell is empty, no number, or too large; or there are too few of them.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise NumbersRefused(f"{name}: every cell needs a number.") from error
    if array.shape != shape:
        raise NumbersRefused(f"{name} needs {' x '.join(map(str, shape))} numbers, and has {array.size}.")
    if not np.isfinite(array).all():
        raise NumbersRefused(f"{name}: every cell needs a finite number.")
    if np.abs(array).max() > LARGEST:
        raise NumbersRefused(f"{name}: the numbers must lie between {-LARGEST:,.0f} and {LARGEST:,.0f}.")
    return array


@dataclass(frozen=True, eq=False)
class Block:
    """A block with one linear layer; plain when it is not residual."""

    weight: Floats  # (d, d)
    bias: Floats  # (d,)
    residual: bool = True

    def branch(self, x: Floats) -> Floats:
        """F(x) = Wx + b, (d,)."""
        return self.weight @ x + self.bias

    def forward(self, x: Floats) -> Floats:
        """y, (d,): F(x) + x, or F(x) in a plain block (He et al. 2015, equation 1)."""
        return self.branch(x) + x if self.residual else self.branch(x)

    @property
    def jacobian(self) -> Floats:
        """dy/dx, (d, d): I + dF/dx, or dF/dx."""
        return self.weight + np.eye(len(self.bias)) if self.residual else self.weight

    def backward(self, grad_y: Floats) -> Floats:
        """dL/dx = dL/dy · dy/dx, (d,)."""
        return grad_y @ self.jacobian


@dataclass(frozen=True)
class Norms:
    """Euclidean norms along a stack of L equal blocks; infinite where they leave the range of a float64."""

    forward: Floats  # (L + 1,), of the signal, from the input to the output
    backward: Floats  # (L + 1,), of dL/dx at the same places


def stacked(block: Block, x: Floats, grad: Floats, depth: int) -> Norms:
    """Send a signal up and a gradient down through `depth` copies of a block.

    Args:
        grad: dL/dy at the top, (d,).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        up, down = [x], [grad]
        for _ in range(depth):
            up.append(block.forward(up[-1]))
            down.append(block.backward(down[-1]))
        norms = [np.array([np.linalg.norm(vector) for vector in vectors]) for vectors in (up, down[::-1])]
    return Norms(*(np.where(np.isnan(norm), np.inf, norm) for norm in norms))


def loss(block: Block, x: Floats, target: Floats) -> float:
    """L = ½‖y - t‖²."""
    return float(0.5 * np.sum((block.forward(x) - target) ** 2))


def descent(block: Block, x: Floats, target: Floats, rate: float, steps: int) -> Iterator[tuple[Block, float]]:
    """Gradient descent on W and b towards one target.

    Yields:
        The block and its loss, before the first step and after each; it ends early when the loss is not finite.
    """
    for _ in range(steps + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            now = loss(block, x, target)
            if not np.isfinite(now):
                return
            yield block, now
            error = block.forward(x) - target  # dL/dy
            weight, bias = block.weight - rate * np.outer(error, x), block.bias - rate * error
        block = replace(block, weight=weight, bias=bias)


def convolved(picture: Floats, kernel: Floats) -> Floats:
    """F(x) of one 3x3 convolution with zeros around the picture, (h, w); a cross-correlation, as in every net."""
    result: Floats = correlate2d(picture, kernel, mode="same")
    return result


def convolved_backward(grad_y: Floats, kernel: Floats) -> Floats:
    """dL/dx of F alone: the gradient, convolved with the turned kernel, (h, w)."""
    return convolved(grad_y, kernel[::-1, ::-1])

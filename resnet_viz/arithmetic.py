"""One residual block in numbers: y = F(x) + x with F(x) = Wx + b, forward, backward, stacked and trained.

Linear and two-dimensional, as in a walk-through on paper; the nets of the race are in `nets`. All of it is numpy. What
is stacked and trained here may as well be a block with one convolution (`convolution_arithmetic`).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Remedy = Literal["none", "small branches", "normalise"]

LARGEST = 1e6  # of a number that may be entered: with it, products and squares stay finite
RANDOM_STD = 0.5  # of random weights
ROUNDING = 8 * np.finfo(np.float64).eps  # what is left of a difference that should be 0, relative to its terms


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


class Layer(Protocol):
    """What a stack and a descent need of a block; x is a vector or a picture."""

    def forward(self, x: Floats) -> Floats:
        """y, of the shape of x."""

    def backward(self, grad_y: Floats) -> Floats:
        """dL/dx, of the shape of x."""

    def scaled(self, factor: float) -> Self:
        """The same with F multiplied by a factor."""

    def begun(self, source: np.random.Generator | None) -> Self:
        """The same with random weights, or with zeros; biases 0."""

    def moved(self, x: Floats, error: Floats, rate: float) -> Self:
        """The same after one step of gradient descent, `error` being dL/dy."""


AnyLayer = TypeVar("AnyLayer", bound=Layer)


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

    def scaled(self, factor: float) -> Self:
        return replace(self, weight=factor * self.weight, bias=factor * self.bias)

    def begun(self, source: np.random.Generator | None) -> Self:
        shape = self.weight.shape
        weight = np.zeros(shape) if source is None else source.normal(0, RANDOM_STD, shape)
        return replace(self, weight=weight, bias=np.zeros_like(self.bias))

    def moved(self, x: Floats, error: Floats, rate: float) -> Self:
        weight = self.weight - rate * weight_gradient(x, error)
        return replace(self, weight=weight, bias=self.bias - rate * error)


def weight_gradient(x: Floats, error: Floats) -> Floats:
    """dL/dW of y = Wx + b (+ x), (d, d); `error` is dL/dy, which is dL/db too."""
    return np.outer(error, x)


def jacobian(block: Layer, shape: tuple[int, ...]) -> Floats:
    """dy/dx, (n, n), of a block whose x has n numbers in this shape, row by row: a backward pass for each row."""
    units = np.eye(math.prod(shape))
    return np.array([block.backward(unit.reshape(shape)).ravel() for unit in units])


def singular_values(matrix: Floats) -> Floats:
    """Largest first: by how much the matrix can stretch or shorten a vector. One that is only rounding is 0."""
    values = np.asarray(np.linalg.svd(matrix, compute_uv=False), dtype=np.float64)
    return np.where(values > ROUNDING * values.max(), values, 0.0)


@dataclass(frozen=True)
class Norms:
    """Euclidean norms along a stack of L equal blocks; infinite where they leave the range of a float64."""

    forward: Floats  # (L + 1,), of the signal, from the input to the output
    backward: Floats  # (L + 1,), of dL/dx at the same places


def stacked(block: Layer, x: Floats, grad: Floats, depth: int, remedy: Remedy = "none") -> Norms:
    """Send a signal up and a gradient down through `depth` copies of a block.

    Args:
        grad: dL/dy at the top, of the shape of x.
        remedy: "small branches" multiplies each F by 1/√depth; "normalise" divides each block's output by its norm.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        made = block.scaled(depth**-0.5) if remedy == "small branches" else block
        up, outputs, down = [x], list[Floats](), [grad]
        for _ in range(depth):
            outputs.append(made.forward(up[-1]))
            up.append(_unit(outputs[-1]) if remedy == "normalise" else outputs[-1])
        for output in reversed(outputs):
            after = _unit_backward(down[-1], output) if remedy == "normalise" else down[-1]
            down.append(made.backward(after))
        norms = [np.array([np.linalg.norm(values) for values in listed]) for listed in (up, down[::-1])]
    return Norms(*(np.where(np.isnan(norm), np.inf, norm) for norm in norms))


def _unit(z: Floats) -> Floats:
    """z/‖z‖; 0 stays 0."""
    return z / (np.linalg.norm(z) or 1.0)


def _unit_backward(grad: Floats, z: Floats) -> Floats:
    """dL/dz from dL/dy at y = z/‖z‖: (g - (g·y) y)/‖z‖; 0 where z is 0."""
    y, length = _unit(z), np.linalg.norm(z)
    across = grad - np.sum(grad * y) * y
    # A gradient along y has no part across it: what is left is rounding, which later blocks could make large.
    if length == 0 or np.linalg.norm(across) <= ROUNDING * np.linalg.norm(grad):
        return np.zeros_like(grad)
    return across / length


def loss(block: Layer, x: Floats, target: Floats) -> float:
    """L = ½‖y - t‖²."""
    return float(0.5 * np.sum((block.forward(x) - target) ** 2))


def descent(block: AnyLayer, x: Floats, target: Floats, rate: float, steps: int) -> Iterator[tuple[AnyLayer, float]]:
    """Gradient descent on the weights of a block towards one target.

    Yields:
        The block and its loss, before the first step and after each; it ends early when the loss is not finite.
    """
    for _ in range(steps + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            now = loss(block, x, target)
            if not np.isfinite(now):
                return
            yield block, now
            block = block.moved(x, block.forward(x) - target, rate)


def curvature(x: Floats) -> float:
    """‖x‖² + 1, the second derivative of the loss in a linear block's weights along each error.

    A step of gradient descent multiplies y - t by 1 - rate · curvature: it grows above the rate 2 / curvature.
    """
    return float(x @ x) + 1.0

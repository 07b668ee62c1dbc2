"""One residual block with a 3x3 convolution, in numbers: y = F(x) + x, forward, backward, and the kernel's gradient.

One picture, one channel, one kernel, zeros around the picture, no bias; what convolutions cost: `family_arithmetic`.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import correlate2d

from resnet_viz.arithmetic import RANDOM_STD, Floats


@dataclass(frozen=True, eq=False)
class Convolution:
    """A block with one convolution; plain when it is not residual."""

    kernel: Floats  # (3, 3)
    residual: bool = True

    def branch(self, x: Floats) -> Floats:
        """F(x), (h, w); a cross-correlation, as in every net."""
        result: Floats = correlate2d(x, self.kernel, mode="same")
        return result

    def forward(self, x: Floats) -> Floats:
        """y, (h, w): F(x) + x, or F(x) in a plain block."""
        return self.branch(x) + x if self.residual else self.branch(x)

    def backward(self, grad_y: Floats) -> Floats:
        """dL/dx, (h, w): dL/dy convolved with the turned kernel, plus dL/dy itself in a residual block."""
        turned = replace(self, kernel=self.kernel[::-1, ::-1])
        return turned.forward(grad_y)

    def scaled(self, factor: float) -> Self:
        return replace(self, kernel=factor * self.kernel)

    def begun(self, source: np.random.Generator | None) -> Self:
        shape = self.kernel.shape
        return replace(self, kernel=np.zeros(shape) if source is None else source.normal(0, RANDOM_STD, shape))

    def moved(self, x: Floats, error: Floats, rate: float) -> Self:
        return replace(self, kernel=self.kernel - rate * kernel_gradient(x, error))


def patches(x: Floats) -> Floats:
    """What the kernel lies on at each pixel, (h, w, 3, 3), zeros outside: F(x) is its product with the kernel."""
    return sliding_window_view(np.pad(x, 1), (3, 3))


def kernel_gradient(x: Floats, error: Floats) -> Floats:
    """dL/dk, (3, 3); `error` is dL/dy, (h, w)."""
    return np.tensordot(error, patches(x), axes=2)


def sharpest_curvature(x: Floats) -> float:
    """The largest second derivative of L = ½‖y - t‖² in the kernel; descent runs away above the rate 2 / curvature."""
    return float(np.linalg.norm(patches(x).reshape(x.size, -1), ord=2) ** 2)

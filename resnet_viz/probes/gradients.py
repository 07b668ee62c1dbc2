"""Gradient norms of stem, each block and classifier, from one backward pass.

All sums run in float64: in a net whose gradient vanishes, 1e-22 is a measured value and its square is no float32.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from resnet_viz.nets import CifarNet

AT_ONCE = 32  # images made float64 at a time: so few stay in the processor's cache (half the cost of the probe)


def row_names(net: CifarNet) -> tuple[str, ...]:
    """Names of the rows of a gradient record, in the order of the data: 29 at depth 56."""
    return tuple(name for name, _ in _rows(net))


def _rows(net: CifarNet) -> list[tuple[str, nn.Module]]:
    blocks = [(f"block {place}", block) for place, block in enumerate(net.blocks(), start=1)]
    return [("stem", net.conv), *blocks, ("classifier", net.classifier)]


class GradientProbe:
    """Reads one backward pass; made by `gradient_probe`. Every result has one float64 value a row."""

    def __init__(self, net: CifarNet) -> None:
        self._modules = [module for _, module in _rows(net)]
        self._grad_x = torch.zeros(len(self._modules), dtype=torch.float64)

    def watch(self, row: int, _module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Forward pre-hook: ask for the gradient at a row's input."""
        x = inputs[0] if inputs[0].requires_grad else inputs[0].detach().requires_grad_()  # the images themselves
        x.register_hook(partial(self._keep, row))
        return (x,)

    def _keep(self, row: int, gradient: Tensor) -> None:
        # (N, …) as a view: the order within an image does not matter, and a copy would cost more than the norm
        rows = gradient.flatten(1) if gradient.is_contiguous() else gradient.movedim(1, -1).flatten(1)
        per_image = [torch.linalg.vector_norm(some.double(), dim=1) for some in rows.split(AT_ONCE)]  # ||dL/dx_i||
        self._grad_x[row] = torch.cat(per_image).sum()  # mean of N ||dL/dx_i||: L is the mean over the batch

    def norms(self) -> dict[str, list[float]]:
        """The three norms of every row, after backward() and the net's `complete_gradients()`.

        grad_w: ||dL/dW|| over all convolution weights of a row, those of projections and gates among them, taken
            together (the classifier's weight in the last); 0 in a block that stochastic depth left out of this pass.
        grad_w_scaled: sum of ||dL/dW|| ||W|| over those tensors; rescaling a W before a norm does not change it.
        grad_x: mean over the images i of N ||dL/dx_i|| at the row's input.
        """
        rows = [[(_norm(weight.grad), _norm(weight)) for weight in _weights(module)] for module in self._modules]
        return {
            "grad_w": [math.hypot(*(gradient for gradient, _ in row)) for row in rows],
            "grad_w_scaled": [math.fsum(gradient * weight for gradient, weight in row) for row in rows],
            "grad_x": self._grad_x.tolist(),
        }


@contextmanager
def gradient_probe(net: CifarNet) -> Iterator[GradientProbe]:
    """Watch the forward and backward pass inside; every hook is gone afterwards."""
    probe = GradientProbe(net)
    handles = [
        module.register_forward_pre_hook(partial(probe.watch, row)) for row, (_, module) in enumerate(_rows(net))
    ]
    try:
        yield probe
    finally:
        for handle in handles:
            handle.remove()


def _weights(module: nn.Module) -> list[Tensor]:
    return [part.weight for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear)]


def _norm(tensor: Tensor | None) -> float:
    if tensor is None:
        raise RuntimeError("gradient norms are read after backward()")
    return float(torch.linalg.vector_norm(tensor.detach(), dtype=torch.float64))

"""Nets before their first update: gradients and activations of every block, on one batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.net_config import NetConfig
from resnet_viz.nets import CifarNet, build_net
from resnet_viz.probes.gradients import gradient_probe, row_names


@dataclass(frozen=True)
class AtInit:
    """One net at init; a value a row (stem, each block, classifier), norms as `Gradients` records define them."""

    rows: tuple[str, ...]
    grad_w: list[float]
    grad_x: list[float]
    spread: list[float]  # standard deviation of what stem and blocks give; one value less than rows
    loss: float  # nats


def at_init(config: NetConfig, seed: int, images: Tensor, labels: Tensor) -> AtInit:
    """Build a net and send one batch forward and backward, in training mode, so norms use this batch's statistics.

    Args:
        images: normalised, (N, 3, H, W).
    """
    net = build_net(config, seed).train()
    with gradient_probe(net) as probe, _spreads(net) as spreads:
        loss = functional.cross_entropy(net(images), labels)
        loss.backward()
    net.complete_gradients()
    norms = probe.norms()
    return AtInit(row_names(net), norms["grad_w"], norms["grad_x"], spreads, loss.item())


@contextmanager
def _spreads(net: CifarNet) -> Iterator[list[float]]:
    """Standard deviations of what the stem and each block give, in float64; every hook is gone afterwards."""
    spreads: list[float] = []

    def keep(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        spreads.append(float(torch.std(output.detach().double())))

    handles = [module.register_forward_hook(keep) for module in (net.act, *net.blocks())]
    try:
        yield spreads
    finally:
        for handle in handles:
            handle.remove()

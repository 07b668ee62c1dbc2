"""Shattered gradients: how the gradient at the image changes along a straight line between two images.

Balduzzi et al. 2017, sections 1 to 3: the deeper a plain net, the more it looks like white noise.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_viz.control import Control
from resnet_viz.net_config import NetConfig
from resnet_viz.nets import CifarNet, build_net
from resnet_viz.probes.modes import eval_mode

CHUNK = 64  # points through the net at once
PICTURES = 9  # of the gradient, at neighbouring points in the middle of the line


@dataclass(frozen=True, eq=False)
class Shattered:
    """The gradients of one net along the line."""

    autocorrelation: Tensor  # (points // 2,), by distance in points; 1 at 0
    along: Tensor  # (points,): derivative of the score in the direction of the line
    norm: float  # mean over the points of the gradient's L2 norm
    pictures: Tensor  # (PICTURES, 32, 32, 3) uint8: the gradient, each scaled by its own largest value; grey is 0


def shattered(
    config: NetConfig, seed: int, ends: Tensor, label: int, images: Tensor, points: int, control: Control
) -> Shattered:
    """Measure one net before its first update.

    Args:
        ends: the two images, normalised, (2, 3, H, W).
        label: the class whose score, before the softmax, is followed.
        images: a batch, normalised, whose statistics the norms take over; after that no point influences another.
        points: on the line, evenly spaced.
    """
    net = build_net(config, seed).requires_grad_(False)
    calibrate(net, images)
    way = torch.linspace(0, 1, points)[:, None, None, None]
    line = ends[0] + way * (ends[1] - ends[0])  # (points, 3, H, W)
    gradients = input_gradients(net, line, label, control)
    direction = (ends[1] - ends[0]).flatten() / (ends[1] - ends[0]).norm()
    middle = slice((points - PICTURES) // 2, (points - PICTURES) // 2 + PICTURES)
    flat = gradients.flatten(1)
    norm = float(flat.double().norm(dim=1).mean())
    return Shattered(autocorrelation(flat), flat @ direction, norm, _as_pictures(gradients[middle]))


def calibrate(net: nn.Module, images: Tensor) -> None:
    """Let every norm take over the statistics of one batch."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # a plain mean over the batches it sees: this one
    with torch.no_grad():
        net.train()(images)


def input_gradients(net: CifarNet, line: Tensor, label: int, control: Control) -> Tensor:
    """d score / d x at each point: (points, 3, H, W). In evaluation mode, so each point stands alone."""
    found = []
    with eval_mode(net):
        for part in line.split(CHUNK):
            control.check()
            x = part.clone().requires_grad_()
            (gradient,) = torch.autograd.grad(net(x)[:, label].sum(), x)
            found.append(gradient)
    return torch.cat(found)


def autocorrelation(gradients: Tensor) -> Tensor:
    """Autocorrelation of a sequence of vectors, after their mean is taken off.

    Of distance k: mean over t of <g_t, g_{t+k}>, over the mean of <g_t, g_t>. 0 where all are equal.

    Args:
        gradients: (points, dimensions).
    Returns:
        (points // 2,), in float64.
    """
    g = gradients.double()
    g = g - g.mean(0)
    products = g @ g.T  # (points, points)
    found = torch.stack([products.diagonal(k).mean() for k in range(len(g) // 2)])
    return found / found[0] if found[0] > 0 else torch.zeros_like(found)


def _as_pictures(gradients: Tensor) -> Tensor:
    largest = gradients.abs().amax(dim=(1, 2, 3), keepdim=True).clamp_min(torch.finfo(gradients.dtype).tiny)
    scaled = (127.5 * (1 + gradients / largest)).round().to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).contiguous()

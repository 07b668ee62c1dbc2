"""The block of the lesson and its three shortcuts (He et al. 2015, sections 3.2 and 3.3).

Every activation is a module of its own, used once and not in place, and so is the addition: attribution methods hook
modules, and give silently wrong maps for functional or reused ones.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.config import Activation, NetConfig


class Add(nn.Module):
    """The plus sign of y = F(x) + x."""

    def forward(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual + shortcut


class ZeroPad(nn.Module):
    """Option A where the dimensions change: every second pixel, new channels zero. No parameters.

    The zeros stand half before and half after the old channels, as in the published option-A checkpoints.
    """

    def __init__(self, new_channels: int, stride: int) -> None:
        super().__init__()
        self.before = new_channels // 2
        self.after = new_channels - self.before
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        # Every second pixel. Pooling over one pixel is slicing whose backward pass stays in channels_last.
        picked = functional.avg_pool2d(x, kernel_size=1, stride=self.stride)  # (N, C_in, H/s, W/s)
        padded = functional.pad(picked, (0, 0, 0, 0, self.before, self.after))  # (N, C_out, H/s, W/s)
        return padded.contiguous(memory_format=torch.channels_last)


def convolution(channels_in: int, channels_out: int, kernel: int, stride: int, *, bias: bool) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2, bias=bias)


def norm(channels: int, config: NetConfig) -> nn.Module:
    return nn.BatchNorm2d(channels) if config.batch_norm else nn.Identity()


def activation(name: Activation) -> nn.Module:
    match name:
        case "relu":
            return nn.ReLU(inplace=False)
        case "tanh":
            return nn.Tanh()
        case "sigmoid":
            return nn.Sigmoid()


def shortcut(channels_in: int, channels_out: int, stride: int, config: NetConfig) -> nn.Module | None:
    """What is carried around the block: nothing, x, or a 1x1 projection of x (options A, B, C)."""
    changes = channels_in != channels_out or stride != 1
    match config.shortcut:
        case "none":
            return None
        case "A":
            return ZeroPad(channels_out - channels_in, stride) if changes else nn.Identity()
        case "B" if not changes:
            return nn.Identity()
        case "B" | "C":
            bias = not config.batch_norm
            projection = convolution(channels_in, channels_out, 1, stride, bias=bias)
            return nn.Sequential(projection, norm(channels_out, config))


class Block(nn.Module):
    """Two 3x3 convolutions: y = f(F(x) + shortcut(x)), or y = f(F(x)) in a plain net (equation 1)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, config: NetConfig) -> None:
        super().__init__()
        bias = not config.batch_norm  # before a norm, a bias would be subtracted again
        self.conv1 = convolution(channels_in, channels_out, 3, stride, bias=bias)
        self.norm1 = norm(channels_out, config)
        self.act1 = activation(config.activation)
        self.conv2 = convolution(channels_out, channels_out, 3, 1, bias=bias)
        self.norm2 = norm(channels_out, config)
        self.shortcut = shortcut(channels_in, channels_out, stride, config)
        self.add = Add() if self.shortcut is not None else None
        self.act2 = activation(config.activation)

    def forward(self, x: Tensor) -> Tensor:  # x: (N, C_in, H, W)
        y = self.act1(self.norm1(self.conv1(x)))  # (N, C_out, H/s, W/s)
        y = self.norm2(self.conv2(y))  # F(x)
        if self.add is not None and self.shortcut is not None:
            y = self.add(y, self.shortcut(x))  # F(x) + x: the only difference from a plain block
        out: Tensor = self.act2(y)
        return out

"""The block of the lesson and its three shortcuts (He et al. 2015, sections 3.2 and 3.3), and what all blocks share.

Every activation is a module of its own, used once and not in place, and so is the addition: attribution methods hook
modules, and give silently wrong maps for functional or reused ones.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.net_config import Activation, NetConfig
from resnet_viz.nets.branches import Add, Gate, ScaledSkip, SkipInit, Survival, ZeroNorm, survival_probability


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


class Projection(nn.Conv2d):
    """The 1x1 convolution of options B and C: of every second pixel where the map is halved.

    The pixels are picked first, which is the same function. A strided 1x1 convolution of fewer than 8 channels in
    channels_last writes beyond its memory in the oneDNN of torch 2.14 on a CPU without AVX-512: it crashes, or hangs.
    """

    def forward(self, x: Tensor) -> Tensor:
        strided = self.stride != (1, 1)
        picked = functional.avg_pool2d(x, kernel_size=1, stride=self.stride) if strided else x  # (N, C_in, H/s, W/s)
        return functional.conv2d(picked, self.weight, self.bias)  # (N, C_out, H/s, W/s)


def convolution(channels_in: int, channels_out: int, kernel: int, stride: int, config: NetConfig) -> nn.Conv2d:
    bias = not config.batch_norm  # before a norm, a bias would be subtracted again
    return nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2, bias=bias)


def norm(channels: int, config: NetConfig) -> nn.Module:
    return nn.BatchNorm2d(channels) if config.batch_norm else nn.Identity()


def last_norm(channels: int, config: NetConfig) -> nn.Module:
    """The norm with which F ends."""
    return ZeroNorm(channels) if config.branch_init == "zero-norm" else norm(channels, config)


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
            projection = Projection(channels_in, channels_out, 1, stride, bias=not config.batch_norm)
            return nn.Sequential(projection, norm(channels_out, config))


class ResidualBlock(nn.Module, ABC):
    """y = f(F(x) + x), or y = f(F(x)) in a plain net (He et al. 2015, equation 1), and one line for each later variant.

    The kinds of blocks are subclasses: they differ in F and f, and are made of the same pieces.
    """

    conv1: nn.Conv2d
    conv2: nn.Conv2d

    def _add_shortcut(self, channels_in: int, channels_out: int, stride: int, config: NetConfig, place: int) -> None:
        """Make what carries x, and what joins it with F(x).

        Args:
            place: of the block in its net, from 1.
        """
        kept = survival_probability(place, 3 * config.blocks_per_stage, config.survival)
        self.skipinit = SkipInit() if config.branch_init == "skipinit" else None
        self.survival = Survival(kept) if config.survival != 1 else None
        self.shortcut = shortcut(channels_in, channels_out, stride, config)
        self.scale = ScaledSkip(config.skip_scale) if config.skip_scale != 1 else None
        self.gate = Gate(channels_out, config.gate_bias) if config.gate_bias is not None else None
        self.add = Add() if self.shortcut is not None and self.gate is None else None

    @abstractmethod
    def residual(self, x: Tensor) -> Tensor:
        """F(x): (N, C_in, H, W) -> (N, C_out, H/s, W/s)."""

    def carried(self, x: Tensor) -> Tensor:
        """What the shortcut makes of x: x itself where the dimensions stay, (N, C_out, H/s, W/s)."""
        assert self.shortcut is not None
        carried: Tensor = self.shortcut(x)
        return carried if self.scale is None else self.scale(carried)  # x, or a x

    def total(self, x: Tensor) -> Tensor:
        """The sum F(x) + x, before f."""
        if self.survival is not None and self.survival.skips():
            return self.carried(x)  # stochastic depth: x, and F is not computed
        y = self.residual(x)  # F(x)
        if self.skipinit is not None:
            y = self.skipinit(y)  # SkipInit: alpha F(x)
        if self.survival is not None:
            y = self.survival(y)  # stochastic depth: p F(x) in evaluation
        if self.gate is not None:
            y = self.gate(y, self.carried(x))  # highway: T F(x) + (1 - T) x
        if self.add is not None:
            y = self.add(y, self.carried(x))  # F(x) + x: the only difference from a plain block
        return y

    @property
    @abstractmethod
    def last(self) -> nn.Module:
        """The module with which F ends."""

    @property
    @abstractmethod
    def after(self) -> nn.Module | None:
        """f, or None where it is the identity."""

    @property
    def terms(self) -> tuple[nn.Module, nn.Module] | None:
        """The modules whose outputs are the two terms of the sum; None where nothing is added, or a gate weighs it."""
        if self.add is None or self.shortcut is None:
            return None
        residual = next(module for module in (self.survival, self.skipinit, self.last) if module is not None)
        return residual, self.shortcut if self.scale is None else self.scale


class Block(ResidualBlock):
    """Two 3x3 convolutions: y = f(F(x) + x) with F(x) = norm2(conv2(f(norm1(conv1(x))))) (He et al. 2015, Figure 2)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, config: NetConfig, place: int = 1) -> None:
        super().__init__()
        self.conv1 = convolution(channels_in, channels_out, 3, stride, config)
        self.norm1 = norm(channels_out, config)
        self.act1 = activation(config.activation)
        self.conv2 = convolution(channels_out, channels_out, 3, 1, config)
        self.norm2 = last_norm(channels_out, config)
        self._add_shortcut(channels_in, channels_out, stride, config, place)
        self.act2 = activation(config.activation)

    def residual(self, x: Tensor) -> Tensor:  # x: (N, C_in, H, W)
        y = self.act1(self.norm1(self.conv1(x)))  # (N, C_out, H/s, W/s)
        residual: Tensor = self.norm2(self.conv2(y))
        return residual

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.act2(self.total(x))  # f(F(x) + x)
        return y

    @property
    def last(self) -> nn.Module:
        return self.norm2

    @property
    def after(self) -> nn.Module:
        return self.act2

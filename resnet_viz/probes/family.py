"""The nets of the family, counted from their modules on the meta device, where tensors have shapes but no numbers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models
from torchvision.models.resnet import Bottleneck

from resnet_viz.family import Member, Stage
from resnet_viz.net_config import NetConfig, Shortcut
from resnet_viz.nets import CifarNet

IMAGENET, CIFAR = 224, 32  # pixels a side
BYTES = 4  # of a float32
FLOPS = 2  # of a multiply-add, as torch counts it
KEEPS = (nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Linear)
SHORTCUTS = {"downsample", "shortcut"}  # names of what stands on a shortcut: torchvision's, ours
# Which part of a net its top modules belong to; torchvision's ResNet and our own net share no name but mean the same.
PARTS = {
    **dict.fromkeys(("conv1", "bn1", "relu", "maxpool", "conv", "norm", "act"), "stem"),
    **{f"{word}{place}": f"stage {place}" for word in ("layer", "stage") for place in range(1, 5)},
    **dict.fromkeys(("avgpool", "fc", "pool", "flatten", "classifier"), "head"),
}


class WithoutShortcut(nn.Module):
    """torchvision's basic block with its shortcut removed, its projection too: y = f(F(x))."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.conv1, self.bn1 = block.get_submodule("conv1"), block.get_submodule("bn1")
        self.conv2, self.bn2 = block.get_submodule("conv2"), block.get_submodule("bn2")
        self.relu = block.get_submodule("relu")

    def forward(self, x: Tensor) -> Tensor:  # (N, C_in, H, W)
        y = self.relu(self.bn1(self.conv1(x)))  # (N, C_out, H/s, W/s)
        out: Tensor = self.relu(self.bn2(self.conv2(y)))
        return out


@dataclass(frozen=True)
class Recipe:
    """How a net is made, without weights."""

    name: str
    shortcut: Shortcut
    resolution: int
    build: Callable[[], nn.Module]


def _torchvision(name: str, shortcut: Shortcut, builder: str) -> Recipe:
    return Recipe(name, shortcut, IMAGENET, lambda: models.get_model(builder, weights=None))


def _cifar(depth: int, shortcut: Shortcut) -> Recipe:
    config = NetConfig(depth=depth, shortcut=shortcut)
    return Recipe(config.label, shortcut, CIFAR, lambda: CifarNet(config))


def plain_34() -> nn.Module:
    """torchvision's ResNet-34 without its shortcuts."""
    net: nn.Module = models.resnet34(weights=None)
    for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
        assert isinstance(stage, nn.Sequential)
        for place, block in enumerate(stage):
            stage[place] = WithoutShortcut(block)
    return net


RECIPES = (
    *(_torchvision(f"ResNet-{depth}", "B", f"resnet{depth}") for depth in (18, 34, 50, 101, 152)),
    _torchvision("Wide ResNet-50-2", "B", "wide_resnet50_2"),
    Recipe("plain-34", "none", IMAGENET, plain_34),
    *(_torchvision(f"VGG-{depth}", "none", f"vgg{depth}") for depth in (16, 19)),
    *(_cifar(depth, shortcut) for shortcut in ("A", "none") for depth in (20, 56, 110)),
)  # fmt: skip


def counted(recipe: Recipe) -> Member:
    """Count one net, in eval mode."""
    with torch.device("meta"):
        net = recipe.build().eval()
    leaves, multiply_adds = _run(net, recipe.resolution)
    parts: dict[str, list[_Leaf]] = {}
    for leaf in leaves:
        parts.setdefault(leaf.part, []).append(leaf)
    return Member(
        name=recipe.name, shortcut=recipe.shortcut, resolution=recipe.resolution,
        layers=sum(leaf.is_weighted for leaf in leaves),
        parameters=sum(weight.numel() for weight in net.parameters()),
        multiply_adds=multiply_adds,
        activation_bytes=sum(leaf.activation_bytes for leaf in leaves),
        stages=tuple(_stage(name, part) for name, part in parts.items()),
        first_stride_multiply_adds=_with_the_stride_in_the_first(net, recipe.resolution),
    )  # fmt: skip


@dataclass
class _Leaf:
    """A module without children."""

    part: str
    is_weighted: bool
    parameters: int
    activation_bytes: int = 0
    multiply_adds: int = 0
    shape: tuple[int, ...] = ()  # of what it gave last


def _stage(name: str, leaves: list[_Leaf]) -> Stage:
    last = [leaf.shape for leaf in leaves if leaf.is_weighted][-1]  # (1, C, H, W), or (1, C) of a linear layer
    return Stage(
        name=name, size=last[2] if len(last) == 4 else 1, channels=last[1],
        layers=sum(leaf.is_weighted for leaf in leaves),
        parameters=sum(leaf.parameters for leaf in leaves),
        multiply_adds=sum(leaf.multiply_adds for leaf in leaves),
        activation_bytes=sum(leaf.activation_bytes for leaf in leaves),
    )  # fmt: skip


def _run(net: nn.Module, resolution: int) -> tuple[list[_Leaf], int]:
    """Send one image through a net: its leaves in the order of its modules, and the multiply-adds of the whole."""
    leaves = dict(_leaves(net))
    with ExitStack() as hooks:
        for name, leaf in leaves.items():
            hooks.enter_context(net.get_submodule(name).register_forward_hook(_keeping(leaf)))
        counter = _count(net, resolution)
    for name, counts in counter.get_flop_counts().items():
        _, _, inside = name.partition(".")  # the class of the net comes first
        if inside in leaves:
            leaves[inside].multiply_adds = sum(counts.values()) // FLOPS
    return list(leaves.values()), counter.get_total_flops() // FLOPS


def _count(net: nn.Module, resolution: int) -> FlopCounterMode:
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        net(torch.empty(1, 3, resolution, resolution, device="meta"))
    return counter


def _keeping(leaf: _Leaf) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    def keep(module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        leaf.shape = tuple(output.shape)
        if isinstance(module, KEEPS):
            leaf.activation_bytes += BYTES * prod(leaf.shape)  # again at each call: torchvision reuses its ReLUs

    return keep


def _leaves(net: nn.Module) -> Iterator[tuple[str, _Leaf]]:
    pools = 0  # of a VGG net, whose stages end in one
    for name, module in net.named_modules():
        if next(module.children(), None) is not None:
            continue
        path = name.split(".")
        part = f"stage {pools + 1}" if path[0] == "features" else PARTS[path[0]]
        pools += isinstance(module, nn.MaxPool2d)
        weighted = isinstance(module, nn.Conv2d | nn.Linear) and not SHORTCUTS.intersection(path)
        yield name, _Leaf(part, weighted, sum(weight.numel() for weight in module.parameters()))


def _with_the_stride_in_the_first(net: nn.Module, resolution: int) -> int | None:
    """Multiply-adds with the stride of each bottleneck moved from its 3x3 to its first 1x1 convolution.

    torchvision says in `models/resnet.py` that the original has it there. Afterwards the net is as it was.
    """
    bottlenecks = [module for module in net.modules() if isinstance(module, Bottleneck)]
    if not bottlenecks:
        return None
    _swap_strides(bottlenecks)
    counter = _count(net, resolution)
    _swap_strides(bottlenecks)
    return counter.get_total_flops() // FLOPS


def _swap_strides(bottlenecks: list[Bottleneck]) -> None:
    for block in bottlenecks:
        block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride

"""Small seeded nets for the tests of nets, and looks at them."""

from typing import Any

import torch
from torch import Tensor, fx, nn

from resnet_viz.net_config import NetConfig
from resnet_viz.nets import CifarNet, build_net
from resnet_viz.nets.blocks import Projection, ResidualBlock, ZeroPad
from resnet_viz.nets.branches import Add, Gate, ScaledSkip, SkipInit, Survival, ZeroNorm

OWN = (
    Add,
    Gate,
    Projection,
    ScaledSkip,
    SkipInit,
    Survival,
    ZeroNorm,
    ZeroPad,
)  # our own modules that compute something
X = torch.tensor([[1.0, -2.0], [3.0, 4.0]]).view(1, 1, 2, 2)  # what blocks computed by hand are given


def small(shortcut: Any = "A", **changes: Any) -> CifarNet:
    return build_net(NetConfig(**{"depth": 14, "width": 4, "shortcut": shortcut, **changes}), seed=0)


def parameter_count(depth: int, shortcut: Any, **changes: Any) -> int:
    with torch.device("meta"):
        net = CifarNet(NetConfig(**{"depth": depth, "shortcut": shortcut, **changes}))
    return sum(parameter.numel() for parameter in net.parameters())


def some_images(count: int = 2, seed: int = 0) -> Tensor:
    images = torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(seed))
    return images.contiguous(memory_format=torch.channels_last)


class ModuleTracer(fx.Tracer):
    """Stops at our own modules as well, so that what is left are calls outside of any module."""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return isinstance(module, OWN) or super().is_leaf_module(module, name)


def calls_of(net: nn.Module) -> tuple[list[nn.Module], list[Any]]:
    """Modules in the order in which they are called, and everything that is called beside them."""
    nodes = list(ModuleTracer().trace(net).nodes)
    modules = [net.get_submodule(str(node.target)) for node in nodes if node.op == "call_module"]
    return modules, [node.target for node in nodes if node.op in ("call_function", "call_method", "get_attr")]


def equal_where_shared(first: CifarNet, second: CifarNet) -> set[str]:
    """Names of the tensors that both nets have in one shape, after a look that they are equal."""
    one, other = first.state_dict(), second.state_dict()
    shared = {name for name in one.keys() & other.keys() if one[name].shape == other[name].shape}
    assert all(torch.equal(one[name], other[name]) for name in shared)
    return shared


@torch.no_grad()
def with_kernels(block: ResidualBlock) -> ResidualBlock:
    """Give a block of one channel the two kernels of the value computed by hand, and no biases."""
    kernels = torch.zeros(2, 3, 3)
    kernels[0, 1, :2] = 1  # a pixel and its left neighbour: [[1, -1], [3, 7]], rectified [[1, 0], [3, 7]]
    kernels[1, :2, 1] = torch.tensor([-4.0, 1.0])  # a pixel less 4 times the one above: F(x) = [[1, 0], [-1, 7]]
    for layer, kernel in zip((block.conv1, block.conv2), kernels, strict=True):
        layer.weight.copy_(kernel.view(1, 1, 3, 3))
        layer.bias.zero_()
    return block

"""The bottleneck block, against a value computed by hand and the published sizes."""

from typing import Any

import pytest
import torch
from torch import nn

from resnet_viz.net_config import BOTTLENECK_DEPTHS, NetConfig
from resnet_viz.nets.bottleneck import BottleneckBlock
from tests.nets.made import calls_of, equal_where_shared, parameter_count, small, some_images


def bottlenecks(shortcut: Any = "A", **changes: Any) -> Any:
    return small(shortcut, **{"depth": 20, "block": "bottleneck", **changes})


@torch.no_grad()
@pytest.mark.parametrize("shortcut", ["none", "A"])
def test_a_block_gives_the_value_computed_by_hand(shortcut: Any) -> None:
    block = BottleneckBlock(4, 4, 1, NetConfig(block="bottleneck", shortcut=shortcut, batch_norm=False))
    for parameter in block.parameters():
        parameter.zero_()
    block.conv1.weight[0, :, 0, 0] = torch.tensor([1.0, 0, 0, -1])  # channel 0 less channel 3
    block.conv2.weight[0, 0, 1, :2] = 1  # a pixel and its left neighbour
    block.conv3.weight[:, 0, 0, 0] = torch.tensor([1.0, -1, 2, 0])
    x = torch.zeros(1, 4, 2, 2)
    x[0, 0], x[0, 3] = torch.tensor([[1.0, -2], [3, 4]]), 1
    # [[0, -3], [2, 3]], rectified [[0, 0], [2, 3]], with the left neighbour [[0, 0], [2, 5]]
    first = [[1, 0], [5, 9]] if shortcut == "A" else [[0, 0], [2, 5]]
    fourth = [[1, 1], [1, 1]] if shortcut == "A" else [[0, 0], [0, 0]]
    assert block(x)[0].tolist() == [first, [[0, 0], [0, 0]], [[0, 0], [4, 10]], fourth]


def formula(depth: int, width: int, shortcut: str) -> int:
    """Weights of convolutions, scale and shift of norms, and the classifier of a net of bottlenecks."""
    n, total, given = (depth - 2) // 9, 27 * width + 2 * width, width
    for inner in (width, 2 * width, 4 * width):
        for place in range(n):
            total += given * inner + 9 * inner**2 + inner * 4 * inner + 2 * (inner + inner + 4 * inner)
            if shortcut == "C" or (shortcut == "B" and place == 0):
                total += given * 4 * inner + 2 * 4 * inner
            given = 4 * inner
    return total + given * 10 + 10


@pytest.mark.parametrize("depth", [11, 56, 164])
@pytest.mark.parametrize("shortcut", ["none", "A", "B", "C"])
@pytest.mark.parametrize("width", [8, 16])
def test_the_parameters_are_those_of_the_formula(depth: int, shortcut: Any, width: int) -> None:
    assert parameter_count(depth, shortcut, width=width, block="bottleneck") == formula(depth, width, shortcut)


def test_resnet_164_has_the_published_1_7_million_parameters() -> None:
    """He et al. 2016, Table 4, with projections where the dimensions change (appendix)."""
    assert round(parameter_count(164, "B", block="bottleneck") / 1e6, 1) == 1.7
    assert round(parameter_count(110, "B", block="bottleneck") / 1e6, 1) != 1.7


def test_the_depth_is_the_number_of_weighted_layers() -> None:
    for depth in BOTTLENECK_DEPTHS[:3]:
        net = bottlenecks("none", depth=depth)
        assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in net.modules()) == depth
        assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in bottlenecks("B").modules()) == 20 + 3


@pytest.mark.parametrize("batch_norm", [True, False])
def test_plain_and_residual_twins_begin_with_the_same_tensors(batch_norm: bool) -> None:
    plain, residual, projected = (bottlenecks(shortcut, batch_norm=batch_norm) for shortcut in ("none", "A", "B"))
    assert equal_where_shared(plain, residual) == plain.state_dict().keys() == residual.state_dict().keys()
    assert equal_where_shared(residual, projected) == residual.state_dict().keys()
    deeper = bottlenecks("none", batch_norm=batch_norm, depth=29)
    assert equal_where_shared(plain, deeper) == plain.state_dict().keys()


def test_stages_have_four_times_the_channels_of_their_3x3_convolutions() -> None:
    net, shapes = bottlenecks(), []
    for stage in (net.stage1, net.stage2, net.stage3):
        stage.register_forward_hook(lambda _module, _inputs, output: shapes.append(tuple(output.shape[1:])))
    net(some_images())
    assert shapes == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]
    blocks = list(net.blocks())
    assert [block.conv2.weight.shape[:2] for block in blocks[::2]] == [(4, 4), (8, 8), (16, 16)]
    assert [block.conv1.stride for block in blocks] == [(1, 1), (1, 1), (2, 2), (1, 1), (2, 2), (1, 1)]
    assert {block.conv2.stride for block in blocks} == {(1, 1)}


@torch.no_grad()
def test_the_first_block_of_a_stage_carries_x_between_zeros() -> None:
    block = next(bottlenecks(batch_norm=False).blocks())
    x = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    carried = block.carried(x)
    assert torch.equal(carried[:, 6:10], x)
    assert not carried[:, :6].any()
    assert not carried[:, 10:].any()


def test_every_activation_and_addition_is_a_module_used_once() -> None:
    modules, others = calls_of(bottlenecks("B"))
    assert others == []
    assert len({id(module) for module in modules}) == len(modules)
    assert sum(isinstance(module, nn.ReLU) for module in modules) == 1 + 3 * 6

"""The pre-activation block, against values computed by hand and against the net of basic blocks."""

from typing import Any

import pytest
import torch
from torch import nn

from resnet_viz.net_config import NetConfig
from resnet_viz.nets.preactivation import PreActivationBlock
from tests.nets.made import X, calls_of, equal_where_shared, parameter_count, small, some_images, with_kernels


def one_channel(place: int, **changes: Any) -> PreActivationBlock:
    block = PreActivationBlock(1, 1, 1, NetConfig(block="pre-activation", batch_norm=False, **changes), place)
    with_kernels(block)
    return block


@pytest.mark.parametrize(
    ("place", "shortcut", "expected"),
    [
        # relu(x) = [[1, 0], [3, 4]], with the left neighbour [[1, 1], [3, 7]], so F(x) = [[1, 1], [-1, 3]]
        (2, "A", [[2, -1], [2, 7]]),
        (2, "none", [[1, 1], [-1, 3]]),
        (1, "A", [[2, -2], [2, 11]]),  # the first block of a net is given activations, and takes them as they are
    ],
)
def test_a_block_gives_the_value_computed_by_hand(place: int, shortcut: Any, expected: list[list[float]]) -> None:
    assert one_channel(place, shortcut=shortcut)(X).view(2, 2).tolist() == expected


@torch.no_grad()
def test_norms_stand_before_the_activations() -> None:
    block = PreActivationBlock(2, 2, 1, NetConfig(block="pre-activation"), place=2).eval()
    for place, norm in enumerate((block.norm1, block.norm2)):
        norm.weight.copy_(torch.tensor([2.0, -1.0]))
        norm.bias.fill_(0.5 + place)
    x = torch.randn(1, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    scale = torch.tensor([2.0, -1.0]).view(1, 2, 1, 1) / (1 + 1e-5) ** 0.5
    y = torch.conv2d((scale * x + 0.5).clamp(min=0), block.conv1.weight, padding=1)
    y = torch.conv2d((scale * y + 1.5).clamp(min=0), block.conv2.weight, padding=1)
    torch.testing.assert_close(block(x), y + x)
    assert (block(x) < 0).any()  # nothing follows the sum


@pytest.mark.parametrize("depth", [20, 56, 110])
@pytest.mark.parametrize("shortcut", ["none", "A", "B"])
def test_a_net_has_the_parameters_of_one_of_basic_blocks(depth: int, shortcut: Any) -> None:
    assert parameter_count(depth, shortcut, block="pre-activation") == parameter_count(depth, shortcut)


@torch.no_grad()
@pytest.mark.parametrize("batch_norm", [True, False])
def test_a_plain_net_is_the_plain_net_of_basic_blocks(batch_norm: bool) -> None:
    """Without an addition it does not matter whether activations are called pre or post (He et al. 2016, 4.1)."""
    pre, post = (small("none", block=block, batch_norm=batch_norm).train() for block in ("pre-activation", "basic"))
    torch.testing.assert_close(pre(some_images()), post(some_images()), rtol=0, atol=0)
    pre, post = (small("A", block=block, batch_norm=batch_norm).train() for block in ("pre-activation", "basic"))
    assert not torch.allclose(pre(some_images()), post(some_images()))


@pytest.mark.parametrize("batch_norm", [True, False])
def test_plain_and_residual_twins_begin_with_the_same_tensors(batch_norm: bool) -> None:
    given: Any = {"block": "pre-activation", "batch_norm": batch_norm}
    plain, residual, projected = (small(shortcut, **given) for shortcut in ("none", "A", "B"))
    assert equal_where_shared(plain, residual) == plain.state_dict().keys() == residual.state_dict().keys()
    assert equal_where_shared(residual, projected) == residual.state_dict().keys()
    convolutions = {name for name, tensor in plain.state_dict().items() if tensor.ndim == 4}
    assert convolutions <= equal_where_shared(small("A", batch_norm=batch_norm), residual)


def test_the_state_dict_has_the_order_of_the_data() -> None:
    names = list(small("B", block="pre-activation", depth=8, batch_norm=True).state_dict())
    weights = [name for name in names if name.endswith("weight")]
    assert weights[:6] == [
        "conv.weight", "norm.weight", "stage1.0.conv1.weight", "stage1.0.norm2.weight", "stage1.0.conv2.weight",
        "stage2.0.norm1.weight",
    ]  # fmt: skip
    assert weights[-2:] == ["final.0.weight", "classifier.weight"]
    assert not any(name.startswith("final") for name in small("B", depth=8).state_dict())


def test_every_activation_is_a_module_used_once() -> None:
    modules, others = calls_of(small(block="pre-activation"))
    assert others == []
    assert len({id(module) for module in modules}) == len(modules)
    assert sum(isinstance(module, nn.ReLU) for module in modules) == 1 + (2 * 6 - 1) + 1  # stem, blocks, final


@torch.no_grad()
def test_without_weights_the_sum_carries_x_through_a_stage_unchanged() -> None:
    """Equation 4: x_L = x_l + sum of F; with F = 0 the output of a stage is its input, also where that is negative."""
    net = small(block="pre-activation", batch_norm=False)
    for block in net.blocks():
        block.conv2.weight.zero_()
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(net.stage1(x), x)
    for block in net.blocks():
        block.conv2.weight.fill_(0.1)
    assert not torch.allclose(net.stage1(x), x)

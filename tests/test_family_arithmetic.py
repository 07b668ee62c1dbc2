"""Arithmetic against real modules on the meta device."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.resnet import BasicBlock, Bottleneck

from resnet_viz import family_arithmetic as arithmetic
from resnet_viz.family_arithmetic import Cost, total
from resnet_viz.net_config import NetConfig, Shortcut
from resnet_viz.nets import CifarNet


def real(net: nn.Module, channels: int, size: int) -> Cost:
    """What a module costs, counted."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.empty(1, channels, size, size, device="meta"))
    return Cost(sum(weight.numel() for weight in net.parameters()), counter.get_total_flops() // 2)


@pytest.mark.parametrize("option", ["none", "A", "B", "C"])
@pytest.mark.parametrize(("depth", "width"), [(8, 16), (20, 16), (26, 5), (56, 4)])
def test_a_cifar_net_costs_what_its_modules_do(depth: int, width: int, option: Shortcut) -> None:
    with torch.device("meta"):
        net = CifarNet(NetConfig(depth=depth, width=width, shortcut=option)).eval()
    assert arithmetic.cifar_net(depth, width, option) == real(net, 3, 32)


def test_options_cost_what_is_known_of_them_at_width_16() -> None:
    for depth in (8, 20, 110):
        plain, a, b, c = (arithmetic.cifar_net(depth, 16, option) for option in ("none", "A", "B", "C"))
        assert a == plain
        assert b.parameters - a.parameters == 2_752  # at every depth
        assert c.parameters > b.parameters


@pytest.mark.parametrize(
    ("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7), (1202, 19.4)]
)
def test_the_parameters_round_to_what_table_6_of_the_paper_prints(depth: int, millions: float) -> None:
    counted = arithmetic.cifar_net(depth, 16, "A").parameters / 1e6
    assert counted == pytest.approx(millions, abs=0.005 if millions < 1 else 0.05)


@pytest.mark.parametrize("channels", [16, 64, 256])
def test_norms_are_those_of_real_blocks(channels: int) -> None:
    with torch.device("meta"):
        blocks = BasicBlock(channels, channels), Bottleneck(channels, channels // 4)
    counted = [
        sum(
            weight.numel()
            for norm in block.modules()
            if isinstance(norm, nn.BatchNorm2d)
            for weight in norm.parameters()
        )
        for block in blocks
    ]
    assert counted == [total(arithmetic.basic_norms(channels)).parameters,
                       total(arithmetic.bottleneck_norms(channels)).parameters]  # fmt: skip


@pytest.mark.parametrize(("channels", "size"), [(64, 56), (256, 56), (512, 7), (16, 14)])
def test_blocks_cost_what_their_convolutions_do(channels: int, size: int) -> None:
    def conv(kernel: int, channels_in: int, channels_out: int) -> nn.Conv2d:
        return nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2, bias=False, device="meta")

    inner = channels // 4
    basic = nn.Sequential(conv(3, channels, channels), conv(3, channels, channels))
    bottleneck = nn.Sequential(conv(1, channels, inner), conv(3, inner, inner), conv(1, inner, channels))
    assert total(arithmetic.basic(channels, size)) == real(basic, channels, size)
    assert total(arithmetic.bottleneck(channels, size)) == real(bottleneck, channels, size)


def test_the_saving_is_eighteen_to_seventeen_sixteenths() -> None:
    basic, bottleneck = total(arithmetic.basic(256, 1)), total(arithmetic.bottleneck(256, 1))
    assert basic.parameters * 17 == bottleneck.parameters * 16 * 18
    assert total([]) == Cost(0, 0)

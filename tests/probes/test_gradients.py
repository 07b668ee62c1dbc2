import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.net_config import NetConfig
from resnet_viz.nets import CifarNet, build_net
from resnet_viz.nets.bottleneck import BottleneckBlock
from resnet_viz.probes import gradient_probe, row_names
from resnet_viz.probes.modes import eval_mode


def net_of(depth: int = 8, shortcut: Any = "A", **changes: Any) -> CifarNet:
    return build_net(NetConfig(depth=depth, shortcut=shortcut, **{"width": 4, **changes}), seed=0)


def batch(count: int = 6) -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(0)
    images = torch.randn(count, 3, 32, 32, generator=source).contiguous(memory_format=torch.channels_last)
    return images, torch.randint(0, 10, (count,), generator=source)


def probed(net: CifarNet) -> dict[str, list[float]]:
    images, labels = batch()
    net.zero_grad()
    with gradient_probe(net) as probe:
        functional.cross_entropy(net(images), labels).backward()
    return probe.norms()


def by_hand(net: CifarNet) -> dict[str, list[float]]:
    """The same three norms from plain autograd, the forward pass written out."""
    images, labels = batch()
    x = images.requires_grad_()
    inputs, weights = [x], [[net.conv.weight]]
    x = net.act(net.norm(net.conv(x)))
    for block in net.blocks():
        inputs.append(x)
        projection = [block.shortcut[0].weight] if isinstance(block.shortcut, nn.Sequential) else []
        third = [block.conv3.weight] if isinstance(block, BottleneckBlock) else []
        gate = [block.gate.conv.weight] if block.gate is not None else []
        weights.append([block.conv1.weight, block.conv2.weight, *third, *projection, *gate])
        x = block(x)
    x = x if net.final is None else net.final(x)
    x = x.mean((2, 3))
    inputs.append(x)
    weights.append([net.classifier.weight])
    loss = functional.cross_entropy(net.classifier(x), labels)
    flat = [weight for row in weights for weight in row]
    gradients = [gradient.double() for gradient in torch.autograd.grad(loss, [*inputs, *flat])]
    grad_x, grad_flat = gradients[: len(inputs)], iter(gradients[len(inputs) :])
    pairs = [[(next(grad_flat), weight.detach().double()) for weight in row] for row in weights]
    return {
        "grad_w": [math.sqrt(sum(float((g**2).sum()) for g, _ in row)) for row in pairs],
        "grad_w_scaled": [sum(float(g.norm() * w.norm()) for g, w in row) for row in pairs],
        "grad_x": [float(torch.stack([len(g) * image.norm() for image in g]).mean()) for g in grad_x],
    }


def hooks_of(net: nn.Module) -> int:
    return sum(
        len(module._forward_pre_hooks) + len(module._forward_hooks) + len(module._backward_hooks)
        for module in net.modules()
    )


@pytest.fixture
def flush_denormal() -> Iterator[None]:
    torch.set_flush_denormal(True)
    yield
    torch.set_flush_denormal(False)


@pytest.mark.parametrize("shortcut", ["none", "A", "B", "C"])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_the_norms_are_those_of_plain_autograd(shortcut: Any, batch_norm: bool) -> None:
    net = net_of(shortcut=shortcut, batch_norm=batch_norm)
    expected, measured = by_hand(net), probed(net)
    assert measured.keys() == expected.keys()
    for name in expected:
        assert len(measured[name]) == 5
        assert measured[name] == pytest.approx(expected[name], rel=1e-4)
        assert measured[name] != pytest.approx([1.01 * value for value in expected[name]], rel=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {"block": "pre-activation"},
        {"block": "bottleneck", "depth": 11, "shortcut": "B"},
        {"gate_bias": -1.0, "shortcut": "C"},
        {"skip_scale": 0.5},
    ],
)
def test_the_norms_of_every_kind_of_block_are_those_of_plain_autograd(changes: dict[str, Any]) -> None:
    net = net_of(**changes)
    expected, measured = by_hand(net), probed(net)
    for name in expected:
        assert measured[name] == pytest.approx(expected[name], rel=1e-4)
        assert measured[name] != pytest.approx([1.01 * value for value in expected[name]], rel=1e-4)


def test_a_block_that_was_left_out_has_a_gradient_of_zero_and_one_at_its_input() -> None:
    net = net_of(survival=1e-6).train()  # of three blocks the last is never kept
    images, labels = batch()
    with gradient_probe(net) as probe:
        functional.cross_entropy(net(images), labels).backward()
    with pytest.raises(RuntimeError, match="after backward"):
        probe.norms()
    net.complete_gradients()
    norms = probe.norms()
    assert norms["grad_w"][3] == norms["grad_w_scaled"][3] == 0
    assert norms["grad_x"][3] > 0
    assert norms["grad_w"][0] > 0


def test_the_probe_does_not_change_the_gradients() -> None:
    watched, free = net_of(), net_of()
    probed(watched)
    images, labels = batch()
    functional.cross_entropy(free(images), labels).backward()
    for name, parameter in free.named_parameters():
        assert parameter.grad is not None
        assert torch.equal(watched.get_parameter(name).grad, parameter.grad)
    assert not images.requires_grad


def test_depth_56_has_29_rows_from_stem_to_classifier() -> None:
    names = row_names(net_of(56))
    assert len(names) == len(set(names)) == 29
    assert (names[0], names[1], names[27], names[28]) == ("stem", "block 1", "block 27", "classifier")
    assert len(row_names(net_of(50))) != 29


def test_every_hook_is_gone_after_the_probe() -> None:
    net = net_of()
    with gradient_probe(net):
        assert hooks_of(net) == 5
    assert hooks_of(net) == 0


def test_every_hook_is_gone_after_an_error() -> None:
    net = net_of()
    with pytest.raises(RuntimeError, match="expected input"), gradient_probe(net):
        net(torch.zeros(1, 1, 32, 32))
    assert hooks_of(net) == 0


def test_norms_before_the_backward_pass_are_refused() -> None:
    net = net_of()
    with gradient_probe(net) as probe:
        net(batch()[0])
    with pytest.raises(RuntimeError, match="after backward"):
        probe.norms()


@pytest.mark.usefixtures("flush_denormal")
def test_a_vanishing_gradient_is_measured_and_not_zero() -> None:
    norms = probed(net_of(56, "none", batch_norm=False, init="torch"))
    assert 0 < norms["grad_w"][0] < 1e-15
    assert 0 < norms["grad_w_scaled"][0] < 1e-15
    assert 0 < norms["grad_x"][0] < 1e-15
    assert norms["grad_w"][-1] > 1e-3
    residual = probed(net_of(56, "A", batch_norm=False, init="torch"))
    assert residual["grad_w"][0] > 1e-4


def test_the_scaled_norm_ignores_the_size_of_a_weight_before_a_norm() -> None:
    net = net_of()
    before = probed(net)
    with torch.no_grad():
        next(net.blocks()).conv1.weight.mul_(10)
    after = probed(net)
    assert after["grad_w_scaled"] == pytest.approx(before["grad_w_scaled"], rel=1e-3)
    assert after["grad_w"][1] != pytest.approx(before["grad_w"][1], rel=1e-2)


def mixed_modes(net: nn.Module) -> dict[str, bool]:
    for place, module in enumerate(net.modules()):
        module.training = place % 3 != 0
    return modes_of(net)


def modes_of(net: nn.Module) -> dict[str, bool]:
    return {name: module.training for name, module in net.named_modules()}


def test_eval_mode_gives_every_module_its_own_mode_back() -> None:
    net = net_of()
    before = mixed_modes(net)
    with eval_mode(net):
        assert not any(modes_of(net).values())
    assert modes_of(net) == before
    assert len(set(before.values())) == 2


def test_eval_mode_gives_the_modes_back_after_an_error() -> None:
    net = net_of()
    before = mixed_modes(net)
    with pytest.raises(ZeroDivisionError), eval_mode(net):
        _ = 1 / 0
    assert modes_of(net) == before
    assert any(before.values())

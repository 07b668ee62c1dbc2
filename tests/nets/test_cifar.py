import math
from collections import Counter
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.net_config import NetConfig
from resnet_viz.nets import build_net
from resnet_viz.nets.blocks import Block, Projection, ZeroPad
from resnet_viz.nets.branches import Add
from tests.nets.made import X, calls_of, equal_where_shared, parameter_count, small, some_images, with_kernels

PUBLISHED = {
    8: 75_290,
    14: 172_506,
    20: 269_722,
    32: 464_154,
    44: 658_586,
    56: 853_018,
    110: 1_727_962,
    1202: 19_421_274,
}
ALL_SHORTCUTS = ("none", "A", "B", "C")


@pytest.mark.parametrize(("depth", "count"), PUBLISHED.items())
def test_plain_and_residual_have_the_published_parameter_count(depth: int, count: int) -> None:
    assert parameter_count(depth, "none") == parameter_count(depth, "A") == count


def test_projections_cost_parameters() -> None:
    assert parameter_count(20, "B") == 272_474
    assert parameter_count(20, "A") < parameter_count(20, "B") < parameter_count(20, "C")


def test_the_state_dict_has_the_order_of_the_data() -> None:
    def norm(name: str) -> list[str]:
        return [f"{name}.{part}" for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")]

    expected = ["conv.weight", *norm("norm")]
    for stage in (1, 2, 3):
        block = f"stage{stage}.0"
        expected += [f"{block}.conv1.weight", *norm(f"{block}.norm1"), f"{block}.conv2.weight", *norm(f"{block}.norm2")]
        if stage > 1:
            expected += [f"{block}.shortcut.0.weight", *norm(f"{block}.shortcut.1")]
    expected += ["classifier.weight", "classifier.bias"]
    assert list(small("B", depth=8).state_dict()) == expected


@pytest.mark.parametrize("init", ["he", "torch"])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_nets_of_one_seed_share_the_initial_weights_of_what_they_share(init: Any, batch_norm: bool) -> None:
    given: Any = {"init": init, "batch_norm": batch_norm}
    plain, residual, projected = (small(shortcut, **given) for shortcut in ("none", "A", "B"))
    assert equal_where_shared(plain, residual) == plain.state_dict().keys() == residual.state_dict().keys()
    assert equal_where_shared(residual, projected) == residual.state_dict().keys()
    assert projected.state_dict().keys() - residual.state_dict().keys()
    deeper = small("none", depth=26, **given)
    assert equal_where_shared(plain, deeper) == plain.state_dict().keys()


def test_plain_20_and_plain_56_share_every_tensor_of_plain_20() -> None:
    shallow, deep = (build_net(NetConfig(depth=depth, shortcut="none"), seed=3) for depth in (20, 56))
    assert equal_where_shared(shallow, deep) == shallow.state_dict().keys()


@pytest.mark.parametrize("init", ["he", "torch"])
def test_another_seed_gives_other_weights_to_every_convolution(init: Any) -> None:
    config = NetConfig(depth=8, width=4, init=init)
    first, again, other = (build_net(config, seed=seed).state_dict() for seed in (0, 0, 1))
    drawn = [name for name in first if first[name].ndim > 1]
    assert len(drawn) == 8
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in drawn)


def test_no_two_tensors_of_a_net_start_equal() -> None:
    blocks = list(small(depth=20).blocks())
    assert not torch.equal(blocks[0].conv1.weight, blocks[1].conv1.weight)
    assert not torch.equal(blocks[0].conv1.weight, blocks[0].conv2.weight)


def test_building_a_net_leaves_the_global_random_state_alone() -> None:
    torch.manual_seed(1)
    before, expected = torch.get_rng_state(), small().state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert not torch.equal(torch.get_rng_state(), before)
    assert torch.equal(small().state_dict()["conv.weight"], expected["conv.weight"])


def test_he_weights_have_variance_2_over_fan_in_and_mean_0() -> None:
    net = build_net(NetConfig(depth=8, width=32, shortcut="B"), seed=0)
    layers = [module for module in net.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    for layer in layers:
        weight, fan_in = layer.weight.detach(), layer.weight[0].numel()
        error = 4 / math.sqrt(2 * weight.numel())  # four standard errors of a standard deviation
        assert weight.std().item() * math.sqrt(fan_in / 2) == pytest.approx(1, abs=error)
        assert abs(weight.mean().item()) < 4 * math.sqrt(2 / fan_in / weight.numel())
        assert abs(weight.std().item() * math.sqrt(fan_in) - 1) > error  # not 1 / fan_in
    assert len(layers) == 10


def test_torch_weights_are_uniform_within_1_over_the_root_of_fan_in() -> None:
    net = build_net(NetConfig(depth=8, width=32, init="torch", batch_norm=False), seed=0)
    for layer in (module for module in net.modules() if isinstance(module, nn.Conv2d | nn.Linear)):
        bound = 1 / math.sqrt(layer.weight[0].numel())
        assert layer.weight.abs().max().item() == pytest.approx(bound, rel=0.05)
        assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1)
        assert layer.bias is not None
        assert 0 < layer.bias.abs().max() <= bound


def test_he_biases_start_at_zero() -> None:
    net = small(batch_norm=False)
    biases = [parameter for name, parameter in net.named_parameters() if name.endswith("bias")]
    assert len(biases) == 14
    assert not any(bias.any() for bias in biases)
    assert small(batch_norm=False, init="torch").conv.bias.any()


@pytest.mark.parametrize("shortcut", ALL_SHORTCUTS)
def test_convolutions_have_biases_only_without_batch_norm(shortcut: Any) -> None:
    for batch_norm in (True, False):
        modules = list(small(shortcut, batch_norm=batch_norm).modules())
        convolutions = [module for module in modules if isinstance(module, nn.Conv2d)]
        assert [module.bias is not None for module in convolutions] == [not batch_norm] * len(convolutions)
        assert any(isinstance(module, nn.BatchNorm2d) for module in modules) == batch_norm


@pytest.mark.parametrize(
    ("shortcut", "expected"),
    [("none", [[1, 0], [0, 7]]), ("A", [[2, 0], [2, 11]])],  # max(0, F(x)), max(0, F(x) + x)
)
def test_a_block_gives_the_value_computed_by_hand(shortcut: Any, expected: list[list[float]]) -> None:
    block = with_kernels(Block(1, 1, 1, NetConfig(shortcut=shortcut, batch_norm=False)))
    assert block(X).view(2, 2).tolist() == expected


@pytest.mark.parametrize("shortcut", ALL_SHORTCUTS)
@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid"])
def test_every_activation_and_addition_is_a_module_used_once(shortcut: Any, name: Any) -> None:
    net = small(shortcut, activation=name)
    modules, others = calls_of(net)
    kind = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[name]
    assert max(Counter(map(id, modules)).values()) == 1
    assert sum(isinstance(module, kind) for module in modules) == 1 + 2 * 6
    assert sum(isinstance(module, nn.ReLU | nn.Tanh | nn.Sigmoid) for module in modules) == 1 + 2 * 6
    assert not any(getattr(module, "inplace", False) for module in modules)
    assert sum(isinstance(module, Add) for module in modules) == (0 if shortcut == "none" else 6)
    assert others == []  # no functional relu, no bare plus


def test_the_tracer_would_see_a_functional_relu_and_a_bare_plus() -> None:
    class Bad(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return functional.relu(x) + x

    _, others = calls_of(Bad())
    assert functional.relu in others
    assert len(others) == 2


def test_option_a_takes_every_second_pixel_and_puts_zeros_on_both_sides() -> None:
    x = torch.arange(2 * 4 * 8 * 8, dtype=torch.float32).view(2, 4, 8, 8) + 1
    y = ZeroPad(new_channels=4, stride=2)(x)
    assert y.shape == (2, 8, 4, 4)
    assert torch.equal(y[:, 2:6], x[:, :, ::2, ::2])
    assert not y[:, :2].any()
    assert not y[:, 6:].any()
    assert y[:, 2:6].all()


@pytest.mark.parametrize(
    ("shortcut", "identities", "projections"), [("none", 0, 0), ("A", 4, 0), ("B", 4, 2), ("C", 0, 6)]
)
def test_a_shortcut_is_the_identity_except_where_the_option_says_otherwise(
    shortcut: Any, identities: int, projections: int
) -> None:
    shortcuts = [block.shortcut for block in small(shortcut).blocks()]
    assert sum(isinstance(module, nn.Identity) for module in shortcuts) == identities
    assert sum(isinstance(module, nn.Sequential) for module in shortcuts) == projections
    assert sum(isinstance(module, ZeroPad) for module in shortcuts) == (2 if shortcut == "A" else 0)


@pytest.mark.parametrize("shortcut", ALL_SHORTCUTS)
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid"])
def test_a_net_gives_one_finite_score_a_class(shortcut: Any, batch_norm: bool, name: Any) -> None:
    net = small(shortcut, batch_norm=batch_norm, activation=name, num_classes=7)
    scores = net(some_images(3))
    assert scores.shape == (3, 7)
    assert scores.isfinite().all()
    assert not torch.equal(scores[0], scores[1])


def test_the_activation_decides_what_a_net_computes() -> None:
    images = some_images()
    outputs = [small(activation=name)(images) for name in ("relu", "tanh", "sigmoid")]
    assert not torch.allclose(outputs[0], outputs[1])
    assert not torch.allclose(outputs[1], outputs[2])


@pytest.mark.parametrize("shortcut", ALL_SHORTCUTS)
@pytest.mark.parametrize("batch_norm", [True, False])
def test_no_module_of_a_block_leaves_channels_last(shortcut: Any, batch_norm: bool) -> None:
    net, seen = small(shortcut, batch_norm=batch_norm), []

    def look(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        seen.append(output.is_contiguous(memory_format=torch.channels_last))

    for block in net.blocks():
        for module in block.modules():
            module.register_forward_hook(look)
    net(some_images())
    assert len(seen) >= 6 * 7
    assert all(seen)
    seen.clear()
    net.to(memory_format=torch.contiguous_format)(some_images().contiguous())
    assert not all(seen)


def test_the_weights_of_a_built_net_lie_in_channels_last() -> None:
    weights = [module.weight for module in small("B").modules() if isinstance(module, nn.Conv2d)]
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)
    assert not all(weight.is_contiguous() for weight in weights)


def test_the_stages_halve_the_map_and_double_the_channels() -> None:
    net, shapes = small(), []
    for stage in (net.stage1, net.stage2, net.stage3):
        stage.register_forward_hook(lambda _module, _inputs, output: shapes.append(tuple(output.shape[1:])))
    net(some_images())
    assert shapes == [(4, 32, 32), (8, 16, 16), (16, 8, 8)]
    assert len(list(net.blocks())) == 6


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [4, 7, 16])
def test_a_projection_is_a_strided_convolution_forward_and_backward(channels: int, stride: int) -> None:
    source = torch.Generator().manual_seed(0)
    projection = Projection(channels, 2 * channels, 1, stride, bias=True).to(memory_format=torch.channels_last)
    x = torch.randn(3, channels, 8, 8, generator=source).contiguous(memory_format=torch.channels_last).requires_grad_()
    y = projection(x)
    weight, bias = (tensor.detach().double() for tensor in (projection.weight, projection.bias))
    exact = x.detach().double().contiguous().requires_grad_()
    expected = torch.nn.functional.conv2d(exact, weight.contiguous(), bias, stride)
    torch.testing.assert_close(y.double(), expected, rtol=1e-5, atol=1e-5)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    (expected_gradient,) = torch.autograd.grad(expected.sum(), exact)
    torch.testing.assert_close(gradient.double(), expected_gradient, rtol=1e-5, atol=1e-5)
    assert not torch.equal(y, Projection(channels, 2 * channels, 1, stride)(x))  # other weights give another one

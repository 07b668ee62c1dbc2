"""What later papers changed in the sum: gates, scaled skips, residual functions that begin at zero."""

import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from resnet_viz.config import DataConfig, ExperimentConfig, TrainConfig
from resnet_viz.data import load_data
from resnet_viz.machine import Machine
from resnet_viz.net_config import NetConfig
from resnet_viz.nets.blocks import Block
from resnet_viz.nets.branches import Add, Gate, ScaledSkip, SkipInit, ZeroNorm
from resnet_viz.nets.preactivation import PreActivationBlock
from resnet_viz.records import Finished, Step, without_times
from resnet_viz.training import train
from tests.nets.made import X, calls_of, equal_where_shared, parameter_count, small, some_images, with_kernels

VARIANTS: dict[str, dict[str, Any]] = {
    "scale": {"skip_scale": 0.5},
    "gate": {"gate_bias": -2.0},
    "zero-norm": {"branch_init": "zero-norm"},
    "skipinit": {"branch_init": "skipinit"},
    "survival": {"survival": 0.5},
}


def one_channel(**changes: Any) -> Block:
    block = Block(1, 1, 1, NetConfig(batch_norm=False, **changes))
    with_kernels(block)
    return block


def test_a_scaled_skip_gives_the_value_computed_by_hand() -> None:
    block = one_channel(skip_scale=0.5)
    assert block.total(X).view(2, 2).tolist() == [[1.5, -1], [0.5, 9]]  # [[1, 0], [-1, 7]] + x / 2
    assert block(X).view(2, 2).tolist() == [[1.5, 0], [0.5, 9]]
    assert one_channel(skip_scale=0.0)(X).view(2, 2).tolist() == one_channel(shortcut="none")(X).view(2, 2).tolist()


@torch.no_grad()
def test_a_gate_gives_the_value_computed_by_hand() -> None:
    block = one_channel(gate_bias=-math.log(3))
    block.gate.conv.weight.zero_()  # T = sigmoid(-ln 3) = 1/4 everywhere
    assert block.total(X).view(2, 2).tolist() == pytest.approx(torch.tensor([[1.0, -1.5], [2.0, 4.75]]))
    block.gate.conv.weight.fill_(math.log(3))  # T = sigmoid((x - 1) ln 3) = 1/2, 1/28, 9/10, 27/28
    expected = [[1.0, -54 / 28], [-0.9 + 0.3, (27 * 7 + 4) / 28]]  # T F(x) + (1 - T) x
    torch.testing.assert_close(block.total(X).view(2, 2), torch.tensor(expected))


def test_a_gate_reads_what_the_shortcut_gives() -> None:
    gate = Gate(2, bias=-1.0)
    residual, shortcut = torch.randn(2, 1, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    weights = gate.conv.weight[:, :, 0, 0]
    transform = torch.sigmoid(torch.einsum("dc,nchw->ndhw", weights, shortcut) - 1)
    torch.testing.assert_close(gate(residual, shortcut), transform * residual + (1 - transform) * shortcut)
    assert not torch.allclose(gate(residual, shortcut), gate(residual, 2 * shortcut) / 2)


@pytest.mark.parametrize("init", ["he", "torch"])
def test_every_gate_begins_at_its_bias_and_with_weights_of_its_own(init: Any) -> None:
    gates = [block.gate for block in small(gate_bias=-3.0, init=init).blocks()]
    assert [gate.bias.flatten().unique().tolist() for gate in gates] == [[-3.0]] * 6
    assert [gate.bias.shape for gate in gates] == [(c, 1, 1) for c in (4, 4, 8, 8, 16, 16)]
    assert not torch.equal(gates[0].conv.weight, gates[1].conv.weight)
    other = small(gate_bias=1.0, init=init)
    assert torch.equal(next(other.blocks()).gate.conv.weight, gates[0].conv.weight)
    assert not torch.equal(next(other.blocks()).gate.bias, gates[0].bias)


@torch.no_grad()
def test_the_more_negative_the_bias_the_more_a_gate_carries() -> None:
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    taken = []  # how far from x to F(x) the sum lies
    for bias in (-8.0, 0.0, 8.0):
        block = next(small(gate_bias=bias).blocks())
        taken.append(float((block.total(x) - x).norm() / (block.residual(x) - x).norm()))
    assert 0 < taken[0] < 0.1 < taken[1] < 0.9 < taken[2] <= 1.0


@torch.no_grad()
def test_skipinit_gives_the_value_computed_by_hand() -> None:
    block = one_channel(branch_init="skipinit")
    assert block.total(X).tolist() == X.tolist()  # alpha is 0
    block.skipinit.alpha.fill_(0.5)
    assert block.total(X).view(2, 2).tolist() == [[1.5, -2], [2.5, 7.5]]  # F(x) / 2 + x


@pytest.mark.parametrize("branch_init", ["zero-norm", "skipinit"])
@pytest.mark.parametrize("shortcut", ["A", "B", "C"])
@pytest.mark.parametrize(("block", "depth"), [("basic", 14), ("bottleneck", 20)])
def test_every_residual_function_can_begin_at_zero(branch_init: Any, shortcut: Any, block: Any, depth: int) -> None:
    zero = small(shortcut, branch_init=branch_init, block=block, depth=depth)
    random = small(shortcut, block=block, depth=depth)
    x = zero.act(zero.norm(zero.conv(some_images())))
    for begins, other in zip(zero.blocks(), random.blocks(), strict=True):
        assert torch.equal(begins.total(x), begins.carried(x))
        assert not torch.allclose(other.total(x), other.carried(x))
        x = begins(x)


@pytest.mark.parametrize("variant", ["zero-norm", "skipinit"])
def test_what_begins_at_zero_has_a_gradient_that_moves_it(variant: str) -> None:
    net = small(**VARIANTS[variant])
    functional.cross_entropy(net(some_images(4)), torch.arange(4)).backward()
    for block in net.blocks():
        moved = block.norm2.weight if variant == "zero-norm" else block.skipinit.alpha
        assert not moved.any()
        assert moved.grad.any()
        assert not block.conv1.weight.grad.any()  # nothing passes a factor of zero


def test_a_pre_activation_block_whose_last_norm_were_zero_would_never_move() -> None:
    """Why the configuration refuses it: behind that norm stands a ReLU, whose gradient at zero is zero."""
    block = PreActivationBlock(4, 4, 1, NetConfig(block="pre-activation"), place=2)
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    weights = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    for scale, moves in ((1.0, True), (0.0, False)):
        nn.init.constant_(block.norm2.weight, scale)
        block.zero_grad()
        (block(x) * weights).sum().backward()
        assert any(parameter.grad.any() for parameter in block.parameters()) is moves


@pytest.mark.parametrize("variant", ["scale", "gate", "skipinit", "survival"])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_a_variant_shares_every_weight_of_the_net_without_it(variant: str, batch_norm: bool) -> None:
    base, changed = small(batch_norm=batch_norm), small(batch_norm=batch_norm, **VARIANTS[variant])
    assert equal_where_shared(base, changed) == base.state_dict().keys()
    assert not torch.equal(base(some_images()), changed(some_images()))


@torch.no_grad()
def test_a_net_whose_norms_begin_at_zero_shares_everything_else() -> None:
    base, changed = small(), small(branch_init="zero-norm")
    assert not torch.equal(base(some_images()), changed(some_images()))
    base, changed = small(), small(branch_init="zero-norm")  # without what the norms have seen by now
    for block in changed.blocks():
        assert not block.norm2.weight.any()
        block.norm2.weight.fill_(1)
    assert equal_where_shared(base, changed) == base.state_dict().keys() == changed.state_dict().keys()


@pytest.mark.parametrize(
    ("variant", "more"),
    [
        ("scale", 0),
        ("zero-norm", 0),
        ("survival", 0),
        ("skipinit", 27),  # one for each of 3n blocks
        ("gate", 9 * (16**2 + 16 + 32**2 + 32 + 64**2 + 64)),  # a 1x1 convolution with a bias in each block
    ],
)
def test_a_variant_has_as_many_more_parameters_as_its_formula_says(variant: str, more: int) -> None:
    assert parameter_count(56, "A", **VARIANTS[variant]) == 853_018 + more


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("shortcut", ["A", "C"])
def test_what_a_variant_computes_is_a_module_used_once(variant: str, shortcut: Any) -> None:
    net = small(shortcut, **VARIANTS[variant]).eval()
    modules, others = calls_of(net)
    kinds = [type(module) for module in modules]
    assert others == []
    assert len({id(module) for module in modules}) == len(modules)
    assert kinds.count(Add) == (0 if variant == "gate" else 6)
    assert kinds.count(Gate) == (6 if variant == "gate" else 0)
    assert kinds.count(ScaledSkip) == (6 if variant == "scale" else 0)
    assert kinds.count(SkipInit) == (6 if variant == "skipinit" else 0)
    assert kinds.count(ZeroNorm) == (6 if variant == "zero-norm" else 0)


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_module_of_a_variant_leaves_channels_last(variant: str) -> None:
    seen = []

    def look(_module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
        seen.append(output.is_contiguous(memory_format=torch.channels_last))

    net = small(**VARIANTS[variant])
    for block in net.blocks():
        for module in block.modules():
            module.register_forward_hook(look)
    net(some_images())
    assert len(seen) >= 6 * 3
    assert all(seen)


@pytest.mark.parametrize("block", ["basic", "pre-activation", "bottleneck"])
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_of_every_block_gives_finite_scores(block: Any, batch_norm: bool, variant: str) -> None:
    given: dict[str, Any] = {"depth": 20 if block == "bottleneck" else 14, "block": block, "batch_norm": batch_norm}
    if variant == "zero-norm" and (block == "pre-activation" or not batch_norm):
        with pytest.raises(ValueError, match="zero-norm needs"):
            small(**given, **VARIANTS[variant])
        return
    scores = small(**given, **VARIANTS[variant])(some_images(3))
    assert scores.shape == (3, 10)
    assert scores.isfinite().all()
    assert not torch.equal(scores[0], scores[1])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_race_of_variants_has_the_same_records_twice(precision: Any) -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"gate_bias": -2.0},
        {"block": "pre-activation", "branch_init": "skipinit"},
        {"block": "bottleneck", "depth": 11, "branch_init": "zero-norm"},
        {"survival": 0.5, "skip_scale": 0.5},
    )
    race = ExperimentConfig(
        arms=tuple(NetConfig(**{"depth": 8, "width": 4, **change}) for change in changes),
        data=DataConfig(name="shapes", train_size=32, test_size=20),
        train=TrainConfig(epochs=2, batch_size=16, probe_every=1),
    )
    data = load_data(race.data, race.seed)
    first, again = (list(train(race, data, Machine(torch.device("cpu"), 1, precision))) for _ in range(2))
    assert [without_times(record) for record in first] == [without_times(record) for record in again]
    assert first[-1] == Finished(reason="completed", step=4)
    losses = [record.loss for record in first if isinstance(record, Step)]
    assert all(loss is not None for loss in losses)
    assert len(set(losses)) == len(losses) == 16

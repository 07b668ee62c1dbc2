"""Stochastic depth: blocks that a step leaves out are not computed, and the draws depend on the seed alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.arm import Arm
from resnet_viz.config import ExperimentConfig, default_experiment
from resnet_viz.machine import Machine
from resnet_viz.net_config import NetConfig
from resnet_viz.nets import CifarNet, build_net
from resnet_viz.nets.blocks import Block
from resnet_viz.nets.branches import survival_probability
from resnet_viz.probes.modes import eval_mode
from tests.nets.made import X, small, with_kernels

BATCH = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(4)


@contextmanager
def counting(net: CifarNet) -> Iterator[dict[str, int]]:
    """How often each convolution of a block is computed, by name."""
    counts: dict[str, int] = {}
    handles = []
    for name, module in net.named_modules():
        if isinstance(module, nn.Conv2d) and name.startswith("stage"):
            counts[name] = 0

            def count(_module: nn.Module, _inputs: Any, _output: Tensor, name: str = name) -> None:
                counts[name] += 1

            handles.append(module.register_forward_hook(count))
    yield counts
    for handle in handles:
        handle.remove()


def test_survival_decays_linearly_to_that_of_the_last_block() -> None:
    assert [survival_probability(place, 4, 0.5) for place in (1, 2, 3, 4)] == [0.875, 0.75, 0.625, 0.5]
    net = small(survival=0.4)
    assert [block.survival.probability for block in net.blocks()] == pytest.approx([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    assert all(block.survival is None for block in small().blocks())


def test_a_block_left_out_is_not_computed_and_the_others_are() -> None:
    net, steps = small(survival=0.2).train(), 300
    with counting(net) as counts, torch.no_grad():
        for _ in range(steps):
            net(BATCH)
    for place, name in enumerate(f"stage{stage}.{block}" for stage in (1, 2, 3) for block in (0, 1)):
        p = 1 - (place + 1) / 6 * 0.8
        assert counts[f"{name}.conv1"] == counts[f"{name}.conv2"]  # a whole block, for a whole batch
        assert abs(counts[f"{name}.conv1"] - steps * p) < 4 * (steps * p * (1 - p)) ** 0.5
        assert counts[f"{name}.conv1"] < steps


def test_every_block_is_computed_in_evaluation_and_nothing_is_drawn() -> None:
    net = small(survival=0.2).train()
    states = [block.survival.source.get_state() for block in net.blocks()]
    with counting(net) as counts, torch.no_grad(), eval_mode(net):
        scores = [net(BATCH) for _ in range(5)]
    assert set(counts.values()) == {5}
    assert all(torch.equal(scores[0], other) for other in scores)
    for block, state in zip(net.blocks(), states, strict=True):
        assert torch.equal(block.survival.source.get_state(), state)
        block.survival.skips()
        assert not torch.equal(block.survival.source.get_state(), state)  # in training it does draw


def test_a_block_gives_the_values_computed_by_hand() -> None:
    block = with_kernels(Block(1, 1, 1, NetConfig(depth=8, batch_norm=False, survival=0.5), place=3))
    assert block.survival.probability == 0.5
    block.eval()
    assert block.total(X).view(2, 2).tolist() == [[1.5, -2], [2.5, 7.5]]  # F(x) / 2 + x
    block.train()
    block.survival.source.manual_seed(0)
    seen = [block.total(X).view(2, 2).tolist() for _ in range(20)]
    kept, left_out = [[2, -2], [2, 11]], [[1, -2], [3, 4]]  # F(x) + x, x
    assert 0 < seen.count(kept) < 20
    assert seen.count(kept) + seen.count(left_out) == 20


def test_a_scaled_skip_stays_scaled_where_the_block_is_left_out() -> None:
    block = Block(1, 1, 1, NetConfig(depth=8, batch_norm=False, survival=0.01, skip_scale=0.5), place=3).train()
    with_kernels(block)
    block.survival.source.manual_seed(0)
    assert block.total(X).view(2, 2).tolist() == [[0.5, -1], [1.5, 2]]  # x / 2


def kept_blocks(net: CifarNet, steps: int = 30) -> list[list[int]]:
    with torch.no_grad():
        patterns = []
        for _ in range(steps):
            with counting(net.train()) as counts:
                net(BATCH)
            patterns.append(list(counts.values()))
    return patterns


def test_the_draws_depend_on_the_seed_and_on_nothing_else() -> None:
    config = NetConfig(depth=14, width=4, survival=0.5)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = kept_blocks(build_net(config, 0))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert kept_blocks(build_net(config, 0)) == first
    assert kept_blocks(build_net(config, 1)) != first
    assert len({tuple(pattern[::2]) for pattern in first}) > 5  # blocks draw for themselves


def test_the_gradient_of_a_block_left_out_is_zero_and_asked_for() -> None:
    net = small(survival=0.2).train()
    with counting(net) as counts:
        functional.cross_entropy(net(BATCH), LABELS).backward()
    assert 0 in counts.values()
    assert 1 in counts.values()
    before = {name: net.get_parameter(f"{name}.weight").grad for name in counts}
    assert [gradient is not None for gradient in before.values()] == [bool(count) for count in counts.values()]
    net.complete_gradients()
    for name, gradient in before.items():
        after = net.get_parameter(f"{name}.weight").grad
        assert after is gradient if gradient is not None else not after.any()


def experiment() -> ExperimentConfig:
    return default_experiment("shapes", shortcuts=("A",), depth=14, width=4, survival=0.3, probe_every=1)


def trained(steps: int = 12) -> tuple[list[float], list[dict[str, list[float]]], Arm]:
    arm = Arm(0, experiment(), Machine(torch.device("cpu"), 1, "fp32"))
    losses, norms = [], []
    for step in range(1, steps + 1):
        loss, error, probe = arm.measure(BATCH, LABELS, probe=True)
        losses.append(loss)
        norms.append(probe.norms())
        arm.update(step, error)
    return losses, norms, arm


def test_two_trainings_are_equal_and_show_the_blocks_left_out_as_zeros() -> None:
    (losses, norms, arm), (again, norms_again, _) = trained(), trained()
    assert losses == again
    assert norms == norms_again
    zeros = [[value == 0 for value in row["grad_w"]] for row in norms]
    assert not any(row[0] or row[-1] for row in zeros)  # stem and classifier learn in every step
    assert 0 < sum(map(sum, zeros)) < 6 * len(zeros)
    assert all(value > 0 for row in norms for value in row["grad_x"])  # x is carried past every block
    assert all(parameter.isfinite().all() for parameter in arm.net.parameters())

"""What was tried to make the trainer faster and did not find its way into it, against the trainer as it is.

Fewer passes over memory: ReLU in place; the addition in place as well; batch norm and ReLU, and addition and ReLU, as
one node of autograd each. A compiled graph (torch.compile); the seconds until its first step is done are printed on the
way. All of them are the product's arm (precision auto, batch 128, width 16, no probes) on one batch, and take turns
(`turns`).

Evaluation: images per second by batch size, and a second process that evaluates while the first goes on training, each
with half the threads, against both in turn with all of them.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.report import Row, noted, present_data, progress, table
from benchmarks.speed import experiment
from benchmarks.turns import Variant, interleaved, ratio, together
from resnet_viz.arm import Arm
from resnet_viz.config import TrainConfig
from resnet_viz.machine import resolve, set_up_threads
from resnet_viz.nets import CifarNet
from resnet_viz.nets.blocks import Block
from resnet_viz.probes.modes import eval_mode
from resnet_viz.training import EVALUATION_BATCH

ROUNDS, STEPS = 5, 10
DEPTHS = (20, 56)
BATCH = 128
SIZES = (EVALUATION_BATCH, 500, 1000, 2000)
ALIKE = 500  # images whose evaluation takes about as long as a step of training


class NormReLU(torch.autograd.Function):
    """relu(norm(x)) as one node: what norm gives is overwritten, and kept once."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, norm: nn.BatchNorm2d) -> Tensor:
        running = norm.running_mean, norm.running_var
        y, mean, inverse = torch.native_batch_norm(x, weight, bias, *running, True, norm.momentum or 0.0, norm.eps)
        y.relu_()
        ctx.save_for_backward(x, weight, mean, inverse, y)
        ctx.norm = norm
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        x, weight, mean, inverse, y = ctx.saved_tensors
        passed = torch.ops.aten.threshold_backward(gradients[0], y, 0)
        norm, mask = ctx.norm, [True, True, True]
        found = torch.ops.aten.native_batch_norm_backward(
            passed, x, weight, norm.running_mean, norm.running_var, mean, inverse, True, norm.eps, mask
        )
        return *found, None


class AddReLU(torch.autograd.Function):
    """relu(a + b) as one node, in the memory of a."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        y = a.add_(b).relu_()
        ctx.mark_dirty(a)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        passed = torch.ops.aten.threshold_backward(gradients[0], ctx.saved_tensors[0], 0)
        return passed, passed


def relu_in_place(net: CifarNet) -> None:
    for module in net.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = True


def all_in_place(net: CifarNet) -> None:
    """The addition writes into what the last norm gave: no backward pass needs that."""
    relu_in_place(net)
    for block in net.blocks():
        assert block.add is not None
        block.add.forward = MethodType(lambda _, a, b: a.add_(b), block.add)


def one_node(net: CifarNet) -> None:
    def forward(block: Block, x: Tensor) -> Tensor:
        norm = block.norm1
        assert isinstance(norm, nn.BatchNorm2d)
        y = NormReLU.apply(block.conv1(x), norm.weight, norm.bias, norm)
        total: Tensor = AddReLU.apply(block.norm2(block.conv2(y)), block.carried(x))
        return total

    for block in net.blocks():
        assert isinstance(block, Block)
        block.forward = MethodType(forward, block)


def compiled(net: CifarNet) -> None:
    net.compile()


TRIALS: Mapping[str, Callable[[CifarNet], None]] = {
    "ReLU in place": relu_in_place,
    "ReLU and addition in place": all_in_place,
    "BN + ReLU and add + ReLU as one node each": one_node,
    "torch.compile": compiled,
}


def arm_of(depth: int) -> Arm:
    config = experiment(present_data(), "auto", probes=False, depth=depth)
    return Arm(0, config, resolve(config.train))


def loop(depth: int, trial: str | None = None, threads: int | None = None) -> Iterator[float]:
    """Train on one batch without end; gives the loss of each step."""
    set_up_threads(threads)
    arm, step = arm_of(depth), 0
    if trial is not None:
        TRIALS[trial](arm.net)
    source = torch.Generator().manual_seed(0)
    images = torch.randn(BATCH, 3, 32, 32, generator=source).to(arm.machine.device, memory_format=torch.channels_last)
    labels = torch.randint(10, (BATCH,), generator=source).to(arm.machine.device)
    start = time.perf_counter()
    while True:
        step += 1
        loss, error, _ = arm.measure(images, labels, probe=False)
        arm.update(step, error)
        if step == 1:
            progress(f"{trial or 'as it is'}, depth {depth}: first step after {time.perf_counter() - start:.1f} s")
        yield loss


def evaluation(size: int, threads: int | None = None) -> Iterator[int]:
    """Evaluate batches without end; gives the number of errors in each."""
    set_up_threads(threads)
    arm = arm_of(DEPTHS[0])
    images = torch.randn(size, 3, 32, 32).to(arm.machine.device, memory_format=torch.channels_last)
    labels = torch.zeros(size, dtype=torch.long, device=arm.machine.device)
    with eval_mode(arm.net):
        while True:
            yield arm.evaluate(images, labels)[1]


def passes(depth: int, rounds: int, steps: int) -> list[Row]:
    """Each trial against the trainer as it is."""
    variants = {"as it is": Variant(partial(loop, depth), BATCH)}
    variants |= {trial: Variant(partial(loop, depth, trial), BATCH) for trial in TRIALS}
    speeds = interleaved(variants, rounds, steps)
    return [noted(f"{trial} / as it is, ResNet-{depth}", ratio(speeds, trial, "as it is")) for trial in TRIALS]


def by_size(rounds: int, steps: int) -> list[Row]:
    """Evaluation by batch size."""
    speeds = interleaved({str(size): Variant(partial(evaluation, size), size) for size in SIZES}, rounds, steps)
    first, *others = SIZES
    return [
        noted(f"evaluation in batches of {size} / of {first}", ratio(speeds, str(size), str(first))) for size in others
    ]


def overlapped(rounds: int, steps: int) -> Row:
    """Evaluation beside training against evaluation after it.

    Each has half the threads, and is so much slower than alone; the sum of both shares is what the whole gains.
    """
    what = "evaluation beside training, half the threads each / one after the other"
    threads = resolve(TrainConfig()).threads
    if threads < 2:
        return Row(what, "not measured: two processes need two threads")
    train, test = Variant(partial(loop, DEPTHS[0]), BATCH), Variant(partial(evaluation, ALIKE), ALIKE)
    half = [
        Variant(partial(loop, DEPTHS[0], threads=threads // 2), BATCH),
        Variant(partial(evaluation, ALIKE, threads // 2), ALIKE),
    ]
    sums = []
    for _ in range(rounds):
        alone = [speed for variant in (train, test) for speed in together([variant], steps)]
        sums.append(sum(beside / by_itself for beside, by_itself in zip(together(half, steps), alone, strict=True)))
    return noted(what, median(sums))


def measure(rounds: int = ROUNDS, steps: int = STEPS) -> list[Row]:
    """Run the benchmark."""
    tried = [row for depth in DEPTHS for row in passes(depth, rounds, steps)]
    return [*tried, *by_size(rounds, steps), overlapped(rounds, 4 * steps)]


def main() -> None:
    print(table(measure()))


if __name__ == "__main__":
    main()

"""What each measure of the trainer brings, one at a time: from the textbook loop to ours, rung by rung.

ResNet-20, batch 128, records and probes left out. Each rung keeps what the ones before it have, so the ratios of one
column multiply to the whole. All rungs take turns (`turns`). Flush-denormal is measured on a net whose gradient
vanishes, where denormals are.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.report import Row, noted, present_data, table
from benchmarks.speed import STEPS, TRIAL_STEPS, best_workers, experiment, textbook_variant
from benchmarks.textbook import textbook_net
from benchmarks.turns import Speeds, Variant, interleaved, ratio
from resnet_viz.arm import Arm
from resnet_viz.config import DatasetName, default_experiment
from resnet_viz.data import Batches, TrainingData, load_data
from resnet_viz.data.batches import PAD
from resnet_viz.machine import Machine, resolve, set_up_threads
from resnet_viz.nets import build_net
from resnet_viz.spelling import read_arm

ROUNDS = 3
VANISHING = "plain:110~nobn~torch"
VANISHING_STEPS = 4


@dataclass(frozen=True)
class Rung:
    """What a loop has on top of images in memory; all of them is ours."""

    batched: bool = False  # augmentation of a whole batch at once
    channels_last: bool = False
    fused: bool = False  # SGD
    bf16: bool = False
    keeps_memory: bool = False


RUNGS: Mapping[str, Rung] = {
    "images in memory": Rung(),
    "batched augmentation": Rung(batched=True),
    "channels_last": Rung(batched=True, channels_last=True),
    "fused SGD": Rung(batched=True, channels_last=True, fused=True),
    "memory kept between steps": Rung(batched=True, channels_last=True, fused=True, keeps_memory=True),
    "bf16": Rung(batched=True, channels_last=True, fused=True, keeps_memory=True, bf16=True),
}


def one_by_one(data: TrainingData, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches without end from images in memory, each image cropped and flipped on its own."""
    images = functional.pad(data.train_images, (PAD, PAD, PAD, PAD))
    mean, std = data.mean.view(3, 1, 1), data.std.view(3, 1, 1)
    source = torch.Generator().manual_seed(0)
    while True:
        for picked in torch.randperm(len(images), generator=source).split(batch_size)[:-1]:
            cropped = []
            for place in picked.tolist():
                top, left = torch.randint(0, 2 * PAD + 1, (2,), generator=source).tolist()
                image = images[place, :, top : top + 32, left : left + 32]
                cropped.append(image.flip(2) if torch.rand((), generator=source) < 0.5 else image)
            yield (torch.stack(cropped).float() / 255 - mean) / std, data.train_labels[picked]


def batched(data: TrainingData, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The product's batches, without end."""
    batches, epoch = Batches(data, batch_size, 0, augment=True, device=torch.device("cpu")), 0
    while True:
        epoch += 1
        yield from batches.epoch(epoch)


def loop(rung: Rung, name: DatasetName) -> Iterator[float]:
    """Train without end with what a rung has; gives the loss of each step."""
    set_up_threads()
    config = experiment(name, "fp32", probes=False)
    train, data = config.train, load_data(config.data, config.seed)
    device = resolve(train).device
    net = (build_net if rung.channels_last else textbook_net)(config.arms[0]).to(device)
    layout = torch.channels_last if rung.channels_last else torch.contiguous_format
    optimizer = torch.optim.SGD(
        net.parameters(), train.learning_rate, train.momentum, weight_decay=train.weight_decay, fused=rung.fused or None
    )
    machine = Machine(device, torch.get_num_threads(), "bf16" if rung.bf16 else "fp32")
    for images, labels in (batched if rung.batched else one_by_one)(data, train.batch_size):
        optimizer.zero_grad()
        with machine.autocast:
            scores = net(images.to(device, memory_format=layout))
        loss = functional.cross_entropy(scores.float(), labels.to(device))
        loss.backward()
        optimizer.step()
        yield loss.item()


def rows(speeds: Speeds) -> list[Row]:
    """Each rung against the one below it."""
    names = list(speeds)
    return [noted(f"{name} / without it, ResNet-20", ratio(speeds, name, below)) for below, name in pairwise(names)]


def vanishing_loop(*, flush: bool) -> Iterator[float]:
    """Train a net whose gradient vanishes on one batch, with or without flush-denormal."""
    set_up_threads()
    torch.set_flush_denormal(flush)
    config = default_experiment("shapes", width=16, batch_size=128, precision="fp32")
    config = config.model_copy(update={"arms": (read_arm(VANISHING, config.arms[0]),)})
    machine = resolve(config.train)
    arm, step = Arm(0, config, machine), 0
    source = torch.Generator().manual_seed(0)
    images = torch.randn(128, 3, 32, 32, generator=source).to(machine.device, memory_format=torch.channels_last)
    labels = torch.zeros(128, dtype=torch.long, device=machine.device)
    while True:
        step += 1
        loss, error, _ = arm.measure(images, labels, probe=False)
        arm.update(step, error)
        yield loss


def flush_denormal(rounds: int) -> Row:
    """What flush-denormal brings where it counts."""
    variants = {
        "flushed": Variant(partial(vanishing_loop, flush=True), 128),
        "kept": Variant(partial(vanishing_loop, flush=False), 128),
    }
    speeds = interleaved(variants, rounds, VANISHING_STEPS)
    return noted(f"flush-denormal / without it, {VANISHING}, whose gradient vanishes", ratio(speeds, "flushed", "kept"))


def measure(rounds: int = ROUNDS, steps: int = STEPS) -> list[Row]:
    """Run the benchmark."""
    name = present_data()
    workers = best_workers(name, min(steps, TRIAL_STEPS))
    variants = {"textbook": textbook_variant(name, workers)}
    has_bf16 = resolve(experiment(name, "auto", probes=False).train).precision == "bf16"
    for words, rung in RUNGS.items():
        if has_bf16 or not rung.bf16:  # emulated, it takes ten times longer
            variants[words] = Variant(partial(loop, rung, name), 128, rung.keeps_memory)
    return [*rows(interleaved(variants, rounds, steps)), flush_denormal(rounds)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--steps", type=int, default=STEPS, help="measured steps of a rung in a round")
    chosen = parser.parse_args()
    print(table(measure(chosen.rounds, chosen.steps)))


if __name__ == "__main__":
    main()

"""Training speed: images per second of resnet_viz.training.train against the textbook loop, ResNet-20, batch 128.

Ours is the product's own loop (Arm, Batches, records of every step), in fp32 and in precision auto, with gradient
probes as often as in the default experiment and without, and with two arms in lockstep. All variants take turns in one
process: each round measures every one for some steps after a warm-up, in an order that rotates, and a ratio is the
median over the rounds of the ratio within a round, so that a slow minute of the machine touches both sides. The
textbook loop has the number of DataLoader workers (0, 1, 2) that was the fastest in a short trial before.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from benchmarks.report import Row, at_least, noted, present_data, progress, table
from benchmarks.textbook import images_per_s, textbook_loop
from resnet_viz.config import TITLES, DatasetName, ExperimentConfig, Precision, default_experiment
from resnet_viz.data import TrainingData, load_data
from resnet_viz.machine import Machine, resolve, set_up_threads
from resnet_viz.records import Step
from resnet_viz.training import train

ROUNDS, STEPS, WARM_UP = 5, 24, 5
TRIAL_STEPS = 8
WORKERS = (0, 1, 2)
TRAIN_SIZE = 25_600  # 200 steps an epoch: as rarely interrupted by an epoch's end as the real 50,000
TEST_SIZE = 10  # what an evaluation costs is not the question
EPOCHS = 200  # more than any measurement reaches

Speeds = Mapping[str, list[float]]


@dataclass(frozen=True)
class Variant:
    """One way to train that takes its turns."""

    loop: Iterator[object]
    images_per_step: int


def experiment(data: DatasetName, precision: Precision, *, probes: bool, arms: int = 1) -> ExperimentConfig:
    """ResNet-20 (and its plain twin when there are two arms) on batches of 128."""
    return default_experiment(
        data, depth=20, width=16, batch_size=128, epochs=EPOCHS, train_size=TRAIN_SIZE, test_size=TEST_SIZE,
        precision=precision, probe_every=default_experiment("cifar10").probe_every if probes else 0,
        shortcuts=("A",) if arms == 1 else ("none", "A"),
    )  # fmt: skip


def our_loop(config: ExperimentConfig, data: TrainingData) -> Iterator[int]:
    """The product's loop; yields once a step of all arms."""
    last = len(config.arms) - 1
    for record in train(config, data, resolve(config.train)):
        if isinstance(record, Step) and record.arm == last:
            yield record.step


def our_variants(name: DatasetName, data: TrainingData) -> dict[str, Variant]:
    """Every way in which ours is measured."""
    configs = {
        "fp32": experiment(name, "fp32", probes=True),
        "fp32 without probes": experiment(name, "fp32", probes=False),
        "auto": experiment(name, "auto", probes=True),
        "auto without probes": experiment(name, "auto", probes=False),
        "two arms": experiment(name, "auto", probes=True, arms=2),
    }
    return {
        key: Variant(our_loop(config, data), len(config.arms) * config.train.batch_size)
        for key, config in configs.items()
    }


def textbook_variant(name: DatasetName, data: TrainingData, machine: Machine, workers: int) -> Variant:
    """The loop to compare with."""
    config = experiment(name, "fp32", probes=False)
    loop = textbook_loop(config.arms[0], config.train, data, machine.device, workers)
    return Variant(loop, config.train.batch_size)


def best_workers(name: DatasetName, data: TrainingData, machine: Machine, steps: int) -> int:
    """The number of DataLoader workers with which the textbook loop is fastest; two trials each, in turns."""
    speeds = dict.fromkeys(WORKERS, 0.0)
    for _ in range(2):
        for workers in WORKERS:
            variant = textbook_variant(name, data, machine, workers)
            speed = images_per_s(variant.loop, steps, WARM_UP, variant.images_per_step)
            del variant  # ends its workers
            speeds[workers] = max(speeds[workers], speed)
    progress("textbook loop by workers: " + ", ".join(f"{key}: {speed:.0f} images/s" for key, speed in speeds.items()))
    return max(speeds, key=speeds.__getitem__)


def interleaved(variants: Mapping[str, Variant], rounds: int, steps: int) -> Speeds:
    """Images per second of every variant, a value a round."""
    speeds: dict[str, list[float]] = {key: [] for key in variants}
    names = list(variants)
    for number in range(rounds):
        turn = number % len(names)
        for key in names[turn:] + names[:turn]:
            variant = variants[key]
            speeds[key].append(images_per_s(variant.loop, steps, WARM_UP, variant.images_per_step))
        progress(f"round {number + 1}: " + ", ".join(f"{key} {speeds[key][-1]:.0f}" for key in names))
    return speeds


def ratio(speeds: Speeds, one: str, other: str) -> float:
    """Median over the rounds of the ratio within a round."""
    return median(a / b for a, b in zip(speeds[one], speeds[other], strict=True))


def rows(speeds: Speeds, precision: str, textbook: str, data: DatasetName) -> list[Row]:
    """What is reported."""
    auto = f"auto ({precision})"
    faster = f"ours in {auto} / textbook loop"
    value = ratio(speeds, "auto", "textbook")
    return [
        at_least(f"ours in fp32 / textbook loop ({textbook}), ResNet-20 on {TITLES[data]}",
                 ratio(speeds, "fp32", "textbook"), 1.05),
        at_least(faster, value, 1.7) if precision == "bf16" else noted(f"{faster}; the goal is for bf16", value),
        at_least(f"with probes / without, {auto}", ratio(speeds, "auto", "auto without probes"), 0.95),
        noted("with probes / without, fp32", ratio(speeds, "fp32", "fp32 without probes")),
        noted("textbook loop", median(speeds["textbook"]), "images/s", 0),
        noted("one arm in fp32", median(speeds["fp32"]), "images/s", 0),
        noted(f"one arm in {auto}", median(speeds["auto"]), "images/s", 0),
        noted(f"two arms in lockstep in {auto}, in total", median(speeds["two arms"]), "images/s", 0),
    ]  # fmt: skip


def measure(rounds: int = ROUNDS, steps: int = STEPS) -> list[Row]:
    """Run the benchmark."""
    set_up_threads()
    name = present_data()
    config = experiment(name, "auto", probes=True)
    data, machine = load_data(config.data, config.seed), resolve(config.train)
    workers = best_workers(name, data, machine, min(steps, TRIAL_STEPS))
    variants = {"textbook": textbook_variant(name, data, machine, workers), **our_variants(name, data)}
    speeds = interleaved(variants, rounds, steps)
    return rows(speeds, machine.precision, f"{workers} workers", name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--steps", type=int, default=STEPS, help="measured steps of a variant in a round")
    chosen = parser.parse_args()
    print(table(measure(chosen.rounds, chosen.steps)))


if __name__ == "__main__":
    main()

"""Training speed: images per second of resnet_viz.training.train against the textbook loop, batch 128.

Ours is the product's own loop (Arm, Batches, records of every step), in fp32 and in precision auto, with gradient
probes as often as in the default experiment; at depth 20 and width 16 also without probes, and with two arms in
lockstep. All variants of one depth and width take turns (`turns`). The textbook loop has the number of DataLoader
workers (0, 1, 2) that was the fastest in a short trial at depth 20 and width 16 before.
"""

import argparse
from collections.abc import Iterator
from functools import partial
from statistics import median

from benchmarks.report import Row, at_least, noted, present_data, progress, table
from benchmarks.textbook import textbook_loop
from benchmarks.turns import Speeds, Variant, interleaved, ratio
from resnet_viz.config import TITLES, DatasetName, ExperimentConfig, Precision, default_experiment
from resnet_viz.data import load_data
from resnet_viz.machine import resolve, set_up_threads
from resnet_viz.records import Step
from resnet_viz.training import train

ROUNDS, STEPS = 5, 24
MAIN = (20, 16)  # depth, width
OTHERS = ((20, 8), (56, 8), (56, 16))
OTHER_ROUNDS, OTHER_STEPS = 3, 10
TRIAL_ROUNDS, TRIAL_STEPS = 2, 8
WORKERS = (0, 1, 2)
TRAIN_SIZE = 25_600  # 200 steps an epoch: as rarely interrupted by an epoch's end as the real 50,000
TEST_SIZE = 10  # what an evaluation costs is not the question
EPOCHS = 200  # more than any measurement reaches


def experiment(
    data: DatasetName, precision: Precision, *, probes: bool, arms: int = 1, depth: int = MAIN[0], width: int = MAIN[1]
) -> ExperimentConfig:
    """A residual net (and its plain twin when there are two arms) on batches of 128."""
    return default_experiment(
        data, depth=depth, width=width, batch_size=128, epochs=EPOCHS, train_size=TRAIN_SIZE, test_size=TEST_SIZE,
        precision=precision, probe_every=default_experiment("cifar10").probe_every if probes else 0,
        shortcuts=("A",) if arms == 1 else ("none", "A"),
    )  # fmt: skip


def our_loop(config: ExperimentConfig) -> Iterator[int]:
    """The product's loop; yields once a step of all arms."""
    set_up_threads(config.train.threads)
    last = len(config.arms) - 1
    for record in train(config, load_data(config.data, config.seed), resolve(config.train)):
        if isinstance(record, Step) and record.arm == last:
            yield record.step


def ours(config: ExperimentConfig) -> Variant:
    """The product's loop, to take turns with others."""
    return Variant(partial(our_loop, config), len(config.arms) * config.train.batch_size)


def our_variants(name: DatasetName) -> dict[str, Variant]:
    """Every way in which ours is measured."""
    return {
        "fp32": ours(experiment(name, "fp32", probes=True)),
        "fp32 without probes": ours(experiment(name, "fp32", probes=False)),
        "auto": ours(experiment(name, "auto", probes=True)),
        "auto without probes": ours(experiment(name, "auto", probes=False)),
        "two arms": ours(experiment(name, "auto", probes=True, arms=2)),
    }


def their_loop(config: ExperimentConfig, workers: int) -> Iterator[float]:
    """The loop to compare with."""
    set_up_threads()
    device = resolve(config.train).device
    yield from textbook_loop(config.arms[0], config.train, load_data(config.data, config.seed), device, workers)


def textbook_variant(name: DatasetName, workers: int, depth: int = MAIN[0], width: int = MAIN[1]) -> Variant:
    """The same, to take turns with others."""
    config = experiment(name, "fp32", probes=False, depth=depth, width=width)
    return Variant(partial(their_loop, config, workers), config.train.batch_size, keeps_memory=False)


def best_workers(name: DatasetName, steps: int) -> int:
    """The number of DataLoader workers with which the textbook loop is fastest in a short trial."""
    progress("textbook loop by workers")
    speeds = interleaved({str(workers): textbook_variant(name, workers) for workers in WORKERS}, TRIAL_ROUNDS, steps)
    return max(WORKERS, key=lambda workers: max(speeds[str(workers)]))


def rows(speeds: Speeds, precision: str, textbook: str, data: DatasetName) -> list[Row]:
    """What is reported."""
    auto = f"auto ({precision})"
    faster = f"ours in {auto} / textbook loop"
    value = ratio(speeds, "auto", "textbook")
    return [
        at_least(f"ours in fp32 / textbook loop ({textbook}), ResNet-20 on {TITLES[data]}",
                 ratio(speeds, "fp32", "textbook"), 1.05),
        at_least(faster, value, 2.2) if precision == "bf16" else noted(f"{faster}; the goal is for bf16", value),
        at_least(f"with probes / without, {auto}", ratio(speeds, "auto", "auto without probes"), 0.95),
        noted("with probes / without, fp32", ratio(speeds, "fp32", "fp32 without probes")),
        noted("textbook loop", median(speeds["textbook"]), "images/s", 0),
        noted("one arm in fp32", median(speeds["fp32"]), "images/s", 0),
        noted(f"one arm in {auto}", median(speeds["auto"]), "images/s", 0),
        noted(f"two arms in lockstep in {auto}, in total", median(speeds["two arms"]), "images/s", 0),
    ]  # fmt: skip


def measure(rounds: int = ROUNDS, steps: int = STEPS) -> list[Row]:
    """Run the benchmark."""
    name = present_data()
    workers = best_workers(name, min(steps, TRIAL_STEPS))
    speeds = interleaved({"textbook": textbook_variant(name, workers), **our_variants(name)}, rounds, steps)
    precision = resolve(experiment(name, "auto", probes=True).train).precision
    found = rows(speeds, precision, f"{workers} workers", name)
    return [*found, *(other(name, workers, *net, min(steps, OTHER_STEPS)) for net in OTHERS)]


def other(name: DatasetName, workers: int, depth: int, width: int, steps: int) -> Row:
    """The same for another depth or width, in precision auto and with probes."""
    variants = {
        "textbook": textbook_variant(name, workers, depth, width),
        "auto": ours(experiment(name, "auto", probes=True, depth=depth, width=width)),
    }
    speeds = interleaved(variants, OTHER_ROUNDS, steps)
    return noted(f"ours in auto / textbook loop, depth {depth}, width {width}", ratio(speeds, "auto", "textbook"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--steps", type=int, default=STEPS, help="measured steps of a variant in a round")
    chosen = parser.parse_args()
    print(table(measure(chosen.rounds, chosen.steps)))


if __name__ == "__main__":
    main()

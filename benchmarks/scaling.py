"""How the cost of a step grows: with depth 8 to 110, with 1 to 4 arms, and whether lockstep costs anything.

Seconds of one step of the product's loop (precision auto, batch 128, width 16, probes as in the default race). All
depths, and all numbers of arms, take turns (`turns`). A straight line is fitted by least squares; the share of the
variance that it explains (R squared) says how straight the growth is.

Lockstep is one worker with all threads and two arms; the other way is two workers, each with one arm and half the
threads, at the same time.
"""

import argparse
from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np

from benchmarks.report import Row, at_least, noted, present_data, progress, table
from benchmarks.speed import EPOCHS, TEST_SIZE, TRAIN_SIZE, ours
from benchmarks.turns import interleaved, together
from resnet_viz.config import ExperimentConfig, default_experiment
from resnet_viz.machine import resolve

ROUNDS, STEPS = 3, 8
DEPTHS = (8, 20, 32, 56, 80, 110)
ARMS = (1, 2, 3, 4)
ARMS_DEPTH = 20
STRAIGHT = 0.98  # R squared
BATCH = 128


def experiment(depth: int, arms: int, threads: int | None = None) -> ExperimentConfig:
    """So many equal residual nets."""
    return default_experiment(
        present_data(), depth=depth, width=16, batch_size=BATCH, epochs=EPOCHS, train_size=TRAIN_SIZE,
        test_size=TEST_SIZE, probe_every=default_experiment("cifar10").probe_every, shortcuts=("A",) * arms,
        threads=threads,
    )  # fmt: skip


def seconds(configs: Mapping[int, ExperimentConfig], rounds: int, steps: int) -> dict[int, float]:
    """Seconds of a step of each experiment, all arms of it together: the median over the rounds."""
    speeds = interleaved({str(key): ours(config) for key, config in configs.items()}, rounds, steps)
    return {key: median(len(one.arms) * BATCH / speed for speed in speeds[str(key)]) for key, one in configs.items()}


def line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Slope of the least-squares line, and R squared."""
    slope, start = np.polyfit(x, y, 1)
    rest = np.asarray(y) - (slope * np.asarray(x) + start)
    return float(slope), float(1 - rest.var() / np.var(y))


def by_depth(rounds: int, steps: int) -> list[Row]:
    cost = seconds({depth: experiment(depth, 1) for depth in DEPTHS}, rounds, steps)
    slope, straight = line(list(cost), list(cost.values()))
    listed = ", ".join(f"{depth}: {1000 * value:.0f}" for depth, value in cost.items())
    return [
        Row("step of one residual net by depth", f"{listed} ms"),
        noted("a layer more, of the fitted line", 1000 * slope, "ms a step", 1),
        at_least(f"cost against depth {DEPTHS[0]} to {DEPTHS[-1]}, R² of a line", straight, STRAIGHT, digits=4),
    ]


def by_arms(rounds: int, steps: int) -> list[Row]:
    cost = seconds({arms: experiment(ARMS_DEPTH, arms) for arms in ARMS}, rounds, steps)
    _, straight = line(list(cost), list(cost.values()))
    listed = ", ".join(f"{arms}: {1000 * value:.0f}" for arms, value in cost.items())
    return [
        Row(f"step of equal residual-{ARMS_DEPTH} nets by arms", f"{listed} ms"),
        at_least("cost against arms 1 to 4, R² of a line", straight, STRAIGHT, digits=4),
    ]


def lockstep(rounds: int, steps: int) -> Row:
    """Images per second of two arms, in one worker and in two."""
    what = "two arms in lockstep in one worker / two workers with half the threads"
    threads = resolve(default_experiment().train).threads
    if threads < 2:
        return Row(what, "not measured: two workers need two threads")
    one = [ours(experiment(ARMS_DEPTH, 2, threads))]
    two = [ours(experiment(ARMS_DEPTH, 1, threads // 2))] * 2
    ratios = []
    for number in range(rounds):
        in_lockstep, apart = sum(together(one, steps)), sum(together(two, steps))
        ratios.append(in_lockstep / apart)
        progress(f"round {number + 1}: lockstep {in_lockstep:.0f}, two workers {apart:.0f} images/s")
    return noted(what, median(ratios))


def measure(rounds: int = ROUNDS, steps: int = STEPS) -> list[Row]:
    """Run the benchmark."""
    return [*by_depth(rounds, steps), *by_arms(rounds, steps), lockstep(rounds, 4 * steps)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--steps", type=int, default=STEPS, help="measured steps of an experiment in a round")
    chosen = parser.parse_args()
    print(table(measure(chosen.rounds, chosen.steps)))


if __name__ == "__main__":
    main()

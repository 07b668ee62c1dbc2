"""What one tick of the live page costs the server: two depth-56 arms after 2,000 steps.

Median time of RunLog.snapshot, the four figures and json.dumps as Streamlit's component calls it, and the size of that
JSON. The records are synthetic, made by a seeded generator with the lengths and ranges of real ones: the cost depends
on their number, not on their values. What Streamlit adds on top (a script run, its message to the browser) is left out.
"""

import json
import time
from collections.abc import Iterator
from statistics import median

import numpy as np

from benchmarks.report import Row, at_most, table
from resnet_viz import charts
from resnet_viz.config import ExperimentConfig, default_experiment
from resnet_viz.records import Epoch, Gradients, Record, Started, Step, stamped
from resnet_viz.runlog import RunLog

STEPS = 2_000
DEPTH = 56
EPOCHS = 52  # of 39 steps: the first number that has 2,000 steps
REPEATS = 30


def measure() -> list[Row]:
    """Run the benchmark."""
    run_log = RunLog("tick", experiment(), stamped("tick", records(experiment(), STEPS)))
    milliseconds, size = [], 0
    for _ in range(REPEATS):
        start = time.perf_counter()
        size = len(tick(run_log))
        milliseconds.append(1000 * (time.perf_counter() - start))
    what = f"tick at {STEPS:,} steps of two depth-{DEPTH} arms (synthetic records)"
    return [
        at_most(f"{what}: server time", median(milliseconds), 20, "ms", 1),
        at_most(f"{what}: JSON", size / 1000, 120, "kB", 0),
    ]


def tick(run_log: RunLog) -> str:
    """The work of one tick, without Streamlit."""
    snapshot = run_log.snapshot()
    figures = (charts.loss_figure, charts.error_figure, charts.gradient_now_figure, charts.gradient_heat_figure)
    return "".join(json.dumps(figure(snapshot)) for figure in figures)


def experiment() -> ExperimentConfig:
    """The default race, long enough."""
    return default_experiment("cifar10", depth=DEPTH, epochs=EPOCHS)


def records(config: ExperimentConfig, steps: int) -> Iterator[Record]:
    """Synthetic records of as many steps, in the order in which a run yields them."""
    source = np.random.default_rng(0)
    arms = range(len(config.arms))
    rows = ("stem", *(f"block {place}" for place in range(1, 3 * config.arms[0].blocks_per_stage + 1)), "classifier")
    yield Started(
        device="cpu", device_name="synthetic", threads=1, precision="fp32", versions={"torch": "none"},
        parameters=(0,) * len(arms), rows=(rows,) * len(arms),
    )  # fmt: skip
    for step in range(1, steps + 1):
        epoch = (step - 1) // config.steps_per_epoch + 1
        for arm in arms:
            yield from _step_records(config, arm, epoch, step, len(rows), source)
        if step % config.steps_per_epoch == 0:
            yield from (_epoch_record(config, arm, epoch, step, source) for arm in arms)


def _step_records(
    config: ExperimentConfig, arm: int, epoch: int, step: int, rows: int, source: np.random.Generator
) -> Iterator[Record]:
    place = {"arm": arm, "epoch": epoch, "step": step, "images": step * config.train.batch_size}
    if (step - 1) % config.probe_every == 0:
        norms = (10.0 ** source.uniform(-4, 1, rows)).tolist()
        yield Gradients(**place, grad_w=norms, grad_w_scaled=norms, grad_x=norms)
    loss, error = source.uniform(0.5, 2.5), source.uniform(0.2, 0.9)
    yield Step(**place, loss=loss, error=error, learning_rate=0.1, images_per_s=300.0)


def _epoch_record(config: ExperimentConfig, arm: int, epoch: int, step: int, source: np.random.Generator) -> Epoch:
    error = source.uniform(0.2, 0.9)
    return Epoch(
        arm=arm, epoch=epoch, step=step, images=step * config.train.batch_size,
        train_loss=2 * error, train_error=error, test_loss=2 * error, test_error=error,
    )  # fmt: skip


def main() -> None:
    print(table(measure()))


if __name__ == "__main__":
    main()

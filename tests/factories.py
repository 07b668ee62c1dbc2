"""Small records and snapshots for the tests of everything that reads them."""

from collections.abc import Iterable, Sequence
from typing import Any

from resnet_viz.config import DataConfig, ExperimentConfig, TrainConfig
from resnet_viz.net_config import NetConfig
from resnet_viz.records import Epoch, Gradients, Record, Started, Step
from resnet_viz.runlog import RunLog, Snapshot

BATCH = 16


def experiment(*shortcuts: str, depth: int = 8, **train: Any) -> ExperimentConfig:
    """A race on 64 shapes: 4 steps an epoch."""
    return ExperimentConfig(
        arms=tuple(NetConfig(depth=depth, width=4, shortcut=name) for name in shortcuts or ("none", "A")),
        data=DataConfig(name="shapes", train_size=64, test_size=40),
        train=TrainConfig(**{"epochs": 2, "batch_size": BATCH, **train}),
    )


def rows_of(depth: int) -> tuple[str, ...]:
    return ("stem", *(f"block {place}" for place in range(1, (depth - 2) // 2 + 1)), "classifier")


def started(config: ExperimentConfig, **fields: Any) -> Started:
    values: dict[str, Any] = {
        "device": "cpu",
        "device_name": "a processor",
        "threads": 2,
        "precision": "fp32",
        "versions": {"torch": "2.9.0"},
        "parameters": tuple(1000 + place for place in range(len(config.arms))),
        "rows": tuple(rows_of(arm.depth) for arm in config.arms),
    }
    return Started(**(values | fields))


def step(number: int, loss: float | None, *, arm: int = 0, **fields: Any) -> Step:
    values: dict[str, Any] = {"epoch": 1, "error": 0.5, "learning_rate": 0.1, "images_per_s": 100.0}
    return Step(arm=arm, step=number, images=number * BATCH, loss=loss, **(values | fields))


def gradients(number: int, norms: Sequence[float | None], *, arm: int = 0, **fields: Any) -> Gradients:
    norms = tuple(norms)
    values: dict[str, Any] = {"epoch": 1, "grad_w": norms, "grad_w_scaled": norms, "grad_x": norms}
    return Gradients(arm=arm, step=number, images=number * BATCH, **(values | fields))


def epoch(
    number: int, train_error: float | None, test_error: float | None, *, arm: int = 0, train_loss: float | None = 1.0
) -> Epoch:
    return Epoch(
        arm=arm,
        epoch=number,
        step=4 * number,
        images=4 * number * BATCH,
        train_loss=train_loss,
        train_error=train_error,
        test_loss=1.0,
        test_error=test_error,
    )


def at(wall_s: float, record: Record) -> Record:
    """The record at a moment of its run."""
    return record.model_copy(update={"wall_s": wall_s})


def snapshot(config: ExperimentConfig, records: Iterable[Record]) -> Snapshot:
    return RunLog("a-run", config, records).snapshot()

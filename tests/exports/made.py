"""A run of two arms with everything that a run can say."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from resnet_viz.config import ExperimentConfig
from resnet_viz.engine.tables import Run
from resnet_viz.exports import Exported
from resnet_viz.records import Diverged, Finished, Intervention, Record
from tests.factories import at, epoch, experiment, gradients, started, step

CONFIG = experiment("none", "A")
NORMS = (1.0, 0.5, 0.0, 2.0, 4.0)  # stem, three blocks, classifier
SAID: tuple[Record, ...] = (
    started(CONFIG),
    at(1.0, gradients(1, NORMS)),
    at(1.0, step(1, 2.25)),
    at(1.0, gradients(1, NORMS, arm=1)),
    at(1.0, step(1, 1 / 3, arm=1)),
    Intervention(step=1, learning_rate_factor=0.5),
    at(2.0, step(2, None)),
    Diverged(arm=0, epoch=1, step=2, images=32),
    at(2.0, step(2, 0.25, arm=1)),
    at(3.0, epoch(1, 0.25, None, arm=1)),
    Finished(reason="completed", step=2),
)


def facts(config: ExperimentConfig = CONFIG, **given: Any) -> Run:
    values: dict[str, Any] = {
        "id": "abc123", "status": "finished", "origin": "live", "config": config,
        "created": "2026-01-02T03:04:05.000+00:00", "started": "2026-01-02T03:04:06.500+00:00",
        "ended": "2026-01-02T03:05:00.000+00:00",
    }  # fmt: skip
    return Run(**values | given)


def exported(records: Iterable[Record] = SAID, weights: tuple[Path, ...] = (), **given: Any) -> Exported:
    return Exported(facts(**given), tuple(records), weights)

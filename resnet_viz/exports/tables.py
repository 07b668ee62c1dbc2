"""The records as tidy tables of CSV, and as one JSON document.

There are three tables, because there are three grains: an update of an arm, an evaluation of an arm, a block at one
probe. In one file of all three, most cells would be empty and pandas would read every count as a float. Several runs
stand one after the other. Units stand in the names of the columns. What is null, because it was not a finite number,
is an empty cell.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from resnet_viz.exports.run import Exported
from resnet_viz.records import SCHEMA_VERSION, Epoch, Gradients, Started, Step

_PLACE = ("run", "seed", "arm", "net", "epoch", "step", "images", "wall_s")
STEP_COLUMNS = (*_PLACE, "loss_nats", "error_fraction", "learning_rate", "images_per_s")
EPOCH_COLUMNS = (
    *_PLACE, "train_loss_nats", "train_error_fraction", "test_loss_nats", "test_error_fraction",
)  # fmt: skip
GRADIENT_COLUMNS = (*_PLACE, "row", "block", "grad_w_l2", "grad_w_scaled", "grad_x_mean_l2")

Rows = Iterable[Sequence[Any]]


def steps_csv(*runs: Exported) -> str:
    """A line for each update of each arm of each run; loss and error of its batch before the update."""
    rows = (
        (*_place(run, record), record.loss, record.error, record.learning_rate, record.images_per_s)
        for run in runs
        for record in run.records
        if isinstance(record, Step)
    )
    return _csv(STEP_COLUMNS, rows)


def epochs_csv(*runs: Exported) -> str:
    """A line for each evaluation of each arm of each run, at the end of an epoch."""
    rows = (
        (*_place(run, record), record.train_loss, record.train_error, record.test_loss, record.test_error)
        for run in runs
        for record in run.records
        if isinstance(record, Epoch)
    )
    return _csv(EPOCH_COLUMNS, rows)


def gradients_csv(*runs: Exported) -> str:
    """A line for each row of each probe of each arm of each run: stem, blocks, classifier."""
    return _csv(GRADIENT_COLUMNS, (row for run in runs for row in _gradient_rows(run)))


TABLES: dict[str, Callable[..., str]] = {"steps": steps_csv, "epochs": epochs_csv, "gradients": gradients_csv}


def document(run: Exported) -> dict[str, Any]:
    """Everything about the run as JSON values: facts, configuration, versions, records as they were said."""
    facts = run.facts
    started = next((record for record in run.records if isinstance(record, Started)), None)
    names = ("id", "name", "note", "status", "origin", "created", "started", "ended", "message")
    return {
        "schema_version": SCHEMA_VERSION,
        "run": {name: getattr(facts, name) for name in names},
        "config": facts.config.model_dump(mode="json"),
        "versions": started.versions if started else {},
        "records": [record.model_dump(mode="json") for record in run.records],
    }


def json_document(run: Exported) -> str:
    """The same as text."""
    return json.dumps(document(run), allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def _place(run: Exported, record: Step | Epoch | Gradients) -> tuple[Any, ...]:
    net = run.facts.config.labels[record.arm]
    return run.facts.id, run.facts.config.seed, record.arm, net, record.epoch, record.step, record.images, record.wall_s


def _gradient_rows(run: Exported) -> Iterator[tuple[Any, ...]]:
    names: tuple[tuple[str, ...], ...] = ()
    for record in run.records:
        if isinstance(record, Started):
            names = record.rows
        elif isinstance(record, Gradients):
            columns = zip(names[record.arm], record.grad_w, record.grad_w_scaled, record.grad_x, strict=True)
            for row, (block, *norms) in enumerate(columns):
                yield *_place(run, record), row, block, *norms


def _csv(columns: Sequence[str], rows: Rows) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")  # None becomes an empty cell, a float its shortest exact text
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()

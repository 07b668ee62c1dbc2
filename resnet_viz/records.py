"""What a run says: one JSON line a record. The only thing that worker, store and pages have in common.

Every record carries its run, a dense `seq` from 0, its kind and `wall_s` since the start. `step` counts completed
updates from 1; a batch's loss is measured before its update. Losses are cross-entropy in nats, errors are fractions
of 1, gradient norms are L2. A float that is not finite is null; when it is the loss of a batch, a
`diverged` record follows.
"""

import math
import time
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

SCHEMA_VERSION = 1  # a new kind of record, or a field with a default, leaves it as it is: what is stored can be read
TIME_FIELDS = frozenset({"wall_s", "images_per_s"})  # the only ones that differ between two equal runs

Status = Literal["queued", "running", "paused", "finished", "stopped", "interrupted", "failed"]
Origin = Literal["live", "cli", "recorded", "cluster"]
ACTIVE: frozenset[Status] = frozenset({"queued", "running", "paused"})


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Measured = Annotated[float | None, BeforeValidator(_finite)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str = ""
    seq: int = 0
    wall_s: float = 0.0


class Started(_Record):
    """What the machine resolved; the first record of a run."""

    kind: Literal["started"] = "started"
    device: str
    device_name: str
    threads: int
    precision: Literal["fp32", "bf16"]
    versions: dict[str, str]
    parameters: tuple[int, ...]  # of each arm
    rows: tuple[tuple[str, ...], ...]  # of each arm: names of the rows of its gradient records
    images: int = 0


class Step(_Record):
    """One update of one arm; loss and error of its batch before the update."""

    kind: Literal["step"] = "step"
    arm: int
    epoch: int
    step: int
    images: int
    loss: Measured
    error: Measured
    learning_rate: float
    images_per_s: float  # of this arm alone


class Gradients(_Record):
    """Gradient norms of one arm at one step, a value a row: stem, each block, classifier."""

    kind: Literal["gradients"] = "gradients"
    arm: int
    epoch: int
    step: int
    images: int
    grad_w: tuple[Measured, ...]
    grad_w_scaled: tuple[Measured, ...]
    grad_x: tuple[Measured, ...]


class Epoch(_Record):
    """Evaluation at the end of an epoch, in eval mode, without augmentation."""

    kind: Literal["epoch"] = "epoch"
    arm: int
    epoch: int
    step: int
    images: int
    train_loss: Measured
    train_error: Measured
    test_loss: Measured
    test_error: Measured


class Diverged(_Record):
    """This arm's loss is not finite; it stops here and the others go on."""

    kind: Literal["diverged"] = "diverged"
    arm: int
    epoch: int
    step: int
    images: int


class Paused(_Record):
    kind: Literal["paused"] = "paused"
    step: int


class Resumed(_Record):
    kind: Literal["resumed"] = "resumed"
    step: int


class Intervention(_Record):
    """Something was changed, to hold after this step: `interventions` says what it means. The other field is null."""

    kind: Literal["intervention"] = "intervention"
    step: int
    learning_rate_factor: float | None = None  # on the schedule, from here on
    extend_epochs: int | None = None  # added at the end


class Checkpoint(_Record):
    """Weights of one arm, a safetensors file in the folder of the run."""

    kind: Literal["checkpoint"] = "checkpoint"
    arm: int
    step: int
    file: str


class Finished(_Record):
    """The last record of a run that came to its end, or was stopped."""

    kind: Literal["finished"] = "finished"
    reason: Literal["completed", "stopped"]
    step: int


class Failed(_Record):
    """The last record of a run that could not go on; the sentence says why and what to do."""

    kind: Literal["failed"] = "failed"
    message: str


class Progress(_Record):
    """How far a download is, in bytes, or an answer, in images through the net."""

    kind: Literal["progress"] = "progress"
    done: int
    total: int


class Answered(_Record):
    """The answer to a question about a picture: small things here, arrays in an .npz file."""

    kind: Literal["answered"] = "answered"
    told: dict[str, Any]
    arrays: str | None = None  # path of the file


Record = Annotated[
    Started
    | Step
    | Gradients
    | Epoch
    | Diverged
    | Paused
    | Resumed
    | Intervention
    | Checkpoint
    | Finished
    | Failed
    | Progress
    | Answered,
    Field(discriminator="kind"),
]
_RECORD: TypeAdapter[Record] = TypeAdapter(Record)


class ArmResult(BaseModel):
    """What came of one arm: the smoothed training loss at its end, and the errors of its last epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loss: Measured = None
    train_error: Measured = None
    test_error: Measured = None
    diverged_at: int | None = None  # step


def parse(line: str | bytes) -> Record:
    """Read one JSON line.

    Raises:
        pydantic.ValidationError: the line is no record.
    """
    return _RECORD.validate_json(line)


class Stamp:
    """Gives each record of a run its place: run, dense seq from 0, seconds since the stamp was made."""

    def __init__(self, run: str) -> None:
        self._run, self._start, self._seq = run, time.monotonic(), -1

    def __call__(self, record: Record) -> Record:
        self._seq += 1
        wall_s = round(time.monotonic() - self._start, 4)
        return record.model_copy(update={"run": self._run, "seq": self._seq, "wall_s": wall_s})


def stamped(run: str, records: Iterable[Record]) -> Iterator[Record]:
    """All records of a run, stamped as they are asked for."""
    stamp = Stamp(run)
    for record in records:
        yield stamp(record)


def without_times(record: Record) -> dict[str, Any]:
    """A record as it must be equal in two equal runs on one machine."""
    return record.model_dump(exclude=set(TIME_FIELDS) | {"run"})

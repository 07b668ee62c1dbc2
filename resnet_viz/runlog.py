"""Records in, arrays out: what charts and sentences are made of. Server side, numpy only."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from resnet_viz.config import ConfigError, ExperimentConfig
from resnet_viz.interventions import Change, Course, Planned
from resnet_viz.net_config import NetConfig
from resnet_viz.records import (
    ACTIVE,
    ArmResult,
    Diverged,
    Epoch,
    Failed,
    Finished,
    Gradients,
    Intervention,
    Paused,
    Record,
    Resumed,
    Started,
    Status,
    Step,
)

MAX_POINTS = 500  # of one curve in a snapshot
MAX_COLUMNS = 100  # of one heat map in a snapshot
SMOOTHING = 0.9  # weight of the past in the smoothed loss
LEFT_OUT = "The last change that was asked for came too late, or did not fit with another one: it was left out."

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ArmView:
    """One arm at one moment. Curves are thinned to MAX_POINTS; the last point is always there."""

    net: NetConfig
    label: str
    step: Floats
    loss: Floats  # of each batch, nats
    smooth: Floats  # exponential mean of the loss
    epoch: Floats
    train_error: Floats  # of 1
    test_error: Floats
    train_loss: Floats  # in eval mode, nats
    test_loss: Floats
    rows: tuple[str, ...]
    gradient_step: Floats
    gradients: Floats  # (rows, gradient_step), ||dL/dW||
    parameters: int
    images_per_s: float | None
    diverged_at: int | None

    @property
    def last_loss(self) -> float | None:
        """The smoothed loss of now."""
        return float(self.smooth[-1]) if len(self.smooth) else None


@dataclass(frozen=True)
class Snapshot:
    """All that a page shows of a run, at one moment."""

    run: str
    status: Status
    config: ExperimentConfig
    seq: int  # of the last record; -1 before the first
    step: int
    epoch: int
    arms: tuple[ArmView, ...]
    wall_s: float
    left_s: float | None
    started: Started | None
    message: str | None
    course: Course  # its length and its rates, as they are after all that was changed
    interventions: tuple[Planned, ...]
    paused_s: float = 0.0  # of wall_s, in pauses that are over
    queued_behind: int = 0

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def progress(self) -> float:
        """Share of the steps that are done, 0 to 1."""
        return min(1.0, self.step / self.course.total_steps)


@dataclass
class _ArmLog:
    step: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    smooth: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    gradient_step: list[int] = field(default_factory=list)
    gradients: list[tuple[float, ...]] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)
    diverged_at: int | None = None


class RunLog:
    """The records of one run, kept as columns. Not locked: its owner sees to that."""

    def __init__(self, run: str, config: ExperimentConfig, records: Iterable[Record] = ()) -> None:
        self.run = run
        self.config = config
        self.course = Course(config)
        self.interventions: list[Planned] = []
        self.status: Status = "queued"
        self.message: str | None = None
        self.started: Started | None = None
        self.seq, self.step, self.epoch, self.wall_s = -1, 0, 0, 0.0
        self._arms = [_ArmLog() for _ in config.arms]
        self._paused_s, self._paused_at = 0.0, 0.0
        self._asked: list[Change] = []  # and not yet made
        self._drawn: Snapshot | None = None  # since the last record
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Take in the next record."""
        self._drawn = None
        self.seq, self.wall_s = record.seq, record.wall_s
        match record:
            case Started():
                self.started, self.status = record, "running"
            case Step():
                self._add_step(record)
            case Gradients():
                arm = self._arms[record.arm]
                arm.gradient_step.append(record.step)
                arm.gradients.append(tuple(map(_number, record.grad_w)))
            case Epoch():
                self._arms[record.arm].epochs.append(record)
            case Diverged():
                self._arms[record.arm].diverged_at = record.step
            case Paused():
                self.status, self._paused_at = "paused", record.wall_s
            case Resumed():
                self.status = "running"
                self._paused_s += record.wall_s - self._paused_at
            case Intervention():
                planned = Planned(**record.model_dump(include=set(Planned.model_fields)))
                self.course = self.course.changed(planned)
                self.interventions.append(planned)
                made = next((change for change in self._asked if planned.makes(change)), None)
                if made is not None:
                    self._asked.remove(made)  # and no other that is equal: two may have been asked for
            case Finished():
                self.status = "finished" if record.reason == "completed" else "stopped"
                self.message = LEFT_OUT if self._asked else None
            case Failed():
                self.status, self.message = "failed", record.message

    def _add_step(self, record: Step) -> None:
        self.step, self.epoch = record.step, record.epoch
        arm, loss = self._arms[record.arm], _number(record.loss)
        past = arm.smooth[-1] if arm.smooth else loss
        # Early on the mean of all that came before, so the curve does not hang at its first value.
        weight = min(SMOOTHING, len(arm.smooth) / (len(arm.smooth) + 1))
        arm.step.append(record.step)
        arm.loss.append(loss)
        arm.smooth.append(weight * past + (1 - weight) * loss)
        arm.speeds.append(record.images_per_s)

    def check(self, change: Change) -> None:
        """Whether the run can be changed like this now.

        Raises:
            ConfigError: it is not running, or the change is beyond the limits.
        """
        if self.status == "queued":
            raise ConfigError("This run has not begun. Change it when it runs.")
        if self.status not in ACTIVE:
            raise ConfigError("This run is over and stays so. Start another one, with more epochs or another rate.")
        self.course.after(change, self.step)

    def ask(self, change: Change) -> None:
        """Ask for a change: the run's records say when it is made, and its message when it never was.

        Raises:
            ConfigError: as `check`.
        """
        self.check(change)
        self._asked.append(change)

    def result(self) -> tuple[ArmResult, ...]:
        """What came of each arm so far."""
        return tuple(_result(arm) for arm in self._arms)

    def snapshot(self) -> Snapshot:
        """The run as it is now. Nothing is drawn again of one that has said nothing more, as most of a group have."""
        drawn = self._drawn
        if drawn is None or (drawn.status, drawn.message) != (self.status, self.message):
            drawn = self._drawn = self._draw()
        return drawn

    def _draw(self) -> Snapshot:
        return Snapshot(
            run=self.run,
            status=self.status,
            config=self.config,
            seq=self.seq,
            step=self.step,
            epoch=self.epoch,
            arms=tuple(self._view(index) for index in range(len(self._arms))),
            wall_s=self.wall_s,
            left_s=self._left_s(),
            started=self.started,
            message=self.message,
            course=self.course,
            interventions=tuple(self.interventions),
            paused_s=self._paused_s,
        )

    def _left_s(self) -> float | None:
        """Time left if it goes on as it went; evaluations are part of what went."""
        if self.status != "running" or self.step < 3:
            return None
        active = self.wall_s - self._paused_s
        return active / self.step * (self.course.total_steps - self.step)

    def _view(self, index: int) -> ArmView:
        arm, points = self._arms[index], _thin(len(self._arms[index].step), MAX_POINTS)
        columns = _thin(len(arm.gradient_step), MAX_COLUMNS)
        rows = self.started.rows[index] if self.started else ()
        gradients = np.array([arm.gradients[column] for column in columns], dtype=np.float64)
        return ArmView(
            net=self.config.arms[index],
            label=self.config.labels[index],
            step=_pick(arm.step, points),
            loss=_pick(arm.loss, points),
            smooth=_pick(arm.smooth, points),
            epoch=np.array([record.epoch for record in arm.epochs], dtype=np.float64),
            train_error=np.array([_number(record.train_error) for record in arm.epochs]),
            test_error=np.array([_number(record.test_error) for record in arm.epochs]),
            train_loss=np.array([_number(record.train_loss) for record in arm.epochs]),
            test_loss=np.array([_number(record.test_loss) for record in arm.epochs]),
            rows=rows,
            gradient_step=_pick(arm.gradient_step, columns),
            gradients=gradients.T if len(columns) else np.empty((len(rows), 0)),
            parameters=self.started.parameters[index] if self.started else 0,
            images_per_s=float(np.median(arm.speeds[-10:])) if arm.speeds else None,
            diverged_at=arm.diverged_at,
        )


def _result(arm: _ArmLog) -> ArmResult:
    last = arm.epochs[-1] if arm.epochs else None
    return ArmResult(
        loss=arm.smooth[-1] if arm.smooth else None,
        train_error=last.train_error if last else None,
        test_error=last.test_error if last else None,
        diverged_at=arm.diverged_at,
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _thin(count: int, most: int) -> list[int]:
    """At most `most` places of `count`, evenly spaced, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [round(place) for place in np.linspace(0, count - 1, most)]


def _pick(values: list[int] | list[float], places: list[int]) -> Floats:
    return np.array([values[place] for place in places], dtype=np.float64)

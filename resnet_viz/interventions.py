"""What is changed in a run while it goes: values, the limits they keep to, and files of them. Imports no torch.

The learning rate is changed by a factor on the schedule: from there on, each rate is that many times what the schedule
says. It is a factor on the schedule, not on the rate of the moment: 0.1 twice is 0.1 once, and 1 undoes it. A run that
is extended goes on at the last rate of its schedule, times the factor; it is evaluated at the end of each epoch as
before, and its gradients are recorded at the same interval. Pauses and single steps change no number: they are none.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import from_json

from resnet_viz.config import MAX_EPOCHS, MAX_LEARNING_RATE, ConfigError, ExperimentConfig, sentences
from resnet_viz.net_config import Value
from resnet_viz.schedules import highest_rate, learning_rate


class Change(Value):
    """One thing that is changed; the other field is None."""

    learning_rate_factor: float | None = Field(None, gt=0)  # on the schedule, from here on
    extend_epochs: int | None = Field(None, ge=1, le=MAX_EPOCHS)  # added at the end

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.learning_rate_factor is None) == (self.extend_epochs is None):
            raise ValueError("give one of learning_rate_factor and extend_epochs, and not both")
        return self


class Planned(Change):
    """A change that holds after so many completed steps."""

    step: int = Field(ge=0)

    def makes(self, change: Change) -> bool:
        """Whether this is what was asked for."""
        return self.model_dump(exclude={"step"}) == change.model_dump()


@dataclass(frozen=True)
class Course:
    """How long a run goes on and at which rates: its schedule, and what was changed since."""

    config: ExperimentConfig
    factor: float = 1.0
    extra_epochs: int = 0

    @property
    def epochs(self) -> int:
        return self.config.train.epochs + self.extra_epochs

    @property
    def total_steps(self) -> int:
        return self.config.steps_per_epoch * self.epochs

    def rate(self, step: int) -> float:
        """Learning rate of an update, counted from 1, without warm-up."""
        return self.factor * learning_rate(self.config, step)

    def changed(self, change: Change) -> "Course":
        """The course from here on."""
        factor, extra = change.learning_rate_factor or self.factor, change.extend_epochs or 0
        return replace(self, factor=factor, extra_epochs=self.extra_epochs + extra)

    def after(self, change: Change, step: int) -> "Course":
        """The course from here on, if that is within the limits.

        Args:
            step: how many are completed.
        Raises:
            ConfigError: too many epochs, or too high a rate.
        """
        changed = self.changed(change)
        if changed.epochs > MAX_EPOCHS:
            left = MAX_EPOCHS - self.epochs
            raise ConfigError(f"a run has at most {MAX_EPOCHS} epochs: extend this one by {left} or fewer")
        most = MAX_LEARNING_RATE / highest_rate(self.config, step)
        if change.learning_rate_factor and changed.factor > most:
            raise ConfigError(
                f"the factor on the learning rate must be at most {most:.4g} after step {step}, so that no rate "
                f"exceeds {MAX_LEARNING_RATE:g}; got {changed.factor:g}"
            )
        return changed


def check(config: ExperimentConfig, plan: Iterable[Planned]) -> tuple[Planned, ...]:
    """A plan in the order of its steps, if a run of this configuration can follow it to its end.

    Raises:
        ConfigError: it can not; the sentence names the change.
    """
    course, ordered = Course(config), tuple(sorted(plan, key=lambda planned: planned.step))
    for planned in ordered:
        if planned.step > course.total_steps:
            raise ConfigError(
                f"the run has ended by step {planned.step} of the interventions: its last step is "
                f"{course.total_steps}; plan that change earlier"
            )
        course = course.after(planned, planned.step)
    return ordered


def read_plan(content: bytes) -> tuple[Planned, ...]:
    """Read a file of interventions: a JSON list, or one JSON object a line.

    Raises:
        ConfigError: the file is neither, or one of them is none; the sentence says where.
    """
    if content.lstrip().startswith(b"["):
        listed = _json(content, "the file")
        return tuple(_planned(value, f"entry {place}") for place, value in enumerate(listed, start=1))
    lines = [(f"line {number}", line) for number, line in enumerate(content.splitlines(), start=1) if line.strip()]
    return tuple(_planned(_json(line, where), where) for where, line in lines)


def write_plan(plan: Iterable[Planned]) -> str:
    """The same as JSON lines."""
    return "".join(planned.model_dump_json(exclude_none=True) + "\n" for planned in plan)


def _json(content: bytes, where: str) -> Any:
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise ConfigError(f"interventions, {where}: this is not JSON ({error})") from error


def _planned(value: Any, where: str) -> Planned:
    if not isinstance(value, dict):
        raise ConfigError(
            f'interventions, {where}: write an object such as {{"step": 120, "learning_rate_factor": 0.1}} '
            'or {"step": 120, "extend_epochs": 2}'
        )
    try:
        with sentences():
            return Planned.model_validate(value, strict=True)
    except ConfigError as error:
        raise ConfigError(f"interventions, {where}: {error}") from error

"""Who may interrupt a run, and change it. A control is asked between arms, steps and evaluation batches."""

from collections.abc import Iterable
from typing import Protocol

from resnet_viz.interventions import Change, Planned


class Stopped(Exception):
    """Raised by a control when the run shall end here."""


class Control(Protocol):
    """What the training loop asks of whoever steers it."""

    def check(self) -> None:
        """Raise `Stopped` when the run shall end."""

    def may_step(self) -> bool:
        """Whether the next step may be done now, rather than waited with; true uses up one step of a paused run."""

    def wait(self) -> None:
        """Return when something new is asked for. Raises `Stopped`."""

    def changes(self, step: int) -> list[Change]:
        """What shall change after this step, each change given once."""


class Unattended:
    """A control that never interrupts."""

    def check(self) -> None: ...

    def may_step(self) -> bool:
        return True

    def wait(self) -> None: ...

    def changes(self, step: int) -> list[Change]:
        return []


class Rehearsed:
    """A control that makes the changes of a plan at their steps, and is another one in all else."""

    def __init__(self, control: Control, plan: Iterable[Planned]) -> None:
        self._control, self._plan = control, list(plan)

    def check(self) -> None:
        self._control.check()

    def may_step(self) -> bool:
        return self._control.may_step()

    def wait(self) -> None:
        self._control.wait()

    def changes(self, step: int) -> list[Change]:
        due = [planned for planned in self._plan if planned.step <= step]
        self._plan = [planned for planned in self._plan if planned.step > step]
        return [*due, *self._control.changes(step)]

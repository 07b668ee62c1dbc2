"""Who may interrupt a run. A control is asked between arms, steps and evaluation batches."""

from typing import Protocol


class Stopped(Exception):
    """Raised by a control when the run shall end here."""


class Control(Protocol):
    """What the training loop asks of whoever steers it."""

    def check(self) -> None:
        """Raise `Stopped` when the run shall end."""

    def paused(self) -> bool:
        """Whether the run shall wait before its next step."""

    def wait(self) -> None:
        """Return when the run may go on for at least one step. Raises `Stopped`."""


class Unattended:
    """A control that never interrupts."""

    def check(self) -> None: ...

    def paused(self) -> bool:
        return False

    def wait(self) -> None: ...

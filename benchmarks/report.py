"""What all benchmarks share: rows of one Markdown table, the line that names the machine, the data set that is there.

Measures nothing itself.
"""

import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import psutil

from resnet_viz.config import TITLES, DatasetName, TrainConfig
from resnet_viz.places import find_dataset

BUSY_PERCENT = 15


class Unavailable(Exception):
    """Something that a benchmark needs is not on this machine; the sentence names it."""


@dataclass(frozen=True)
class Row:
    """One line of the table. `reached` is None where there is no goal, or nothing to compare with it."""

    what: str
    measured: str
    goal: str = ""
    reached: bool | None = None

    def cells(self) -> tuple[str, ...]:
        verdict = "" if self.reached is None else "yes" if self.reached else "no"
        return self.what, self.measured, self.goal, verdict


def at_least(what: str, value: float, goal: float, unit: str = "", digits: int = 2) -> Row:
    """A row whose value must not be below its goal."""
    return Row(what, _number(value, unit, digits), f"≥ {_number(goal, unit, digits)}", value >= goal)


def at_most(what: str, value: float, goal: float, unit: str = "", digits: int = 2) -> Row:
    """A row whose value must not be above its goal."""
    return Row(what, _number(value, unit, digits), f"≤ {_number(goal, unit, digits)}", value <= goal)


def noted(what: str, value: float, unit: str = "", digits: int = 2) -> Row:
    """A row without a goal."""
    return Row(what, _number(value, unit, digits))


def _number(value: float, unit: str, digits: int) -> str:
    return f"{value:,.{digits}f} {unit}".rstrip()


def markdown(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def table(rows: Iterable[Row]) -> str:
    """The table of results."""
    return markdown(("what", "measured", "goal", "reached"), [row.cells() for row in rows])


def present_data() -> DatasetName:
    """The data set that the app would begin with."""
    return "cifar10" if find_dataset("cifar10") is not None else "shapes"


def machine_line() -> str:
    """One line: CPU, cores, versions, what `auto` resolves to, data set, day."""
    import torch  # here, so that who only draws tables does not load it

    from resnet_viz import machine

    machine.set_up_threads()
    resolved = machine.resolve(TrainConfig())
    parts = (
        resolved.device_name, f"{os.cpu_count()} cores", f"torch {torch.__version__}",
        f"Python {platform.python_version()}", f"precision auto is {resolved.precision}", TITLES[present_data()],
        date.today().isoformat(),
    )  # fmt: skip
    return ", ".join(parts)


def progress(text: str) -> None:
    """Tell whoever waits; not part of the result."""
    print(text, file=sys.stderr, flush=True)


def warn_if_busy() -> None:
    """Other programs on the cores falsify every number here."""
    busy = psutil.cpu_percent(interval=1.0)
    if busy > BUSY_PERCENT:
        progress(f"warning: other programs use {busy:.0f} % of the processor; the results are not to be trusted")

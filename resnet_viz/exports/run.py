"""What all exports are made of: the facts of a run, its records, and its files of weights. Knows no engine."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from resnet_viz.config import ExperimentConfig
from resnet_viz.records import Origin, Record, Status
from resnet_viz.runlog import RunLog, Snapshot


class ExportError(Exception):
    """A run that can't be exported in this form; the sentence says why and what to do."""


class Facts(Protocol):
    """What a store knows about a run. Times are UTC, ISO 8601."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> Status: ...
    @property
    def origin(self) -> Origin: ...
    @property
    def config(self) -> ExperimentConfig: ...
    @property
    def created(self) -> str: ...
    @property
    def started(self) -> str | None: ...
    @property
    def ended(self) -> str | None: ...
    @property
    def message(self) -> str | None: ...
    @property
    def name(self) -> str: ...
    @property
    def note(self) -> str: ...


@dataclass(frozen=True)
class Exported:
    """One run with everything that is known of it; of one that is still going, what is there so far."""

    facts: Facts
    records: tuple[Record, ...]
    weights: tuple[Path, ...] = ()  # safetensors files

    @cached_property
    def snapshot(self) -> Snapshot:
        """The run as charts and sentences read it."""
        log = RunLog(self.facts.id, self.facts.config, self.records)
        log.status, log.message = self.facts.status, self.facts.message
        return log.snapshot()


def file_name(run: str, ending: str) -> str:
    """The name under which an export is saved."""
    return f"resnet-viz-{run}{ending}"

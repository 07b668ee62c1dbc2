"""Quoted results: every number with the data, the split and the protocol that it belongs to."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from resnet_viz.net_config import Shortcut, Value
from resnet_viz.sources import SOURCES

FILE = Path(__file__).with_name("results.json")
OWN_PROTOCOL = "as its own paper tested"  # of no common axis, since each paper has its own
FAIL = "fail"  # printed instead of a number

Data = Literal["ImageNet", "CIFAR-10", "CIFAR-100"]
Metric = Literal["error", "top-1 error", "top-5 error", "top-1 accuracy", "top-5 accuracy", "multiply-adds"]
Split = Literal["validation", "test", "one image"]  # the last one of costs, which need no data set

# The words of the file, and what they mean.
PROTOCOLS = {
    "10-crop": "one model, ten crops a picture: four corners and the centre of 224 x 224, and their mirror images",
    "multi-scale": "one model, fully convolutional, shorter side 224, 256, 384, 480 and 640, scores averaged",
    "ensemble": "several models, their scores averaged",
    "1 crop, 256 to 224": "one model, the centre 224 x 224 of the picture, its shorter side resized to 256",
    "1 crop, 232 to 224": "one model, the centre 224 x 224 of the picture, its shorter side resized to 232",
    "single view": "one model, the 32 x 32 picture as it is, one run",
    "single view, best of 5 runs": "the same, of five runs the one with the lowest test error",
    "single view, mean of 5 runs": "the same, mean of five runs",
    "single view, median of 5 runs": "the 32 x 32 picture as it is, median of five runs",
    "single view, best epoch on test": "the 32 x 32 picture as it is, at the epoch with the lowest test error",
    "single view, best epoch on validation": "the 32 x 32 picture, at the epoch with the lowest validation error",
    "single view, epoch not stated": "the 32 x 32 picture as it is; whether last or best epoch is not stated",
    "224 x 224": "one picture of so many pixels; the paper calls them FLOPs, and does not say what it counts",
    OWN_PROTOCOL: "whatever the paper of that net did; never on a common axis",
}


class Result(Value):
    """One number: errors and accuracies in percent, multiply-adds in billions."""

    net: str
    depth: int | None  # weighted layers; None where the source does not say, and of an ensemble
    shortcut: Shortcut | None  # None: not stated, or a design without options A to C
    printed: str = Field(pattern=rf"^(\d{{1,2}}\.\d{{1,3}}|{FAIL})$")  # with the digits of the source
    spread: float | None  # standard deviation over the runs, where the source has it
    data: Data
    metric: Metric
    split: Split
    protocol: str
    source: str  # key in SOURCES
    place: str = Field(min_length=1)  # table or section
    note: str

    @field_validator("source")
    @classmethod
    def _source_is_known(cls, source: str) -> str:
        if source not in SOURCES:
            raise ValueError(f"source {source} is not in SOURCES; add its title, year and address there")
        return source

    @field_validator("protocol")
    @classmethod
    def _protocol_is_known(cls, protocol: str) -> str:
        if protocol not in PROTOCOLS:
            raise ValueError(f"protocol {protocol!r} is not in PROTOCOLS; say there what it means")
        return protocol

    @property
    def quoted(self) -> str:
        """Where it stands, in words."""
        source = SOURCES[self.source]
        return f"{source.authors} {source.year}, {self.place}"

    @property
    def failed(self) -> bool:
        """Whether the source says that the net failed, and gives no number."""
        return self.printed == FAIL

    @property
    def value(self) -> float:
        """Infinite if the net failed."""
        return inf if self.failed else float(self.printed)

    @property
    def number(self) -> str:
        """As it is printed, with its spread."""
        return self.printed + (f" ± {self.spread:.2f}" if self.spread else "")

    @property
    def axis(self) -> "Axis":
        return Axis(self.data, self.metric, self.split, self.protocol)


@dataclass(frozen=True, order=True)
class Axis:
    """What two numbers must have in common to be drawn on one axis."""

    data: str
    metric: str
    split: str
    protocol: str

    @property
    def title(self) -> str:
        return f"{self.data} {self.split}, {self.metric}, {self.protocol}"

    @property
    def unit(self) -> str:
        return "billions" if self.metric == "multiply-adds" else "%"


class _Row(Value):
    net: str
    depth: int | None
    shortcut: Shortcut | None
    values: tuple[str | None, ...]  # one a metric of the table
    spread: float | None = None
    note: str = ""


class _Table(Value):
    source: str
    place: str
    data: Data
    split: Split
    protocol: str
    metrics: tuple[Metric, ...]
    note: str = ""
    rows: tuple[_Row, ...]

    @model_validator(mode="after")
    def _a_value_for_each_metric(self) -> Self:
        for row in self.rows:
            if len(row.values) != len(self.metrics):
                raise ValueError(f"{self.place}, {row.net}: give one value, or null, for each of {self.metrics}")
        return self

    def results(self) -> Iterator[Result]:
        common = self.model_dump(include={"source", "place", "data", "split", "protocol"})
        for row in self.rows:
            own = row.model_dump(include={"net", "depth", "shortcut", "spread"})
            note = "; ".join(filter(None, (row.note, self.note)))
            for metric, printed in zip(self.metrics, row.values, strict=True):
                if printed is not None:
                    yield Result(**common, **own, metric=metric, printed=printed, note=note)


class _File(Value):
    version: Literal[1]
    about: str
    tables: tuple[_Table, ...]


@cache
def results() -> tuple[Result, ...]:
    """All that is quoted, in the order of the file."""
    read = _File.model_validate_json(FILE.read_bytes())
    return tuple(result for table in read.tables for result in table.results())


def cited() -> dict[str, str]:
    """Key of each source to the places in it that are quoted."""
    places: dict[str, dict[str, None]] = {}
    for result in results():
        places.setdefault(result.source, {})[result.place] = None
    return {source: "; ".join(found) for source, found in places.items()}


class NoSuchResult(LookupError):
    """A number that nobody printed, or that several printed; the sentence says which."""


def printed_in(source: str, place: str) -> list[Result]:
    """What one table prints, in its order.

    Raises:
        NoSuchResult: nothing is quoted from there.
    """
    found = [result for result in results() if (result.source, result.place) == (source, place)]
    if not found:
        raise NoSuchResult(f"nothing is quoted from {source}, {place}; name a place that is in {FILE.name}.")
    return found


def one(net: str, metric: str, protocol: str, source: str = "he2015") -> Result:
    """The one number of a net under a protocol.

    Raises:
        NoSuchResult: there is none, or more than one.
    """
    found = [
        result
        for result in results()
        if (result.net, result.metric, result.protocol, result.source) == (net, metric, protocol, source)
    ]
    if len(found) != 1:
        raise NoSuchResult(f"{len(found)} results of {source} for {net}, {metric}, {protocol}; name one that exists.")
    return found[0]

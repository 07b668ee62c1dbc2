"""Runs that ship with the project: read from its own files, never copied into a store, never changed.

A file is gzipped JSON lines: what the store knows about the run, then its records. Images and weights do not ship.
"""

import gzip
import json
import logging
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from resnet_viz.config import ExperimentConfig
from resnet_viz.engine.tables import Run, read_result, write_result
from resnet_viz.records import ArmResult, Record, parse
from resnet_viz.runlog import RunLog

FOLDER = Path(__file__).parents[1] / "recorded"
ENDING = ".jsonl.gz"

log = logging.getLogger(__name__)


class NotToShip(Exception):
    """This run is not written as one that ships; the sentence says why."""


@cache
def recorded() -> dict[str, Run]:
    """The runs that ship, by id: the name of their file. One whose file is damaged is left out."""
    found = {}
    for path in sorted(FOLDER.glob(f"*{ENDING}")):
        try:
            run = _head(path)
        except (OSError, EOFError, zlib.error, LookupError, TypeError, ValueError):  # whatever the damage looks like
            log.exception("%s is damaged", path)
        else:
            found[run.id] = run
    return found


def recorded_records(run: str) -> Iterator[Record]:
    """The records of a run that ships, in order.

    Raises:
        KeyError: there is none of this id.
        OSError: its file is damaged.
    """
    path = FOLDER / f"{recorded()[run].id}{ENDING}"  # a key of the mapping, never what a visitor typed
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            next(lines, None)
            for line in lines:
                yield parse(line)
    except (EOFError, zlib.error, ValueError) as error:
        raise OSError(f"{path} is damaged") from error


@cache
def recorded_result(run: str) -> tuple[ArmResult, ...]:
    """What came of a run that ships: as its file says, or from its records where an early file does not.

    Raises:
        KeyError: there is none of this id.
        OSError: its file is damaged.
    """
    shipped = recorded()[run]
    return shipped.result or RunLog(run, shipped.config, recorded_records(run)).result()


def write_recorded(run: Run, records: Iterable[Record], path: Path) -> None:
    """Write a run as one that ships; its id is the name of the file.

    Raises:
        NotToShip: the file's name does not end as it must, or the run is still going.
        OSError: it can't be written.
    """
    if not path.name.endswith(ENDING):
        raise NotToShip(f"{path.name} must end in {ENDING}.")
    if run.is_active:
        raise NotToShip(f"Run {run.id} is still going. Wait for its end, or stop it.")
    name = path.name.removesuffix(ENDING)
    shipped = replace(run, id=name, origin="recorded", read_only=True, owner="", group_id=None)
    written = [record.model_copy(update={"run": name}) for record in records]
    result = run.result or RunLog(name, run.config, written).result()
    head = asdict(shipped) | {"config": run.config.model_dump(mode="json"), "result": write_result(result)}
    lines = [json.dumps(head), *(record.model_dump_json() for record in written)]
    # No time and no name in the header of the archive: the same records give the same bytes.
    packed = gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)
    part = path.with_suffix(".part")
    try:
        part.write_bytes(packed)
        part.replace(path)  # an app that reads the folder meanwhile sees the old file or the new one
    finally:
        part.unlink(missing_ok=True)


def _head(path: Path) -> Run:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        head = json.loads(lines.readline())
    read = {"config": ExperimentConfig.model_validate(head["config"]), "result": read_result(head.get("result"))}
    run = Run(**head | read)
    return replace(run, id=path.name.removesuffix(ENDING))

"""Runs that ship with the project: read from its own files, never copied into a store, never changed.

A file is gzipped JSON lines: what the store knows about the run, then its records. Images and weights do not ship.
"""

import gzip
import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from resnet_viz.config import ExperimentConfig
from resnet_viz.engine.tables import Run
from resnet_viz.records import Record, parse

FOLDER = Path(__file__).parents[1] / "recorded"
ENDING = ".jsonl.gz"

log = logging.getLogger(__name__)


@cache
def recorded() -> dict[str, Run]:
    """The runs that ship, by id: the name of their file. One whose file is damaged is left out."""
    found = {}
    for path in sorted(FOLDER.glob(f"*{ENDING}")):
        try:
            run = _head(path)
        except (OSError, EOFError, ValueError):  # a ValidationError is a ValueError
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
            next(lines)
            for line in lines:
                yield parse(line)
    except (EOFError, ValueError) as error:
        raise OSError(f"{path} is damaged") from error


def write_recorded(run: Run, records: Iterable[Record], path: Path) -> None:
    """Write a run as one that ships; its id is the name of the file.

    Raises:
        ValueError: the file's name does not end as it must.
        OSError: it can't be written.
    """
    if not path.name.endswith(ENDING):
        raise ValueError(f"{path.name} must end in {ENDING}")
    name = path.name.removesuffix(ENDING)
    shipped = replace(run, id=name, origin="recorded", read_only=True, owner="", group_id=None)
    head = asdict(shipped) | {"config": run.config.model_dump(mode="json")}
    lines = [json.dumps(head), *(record.model_copy(update={"run": name}).model_dump_json() for record in records)]
    # No time and no name in the header of the archive: the same records give the same bytes.
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))


def _head(path: Path) -> Run:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        head = json.loads(next(lines))
    run = Run(**head | {"config": ExperimentConfig.model_validate(head["config"])})
    return replace(run, id=path.name.removesuffix(ENDING))

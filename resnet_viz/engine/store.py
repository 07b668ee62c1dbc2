"""The store of runs and their records: SQLAlchemy Core, one writer a process, readers any number."""

import builtins
import logging
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from resnet_viz import places
from resnet_viz.config import ExperimentConfig
from resnet_viz.engine.owner import is_gone, this_process
from resnet_viz.engine.recorded import recorded, recorded_records
from resnet_viz.engine.tables import (
    Run,
    about,
    add_missing_columns,
    by_age,
    metadata,
    records,
    run_of,
    runs,
    write_result,
)
from resnet_viz.records import ACTIVE, SCHEMA_VERSION, ArmResult, Failed, Origin, Record, Started, Status, parse

BUSY_TIMEOUT_S = 5.0
INTERRUPTED = "The program that ran it ended before the run did. Everything recorded until then is here."

log = logging.getLogger(__name__)


class StoreError(Exception):
    """The store can't be used; the sentence says why and what to do. Earlier runs are not touched."""


class NoSuchRun(Exception):
    """No run has this id."""


def new_id() -> str:
    """A random URL-safe id: hexadecimal, because Streamlit refuses keys with two underscores in a row."""
    return secrets.token_hex(6)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Store:
    """Runs and records under one SQLAlchemy URL; made on first use."""

    def __init__(self, url: str | None = None, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        """Open the store.

        Raises:
            StoreError: it can't be opened, is locked, or is not a store of this version.
        """
        try:
            self._url = sa.make_url(url or places.store_url())
            is_sqlite = self._url.get_backend_name() == "sqlite"
            options: dict[str, Any] = {"connect_args": {"timeout": busy_timeout_s}} if is_sqlite else {}
            self._engine = sa.create_engine(self._url, **options)
        except (ArgumentError, NoSuchModuleError) as error:
            raise StoreError(f"{places.STORE_VARIABLE} is no usable address of a database. Correct it.") from error
        if is_sqlite:
            sa.event.listen(self._engine, "connect", _sqlite_pragmas)
        with self._sentences():
            if is_sqlite and self._url.database:
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
            metadata.create_all(self._engine)
            self._check_version()
            with self._engine.begin() as connection:
                add_missing_columns(connection)

    @property
    def folder(self) -> Path:
        """Where the weights of its runs lie: beside the file, or in the per-user folder."""
        is_file = self._url.get_backend_name() == "sqlite" and self._url.database
        return (Path(self._url.database or "").parent if is_file else places.runs_folder()) / "weights"

    def close(self) -> None:
        self._engine.dispose()

    def create(self, config: ExperimentConfig, origin: Origin, group_id: str | None = None) -> Run:
        """Add a queued run that this process owns."""
        run = Run(new_id(), "queued", origin, config, now(), group_id=group_id, owner=this_process())
        with self._sentences(), self._engine.begin() as connection:
            connection.execute(
                runs.insert().values(
                    id=run.id, status=run.status, origin=origin, read_only=False, config=config.model_dump_json(),
                    created=run.created, group_id=group_id, owner=run.owner,
                )
            )  # fmt: skip
        return run

    def append(self, batch: Iterable[Record]) -> None:
        """Write records of any runs, all or none."""
        batch = list(batch)
        rows = [{"run": record.run, "seq": record.seq, "body": record.model_dump_json()} for record in batch]
        with self._sentences(), self._engine.begin() as connection:
            if rows:
                connection.execute(records.insert(), rows)
            for record in batch:
                if isinstance(record, Started):
                    connection.execute(_update(record.run, **_resolved(record)))
                elif isinstance(record, Failed):
                    connection.execute(_update(record.run, message=record.message))

    def set_status(
        self, run: str, status: Status, message: str | None = None, result: Sequence[ArmResult] | None = None
    ) -> None:
        """Note what became of a run, and when; the result only of one that is over."""
        values: dict[str, Any] = {"status": status}
        if message is not None:
            values["message"] = message
        if status not in ACTIVE:
            values["ended"] = now()
            if result is not None:
                values["result"] = write_result(result)
        self._set(run, **values)

    def set_result(self, run: str, result: Sequence[ArmResult]) -> None:
        """Note what came of a run that ended without saying so."""
        self._set(run, result=write_result(result))

    def describe(self, run: str, field: Literal["name", "note"], text: str) -> None:
        """Give a run of the store a name or a note."""
        self._set(run, **{field: text})

    def _set(self, run: str, **values: Any) -> None:
        with self._sentences(), self._engine.begin() as connection:
            connection.execute(_update(run, **values))

    def run(self, run: str) -> Run:
        """One run, of the store or of those that ship.

        Raises:
            NoSuchRun: none has this id.
        """
        if run in recorded():
            return recorded()[run]
        with self._sentences(), self._engine.connect() as connection:
            row = connection.execute(runs.select().where(runs.c.id == run)).mappings().first()
        if row is None:
            raise NoSuchRun(f"There is no run {run!r} in the store. It may have been deleted.")
        return run_of(row)

    def list(self, limit: int = 100) -> list[Run]:
        """The newest runs, newest first, without those that ship; of equally new ones the last seed first."""
        query = runs.select().order_by(runs.c.created.desc()).limit(limit)
        with self._sentences(), self._engine.connect() as connection:
            found = [run_of(row) for row in connection.execute(query).mappings()]
        return sorted(found, key=by_age, reverse=True)

    def group(self, group: str) -> builtins.list[Run]:
        """The runs of a group, by seed."""
        query = runs.select().where(runs.c.group_id == group)
        with self._sentences(), self._engine.connect() as connection:
            found = [run_of(row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda run: run.config.seed)

    def records(self, run: str, since: int = -1) -> Iterator[Record]:
        """Records of a run after a seq, in order; of the store, or of one that ships."""
        if run in recorded():
            with self._sentences():
                return iter([record for record in recorded_records(run) if record.seq > since])
        query = sa.select(records.c.body).where(records.c.run == run, records.c.seq > since).order_by(records.c.seq)
        with self._sentences(), self._engine.connect() as connection:
            bodies = connection.execute(query).scalars().all()
        return (parse(body) for body in bodies)

    def delete(self, run: str) -> None:
        """Remove a run that is not active and not read-only.

        Raises:
            NoSuchRun: none has this id.
            StoreError: it is still going, or is read-only.
        """
        found = self.run(run)
        if found.is_active or found.read_only:
            raise StoreError(f"Run {run} is {'still going' if found.is_active else 'read-only'} and stays.")
        with self._sentences(), self._engine.begin() as connection:
            connection.execute(records.delete().where(records.c.run == run))
            connection.execute(runs.delete().where(runs.c.id == run))

    def mark_interrupted(self) -> None:
        """Mark the active runs whose process is gone."""
        query = sa.select(runs.c.id, runs.c.owner).where(runs.c.status.in_(ACTIVE))
        with self._sentences(), self._engine.connect() as connection:
            active = connection.execute(query).all()
        values = {"status": "interrupted", "message": INTERRUPTED, "ended": now()}
        for run in [run for run, owner in active if is_gone(owner)]:
            with self._sentences(), self._engine.begin() as connection:  # it may have come to its end just before
                connection.execute(_update(run, **values).where(runs.c.status.in_(ACTIVE)))

    def _check_version(self) -> None:
        with self._engine.begin() as connection:
            version = connection.execute(sa.select(about.c.schema_version)).scalar()
            if version is None:
                connection.execute(about.insert().values(schema_version=SCHEMA_VERSION))
            elif version != SCHEMA_VERSION:
                raise StoreError(
                    f"{self._name} is a store of version {version}, and this is version {SCHEMA_VERSION}. "
                    f"Move it away, or set {places.STORE_VARIABLE} to another one."
                )

    @property
    def _name(self) -> str:
        return self._url.render_as_string(hide_password=True)

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            log.error("store %s: %s", self._name, error)
            raise StoreError(self._sentence(str(error))) from error

    def _sentence(self, error: str) -> str:
        if "locked" in error:
            return f"{self._name} is locked by another program. Close it, and try again."
        if "not a database" in error:
            return f"{self._name} is not a database. Move the file away, or set {places.STORE_VARIABLE} to another one."
        if "full" in error or "No space" in error:
            return f"The disk of {self._name} is full. Free some space; what was stored stays."
        return f"{self._name} can't be used. Check that it exists and may be written, or set {places.STORE_VARIABLE}."


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _update(run: str, **values: Any) -> sa.Update:
    return runs.update().where(runs.c.id == run).values(**values)


def _resolved(record: Started) -> dict[str, Any]:
    return {
        "status": "running",
        "started": now(),
        "device": record.device_name,
        "threads": record.threads,
        "precision": record.precision,
        "versions": record.versions,
    }

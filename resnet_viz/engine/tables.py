"""The tables of the store, and one row of the table of runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from resnet_viz.config import ExperimentConfig
from resnet_viz.records import ACTIVE, ArmResult, Origin, Status

MAX_NAME, MAX_NOTE = 80, 2_000  # characters

metadata = sa.MetaData()
about = sa.Table("about", metadata, sa.Column("schema_version", sa.Integer, nullable=False))
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("group_id", sa.String(32)),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("origin", sa.String(16), nullable=False),
    sa.Column("read_only", sa.Boolean, nullable=False, default=False),
    sa.Column("config", sa.Text, nullable=False),
    sa.Column("versions", sa.JSON),
    sa.Column("device", sa.String(120)),
    sa.Column("threads", sa.Integer),
    sa.Column("precision", sa.String(8)),
    sa.Column("owner", sa.String(120), nullable=False),  # host, process and its birth: who may say that it is active
    sa.Column("message", sa.Text),
    sa.Column("created", sa.String(32), nullable=False),
    sa.Column("started", sa.String(32)),
    sa.Column("ended", sa.String(32)),
    # Added since the first version of the schema, so a store may have to gain them: each can be null.
    sa.Column("name", sa.String(MAX_NAME)),
    sa.Column("note", sa.Text),
    sa.Column("result", sa.JSON(none_as_null=True)),
)
records = sa.Table(
    "records",
    metadata,
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Run:
    """One row of the table of runs. Times are UTC, ISO 8601."""

    id: str
    status: Status
    origin: Origin
    config: ExperimentConfig
    created: str
    started: str | None = None
    ended: str | None = None
    message: str | None = None
    device: str | None = None
    threads: int | None = None
    precision: str | None = None
    versions: dict[str, str] | None = None
    group_id: str | None = None
    read_only: bool = False
    owner: str = ""
    name: str = ""  # that somebody gave it
    note: str = ""
    result: tuple[ArmResult, ...] | None = None  # of each arm; None while it goes on, or where nobody looked

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def seconds(self) -> float | None:
        """From its start to its end, pauses and all; None before its end, and where nobody saw it."""
        if self.started is None or self.ended is None or self.status == "interrupted":
            return None
        return (datetime.fromisoformat(self.ended) - datetime.fromisoformat(self.started)).total_seconds()


def by_age(run: Run) -> tuple[str, int]:
    """What runs are sorted by: seeds of a group may have been created in the same moment."""
    return run.created, run.config.seed


def run_of(row: sa.RowMapping) -> Run:
    """A row as a value."""
    fields = {**row, "name": row["name"] or "", "note": row["note"] or "", "result": read_result(row["result"])}
    return Run(**fields | {"config": ExperimentConfig.model_validate_json(row["config"])})


_RESULT: TypeAdapter[tuple[ArmResult, ...]] = TypeAdapter(tuple[ArmResult, ...])


def read_result(listed: object) -> tuple[ArmResult, ...] | None:
    """The result of a run from what JSON gives.

    Raises:
        pydantic.ValidationError: it is none.
    """
    return None if listed is None else _RESULT.validate_python(listed)


def write_result(result: Sequence[ArmResult]) -> list[dict[str, Any]]:
    """The same for JSON."""
    return [arm.model_dump() for arm in result]


def add_missing_columns(connection: sa.Connection) -> None:
    """Let the table of runs gain the columns that it had not when an earlier version made it."""
    for column in runs.columns:
        if column.name not in _column_names(connection):
            words = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
            try:
                connection.execute(sa.text(f"ALTER TABLE {runs.name} ADD COLUMN {words}"))
            except sa.exc.DBAPIError:  # another program may have added it just now
                if column.name not in _column_names(connection):
                    raise


def _column_names(connection: sa.Connection) -> set[str]:
    return {str(column["name"]) for column in sa.inspect(connection).get_columns(runs.name)}

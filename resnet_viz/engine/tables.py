"""The tables of the store, and one row of the table of runs."""

from dataclasses import dataclass

import sqlalchemy as sa

from resnet_viz.config import ExperimentConfig
from resnet_viz.records import ACTIVE, Origin, Status

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

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE


def run_of(row: sa.RowMapping) -> Run:
    """A row as a value."""
    fields = {name: row[name] for name in row if name != "config"}
    return Run(config=ExperimentConfig.model_validate_json(row["config"]), **fields)

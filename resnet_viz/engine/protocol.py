"""What manager and worker say to each other: JSON lines, commands down, records up."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from resnet_viz.config import DatasetName, ExperimentConfig
from resnet_viz.interventions import Change, Planned
from resnet_viz.questions import ModelName, Question
from resnet_viz.records import Record, parse

Action = Literal["pause", "resume", "step", "stop"]


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainJob(_Command):
    """Train an experiment; the worker ends after it."""

    do: Literal["train"] = "train"
    run: str
    config: ExperimentConfig
    plan: tuple[Planned, ...] = ()  # what is changed while it goes
    weights_folder: Path | None = None
    data_dir: Path | None = None


class DownloadJob(_Command):
    """Fetch a data set, or the weights of a classifier, into the cache; the worker ends after it."""

    do: Literal["download"] = "download"
    run: str
    name: DatasetName | ModelName


class AskJob(_Command):
    """Answer a question about a picture; the worker then waits for the next one."""

    do: Literal["ask"] = "ask"
    run: str  # names the question
    question: Question
    folder: Path  # where arrays go


class Steer(_Command):
    """Interrupt the job in hand, or change it."""

    do: Literal["steer"] = "steer"
    action: Action | Change


Purpose = Literal["train", "explain"]  # what a worker warms up for
Job = TrainJob | DownloadJob | AskJob
Command = Annotated[TrainJob | DownloadJob | AskJob | Steer, Field(discriminator="do")]
_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


class Ready(BaseModel):
    """A worker's first line: it is warm. Not a record: it belongs to no run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["ready"] = "ready"


READY_LINE = Ready().model_dump_json()


def parse_command(line: str) -> Command:
    """Read one line that a worker was sent.

    Raises:
        pydantic.ValidationError: the line is no command.
    """
    return _COMMAND.validate_json(line)


def parse_line(line: str) -> Ready | Record:
    """Read one line that a worker said.

    Raises:
        pydantic.ValidationError: the line is neither.
    """
    return Ready() if line.strip() == READY_LINE else parse(line)

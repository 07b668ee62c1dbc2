"""Downloads of data sets and of weights: one at a time, each in a worker of its own, so Cancel can end it."""

import threading
from dataclasses import dataclass, replace

from pydantic import ValidationError

from resnet_viz.config import TITLES, DatasetName
from resnet_viz.engine.launcher import Launcher, Worker
from resnet_viz.engine.protocol import DownloadJob, Steer, parse_line
from resnet_viz.engine.store import new_id
from resnet_viz.questions import MODEL_TITLES, ModelName
from resnet_viz.records import Failed, Finished, Progress

CLOSE_GRACE_S = 3.0


def title_of(name: DatasetName | ModelName) -> str:
    """What a person calls the thing that is fetched."""
    return dict([*TITLES.items(), *MODEL_TITLES.items()])[name]


@dataclass(frozen=True)
class Download:
    """How a download stands; sizes in bytes."""

    name: DatasetName | ModelName
    active: bool = True
    done: int = 0
    total: int = 0
    message: str | None = None  # why it failed


class Downloads:
    """Starts, follows and cancels a download."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._lock = threading.Lock()
        self._state: Download | None = None
        self._worker: Worker | None = None
        self._reader: threading.Thread | None = None

    @property
    def state(self) -> Download | None:
        """The download of now, or the last one."""
        return self._state

    def start(self, name: DatasetName | ModelName) -> None:
        """Begin; does nothing while one is going on."""
        with self._lock:
            if self._state is not None and self._state.active:
                return
            self._state = Download(name)
            self._worker = self._launcher.start()
            self._worker.send(DownloadJob(run=new_id(), name=name))
            self._reader = threading.Thread(target=self._read, args=(self._worker, name), name="download", daemon=True)
            self._reader.start()

    def cancel(self) -> None:
        """Ask the worker to stop; what it fetched is removed."""
        if self._worker is not None:
            self._worker.send(Steer(action="stop"))

    def close(self) -> None:
        """End a download that is going on."""
        with self._lock:
            worker, reader = self._worker, self._reader
        if worker is not None and reader is not None:
            worker.close(CLOSE_GRACE_S)
            reader.join()

    def _read(self, worker: Worker, name: DatasetName | ModelName) -> None:
        state = Download(name)
        message: str | None = "The download ended before it was whole. Try again."
        for line in worker.lines():
            try:
                said = parse_line(line)
            except ValidationError:
                break  # it was killed in the middle of a line
            match said:
                case Progress(done=done, total=total):
                    self._state = state = replace(state, done=done, total=total)
                case Finished():
                    message = None
                case Failed(message=reason):
                    message = reason
        worker.close(CLOSE_GRACE_S)
        self._state = replace(state, active=False, message=message)

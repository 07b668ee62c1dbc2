"""The explainer: questions about pictures, answered one at a time by one warm worker, and remembered."""

import hashlib
import logging
import shutil
import tempfile
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from resnet_viz.engine.launcher import Launcher, Worker
from resnet_viz.engine.protocol import AskJob, Ready, Steer, parse_line
from resnet_viz.questions import Question
from resnet_viz.records import Answered, Failed, Finished, Progress, Record

CLOSE_GRACE_S = 3.0
KEPT_BYTES = 96_000_000  # of arrays in memory
KEPT_PICTURE_BYTES = 400_000_000  # of pictures on the disk
KEPT_ASKINGS = 2_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asking:
    """How a question stands. Progress counts what its kind of question goes through, most often images."""

    id: str
    question: Question
    active: bool = True
    done: int = 0
    total: int = 0
    behind: int = 0  # questions of anybody before this one
    message: str | None = None  # why there is no answer
    told: dict[str, Any] | None = None  # the answer
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    seconds: float = 0.0  # that the answer took

    @property
    def answered(self) -> bool:
        return self.told is not None

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        return sum(array.nbytes for array in self.arrays.values())


class Explainer:
    """One worker, first come first served. Its methods are safe from any thread; only `wait` waits, within a limit."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._changed = threading.Condition()
        self._askings: OrderedDict[str, Asking] = OrderedDict()  # the least recently asked first
        self._queue: deque[str] = deque()
        self._worker: Worker | None = None
        self._ready = False
        self._current: str | None = None
        self._reader: threading.Thread | None = None
        self._closing = False
        self._folder: Path | None = None
        self._pictures: OrderedDict[Path, int] = OrderedDict()

    # --- what pages ask

    @property
    def ready(self) -> bool:
        """Whether the worker is warm."""
        return self._ready

    def warm(self) -> None:
        """Start the worker, if there is none."""
        with self._changed:
            self._start_worker()

    def picture(self, content: bytes) -> Path:
        """A file of this content, named by its hash: what a visitor calls a picture never becomes a path.

        Raises:
            OSError: the disk takes no more.
        """
        with self._changed:
            path = self._home() / hashlib.sha256(content).hexdigest()[:32]
            if path not in self._pictures or not path.exists():
                path.write_bytes(content)
            self._pictures[path] = len(content)
            self._pictures.move_to_end(path)
            while sum(self._pictures.values()) > KEPT_PICTURE_BYTES and len(self._pictures) > 1:
                self._pictures.popitem(last=False)[0].unlink(missing_ok=True)
        return path

    def ask(self, question: Question) -> Asking:
        """Ask; a question that was asked before has its answer at once, and one in hand is not asked twice."""
        key = hashlib.sha256(question.model_dump_json().encode()).hexdigest()[:24]
        with self._changed:
            if key not in self._askings:
                self._askings[key] = Asking(key, question)
                self._queue.append(key)
                self._dispatch()
            self._askings.move_to_end(key)
            return self._state(key)

    def known(self, question: Question) -> Asking | None:
        """How a question stands that was asked before; None when it was not, or was forgotten."""
        key = hashlib.sha256(question.model_dump_json().encode()).hexdigest()[:24]
        with self._changed:
            return self._state(key) if key in self._askings else None

    def wait(self, key: str, seconds: float) -> Asking:
        """How a question stands once it is over, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: not self._askings[key].active, seconds)
            return self._state(key)

    def cancel(self, key: str) -> None:
        """Drop a question that waits, or stop the one in hand; others that asked the same see that it was stopped."""
        with self._changed:
            if key in self._queue:
                self._queue.remove(key)
                self._settle(key, message=_STOPPED)
            elif key == self._current and self._worker is not None:
                self._worker.send(Steer(action="stop"))

    def forget(self, key: str) -> None:
        """Let a question that has no answer be asked again."""
        with self._changed:
            if key in self._askings and not self._askings[key].active:
                del self._askings[key]

    def close(self) -> None:
        """End the worker, and remove what visitors gave."""
        with self._changed:
            self._closing = True
            self._queue.clear()
            worker, reader = self._worker, self._reader
        if worker is not None:
            worker.close(CLOSE_GRACE_S)
        if reader is not None:
            reader.join()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    # --- the worker; all below is called under the lock, but for _read

    def _home(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="resnet-viz-"))
        return self._folder

    def _state(self, key: str) -> Asking:
        asking = self._askings[key]
        behind = self._queue.index(key) + (self._current is not None) if key in self._queue else 0
        return replace(asking, behind=behind) if behind else asking

    def _start_worker(self) -> None:
        if self._worker is not None or self._closing:
            return
        self._worker = self._launcher.start("explain")
        self._reader = threading.Thread(target=self._read, args=(self._worker,), name="explain reader", daemon=True)
        self._reader.start()

    def _dispatch(self) -> None:
        """Give the first question to the worker, if it has none."""
        if self._queue:
            self._start_worker()
        if self._worker is not None and self._current is None and self._queue:
            self._current = self._queue.popleft()
            question = self._askings[self._current].question
            self._worker.send(AskJob(run=self._current, question=question, folder=self._home()))

    def _read(self, worker: Worker) -> None:
        """Follow a worker to its end, in a thread of its own."""
        for line in worker.lines():
            try:
                said = parse_line(line)
            except ValidationError:
                break  # it was killed in the middle of a line
            with self._changed:
                if isinstance(said, Ready):
                    self._ready = True
                else:
                    self._hear(said)
        code = worker.close(CLOSE_GRACE_S)
        with self._changed:
            self._worker, self._ready = None, False
            if self._current is not None:
                log.warning("the explaining worker ended with code %d: %s", code, worker.last_words)
                self._settle(self._current, message=_CRASHED)
            self._dispatch()

    def _hear(self, record: Record) -> None:
        key = record.run
        if key != self._current:
            return
        match record:
            case Progress(done=done, total=total):
                self._askings[key] = replace(self._askings[key], done=done, total=total)
            case Answered(told=told, arrays=path):
                self._settle(key, told=told, arrays=_load(path) if path else {}, seconds=record.wall_s)
            case Failed(message=message):
                self._settle(key, message=message)
            case Finished():
                self._settle(key, message=_STOPPED)

    def _settle(self, key: str, **changes: Any) -> None:
        self._askings[key] = replace(self._askings[key], active=False, **changes)
        if key == self._current:
            self._current = None
        self._make_room()
        self._changed.notify_all()
        self._dispatch()

    def _make_room(self) -> None:
        """Forget what was not asked for longest, but nothing that is still on its way."""
        size = sum(asking.size for asking in self._askings.values())
        for key, asking in list(self._askings.items())[:-1]:
            if size <= KEPT_BYTES and len(self._askings) <= KEPT_ASKINGS:
                break
            if not asking.active:
                size -= asking.size
                del self._askings[key]


_STOPPED = "This was stopped."
_CRASHED = (
    "The program that explains pictures ended in the middle of this, perhaps for want of memory. Ask again: a fresh "
    "one is ready in a few seconds."
)


def _load(path: str) -> dict[str, NDArray[Any]]:
    """Read the arrays of an answer, and remove their file."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    Path(path).unlink(missing_ok=True)
    return arrays

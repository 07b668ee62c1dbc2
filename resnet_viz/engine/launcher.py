"""Start workers as child processes of this machine, talk to them, end them."""

import logging
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel

from resnet_viz.engine.protocol import Purpose

ROOT = Path(__file__).parents[2]  # the folder that holds the package
# Each pass frees and takes again what the graph of a net needs: glibc keeps it (benchmarks.ladder says what it brings).
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}
LAST_LINES = 20  # of a worker's stderr, kept for the sentence about its end

log = logging.getLogger(__name__)


class Worker(Protocol):
    """One child that does one job."""

    def send(self, command: BaseModel) -> None:
        """Give a command. A worker that is gone takes none, silently: its end is read from `lines`."""

    def lines(self) -> Iterator[str]:
        """What it says, line by line, until it ends."""

    def close(self, grace_s: float) -> int:
        """Close its stdin, which ends it, and wait; kill it after `grace_s`. Gives the exit code."""

    def kill(self) -> None:
        """End it at once."""

    @property
    def last_words(self) -> str:
        """The last line of its stderr."""


class Launcher(Protocol):
    """Where workers come from."""

    def start(self, purpose: Purpose = "train") -> Worker:
        """Start a worker; it says that it is ready when it is warm."""


class LocalLauncher:
    """Workers as subprocesses of this process; they end when their stdin closes, so none outlives it."""

    def start(self, purpose: Purpose = "train") -> "LocalWorker":
        return LocalWorker(purpose)


class LocalWorker:
    """A subprocess that runs `resnet_viz.engine.worker`."""

    def __init__(self, purpose: Purpose) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "resnet_viz.engine.worker", purpose],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            bufsize=1,
            env={**os.environ, "PYTHONPATH": path, **KEEP_MEMORY},
        )
        self.pid = self._process.pid
        self._errors: deque[str] = deque(maxlen=LAST_LINES)
        self._send_lock = threading.Lock()
        self._drain = threading.Thread(target=self._read_errors, name=f"stderr-{self.pid}", daemon=True)
        self._drain.start()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stderr:
            for line in stderr:
                self._errors.append(line.rstrip())
                log.warning("worker %d: %s", self.pid, line.rstrip())

    def send(self, command: BaseModel) -> None:
        assert self._process.stdin is not None
        try:
            with self._send_lock:
                self._process.stdin.write(command.model_dump_json() + "\n")
                self._process.stdin.flush()
        except (BrokenPipeError, ValueError):  # it ended, or was closed: its reader sees that
            log.info("worker %d is gone", self.pid)

    def lines(self) -> Iterator[str]:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            yield from stdout

    def close(self, grace_s: float) -> int:
        assert self._process.stdin is not None
        try:
            with self._send_lock:
                self._process.stdin.close()
        except BrokenPipeError:
            log.info("worker %d was gone already", self.pid)
        try:
            code = self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait(grace_s)
        self._drain.join(grace_s)
        return code

    def kill(self) -> None:
        self._process.kill()

    @property
    def last_words(self) -> str:
        return self._errors[-1] if self._errors else ""

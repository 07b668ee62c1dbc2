"""The child process that does what needs torch: `python -m resnet_viz.engine.worker [train|explain]`.

Commands come in on stdin, records go out on what was stdout. A training worker does one job and ends; one that explains
answers question after question. When stdin closes, the parent is gone and the worker ends itself, whatever it is doing.
"""

import errno
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from resnet_viz.control import Stopped
from resnet_viz.engine.protocol import READY_LINE, Action, AskJob, Command, Job, Steer, TrainJob, parse_command
from resnet_viz.interventions import Change
from resnet_viz.places import DataUnavailable
from resnet_viz.records import Failed, Record, Stamp

NICENESS = 10  # on few cores, a page must not wait for the training that it shows

Say = Callable[[Record], None]

log = logging.getLogger(__name__)


class Commands:
    """The parent's commands, read by a thread; also the control that the training loop asks."""

    def __init__(self, stream: TextIO) -> None:
        self._jobs: queue.Queue[Job] = queue.Queue()
        self._actions: queue.Queue[Action | Change] = queue.Queue()
        self._paused = False
        self._steps = 0  # single steps asked for while paused
        self._changes: list[Change] = []
        threading.Thread(target=self._read, args=(stream,), name="commands", daemon=True).start()

    def _read(self, stream: TextIO) -> None:
        for line in stream:
            self._file(parse_command(line))
        os._exit(0)  # the parent is gone

    def _file(self, command: Command) -> None:
        if isinstance(command, Steer):
            self._actions.put(command.action)
        else:
            self._jobs.put(command)

    def next_job(self) -> Job:
        """Wait for work; the wait ends with the parent at the latest."""
        return self._jobs.get()

    def has_job(self) -> bool:
        return not self._jobs.empty()

    def forget(self) -> None:
        """Drop actions that were meant for the job before."""
        while not self._actions.empty():
            self._actions.get_nowait()

    def check(self) -> None:
        while not self._actions.empty():
            self._obey(self._actions.get_nowait())

    def may_step(self) -> bool:
        self.check()
        if self._paused and self._steps:
            self._steps -= 1
            return True
        return not self._paused

    def wait(self) -> None:
        self._obey(self._actions.get())

    def changes(self, step: int) -> list[Change]:
        taken, self._changes = self._changes, []
        return taken

    def _obey(self, action: Action | Change) -> None:
        match action:
            case Change():
                self._changes.append(action)
            case "stop":
                raise Stopped
            case "pause":
                self._paused = True
            case "resume":
                self._paused, self._steps = False, 0
            case "step":
                self._steps += self._paused


def take_stdout() -> TextIO:
    """Keep stdout for records and point the number 1 at stderr, so a stray print can't corrupt the stream."""
    records = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    return records


def main() -> None:
    """Warm up and work, for the purpose that the command line names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    out = take_stdout()
    commands = Commands(sys.stdin)
    work = explain if sys.argv[1:] == ["explain"] else train
    work(commands, out)
    out.flush()
    os._exit(0)  # no slow tear-down of torch


def train(commands: Commands, out: TextIO) -> None:
    """Do one job. Torch is imported only after stdin is watched, so no orphan can be slow to end."""
    from resnet_viz.engine import jobs

    jobs.warm_up(commands.has_job)
    out.write(READY_LINE + "\n")
    job = commands.next_job()
    say = _speaker(job, out)
    with _sentences(job, say):
        for record in jobs.run(job, commands):
            say(record)


def explain(commands: Commands, out: TextIO) -> None:
    """Answer questions, until the parent is gone."""
    from resnet_viz.engine import inquiries

    inquiries.warm_up()
    out.write(READY_LINE + "\n")
    while True:
        job = commands.next_job()
        commands.forget()
        assert isinstance(job, AskJob)
        say = _speaker(job, out)
        with _sentences(job, say):
            say(inquiries.run(job, say, commands))


def _speaker(job: Job, out: TextIO) -> Say:
    stamp = Stamp(job.run)

    def say(record: Record) -> None:
        out.write(stamp(record).model_dump_json() + "\n")

    return say


@contextmanager
def _sentences(job: Job, say: Say) -> Iterator[None]:
    """What a person can mend becomes a `failed` record; anything else ends the worker with its trace on stderr."""
    try:
        yield
    except (DataUnavailable, ValueError) as error:
        log.exception("job %s", job.run)
        say(Failed(message=str(error)))
    except OSError as error:
        log.exception("job %s", job.run)
        say(Failed(message=os_sentence(error, job)))


def os_sentence(error: OSError, job: Job) -> str:
    """Say what the system refused."""
    match job:
        case TrainJob():
            target = str(job.weights_folder)
        case AskJob():
            target = str(job.folder)
        case _:
            target = "the cache folder"
    if error.errno == errno.ENOSPC:
        return f"The disk is full: {target} can't be written. Free some space and start again."
    return f"{target} can't be used: {error.strerror or error}. Check it and start again."


if __name__ == "__main__":
    main()

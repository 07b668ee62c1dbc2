"""A launcher whose workers say what a test tells them to."""

import queue
from collections.abc import Iterator

from pydantic import BaseModel

from resnet_viz.config import ExperimentConfig, default_experiment
from resnet_viz.engine.protocol import READY_LINE, Action, Purpose, Steer, TrainJob
from resnet_viz.interventions import Change
from resnet_viz.records import Finished, Record, Started, Step

TINY = default_experiment(
    "shapes", depth=8, width=4, train_size=64, test_size=20, batch_size=16, epochs=2, precision="fp32", threads=1
)


def endless(**changes: object) -> ExperimentConfig:
    """An experiment that goes on until it is stopped."""
    small = {"depth": 8, "width": 4, "train_size": 2000, "test_size": 20, "batch_size": 16, "epochs": 200}
    return default_experiment("shapes", **{**small, "precision": "fp32", "threads": 1, **changes})


class FakeWorker:
    """Keeps what it was sent; ends when a test says so."""

    def __init__(self) -> None:
        self.sent: list[BaseModel] = []
        self.killed = False
        self.code = 0
        self.last_words = ""
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._seq = 0

    # what the manager asks of a worker

    def send(self, command: BaseModel) -> None:
        self.sent.append(command)

    def lines(self) -> Iterator[str]:
        while (line := self._lines.get(timeout=20)) is not None:
            yield line

    def close(self, grace_s: float) -> int:
        self._lines.put(None)
        return self.code

    def kill(self) -> None:
        self.killed = True
        self.end(-9)

    # what a test asks of it

    @property
    def run(self) -> str | None:
        return next((command.run for command in self.sent if isinstance(command, TrainJob)), None)

    @property
    def actions(self) -> list[Action | Change]:
        return [command.action for command in self.sent if isinstance(command, Steer)]

    def say(self, *records: Record) -> None:
        for record in records:
            stamped = record.model_copy(update={"run": self.run, "seq": self._seq})
            self._seq += 1
            self.say_line(stamped.model_dump_json() + "\n")

    def say_line(self, line: str) -> None:
        self._lines.put(line)

    def say_ready(self) -> None:
        self.say_line(READY_LINE + "\n")

    def start(self) -> None:
        rows = ("stem", "block 1", "classifier")
        self.say(
            Started(
                device="cpu", device_name="test", threads=1, precision="fp32", versions={"torch": "2"},
                parameters=(1, 1), rows=(rows, rows),
            )
        )  # fmt: skip

    def step(self, number: int) -> None:
        for arm in (0, 1):
            self.say(
                Step(arm=arm, epoch=1, step=number, images=16 * number, loss=2.0, error=0.5, learning_rate=0.1,
                     images_per_s=100.0)
            )  # fmt: skip

    def finish(self) -> None:
        self.say(Finished(reason="completed", step=8))
        self.end(0)

    def end(self, code: int) -> None:
        self.code = code
        self._lines.put(None)


class FakeLauncher:
    """Remembers the workers it gave out."""

    def __init__(self) -> None:
        self.workers: list[FakeWorker] = []
        self.explainers: list[FakeWorker] = []

    def start(self, purpose: Purpose = "train") -> FakeWorker:
        """Gives a worker; those that explain are kept apart from those that train."""
        kept = self.workers if purpose == "train" else self.explainers
        kept.append(FakeWorker())
        return kept[-1]

    def worker_of(self, run: str) -> FakeWorker | None:
        return next((worker for worker in self.workers if worker.run == run), None)

"""A launcher whose explaining workers answer in this process, as real ones do."""

import threading

from pydantic import BaseModel

from resnet_viz.control import Unattended
from resnet_viz.engine import inquiries
from resnet_viz.engine.protocol import AskJob, Purpose
from resnet_viz.records import Failed, Record
from tests.engine.fakes import FakeLauncher, FakeWorker


class HonestWorker(FakeWorker):
    """Answers questions as a real worker does, in a thread of this process."""

    def send(self, command: BaseModel) -> None:
        super().send(command)
        if isinstance(command, AskJob):
            threading.Thread(target=self._answer, args=(command,), daemon=True).start()

    def _answer(self, job: AskJob) -> None:
        def say(record: Record) -> None:
            self.say_line(record.model_copy(update={"run": job.run}).model_dump_json() + "\n")

        try:
            say(inquiries.run(job, say, Unattended()))
        except ValueError as error:
            say(Failed(message=str(error)))


class HonestLauncher(FakeLauncher):
    def start(self, purpose: Purpose = "train") -> FakeWorker:
        if purpose == "train":
            return super().start()
        self.explainers.append(HonestWorker())
        return self.explainers[-1]

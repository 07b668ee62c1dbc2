"""What a worker that explains and probes does, with torch and Captum: one question, one answer."""

import time
from collections.abc import Callable

import numpy as np

from resnet_viz.control import Control, Stopped
from resnet_viz.engine.protocol import AskJob
from resnet_viz.machine import set_up_threads
from resnet_viz.probes import answers as nets
from resnet_viz.questions import NetQuestion
from resnet_viz.records import Answered, Finished, Progress, Record
from resnet_viz.saliency import answers as classifiers

REPORT_EVERY_S = 0.1


def warm_up() -> None:
    """Threads and flush-denormal, before the first operation; all that is needed is imported by now."""
    set_up_threads()


def run(job: AskJob, say: Callable[[Record], None], control: Control) -> Record:
    """The last record of a question: its answer, or that it was stopped. Says how far it is meanwhile."""
    last = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > REPORT_EVERY_S:
            last = time.monotonic()
            say(Progress(done=done, total=total))

    try:
        if isinstance(job.question, NetQuestion):
            found = nets.answer(job.question, report, control)
        else:
            found = classifiers.answer(job.question, report, control)
    except Stopped:
        return Finished(reason="stopped", step=0)
    if not found.arrays:
        return Answered(told=found.told)
    path = job.folder / f"{job.run}.npz"
    np.savez(path, allow_pickle=False, **found.arrays)
    return Answered(told=found.told, arrays=str(path))

"""What a worker that explains and probes does, with torch and Captum: one question, one answer."""

import math
import time
from collections.abc import Callable

import numpy as np

from resnet_viz.config import DataConfig
from resnet_viz.control import Control, Stopped
from resnet_viz.data import load_data
from resnet_viz.data.batches import normalise
from resnet_viz.engine.protocol import AskJob
from resnet_viz.machine import set_up_threads
from resnet_viz.probes.initial import at_init
from resnet_viz.questions import Initial, Question
from resnet_viz.records import Answered, Finished, Progress, Record
from resnet_viz.saliency.answers import Answer, Report, answer

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
        found = _answer(job.question, report, control)
    except Stopped:
        return Finished(reason="stopped", step=0)
    if not found.arrays:
        return Answered(told=found.told)
    path = job.folder / f"{job.run}.npz"
    np.savez(path, allow_pickle=False, **found.arrays)
    return Answered(told=found.told, arrays=str(path))


def _answer(question: Question, report: Report, control: Control) -> Answer:
    return _initial(question, report, control) if isinstance(question, Initial) else answer(question, report, control)


def _initial(question: Initial, report: Report, control: Control) -> Answer:
    data = load_data(DataConfig(name=question.data, train_size=question.batch_size, test_size=10), question.seed)
    images = normalise(data.train_images, data)
    found = Answer({"losses": [], "rows": []})
    for place, net in enumerate(question.nets):
        control.check()
        report(place * len(images), len(question.nets) * len(images))
        measured = at_init(net, question.seed, images, data.train_labels)
        found.told["losses"].append(measured.loss if math.isfinite(measured.loss) else None)
        found.told["rows"].append(measured.rows)
        for name in ("grad_w", "grad_x", "spread"):
            found.arrays[f"{name}_{place}"] = np.array(getattr(measured, name))
    return found

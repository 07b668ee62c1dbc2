"""Questions about nets before any training in, answers out."""

import math

import numpy as np

from resnet_viz.answer import Answer, Report
from resnet_viz.config import DataConfig
from resnet_viz.control import Control
from resnet_viz.data import load_data
from resnet_viz.data.batches import normalise
from resnet_viz.family import Counted
from resnet_viz.net_questions import Chain, Family, Initial, Shatter, Stream
from resnet_viz.probes import chains, transformers
from resnet_viz.probes.diagrams import diagrams
from resnet_viz.probes.family import RECIPES, counted
from resnet_viz.probes.initial import at_init
from resnet_viz.probes.shattering import shattered
from resnet_viz.questions import NetQuestion

CALIBRATION = 128  # images whose statistics the norms take over


def answer(question: NetQuestion, report: Report, control: Control) -> Answer:
    """Answer one question.

    Raises:
        DataUnavailable: one sentence for the person who asked.
        Stopped: the control said so.
    """
    match question:
        case Initial():
            return _initial(question, report, control)
        case Shatter():
            return _shatter(question, report, control)
        case Family():
            return _family(report, control)
        case Chain():
            return chains.measure(question)
        case Stream():
            return transformers.measure(question, report, control)


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


def _shatter(question: Shatter, report: Report, control: Control) -> Answer:
    data = load_data(DataConfig(name=question.data, train_size=CALIBRATION, test_size=10), question.seed)
    images = normalise(data.train_images, data)
    labels = data.train_labels
    ends = [0, int((labels != labels[0]).nonzero()[0])]  # the first two images of different classes
    found = Answer({"classes": [data.classes[int(labels[end])] for end in ends], "norms": []})
    found.arrays["ends"] = data.train_images[ends].permute(0, 2, 3, 1).numpy()
    for place, net in enumerate(question.nets):
        control.check()
        report(place * question.points, len(question.nets) * question.points)
        measured = shattered(net, question.seed, images[ends], int(labels[0]), images, question.points, control)
        found.told["norms"].append(measured.norm if math.isfinite(measured.norm) else None)
        for name in ("autocorrelation", "along", "pictures"):
            found.arrays[f"{name}_{place}"] = getattr(measured, name).numpy()
    return found


def _family(report: Report, control: Control) -> Answer:
    members = []
    for place, recipe in enumerate(RECIPES):
        control.check()
        report(place, len(RECIPES))
        members.append(counted(recipe))
    return Answer(Counted(members=tuple(members), diagrams=diagrams()).model_dump(mode="json"))

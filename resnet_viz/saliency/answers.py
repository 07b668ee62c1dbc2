"""Questions in, answers out: small things as a mapping, arrays by name. Keeps the last classifiers and pictures."""

import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from resnet_viz.answer import Answer, Report
from resnet_viz.attribution import FAITHFULNESS_PASSES, METHODS
from resnet_viz.control import Control
from resnet_viz.places import SAMPLES, sample_picture
from resnet_viz.questions import (
    Attribute,
    Catalogue,
    Describe,
    Faithfulness,
    Look,
    Model,
    Randomise,
    Split,
    Surgery,
    Sweep,
)
from resnet_viz.saliency.branches import split, switched_off
from resnet_viz.saliency.catalogue import WEIGHTS, facts_of
from resnet_viz.saliency.classifiers import Classifier, load
from resnet_viz.saliency.faithfulness import ORDERS, area, curves
from resnet_viz.saliency.hooks import counted
from resnet_viz.saliency.images import ImageRefused, open_picture
from resnet_viz.saliency.methods import attribute, predict_and_grad_cam
from resnet_viz.saliency.sanity import correlations, methods_checked, stage_names

KEPT_MODELS = 2
KEPT_PICTURES = 16

About = Describe | Look | Attribute | Split | Surgery | Sweep | Faithfulness | Randomise  # a classifier


def answer(question: Catalogue | About, report: Report, control: Control) -> Answer:
    """Answer one question.

    Raises:
        ImageRefused, WeightsRefused, DataUnavailable, ValueError: one sentence for the person who asked.
        Stopped: the control said so.
    """
    if isinstance(question, Catalogue):
        return Answer({"models": {name: facts_of(name) for name in WEIGHTS}})
    classifier = _classifier(question.model)
    total, done = _passes(question, classifier), 0

    def see(images: int) -> None:
        nonlocal done
        control.check()
        report(min(done, total), total)
        done += images

    with counted(classifier.net, see):
        match question:
            case Describe():
                return Answer(classifier.description.model_dump(mode="json"))
            case Look():
                return _look(classifier, question)
            case Attribute():
                return _attribute(classifier, question)
            case Split():
                return _split(classifier, question)
            case Surgery():
                return _surgery(classifier, question)
            case Sweep():
                return _sweep(classifier, question)
            case Faithfulness():
                return _faithfulness(classifier, question)
            case Randomise():
                return _randomise(classifier, question, see)


def _passes(question: About, classifier: Classifier) -> int:
    """Images that the answer will send through the net."""
    match question:
        case Attribute():
            once = METHODS[question.method].forwards + (question.method != "grad-cam")
            return once * len(question.images)
        case Sweep():
            return len(_switchable(classifier)) + 1
        case Faithfulness():
            return METHODS[question.method].forwards + FAITHFULNESS_PASSES
        case Randomise():
            each = sum(METHODS[method].forwards for method in methods_checked(classifier))
            return each + len(classifier.stages) * (each + len(SAMPLES) + 1)
        case Surgery():
            return 2
    return 1


def _look(classifier: Classifier, question: Look) -> Answer:
    image, note = _prepared(question.model, question.image)
    with torch.inference_mode():
        probabilities = classifier.net(image).softmax(1)[0]
    view = classifier.view(image)[0]
    return Answer({"note": note}, {"view": view.numpy(), "probabilities": probabilities.numpy()})


def _attribute(classifier: Classifier, question: Attribute) -> Answer:
    opened, refused = [], {}
    for place, path in enumerate(question.images):
        try:
            opened.append(_prepared(question.model, path))
        except ImageRefused as error:
            refused[str(place)] = str(error)
    if not opened:
        return Answer({"refused": refused, "notes": [], "targets": [], "delta": None})
    _check_target(classifier, question.target)
    images = torch.cat([image for image, _ in opened]).contiguous(memory_format=torch.channels_last)
    if question.method == "grad-cam":
        scores, maps = predict_and_grad_cam(classifier, images, question.target, question.layer)
        targets = _targets(scores, question.target)
    else:
        with torch.no_grad():
            scores = classifier.net(images)
        targets = _targets(scores, question.target)
        maps = attribute(classifier, question.method, images, targets, question.layer)
    told = {
        "refused": refused, "notes": [note for _, note in opened], "targets": targets.tolist(), "delta": maps.delta,
    }  # fmt: skip
    arrays = {"maps": maps.maps, "views": classifier.view(images), "probabilities": scores.softmax(1)}
    if maps.grids is not None:
        arrays["grids"] = maps.grids
    return Answer(told, {name: array.numpy() for name, array in arrays.items()})


def _targets(scores: Tensor, target: int | None) -> Tensor:
    return scores.argmax(1) if target is None else torch.full((len(scores),), target)


def _split(classifier: Classifier, question: Split) -> Answer:
    _check_target(classifier, question.target)
    image, _ = _prepared(question.model, question.image)
    parts = split(classifier, image, question.layer, question.target)
    arrays = {"total": parts.total.numpy(), "skip": parts.skip.numpy(), "residual": parts.residual.numpy()}
    return Answer({"relative_error": parts.relative_error}, arrays)


def _surgery(classifier: Classifier, question: Surgery) -> Answer:
    _check_target(classifier, question.target)
    image, _ = _prepared(question.model, question.image)
    before, map_before = predict_and_grad_cam(classifier, image, question.target, None)
    with switched_off(classifier, question.off):
        after, map_after = predict_and_grad_cam(classifier, image, question.target, None)
    arrays = {
        "before": before.softmax(1)[0], "after": after.softmax(1)[0],
        "map_before": map_before.maps[0], "map_after": map_after.maps[0],
    }  # fmt: skip
    return Answer({}, {name: array.numpy() for name, array in arrays.items()})


def _switchable(classifier: Classifier) -> list[str]:
    return [layer.name for layer in classifier.description.layers if layer.switchable]


def _sweep(classifier: Classifier, question: Sweep) -> Answer:
    _check_target(classifier, question.target)
    image, _ = _prepared(question.model, question.image)  # kept for other questions, so not of inference mode
    blocks = _switchable(classifier)

    def probability(off: list[str]) -> float:
        with torch.inference_mode(), switched_off(classifier, off):
            return float(classifier.net(image).softmax(1)[0, question.target])

    told = {"blocks": blocks, "whole": probability([]), "without": [probability([name]) for name in blocks]}
    return Answer(told)


def _faithfulness(classifier: Classifier, question: Faithfulness) -> Answer:
    _check_target(classifier, question.target)
    image, _ = _prepared(question.model, question.image)
    maps = attribute(classifier, question.method, image, torch.tensor([question.target]), question.layer)
    drawn = curves(classifier, image, maps.maps[0], question.target)
    return Answer({"orders": ORDERS, "areas": area(drawn).tolist()}, {"curves": drawn.numpy()})


def _randomise(classifier: Classifier, question: Randomise, see: Callable[[int], None]) -> Answer:
    _check_target(classifier, question.target)
    image, _ = _prepared(question.model, question.image)
    sample = torch.cat([image, *(_prepared(question.model, sample_picture(name))[0] for name in SAMPLES)])
    net = classifier.copy()
    with counted(net, see):
        rows = list(correlations(classifier, net, image, question.layer, question.target, sample))
    listed = [[None if math.isnan(value) else round(value, 4) for value in row] for row in rows]
    return Answer({"methods": methods_checked(classifier), "stages": stage_names(classifier), "correlations": listed})


def _check_target(classifier: Classifier, target: int | None) -> None:
    """Refuse a class that the net does not have."""
    count = len(classifier.description.categories)
    if target is not None and target >= count:
        raise ValueError(f"{classifier.description.title} has the classes 0 to {count - 1}, not {target}.")


@lru_cache(KEPT_MODELS)
def _classifier(model: Model) -> Classifier:
    return load(model)


@lru_cache(KEPT_PICTURES)
def _prepared(model: Model, path: Path) -> tuple[Tensor, str]:
    """A picture as the net sees it, (1, 3, H, W) in channels_last, and what is to be said of it."""
    picture = open_picture(path)
    image = _classifier(model).prepare(picture.image).unsqueeze(0)
    return image.contiguous(memory_format=torch.channels_last), picture.note

"""Questions answered in this process, by the net of a race, a random ResNet-18 and ResNet-50, and the real Lite0."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError

from resnet_viz.answer import Answer
from resnet_viz.attribution import FAITHFULNESS_STEPS, METHODS, MethodName
from resnet_viz.control import Control, Stopped, Unattended
from resnet_viz.places import SAMPLES, WEIGHTS_VARIABLE, DataUnavailable, sample_picture
from resnet_viz.questions import (
    TORCHVISION_MODELS,
    Attribute,
    Catalogue,
    Describe,
    Description,
    Faithfulness,
    Look,
    Model,
    Question,
    Randomise,
    Split,
    Surgery,
    Sweep,
)
from resnet_viz.saliency import answers
from resnet_viz.saliency.answers import answer
from resnet_viz.saliency.checkpoints import WeightsRefused
from resnet_viz.saliency.classifiers import Classifier
from resnet_viz.saliency.hooks import counted
from resnet_viz.saliency.images import ImageRefused
from resnet_viz.saliency.methods import attribute
from tests.saliency.nets import CLASSES, StopAfter, hooks_on, picture, unchanged

LAYER, BLOCKS = "stage3.1", ["stage1.0", "stage1.1", "stage2.1", "stage3.1"]
LITE0 = Model(name="efficientnet-lite0")


@pytest.fixture(scope="module", autouse=True)
def nothing_kept() -> Iterator[None]:
    """Classifiers and pictures of other modules' tests are not met here, nor those of here elsewhere."""
    for kept in (answers._classifier, answers._prepared):
        kept.cache_clear()
    yield
    for kept in (answers._classifier, answers._prepared):
        kept.cache_clear()


@pytest.fixture(scope="module")
def race(cifar_file: Path) -> Model:
    return Model(name="cifar-net", weights=cifar_file)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    folder = tmp_path_factory.mktemp("pictures")
    return tuple(picture(folder / f"{seed}.png", width=40 + 8 * seed, seed=seed) for seed in range(3))


def asked(question: Question) -> Answer:
    """The answer, when nobody waits for progress; what is told must go through JSON."""
    given = answer(question, lambda done, total: None, Unattended())
    json.dumps(given.told, allow_nan=False)
    assert all(array.dtype == np.uint8 or np.isfinite(array).all() for array in given.arrays.values())
    return given


def shapes(given: Answer) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in given.arrays.items()}


def refused(question: Question) -> str:
    """The sentence with which a question is refused."""
    with pytest.raises(ValueError, match=r"\.$") as error:
        asked(question)
    assert "\n" not in str(error.value)
    return str(error.value)


def net_of(model: Model) -> torch.nn.Module:
    """The very net that answers."""
    return answers._classifier(model).net


def scores_of(model: Model, path: Path) -> torch.Tensor:
    with torch.no_grad():
        return net_of(model)(answers._prepared(model, path)[0]).softmax(1)[0]


def test_the_catalogue_tells_of_each_classifier_its_file_and_its_accuracy() -> None:
    given = asked(Catalogue())
    assert given.arrays == {}
    assert given.told.keys() == {"models"}
    models = given.told["models"]
    assert set(models) == set(TORCHVISION_MODELS)
    assert models["resnet18"]["file"] == "resnet18-f37072fd.pth"
    assert models["resnet18"]["megabytes"] == pytest.approx(46.83, abs=0.01)
    assert (models["resnet50"]["top1"], models["resnet50-v2"]["top1"]) == (76.13, 80.858)
    assert all(0 < facts["top1"] < facts["top5"] < 100 for facts in models.values())


def test_a_description_is_that_of_the_classifier(race: Model, cifar: Classifier) -> None:
    given = asked(Describe(model=race))
    assert given.arrays == {}
    description = Description.model_validate(given.told)
    assert description.forward_s > 0
    assert description.model_copy(update={"forward_s": 0}) == cifar.description.model_copy(update={"forward_s": 0})


def test_a_look_gives_the_picture_that_was_seen_and_a_probability_a_class(
    race: Model, pictures: tuple[Path, ...]
) -> None:
    given = asked(Look(model=race, image=pictures[0]))
    assert given.told == {"note": ""}
    assert shapes(given) == {"view": (32, 32, 3), "probabilities": (10,)}
    assert given.arrays["view"].dtype == np.uint8
    np.testing.assert_allclose(given.arrays["probabilities"], scores_of(race, pictures[0]), rtol=1e-5)
    assert given.arrays["probabilities"].sum() == pytest.approx(1, abs=1e-5)


def test_lite0_sees_an_espresso(pictures: tuple[Path, ...]) -> None:
    given = asked(Look(model=LITE0, image=sample_picture("coffee")))
    assert shapes(given) == {"view": (224, 224, 3), "probabilities": (1000,)}
    categories = asked(Describe(model=LITE0)).told["categories"]
    assert categories[given.arrays["probabilities"].argmax()] == "espresso"


@pytest.mark.parametrize("method", METHODS)
def test_maps_of_every_method_come_with_views_and_probabilities(
    method: MethodName, race: Model, pictures: tuple[Path, ...], cifar: Classifier
) -> None:
    given = asked(Attribute(model=race, images=pictures[:2], method=method, target=7, layer="stage2.0"))
    expected = {"maps": (2, 32, 32), "views": (2, 32, 32, 3), "probabilities": (2, 10)}
    assert shapes(given) == expected | ({"grids": (2, 16, 16)} if METHODS[method].layered else {})
    assert given.told.keys() == {"refused", "notes", "targets", "delta"}
    assert (given.told["refused"], given.told["notes"], given.told["targets"]) == ({}, ["", ""], [7, 7])
    assert (given.told["delta"] is not None) == (method == "integrated-gradients")
    batch = torch.cat([answers._prepared(race, path)[0] for path in pictures[:2]])
    maps = attribute(cifar, method, batch, torch.tensor([7, 7]), "stage2.0").maps
    np.testing.assert_allclose(given.arrays["maps"], maps, rtol=1e-4, atol=1e-5 * float(maps.abs().max()))
    for place, path in enumerate(pictures[:2]):
        np.testing.assert_allclose(given.arrays["probabilities"][place], scores_of(race, path), rtol=1e-4)
        assert (given.arrays["views"][place] == asked(Look(model=race, image=path)).arrays["view"]).all()


@pytest.mark.parametrize("method", ["grad-cam", "saliency"])
def test_without_a_class_each_picture_gets_the_map_of_its_predicted_one(method: MethodName) -> None:
    paths = tuple(sample_picture(name) for name in ("coffee", "camera man"))
    given = asked(Attribute(model=LITE0, images=paths, method=method))
    assert given.told["targets"] == given.arrays["probabilities"].argmax(1).tolist() == [967, 872]
    for place, path in enumerate(paths):
        alone = asked(Attribute(model=LITE0, images=(path,), method=method, target=given.told["targets"][place]))
        maps = alone.arrays["maps"]
        np.testing.assert_allclose(given.arrays["maps"][place], maps[0], atol=1e-3 * maps.max())


@pytest.mark.parametrize("method", ["grad-cam", "occlusion"])
def test_a_picture_that_can_not_be_read_is_told_by_its_place_and_the_others_are_answered(
    method: MethodName, race: Model, pictures: tuple[Path, ...], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    images = (pictures[0], bad, pictures[1], tmp_path / "none.png")
    given = asked(Attribute(model=race, images=images, method=method, target=1))
    assert given.told["refused"].keys() == {"1", "3"}
    assert "JPEG, PNG or WEBP" in given.told["refused"]["1"]
    assert "no such file" in given.told["refused"]["3"]
    assert str(tmp_path) not in str(given.told)
    alone = asked(Attribute(model=race, images=pictures[:2], method=method, target=1))
    assert shapes(given) == shapes(alone)
    assert all((array == alone.arrays[name]).all() for name, array in given.arrays.items())
    assert given.told | {"refused": {}} == alone.told


def test_when_no_picture_can_be_read_there_is_nothing_but_the_refusals(race: Model, tmp_path: Path) -> None:
    given = asked(Attribute(model=race, images=(tmp_path / "a", tmp_path / "b"), target=1))
    assert given.told.keys() == {"refused", "notes", "targets", "delta"}
    assert given.told["refused"].keys() == {"0", "1"}
    assert (given.told["notes"], given.told["targets"], given.told["delta"]) == ([], [], None)
    assert given.arrays == {}


def test_what_is_to_be_said_of_a_picture_is_told(race: Model, tmp_path: Path) -> None:
    path = tmp_path / "moving.webp"
    frames = [Image.new("RGB", (40, 40), (60 * place, 9, 9)) for place in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert asked(Look(model=race, image=path)).told == {"note": "the first of 3 frames"}
    assert asked(Attribute(model=race, images=(path,))).told["notes"] == ["the first of 3 frames"]


def test_a_split_gives_three_maps_and_its_error(race: Model, pictures: tuple[Path, ...]) -> None:
    given = asked(Split(model=race, image=pictures[0], layer="stage2.0", target=3))
    assert shapes(given) == {"total": (16, 16), "skip": (16, 16), "residual": (16, 16)}
    assert given.told.keys() == {"relative_error"}
    assert 0 <= given.told["relative_error"] < 1e-5
    total, skip, residual = (given.arrays[name] for name in ("total", "skip", "residual"))
    np.testing.assert_allclose(skip + residual, total, atol=1e-5 * np.abs(total).max())
    assert np.abs(skip).max() > 0


def test_surgery_gives_probabilities_and_maps_before_and_after(race: Model, pictures: tuple[Path, ...]) -> None:
    given = asked(Surgery(model=race, image=pictures[0], off=("stage1.1", "stage3.1"), target=3))
    assert given.told == {}
    assert shapes(given) == {"before": (10,), "after": (10,), "map_before": (32, 32), "map_after": (32, 32)}
    np.testing.assert_allclose(given.arrays["before"], scores_of(race, pictures[0]), rtol=1e-5)
    assert not np.allclose(given.arrays["after"], given.arrays["before"], rtol=1e-2)
    whole = asked(Attribute(model=race, images=pictures[:1], target=3))
    np.testing.assert_allclose(given.arrays["map_before"], whole.arrays["maps"][0], rtol=1e-5)


def test_a_sweep_tells_what_is_left_of_a_class_without_each_block(race: Model, pictures: tuple[Path, ...]) -> None:
    given = asked(Sweep(model=race, image=pictures[0], target=3))
    assert given.arrays == {}
    assert given.told.keys() == {"blocks", "whole", "without"}
    assert given.told["blocks"] == BLOCKS
    assert given.told["whole"] == pytest.approx(float(scores_of(race, pictures[0])[3]))
    for block, left in zip(BLOCKS, given.told["without"], strict=True):
        surgery = asked(Surgery(model=race, image=pictures[0], off=(block,), target=3))
        assert left == pytest.approx(float(surgery.arrays["after"][3]), rel=1e-5)


@pytest.mark.parametrize("method", ["grad-cam", "integrated-gradients"])
def test_faithfulness_gives_two_curves_and_areas_of_three_orders(
    method: MethodName, race: Model, pictures: tuple[Path, ...]
) -> None:
    given = asked(Faithfulness(model=race, image=pictures[0], method=method, target=3))
    assert shapes(given) == {"curves": (3, 2, FAITHFULNESS_STEPS + 1)}
    assert given.told.keys() == {"orders", "areas"}
    assert tuple(given.told["orders"]) == ("map", "random", "centre")
    expected = np.trapezoid(given.arrays["curves"], dx=1 / FAITHFULNESS_STEPS)
    np.testing.assert_allclose(given.told["areas"], expected, rtol=1e-4)
    whole = float(scores_of(race, pictures[0])[3])
    np.testing.assert_allclose(given.arrays["curves"][:, [0, 1], [0, -1]], whole, rtol=1e-4)


def test_randomisation_tells_a_correlation_a_stage_and_method(race: Model, pictures: tuple[Path, ...]) -> None:
    given = asked(Randomise(model=race, image=pictures[0], target=3))
    assert given.arrays == {}
    assert given.told.keys() == {"methods", "stages", "correlations"}
    assert tuple(given.told["methods"]) == ("grad-cam", "saliency", "guided-backprop")
    assert given.told["stages"] == ["nothing", "classifier", "stage3", "stage2", "stage1", "conv"]
    assert np.array(given.told["correlations"], dtype=float).shape == (6, 3)
    assert given.told["correlations"][0] == [1, 1, 1]
    assert given.told["correlations"][-1] != [1, 1, 1]


def test_a_correlation_that_does_not_exist_is_null(
    race: Model, pictures: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "correlations", lambda *_: iter([[1.0, 1.0], [math.nan, 0.123456]]))
    given = asked(Randomise(model=race, image=pictures[0], target=3))
    assert given.told["correlations"] == [[1, 1], [None, 0.1235]]


ABOUT_A_CLASS: dict[str, Callable[[Model, Path, int], Question]] = {
    "attribute": lambda model, image, target: Attribute(model=model, images=(image,), target=target),
    "attribute by pixels": lambda model, image, target: Attribute(
        model=model, images=(image,), method="occlusion", target=target
    ),
    "split": lambda model, image, target: Split(model=model, image=image, layer=LAYER, target=target),
    "surgery": lambda model, image, target: Surgery(model=model, image=image, off=(LAYER,), target=target),
    "sweep": lambda model, image, target: Sweep(model=model, image=image, target=target),
    "faithfulness": lambda model, image, target: Faithfulness(model=model, image=image, target=target),
    "randomise": lambda model, image, target: Randomise(model=model, image=image, target=target),
}


@pytest.mark.parametrize("question", ABOUT_A_CLASS.values(), ids=ABOUT_A_CLASS)
def test_a_class_that_the_net_does_not_have_is_refused(
    question: Callable[[Model, Path, int], Question], race: Model, pictures: tuple[Path, ...]
) -> None:
    for target in (10, 999):
        sentence = f"residual-14 has the classes 0 to 9, not {target}."
        assert refused(question(race, pictures[0], target)) == sentence
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        question(race, pictures[0], -1)
    assert asked(question(race, pictures[0], 9)) is not None


def test_a_layer_that_the_net_does_not_have_is_refused(race: Model, pictures: tuple[Path, ...]) -> None:
    image, layer = pictures[0], "layer4.2"
    questions: list[Question] = [
        Attribute(model=race, images=(image,), layer=layer),
        Attribute(model=race, images=(image,), layer=layer, method="layer-conductance"),
        Faithfulness(model=race, image=image, layer=layer, target=3),
        Randomise(model=race, image=image, layer=layer, target=3),
    ]
    for question in questions:
        assert refused(question) == "residual-14 has no layer 'layer4.2'; choose from act … stage3.1."
    assert "does not end in a residual addition" in refused(Split(model=race, image=image, layer=layer, target=3))
    assert "can't be switched off" in refused(Surgery(model=race, image=image, off=(LAYER, layer), target=3))
    assert hooks_on(net_of(race)) == 0


def test_a_method_that_would_be_wrong_is_refused(pictures: tuple[Path, ...]) -> None:
    questions: list[Question] = [
        Attribute(model=LITE0, images=pictures[:1], method="guided-backprop"),
        Faithfulness(model=LITE0, image=pictures[0], method="guided-backprop", target=3),
    ]
    for question in questions:
        assert refused(question).startswith("Guided Backprop is not offered for EfficientNet-Lite0: it only works on ")


@pytest.mark.parametrize("question", [name for name in ABOUT_A_CLASS if not name.startswith("attribute")])
def test_the_one_picture_of_a_question_that_can_not_be_read_is_an_error(
    question: str, race: Model, tmp_path: Path
) -> None:
    with pytest.raises(ImageRefused, match=r"^There is no such file: choose another picture\.$"):
        asked(ABOUT_A_CLASS[question](race, tmp_path / "none.png", 3))


def test_weights_that_are_missing_or_others_are_an_error_of_one_sentence(
    tmp_path: Path, resnet18_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    with pytest.raises(DataUnavailable, match="models download resnet101"):
        asked(Describe(model=Model(name="resnet101")))
    with pytest.raises(WeightsRefused, match=r"is not of ResNet-34: it has no tensor layer1\.2\.conv1\.weight\.$"):
        asked(Describe(model=Model(name="resnet34", weights=resnet18_file)))


def test_a_picture_that_a_sweep_has_opened_can_be_asked_anything_afterwards(race: Model, tmp_path: Path) -> None:
    for place, method in enumerate(METHODS):
        path = picture(tmp_path / f"{place}.png", seed=place)
        asked(Sweep(model=race, image=path, target=3))
        asked(Faithfulness(model=race, image=path, method=method, target=3))
    questions: list[Question] = [
        Split(model=race, image=path, layer=LAYER, target=3),
        Surgery(model=race, image=path, off=(LAYER,), target=3),
        Randomise(model=race, image=path, target=3),
        Attribute(model=race, images=(path,), method="guided-grad-cam"),
    ]
    for question in questions:
        asked(question)


def all_questions(model: Model, pictures: tuple[Path, ...]) -> list[Question]:
    """One of each kind about a classifier, and attribution by every method."""
    image = pictures[0]
    return [
        Describe(model=model),
        Look(model=model, image=image),
        *(Attribute(model=model, images=pictures, method=method) for method in METHODS),
        Split(model=model, image=image, layer=LAYER, target=3),
        Surgery(model=model, image=image, off=(LAYER,), target=3),
        Sweep(model=model, image=image, target=3),
        *(Faithfulness(model=model, image=image, method=method, target=3) for method in METHODS),
        Randomise(model=model, image=image, target=3),
    ]


def test_progress_only_grows_and_never_passes_its_end(race: Model, pictures: tuple[Path, ...]) -> None:
    for question in all_questions(race, pictures):
        reports: list[tuple[int, int]] = []
        answer(question, lambda done, total, reports=reports: reports.append((done, total)), Unattended())
        done = [one for one, _ in reports]
        assert done == sorted(done)
        assert len({total for _, total in reports}) == (0 if question.ask == "describe" else 1)
        assert all(0 <= one < total for one, total in reports)
        assert done[:1] == ([] if question.ask == "describe" else [0])


def test_as_many_pictures_go_through_the_net_as_were_announced(race: Model, pictures: tuple[Path, ...]) -> None:
    several = {"attribute", "surgery", "sweep", "faithfulness"}
    for question in all_questions(race, pictures):
        if question.ask not in several:
            continue
        totals: set[int] = set()
        sent: list[int] = []
        with counted(net_of(race), sent.append):
            answer(question, lambda done, total, totals=totals: totals.add(total), Unattended())
        assert totals == {sum(sent)}


class Steered(Unattended):
    """A control that is asked, and never interrupts."""

    def __init__(self) -> None:
        self.asked = 0

    def check(self) -> None:
        self.asked += 1


def test_the_randomised_copy_reports_as_well(race: Model, pictures: tuple[Path, ...]) -> None:
    reports: list[tuple[int, int]] = []
    control = Steered()
    answer(Randomise(model=race, image=pictures[0], target=3), lambda *report: reports.append(report), control)
    total = 3 + 5 * (3 + len(SAMPLES) + 1)  # three methods, and for each stage the norms as well
    assert reports[-1] == (total - 1, total)
    assert control.asked == len(reports) == 3 + 5 * 4


def stopped(question: Question, control: Control) -> list[tuple[int, int]]:
    """What was reported of a question until it was stopped."""
    reports: list[tuple[int, int]] = []
    with pytest.raises(Stopped):
        answer(question, lambda *report: reports.append(report), control)
    return reports


@pytest.mark.thorough
def test_a_stop_goes_through_at_any_pass_and_leaves_nothing_behind(race: Model, pictures: tuple[Path, ...]) -> None:
    for question in all_questions(race, pictures)[1:]:
        control = Steered()
        before = answer(question, lambda *_: None, control)
        with unchanged(net_of(race)):
            for passes in sorted({0, 1, control.asked // 2, control.asked - 1} & set(range(control.asked))):
                assert len(stopped(question, StopAfter(passes))) == passes
        again = asked(question)
        assert again.told == before.told
        assert all((array == before.arrays[name]).all() for name, array in again.arrays.items())


def test_a_resnet_can_be_stopped_while_its_copy_is_randomised(resnet18_file: Path, pictures: tuple[Path, ...]) -> None:
    model = Model(name="resnet18", weights=resnet18_file)
    question = Randomise(model=model, image=pictures[0], target=3)
    reports = stopped(question, StopAfter(4))
    assert [done for done, _ in reports] == [0, 1, 2, 3]  # the fifth pass is of the copy
    assert hooks_on(net_of(model)) == 0


def test_a_report_that_fails_leaves_nothing_behind(race: Model, pictures: tuple[Path, ...]) -> None:
    def fail(_done: int, _total: int) -> None:
        raise BrokenPipeError

    with unchanged(net_of(race)), pytest.raises(BrokenPipeError):
        answer(Sweep(model=race, image=pictures[0], target=3), fail, Unattended())


def test_no_question_leaves_anything_behind_or_changes_the_net(race: Model, pictures: tuple[Path, ...]) -> None:
    image = answers._prepared(race, pictures[0])[0]
    before = image.clone()
    with unchanged(net_of(race)):
        for question in all_questions(race, pictures):
            asked(question)
    assert torch.equal(image, before)
    assert (image.requires_grad, image.grad) == (False, None)


def test_the_same_question_has_the_same_answer(race: Model, pictures: tuple[Path, ...]) -> None:
    for question in all_questions(race, pictures)[1:]:
        torch.rand(3)
        np.random.rand(3)
        first, second = asked(question), asked(question)
        assert first.told == second.told
        assert first.arrays.keys() == second.arrays.keys()
        assert all((array == second.arrays[name]).all() for name, array in first.arrays.items())


def test_pictures_and_classifiers_are_loaded_once(race: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    real = answers.open_picture
    monkeypatch.setattr(answers, "open_picture", lambda path: opened.append(path) or real(path))
    monkeypatch.setattr(answers, "load", lambda model: pytest.fail("it was loaded again"))
    path = picture(tmp_path / "new.png")
    for _ in range(3):
        asked(Look(model=race, image=path))
    assert opened == [path]


def test_resnet50_is_asked_from_description_to_sweep(
    resnet50_file: Path, some_picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(resnet50_file.parent))
    model, layer, target = Model(name="resnet50"), "layer4.2", 281
    description = Description.model_validate(asked(Describe(model=model)).told)
    assert (description.title, description.source) == ("ResNet-50", resnet50_file.name)
    assert (description.facts["top1"], description.facts["parameters"]) == (76.13, 25_557_032)
    assert len(description.layers) == 17
    found = description.layer(layer)
    assert (found.title, found.channels, found.grid) == ("stage 4, block 3", 2048, (7, 7))
    assert (found.adds, found.switchable) == (True, True)
    assert list(description.refused) == ["deep-lift"]

    look = asked(Look(model=model, image=some_picture))
    assert shapes(look) == {"view": (224, 224, 3), "probabilities": (1000,)}
    assert look.arrays["probabilities"].sum() == pytest.approx(1, abs=1e-4)

    cam = asked(Attribute(model=model, images=(some_picture,), layer=layer, target=target))
    assert cam.arrays["grids"].shape == (1, 7, 7)
    assert cam.arrays["maps"].shape == (1, 224, 224)
    np.testing.assert_allclose(cam.arrays["probabilities"][0], look.arrays["probabilities"], rtol=1e-3)

    parts = asked(Split(model=model, image=some_picture, layer=layer, target=target))
    assert parts.told["relative_error"] < 1e-5
    assert parts.arrays["total"].shape == (7, 7)

    surgery = asked(Surgery(model=model, image=some_picture, off=(layer, "layer3.4"), target=target))
    np.testing.assert_allclose(surgery.arrays["map_before"], cam.arrays["maps"][0], rtol=1e-3, atol=1e-6)
    assert not np.allclose(surgery.arrays["after"], surgery.arrays["before"], rtol=1e-2)

    sweep = asked(Sweep(model=model, image=some_picture, target=target))
    assert len(sweep.told["blocks"]) == len(sweep.told["without"]) == 12
    assert sweep.told["blocks"][-1] == layer
    assert sweep.told["whole"] == pytest.approx(float(look.arrays["probabilities"][target]), rel=1e-3)
    assert hooks_on(net_of(model)) == 0


def test_the_names_of_classes_are_those_of_the_race(race: Model) -> None:
    assert tuple(asked(Describe(model=race)).told["categories"]) == CLASSES

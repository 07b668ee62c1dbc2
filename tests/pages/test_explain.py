"""The page Explain as AppTest sees it; the questions are answered in this process, by the real EfficientNet-Lite0."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.nets import build_net
from resnet_viz.questions import MAX_PICTURE_BYTES, Model
from resnet_viz.ui import desk, pictures
from resnet_viz.weights import save_weights
from tests.engine.fakes import TINY, FakeWorker
from tests.pages.honest import HonestLauncher, HonestWorker
from tests.pages.test_race import texts
from tests.waiting import until

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def launcher(honest: HonestLauncher) -> HonestLauncher:
    return honest


@pytest.fixture
def manager(explaining: Manager) -> Manager:
    return explaining


@pytest.fixture
def explain(app: AppTest, manager: Manager) -> AppTest:
    """The explain, with the model loaded."""
    app.default_timeout = 60
    app.run()
    app.switch_page("explain.py").run()
    return app


def images(app: AppTest) -> int:
    return len(app.image)


def captions(app: AppTest) -> str:
    return "\n".join(caption for image in app.image for caption in image.captions)


def png(width: int = 40, height: int = 30) -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(noise).save(file, "PNG")
    return file.getvalue()


def test_the_page_says_which_model_answers_and_what_it_sees(explain: AppTest) -> None:
    assert not explain.exception
    said = texts(explain)
    assert "EfficientNet-Lite0** answers" in said
    assert "The weights of ResNet-50 are not on this machine" in said
    assert "EfficientNet-Lite0 says espresso (95." in said
    assert any(button.label == "Fetch ResNet-50 (103 MB)" for button in explain.button)
    assert "What the model saw" in captions(explain)
    assert explain.selectbox(key="target_coffee.png_EfficientNet-Lite0").value == 967


def test_pictures_stand_in_the_page_and_not_in_files_that_the_next_run_deletes(explain: AppTest) -> None:
    addresses = [address for image in explain.image for address in image.value]
    assert len(addresses) == 3
    assert all(address.startswith("data:image/png;base64,") for address in addresses)


def test_grad_cam_is_drawn_unasked_and_costly_methods_are_not(explain: AppTest) -> None:
    assert "Grad-CAM for espresso" in captions(explain)
    assert "What was measured: 7 x 7 values" in captions(explain)
    assert "Integrated Gradients for" not in captions(explain)
    assert "52 forward passes, 50 backward passes" in texts(explain)
    assert [button.label for button in explain.button].count("Make this map") == 1


def test_a_costly_map_is_made_when_its_button_is_pressed(explain: AppTest) -> None:
    next(button for button in explain.button if button.label == "Make this map").click().run()
    assert "Integrated Gradients for espresso" in captions(explain)
    assert "convergence delta" in texts(explain)


def test_the_layer_slider_gives_another_map(explain: AppTest) -> None:
    explain.select_slider(key="layer_0_EfficientNet-Lite0").set_value("blocks.3.1").run()
    assert "What was measured: 14 x 14 values" in captions(explain)
    assert "7 x 7 values" not in captions(explain)


def test_another_class_can_be_explained(explain: AppTest) -> None:
    explain.selectbox(key="target_coffee.png_EfficientNet-Lite0").set_value(968).run()
    assert "Grad-CAM for cup" in captions(explain)
    assert "Grad-CAM for espresso" not in captions(explain)


def test_up_to_four_maps_stand_side_by_side(explain: AppTest) -> None:
    explain.session_state["panels"] = 4
    explain.run()
    assert [box.label for box in explain.selectbox].count("Method") == 4
    explain.selectbox(key="method_1_EfficientNet-Lite0").set_value("gradient-x-activation").run()
    assert "Gradient x activation for espresso" in captions(explain)
    assert "Guided Backprop is not offered" in explain.selectbox(key="method_0_EfficientNet-Lite0").help


def test_the_map_splits_into_shortcut_and_branch(explain: AppTest) -> None:
    explain.session_state["view"] = "Which branch"
    explain.run()
    assert "Part of the residual branch F(x)" in captions(explain)
    assert "The shortcut carries" in texts(explain)
    assert len(explain.select_slider(key="branch_EfficientNet-Lite0").options) == 9


def test_blocks_are_switched_off(explain: AppTest) -> None:
    explain.session_state["view"] = "Surgery"
    explain.run()
    assert "9 of the 16 blocks" in texts(explain)
    assert "Grad-CAM after" in captions(explain)
    assert "Each block off in turn" in texts(explain)
    explain.multiselect(key="off").set_value([]).run()
    assert "Grad-CAM after" not in captions(explain)


def test_the_checks_run_on_request_and_say_what_came_out(explain: AppTest) -> None:
    explain.session_state["view"] = "Can it be trusted?"
    explain.run()
    assert "not a cause" in texts(explain)
    assert "Greying out" not in texts(explain)
    next(button for button in explain.button if button.label == "Delete and insert").click().run()
    assert "Greying out what Grad-CAM marks" in texts(explain)


def test_no_picture_is_an_invitation(explain: AppTest) -> None:
    explain.session_state["samples"] = []
    explain.run()
    assert "Choose a sample on the left" in texts(explain)
    assert images(explain) == 0


def test_an_uploaded_picture_is_explained(explain: AppTest) -> None:
    explain.session_state["samples"] = []
    explain.file_uploader(key="files").set_value(("my *picture*.png", png(), "image/png")).run()
    assert "EfficientNet-Lite0 says" in texts(explain)
    assert "*picture*" not in texts(explain)  # a name is text, not Markdown
    assert not explain.exception


def test_several_pictures_are_chosen_from(explain: AppTest) -> None:
    explain.session_state["samples"] = ["coffee", "camera man"]
    explain.run()
    explain.selectbox(key="picture").set_value(1).run()
    assert "EfficientNet-Lite0 says tripod" in texts(explain)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("text.png", b"not a picture", "no JPEG, PNG or WEBP"),
        ("half.png", png()[:-200], "damaged"),
        ("line.png", png(1000, 2), "20 times"),
    ],
)
def test_a_bad_picture_is_one_sentence(explain: AppTest, name: str, content: bytes, says: str) -> None:
    explain.session_state["samples"] = []
    explain.file_uploader(key="files").set_value((name, content, "image/png")).run()
    assert not explain.exception
    (error,) = explain.error
    assert says in error.value
    assert "Traceback" not in texts(explain)


def test_a_picture_of_too_many_bytes_is_refused_before_it_is_kept(explain: AppTest, manager: Manager) -> None:
    explain.session_state["samples"] = []
    explain.file_uploader(key="files").set_value(("big.png", bytes(MAX_PICTURE_BYTES + 1), "image/png")).run()
    (error,) = explain.error
    assert "at most 10 MB" in error.value
    assert manager.explainer._pictures == {}


def test_a_crash_of_the_worker_is_one_sentence_and_can_be_tried_again(
    explain: AppTest, manager: Manager, launcher: HonestLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(HonestWorker, "_answer", lambda worker, job: worker.end(-9))
        explain.select_slider(key="layer_0_EfficientNet-Lite0").set_value("blocks.5.2").run()
    (error,) = explain.error
    assert "ended in the middle" in error.value
    assert not explain.exception
    next(button for button in explain.button if button.label == "Try again").click().run()
    assert not explain.error
    assert len(launcher.explainers) == 2


def test_what_takes_long_shows_progress_and_can_be_cancelled(
    explain: AppTest, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "PATIENCE_S", 0.0)
    monkeypatch.setattr(HonestWorker, "_answer", lambda worker, job: None)  # says nothing
    explain.select_slider(key="layer_0_EfficientNet-Lite0").set_value("blocks.5.1").run()
    assert "Cancel" in [button.label for button in explain.button]
    assert not explain.error
    next(button for button in explain.button if button.label == "Cancel").click().run()
    (worker,) = (worker for worker in [manager.explainer._worker] if worker is not None)
    assert isinstance(worker, FakeWorker)
    assert worker.actions == ["stop"]


def test_the_net_of_a_race_can_be_explained_at_its_own_resolution(explain: AppTest, manager: Manager) -> None:
    store: Any = manager._store
    run = store.create(TINY, "live")
    about = {"net": TINY.arms[1].model_dump(), "classes": list("abcdefghij"), "mean": [0.5] * 3, "std": [0.25] * 3}
    save_weights(build_net(TINY.arms[1]), store.folder / run.id, 1, about)
    explain.run()
    box = explain.selectbox(key="model")
    name = next(option for option in box.options if "residual-8 of race" in option)
    box.select(name).run()
    assert "residual-8** answers: 10 classes" in texts(explain)
    assert "32 x 32 pixels" in texts(explain)
    assert "Grad-CAM for" in captions(explain)
    assert not explain.exception


def test_weights_that_are_there_are_used(explain: AppTest, manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Model] = []
    monkeypatch.setattr(pictures, "MAX_PICTURES", 1)
    monkeypatch.setattr("resnet_viz.ui.classifier_choice.has_weights", lambda file: True)
    monkeypatch.setattr(HonestWorker, "_answer", lambda worker, job: asked.append(job.question.model))
    monkeypatch.setattr(desk, "PATIENCE_S", 0.0)
    explain.run()
    until(lambda: asked)
    assert asked[0] == Model(name="resnet50")
    assert "not on this machine" not in texts(explain)

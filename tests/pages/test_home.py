"""The first page, the path of lessons, and questions as every lesson has them."""

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import StoreError
from resnet_viz.ui.lessons import LESSONS
from tests.pages.conftest import MAIN
from tests.pages.test_race import texts

ORDER = "quiz_home_order"
RIGHT = ["residual-20", "plain-20", "residual-56", "plain-56"]


@pytest.fixture
def home(no_data: None, manager: Manager) -> AppTest:
    return AppTest.from_file(str(MAIN), default_timeout=30).run()


def links(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.get("page_link")]


def test_degradation_is_told_from_the_recording(home: AppTest, manager: Manager) -> None:
    assert not home.exception
    recording = manager.snapshot("degradation")
    assert recording is not None
    plain = {arm.label: arm.last_loss for arm in recording.arms}
    assert f"({plain['plain-56']:.2f} against {plain['plain-20']:.2f})" in texts(home)
    assert "make recordings" in texts(home)


def test_there_are_three_doors_and_the_whole_path(home: AppTest) -> None:
    assert links(home)[:3] == ["**Race two nets**", "**Look inside**", "**Explain an image**"]
    assert links(home)[3:] == [f"{place}. {lesson.title}" for place, lesson in enumerate(LESSONS, start=1)]
    assert "0 of 8 lessons done" in home.get("progress")[0].proto.text


def test_a_right_order_is_praised_and_a_wrong_one_is_corrected(home: AppTest) -> None:
    home.multiselect(key=ORDER).set_value(RIGHT[:3]).run()
    assert not home.success  # not all of them yet
    assert not home.warning
    home.multiselect(key=ORDER).set_value(RIGHT).run()
    assert home.success[0].value.startswith("Yes.")
    home.multiselect(key=ORDER).set_value(RIGHT[::-1]).run()
    assert home.warning[0].value.startswith(f"No: {', '.join(RIGHT)}.")
    assert not home.success


def test_an_answer_marks_its_lesson_done_in_session_and_address(home: AppTest) -> None:
    home.switch_page("block.py").run()
    home.radio(key="quiz_block_zero").set_value("all of it in both").run()
    assert "No: all of it in residual blocks, none in plain ones" in home.warning[0].value
    assert home.query_params["done"] in ("block", ["block"])
    home.switch_page("home.py").run()
    assert "2. One block (done)" in links(home)
    assert "1 of 8 lessons done" in home.get("progress")[0].proto.text
    assert "all of it in both" in texts(home)
    (download,) = home.get("download_button")
    assert "HTML" in download.proto.label


def test_an_answer_is_still_chosen_when_its_page_is_seen_again(home: AppTest) -> None:
    home.switch_page("block.py").run()
    home.radio(key="quiz_block_zero").set_value("all of it in both").run()
    home.switch_page("home.py").run()
    home.switch_page("block.py").run()
    assert home.radio(key="quiz_block_zero").value == "all of it in both"


def test_the_address_brings_the_place_on_the_path_back(no_data: None, manager: Manager) -> None:
    app = AppTest.from_file(str(MAIN), default_timeout=30)
    app.query_params["done"] = "race.highway.<b>.nonsense"
    app.run()
    assert "2 of 8 lessons done" in app.get("progress")[0].proto.text
    assert app.query_params["done"] in ("race.highway", ["race.highway"])
    assert "nonsense" not in texts(app)


def test_all_that_was_tried_can_be_forgotten(home: AppTest) -> None:
    home.multiselect(key=ORDER).set_value(RIGHT).run()
    next(button for button in home.button if button.label == "Begin anew").click().run()
    assert "Nothing yet" in texts(home)
    assert "done" not in home.query_params


def test_the_race_can_be_predicted_and_tells_the_answer(home: AppTest) -> None:
    home.switch_page("race.py").run()
    home.radio(key="quiz_race_lower").set_value("the residual net's").run()
    assert "once it has come to its end" in texts(home)
    home.query_params["run"] = "default"
    home.run()
    assert home.success[0].value.startswith("Yes.")
    assert "plain-56" in home.success[0].value


def test_without_its_store_the_page_says_what_to_do(
    home: AppTest, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Manager, run: str) -> None:
        raise StoreError("The disk is gone.")

    monkeypatch.setattr(Manager, "snapshot", broken)
    home.run()
    assert [error.value for error in home.error] == ["The disk is gone."]
    assert not home.exception

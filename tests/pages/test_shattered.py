import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from tests.pages.test_race import texts

QUIZ = "quiz_shattered_faster_8_with BN_he_0"


@pytest.fixture
def lesson(app: AppTest, explaining: Manager) -> AppTest:
    app.default_timeout = 60
    app.switch_page("shattered.py").run()
    return app.select_slider(key="shattered_depth").set_value(8).run()


def measure(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Measure").click().run()


def test_a_visitor_says_first_what_to_expect(lesson: AppTest) -> None:
    assert not lesson.exception
    lesson.radio(key=QUIZ).set_value("the plain net's").run()
    assert "Press Measure" in texts(lesson)
    assert len(lesson.dataframe) == 0


def test_the_answer_is_what_was_measured(lesson: AppTest) -> None:
    lesson.radio(key=QUIZ).set_value("the residual net's").run()
    measure(lesson)
    assert not lesson.exception
    (table,) = lesson.dataframe
    assert list(table.value["net"]) == ["plain-26", "residual-26", "plain-8", "residual-8"]
    plain, residual = map(float, table.value["neighbouring points"][-2:])
    assert f"{plain:.2f} in plain-8 and {residual:.2f} in residual-8" in texts(lesson)
    verdict = [*lesson.success, *lesson.warning]
    assert len(verdict) == 1
    assert verdict[0].value.startswith("Yes" if plain > residual + 0.1 else "No")
    assert "Press Measure" not in texts(lesson)


def test_after_one_press_other_nets_are_measured_at_once(lesson: AppTest) -> None:
    measure(lesson)
    lesson.toggle(key="shattered_norm").set_value(False).run()
    assert len(lesson.dataframe) == 1
    assert "Measure" not in [button.label for button in lesson.button]

import functools

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.net_questions import Family
from resnet_viz.probes import answers
from resnet_viz.ui.family_views import SAVING, WAIT
from tests.pages.honest import HonestLauncher
from tests.pages.test_race import texts

# Nets are really counted, but once for all of these tests.
_counted = functools.cache(answers.counted)


@pytest.fixture
def lesson(app: AppTest, explaining: Manager, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(answers, "counted", _counted)
    app.default_timeout = 60
    app.run()
    app.switch_page("family.py").run()
    return app


def said(app: AppTest) -> str:
    return texts(app) + "\n".join(element.value for element in app.success)


def test_the_page_shows_what_was_counted(lesson: AppTest, honest: HonestLauncher) -> None:
    assert not lesson.exception
    assert "VGG-19 needs 19.63 billion multiply-adds" in texts(lesson)
    table = lesson.dataframe[0].value
    assert dict(zip(table["net"], table["parameters"], strict=True))["ResNet-50"] == 25_557_032
    assert "173,824\nparameters fewer" in texts(lesson)
    assert len(honest.explainers) == 1
    assert honest.workers == []  # no worker that trains is asked


def test_a_guess_is_answered_with_the_counted_numbers(lesson: AppTest) -> None:
    lesson.radio(key="quiz_family_duel").set_value("VGG-19").run()
    assert "Yes. ResNet-152 11.51, VGG-19 19.63 billion multiply-adds." in said(lesson)
    lesson.radio(key="quiz_family_duel").set_value("ResNet-152").run()
    assert "No: VGG-19" in said(lesson)
    lesson.multiselect(key="quiz_family_order").set_value(["ResNet-50", "ResNet-152", "VGG-16"]).run()
    assert "Yes. ResNet-50 4.09, ResNet-152 11.51, VGG-16 15.47" in said(lesson)


def test_another_net_and_another_quantity_are_shown_at_once(lesson: AppTest, honest: HonestLauncher) -> None:
    lesson.selectbox(key="family_net").set_value("VGG-16").run()
    assert "89% of the parameters of VGG-16 are in its head" in texts(lesson)
    lesson.multiselect(key="family_nets").set_value([]).run()
    assert "Choose at least one net." in texts(lesson)
    assert not lesson.exception
    lesson.multiselect(key="family_nets").set_value(["plain-20"]).run()
    assert "Choose at least one net." not in texts(lesson)
    asked = [command for command in honest.explainers[0].sent if hasattr(command, "question")]
    assert [command.question for command in asked] == [Family()]  # once


def test_sliders_change_the_arithmetic(lesson: AppTest) -> None:
    assert "B adds 2,752" in texts(lesson)
    lesson.slider(key="family_width").set_value(32).run()
    assert "B adds 2,752" not in texts(lesson)
    assert "At depth 20 and width 32" in texts(lesson)
    lesson.slider(key="family_channels").set_value(64).run()
    assert any(r"3^2 \cdot 16^2" in element.value for element in lesson.get("latex"))
    assert "A basic block on 16 channels" in texts(lesson)
    assert "norms add 256 parameters to the basic block and 192 to the bottleneck" in texts(lesson)


def test_the_errors_of_the_options_are_those_of_the_paper(lesson: AppTest) -> None:
    assert "25.03 % with A, 24.52 % with B and\n24.19 % with C, its plain-34 has 28.54 %" in texts(lesson)


def test_while_the_worker_is_silent_the_arithmetic_is_there_and_a_question_can_be_answered(
    app: AppTest, manager: Manager
) -> None:
    app.run()
    app.switch_page("family.py").run()
    assert not app.exception
    assert "What each net costs" not in [header.value for header in app.subheader]
    app.radio(key=f"quiz_family_{SAVING.key}").set_value("about 17").run()
    assert "Yes. 16.94 times" in said(app)
    app.radio(key="quiz_family_duel").set_value("VGG-19").run()
    assert WAIT in said(app)
    assert "19.63" not in said(app)

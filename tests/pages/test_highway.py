import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from tests.pages.conftest import MAIN
from tests.pages.honest import HonestLauncher
from tests.pages.test_race import texts


@pytest.fixture
def highway(app: AppTest, explaining: Manager) -> AppTest:
    app.default_timeout = 60
    app.run()
    app.switch_page("highway.py").run()
    app.select_slider(key="highway_depth").set_value(8).run()
    app.slider(key="highway_width").set_value(4).run()
    return app


def predict(app: AppTest, story: str) -> None:
    for radio in app.radio:
        if radio.label.endswith("BN"):
            radio.set_value(story)
    app.run()


def measure(app: AppTest, story: str = "healthy") -> None:
    predict(app, story)
    next(button for button in app.button if button.label == "Measure").click().run()


def test_a_visitor_predicts_before_anything_is_measured(highway: AppTest) -> None:
    assert not highway.exception
    assert "unlikely" in texts(highway)
    assert len(highway.dataframe) == 0
    (button,) = (button for button in highway.button if button.label == "Measure")
    assert button.disabled  # until all four are predicted
    predict(highway, "vanishes")
    assert not next(button for button in highway.button if button.label == "Measure").disabled
    assert [radio.label for radio in highway.radio if "BN" in radio.label] == [
        "Plain, with BN", "Plain, without BN", "Residual, with BN", "Residual, without BN",
    ]  # fmt: skip


def test_what_was_measured_stands_beside_the_prediction(highway: AppTest, honest: HonestLauncher) -> None:
    measure(highway, "healthy")
    assert not highway.exception
    (table,) = highway.dataframe
    assert list(table.value["you said"]) == ["healthy"] * 4
    assert table.value["net"].iloc[0] == "plain-8, with BN"
    right = sum(table.value["measured"] == "healthy")
    assert f"You were right about {right} of 4" in texts(highway)
    assert "towards the images" in texts(highway)
    assert len(honest.explainers) == 1
    assert honest.workers == []  # no worker that trains is asked


def test_other_nets_are_measured_anew_without_another_press(highway: AppTest) -> None:
    measure(highway)
    before = highway.dataframe[0].value
    highway.selectbox(key="highway_activation").set_value("tanh").run()
    (table,) = highway.dataframe
    assert not table.value.equals(before)
    assert "Theory for plain ReLU nets" not in texts(highway)


def test_nobody_sees_the_answer_before_predicting_because_another_visitor_measured(
    highway: AppTest, explaining: Manager
) -> None:
    measure(highway)
    other = AppTest.from_file(str(MAIN), default_timeout=60).switch_page("highway.py").run()
    other.select_slider(key="highway_depth").set_value(8).run()
    other.slider(key="highway_width").set_value(4).run()
    assert len(other.dataframe) == 0
    assert "Measure" in [button.label for button in other.button]


def kept(app: AppTest) -> str:
    """What the first page says was tried."""
    app.switch_page("home.py").run()
    said = texts(app)
    app.switch_page("highway.py").run()
    return said


def test_predictions_are_kept_with_all_that_decides_the_answer(highway: AppTest) -> None:
    measure(highway)
    said = kept(highway)
    assert said.count("What does the gradient do") == 4
    assert "plain-8, without BN, width 4, relu, initial weights of He et al. 2015, shapes (synthetic)" in said


def test_whoever_comes_back_finds_the_predictions_that_were_made(highway: AppTest) -> None:
    measure(highway, "explodes")
    before = kept(highway)
    highway.select_slider(key="highway_depth").set_value(8).run()
    highway.slider(key="highway_width").set_value(4).run()
    assert {radio.value for radio in highway.radio if radio.label.endswith("BN")} == {"explodes"}
    assert kept(highway).count("**explodes**") == before.count("**explodes**") == 4


def test_other_settings_are_shown_without_a_prediction_nobody_made(highway: AppTest) -> None:
    measure(highway)
    highway.selectbox(key="highway_activation").set_value("tanh").run()
    assert set(highway.dataframe[0].value["you said"]) == {"nothing"}
    assert "You were right" not in texts(highway)


def test_begin_anew_forgets_that_something_was_measured(highway: AppTest) -> None:
    measure(highway)
    highway.switch_page("home.py").run()
    next(button for button in highway.button if button.label == "Begin anew").click().run()
    highway.switch_page("highway.py").run()
    assert len(highway.dataframe) == 0
    highway.switch_page("home.py").run()
    assert "Nothing yet" in texts(highway)

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


def measure(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Measure").click().run()


def test_a_visitor_predicts_before_anything_is_measured(highway: AppTest) -> None:
    assert not highway.exception
    assert "unlikely" in texts(highway)
    assert len(highway.dataframe) == 0
    assert [radio.label for radio in highway.radio if "BN" in radio.label] == [
        "Plain, with BN", "Plain, without BN", "Residual, with BN", "Residual, without BN",
    ]  # fmt: skip


def test_what_was_measured_stands_beside_the_prediction(highway: AppTest, honest: HonestLauncher) -> None:
    for place in range(4):
        highway.radio(key=f"guess_{place}").set_value("healthy")
    measure(highway)
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


def test_predictions_and_what_was_measured_are_kept_for_the_summary(highway: AppTest) -> None:
    measure(highway)
    highway.switch_page("home.py").run()
    assert texts(highway).count("What does the gradient of") == 4
    assert "plain-8, without BN" in texts(highway)

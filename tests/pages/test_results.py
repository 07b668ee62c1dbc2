import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.paper.results import results
from tests.engine.fakes import FakeLauncher
from tests.pages.test_race import texts


@pytest.fixture
def lesson(app: AppTest, manager: Manager) -> AppTest:
    app.run()
    return app.switch_page("results.py").run()


def everything(app: AppTest) -> str:
    return texts(app) + "\n".join(str(element.value) for element in app.success)


def table(app: AppTest, column: str):
    """The one table with this column."""
    (found,) = (frame.value for frame in app.dataframe if column in frame.value.columns)
    return found


def charts(app: AppTest) -> int:
    return len(app.get("bidi_component"))


def test_the_circulating_numbers_have_verdicts_and_a_fair_pair(lesson: AppTest, launcher: FakeLauncher) -> None:
    assert not lesson.exception
    said = texts(lesson)
    for verdict in ("wrong label", "unsupported", "right number, other protocol", "supported"):
        assert f"{verdict}]" in said
    assert "occurs nowhere in the paper" in said
    fair = table(lesson, "difference, points")
    assert list(fair["difference, points"]) == ["-3.51", "-2.26"]
    assert "vanish" not in said
    assert launcher.explainers == []  # nothing here asks a net


def test_the_window_moves_the_table_and_the_sentence(lesson: AppTest) -> None:
    assert "26k to 31k: plain-20 < plain-32 < plain-44 < plain-56 (the deeper, the worse)" in texts(lesson)
    assert table(lesson, "train, 26k to 31k, %")["train, 26k to 31k, %"].iloc[3] == "17.01"
    lesson.slider(key="results_window").set_value((60, 64)).run()
    assert table(lesson, "train, 60k to 64k, %")["train, 60k to 64k, %"].iloc[3] == "5.65"
    assert "depth does not order them" in texts(lesson)
    assert "the deeper, the worse" not in texts(lesson)
    assert not lesson.exception


def test_the_order_at_the_end_is_said_of_the_training_error_alone(lesson: AppTest) -> None:
    assert "At the end\nit still orders their test error, but their training error not quite" in texts(lesson)
    assert "ResNet-44 (train) at 63k" in texts(lesson)


def test_depth_that_does_not_pay_has_its_paragraph(lesson: AppTest) -> None:
    assert "What does not scale simply" in [header.value for header in lesson.subheader]
    assert "ResNet-1202 came to **7.93 %** test error, after **6.43 %**" in texts(lesson)


def test_every_symbol_of_the_formula_is_explained(lesson: AppTest) -> None:
    explained = next(caption.value for caption in lesson.caption if "true class" in caption.value)
    for symbol in ("k", "i", "v", "N", "V", "y_i"):
        assert f"${symbol}$:" in explained


def test_without_nets_the_page_says_what_to_choose(lesson: AppTest) -> None:
    before = charts(lesson)
    lesson.multiselect(key="results_nets").set_value([])
    lesson.multiselect(key="results_responses").set_value([]).run()
    assert texts(lesson).count("Choose at least one net") == 2
    assert charts(lesson) == before - 2


def test_layers_in_order_of_size_have_no_first_and_second(lesson: AppTest) -> None:
    assert "0 of 9 blocks of the third stage" in texts(lesson)
    lesson.segmented_control(key="results_order").set_value("sorted").run()
    assert "Open marks" not in texts(lesson)
    assert "Before\ntraining this chart means nothing" in texts(lesson)
    assert not lesson.exception


def test_a_quiz_is_answered_without_waiting(lesson: AppTest) -> None:
    lesson.radio(key="quiz_results_pair").set_value("7.53 and 5.71").run()
    assert "No: 10.02 and 7.76." in everything(lesson)
    lesson.radio(key="quiz_results_pair").set_value("10.02 and 7.76").run()
    assert "Yes. Both 10-crop, validation set, Table 3: -2.26 points." in everything(lesson)
    lesson.radio(key="quiz_results_end").set_value("plain-32").run()
    assert "Yes. At the end (60k to 64k), plain-32 has the lowest training error" in everything(lesson)


def test_the_order_is_read_from_the_curves(lesson: AppTest) -> None:
    right = ["plain-20", "plain-32", "plain-44", "plain-56"]
    lesson.multiselect(key="quiz_results_order").set_value(right[::-1]).run()
    assert "No: plain-20, plain-32, plain-44, plain-56." in everything(lesson)
    lesson.multiselect(key="quiz_results_order").set_value(right).run()
    assert "Yes. Training error from 26k to 31k" in everything(lesson)


def test_filters_find_a_number_wherever_it_stands(lesson: AppTest) -> None:
    lesson.multiselect(key="results_protocol").set_value([])
    lesson.text_input(key="results_text").set_value("5.71").run()
    found = table(lesson, "unit")
    assert sorted(found["net"]) == ["PReLU-net", "ResNet-152 (B)", "ResNet-34 (B)"]
    assert "mix protocols: they do not belong on one axis" in texts(lesson)


def test_a_filter_that_nothing_fits_says_what_to_do(lesson: AppTest) -> None:
    lesson.text_input(key="results_text").set_value("7.53").run()
    assert not lesson.exception
    assert "Take a word or a filter away" in texts(lesson)
    assert not [frame for frame in lesson.dataframe if "unit" in frame.value.columns]


def test_one_axis_has_one_chart_and_no_warning(lesson: AppTest) -> None:
    before = charts(lesson)  # two axes of ten crops: top-1 and top-5
    lesson.text_input(key="results_text").set_value("top-5").run()
    assert charts(lesson) == before - 1
    assert "do not belong on one axis" not in texts(lesson)


def test_all_numbers_are_there_when_nothing_is_filtered(lesson: AppTest) -> None:
    lesson.multiselect(key="results_protocol").set_value([]).run()
    count = len(results())
    assert f"{count} of {count} numbers" in texts(lesson)
    assert "mix data sets, metrics, splits, protocols" in texts(lesson)
    units = table(lesson, "unit")["unit"]
    assert set(units) == {"%", "billions"}
    assert not lesson.exception

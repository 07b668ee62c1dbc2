"""Changes of a run as values: what they make of its rates and its length, their limits, files of them."""

from typing import Any

import pytest
from pydantic import ValidationError

from resnet_viz.config import ConfigError
from resnet_viz.interventions import Change, Course, Planned, check, read_plan, write_plan
from resnet_viz.schedules import highest_rate, learning_rate
from tests.factories import experiment

ONE_CYCLE, CONSTANT = experiment(), experiment(schedule="constant")  # 2 epochs of 4 steps, peak 0.1


def rate(step: int, factor: float) -> Planned:
    return Planned(step=step, learning_rate_factor=factor)


def more(step: int, epochs: int) -> Planned:
    return Planned(step=step, extend_epochs=epochs)


def test_a_factor_multiplies_the_schedule_and_1_undoes_it() -> None:
    course = Course(ONE_CYCLE)
    assert [course.rate(step) for step in range(1, 9)] == [learning_rate(ONE_CYCLE, step) for step in range(1, 9)]
    tenth = course.changed(Change(learning_rate_factor=0.1))
    assert [tenth.rate(step) for step in (1, 3, 8)] == [0.1 * learning_rate(ONE_CYCLE, step) for step in (1, 3, 8)]
    assert tenth.changed(Change(learning_rate_factor=0.1)) == tenth  # a factor on the schedule, not on the rate
    assert tenth.changed(Change(learning_rate_factor=1)) == course != tenth


@pytest.mark.parametrize("schedule", ["one-cycle", "paper", "constant"])
def test_an_extended_run_goes_on_at_the_last_rate(schedule: str) -> None:
    config = experiment(schedule=schedule)
    course = Course(config).changed(Change(extend_epochs=3))
    assert (course.epochs, course.total_steps) == (5, 20)
    assert {course.rate(step) for step in range(9, 21)} == {learning_rate(config, 8)}
    assert course.changed(Change(learning_rate_factor=2)).rate(20) == 2 * learning_rate(config, 8)
    assert course.rate(1) == learning_rate(config, 1)


@pytest.mark.parametrize("schedule", ["one-cycle", "paper", "constant"])
@pytest.mark.parametrize("after", range(9))
def test_no_later_rate_is_above_the_highest(schedule: str, after: int) -> None:
    config = experiment(schedule=schedule)
    highest = max(learning_rate(config, step) for step in range(after + 1, 10))
    assert highest <= highest_rate(config, after) <= 0.1
    assert highest_rate(config, 8) == learning_rate(config, 8)


def test_a_factor_may_not_lift_any_rate_above_the_limit() -> None:
    course = Course(CONSTANT)
    assert course.after(Change(learning_rate_factor=100), 3).rate(4) == 10
    with pytest.raises(ConfigError, match="the factor on the learning rate must be at most 100 after step 3"):
        course.after(Change(learning_rate_factor=100.5), 3)
    assert Course(ONE_CYCLE).after(Change(learning_rate_factor=1e6), 8).rate(9) == pytest.approx(0.4)
    with pytest.raises(ConfigError, match="at most 100 after step 0"):  # its peak is to come
        Course(ONE_CYCLE).after(Change(learning_rate_factor=1e6), 0)


def test_a_run_may_not_be_longer_than_any_other() -> None:
    course = Course(CONSTANT).after(Change(extend_epochs=198), 1)
    assert course.epochs == 200
    with pytest.raises(ConfigError, match="at most 200 epochs: extend this one by 0 or fewer"):
        course.after(Change(extend_epochs=1), 1)
    with pytest.raises(ConfigError, match="by 198 or fewer"):
        Course(CONSTANT).after(Change(extend_epochs=199), 1)


@pytest.mark.parametrize("fields", [{}, {"learning_rate_factor": 0.1, "extend_epochs": 1}])
def test_a_change_is_of_one_thing(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="one of learning_rate_factor and extend_epochs"):
        Change(**fields)


def test_a_plan_is_followed_in_the_order_of_its_steps() -> None:
    plan = [rate(9, 0.5), more(8, 1), rate(2, 0.1)]
    assert check(CONSTANT, plan) == (rate(2, 0.1), more(8, 1), rate(9, 0.5))
    assert check(CONSTANT, []) == ()


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ([rate(9, 0.5)], "the run has ended by step 9 of the interventions: its last step is 8"),
        ([more(4, 1), rate(13, 0.5)], "its last step is 12"),
        ([more(1, 150), more(1, 150)], "extend this one by 48 or fewer"),
        ([rate(1, 101)], "at most 100 after step 1"),
    ],
)
def test_a_plan_that_a_run_can_not_follow_is_one_sentence(plan: list[Planned], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        check(CONSTANT, plan)


def test_a_file_is_json_lines_or_a_list() -> None:
    plan = (rate(2, 0.1), more(4, 3))
    lines = write_plan(plan)
    assert lines == '{"learning_rate_factor":0.1,"step":2}\n{"extend_epochs":3,"step":4}\n'
    assert read_plan(lines.encode()) == plan
    assert read_plan(b"\n" + lines.replace("\n", "\r\n\r\n").encode()) == plan
    assert read_plan(b' [{"step": 2, "learning_rate_factor": 0.1},\n {"step": 4, "extend_epochs": 3}]') == plan
    assert read_plan(b"") == read_plan(b"[]") == ()
    assert read_plan(write_plan(plan[::-1]).encode()) != plan


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"step": 1, "learning_rate_factor": 0.1}\n{"step": 2', "line 2: this is not JSON"),
        (b"step 1: slower", "line 1: this is not JSON"),
        (b"\xff\xfe", "line 1: this is not JSON"),
        (b"[" * 100_000, "the file: this is not JSON"),
        (b"[1]", 'entry 1: write an object such as {"step": 120, "learning_rate_factor": 0.1}'),
        (b"3", "line 1: write an object"),
        (b'{"step": 1}', "line 1: give one of learning_rate_factor and extend_epochs"),
        (b'{"learning_rate_factor": 0.1}', "line 1: step: field required"),
        (b'[{"step": -1, "extend_epochs": 1}]', "entry 1: step: input should be greater than or equal to 0, got -1"),
        (b'{"step": 1, "learning_rate_factor": 0}', "learning_rate_factor: input should be greater than 0, got 0"),
        (b'{"step": 1, "learning_rate_factor": NaN}', "line 1: this is not JSON"),
        (b'{"step": 1, "learning_rate_factor": 1e999}', "learning_rate_factor: input should be a finite number"),
        (b'{"step": 1, "extend_epochs": 201}', "extend_epochs: input should be less than or equal to 200, got 201"),
        (b'{"step": 1, "extend_epochs": 1.5}', "extend_epochs: input should be a valid integer"),
        (b'{"step": true, "extend_epochs": 1}', "step: input should be a valid integer"),
        (b'{"step": 1, "pause": true}', "pause: extra inputs are not permitted"),
    ],
)
def test_a_bad_file_is_one_sentence_that_says_where(content: bytes, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_plan(content)
    assert str(caught.value).startswith("interventions, ")
    assert says in str(caught.value)
    assert len(str(caught.value)) < 300

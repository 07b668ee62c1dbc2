import math
from typing import Any

import numpy as np
import pytest

from resnet_viz.config import ConfigError
from resnet_viz.interventions import Change, Course, Planned
from resnet_viz.records import ArmResult, Diverged, Failed, Finished, Intervention, Paused, Resumed, stamped
from resnet_viz.runlog import LEFT_OUT, MAX_COLUMNS, MAX_POINTS, RunLog
from tests.factories import at, epoch, experiment, gradients, rows_of, snapshot, started, step


def test_records_become_the_arrays_of_their_own_arm() -> None:
    config = experiment("none", "A")
    plain, residual = rows_of(8), rows_of(8)
    records = [
        started(config),
        gradients(1, [1.0, 2.0, 3.0, 4.0, 5.0]),
        gradients(1, [6.0] * 5, arm=1),
        step(1, 2.5),
        step(1, 2.25, arm=1, images_per_s=50.0),
        gradients(2, [None, 0.2, 0.3, 0.4, 0.5]),
        step(2, 2.0),
        step(2, 1.75, arm=1, images_per_s=70.0),
        epoch(1, 0.5, 0.625),
        epoch(1, 0.25, None, arm=1),
    ]
    view = snapshot(config, stamped("a-run", records))
    first, second = view.arms
    assert (view.run, view.seq, view.step, view.epoch) == ("a-run", 9, 2, 1)
    assert view.progress == 2 / 8
    assert (first.label, second.label) == ("plain-8", "residual-8")
    assert (first.parameters, second.parameters) == (1000, 1001)
    assert (first.rows, second.rows) == (plain, residual)
    np.testing.assert_array_equal(first.step, [1, 2])
    np.testing.assert_array_equal(first.loss, [2.5, 2.0])
    np.testing.assert_array_equal(second.loss, [2.25, 1.75])
    np.testing.assert_array_equal(first.gradient_step, [1, 2])
    np.testing.assert_array_equal(first.gradients, [[1, math.nan], [2, 0.2], [3, 0.3], [4, 0.4], [5, 0.5]])
    assert second.gradients.shape == (5, 1)
    np.testing.assert_array_equal([first.train_error, first.test_error], [[0.5], [0.625]])
    np.testing.assert_array_equal([second.train_error, second.test_error], [[0.25], [math.nan]])
    assert (first.images_per_s, second.images_per_s) == (100.0, 60.0)
    assert first.diverged_at is None


def test_a_run_without_records_is_queued_and_empty() -> None:
    view = snapshot(experiment(), [])
    assert (view.status, view.seq, view.step, view.progress, view.left_s) == ("queued", -1, 0, 0, None)
    assert [(arm.last_loss, len(arm.step), arm.gradients.shape, arm.images_per_s) for arm in view.arms] == [
        (None, 0, (0, 0), None)
    ] * 2
    assert view.is_active


@pytest.mark.parametrize("count", [MAX_POINTS - 1, MAX_POINTS, MAX_POINTS + 1, 5 * MAX_POINTS])
def test_a_long_curve_is_thinned_and_keeps_its_first_and_last_point(count: int) -> None:
    config = experiment("A", epochs=200)
    arm = snapshot(config, [step(place, place / 10) for place in range(1, count + 1)]).arms[0]
    assert len(arm.step) == len(arm.loss) == len(arm.smooth) == min(count, MAX_POINTS)
    assert (arm.step[0], arm.step[-1]) == (1, count)
    assert (np.diff(arm.step) > 0).all()
    np.testing.assert_array_equal(arm.loss, arm.step / 10)


def test_a_long_heat_map_is_thinned_and_keeps_its_first_and_last_column() -> None:
    config = experiment("A", epochs=200)
    count = 3 * MAX_COLUMNS
    arm = snapshot(config, [started(config), *(gradients(n, [float(n)] * 5) for n in range(1, count + 1))]).arms[0]
    assert arm.gradients.shape == (5, MAX_COLUMNS)
    assert (arm.gradient_step[0], arm.gradient_step[-1]) == (1, count)
    np.testing.assert_array_equal(arm.gradients, np.tile(arm.gradient_step, (5, 1)))


def test_the_loss_is_smoothed_by_the_mean_of_what_came_first() -> None:
    losses = [4.0, 2.0, 1.5]
    arm = snapshot(experiment("A"), [step(place, loss) for place, loss in enumerate(losses, start=1)]).arms[0]
    np.testing.assert_allclose(arm.smooth, [4.0, (4 + 2) / 2, (4 + 2 + 1.5) / 3])
    assert arm.last_loss == pytest.approx(2.5)
    assert arm.last_loss != losses[-1]


def test_the_loss_is_smoothed_by_nine_tenths_of_the_past_later_on() -> None:
    losses = [1.0] * 20 + [2.0]
    arm = snapshot(experiment("A"), [step(place, loss) for place, loss in enumerate(losses, start=1)]).arms[0]
    assert arm.last_loss == pytest.approx(0.9 * 1 + 0.1 * 2)


def test_an_arm_that_diverged_says_so_and_the_other_does_not() -> None:
    config = experiment("none", "A")
    records = [started(config), step(1, 2.0), step(1, 2.0, arm=1), step(2, None), step(2, 1.0, arm=1)]
    view = snapshot(config, [*records, Diverged(arm=0, epoch=1, step=2, images=32)])
    first, second = view.arms
    assert (first.diverged_at, second.diverged_at) == (2, None)
    np.testing.assert_array_equal(first.loss, [2.0, math.nan])
    assert math.isnan(first.last_loss or 0)
    assert second.last_loss == 1.5
    assert view.status == "running"


def test_the_status_follows_the_records() -> None:
    config = experiment()
    log = RunLog("a-run", config)
    seen = [log.status]
    for record in (started(config), Paused(step=1), Resumed(step=1), Finished(reason="completed", step=8)):
        log.add(record)
        seen.append(log.status)
    assert seen == ["queued", "running", "paused", "running", "finished"]
    assert not log.snapshot().is_active


@pytest.mark.parametrize(
    ("last", "status", "message"),
    [
        (Finished(reason="completed", step=8), "finished", None),
        (Finished(reason="stopped", step=3), "stopped", None),
        (Failed(message="Every net diverged."), "failed", "Every net diverged."),
    ],
    ids=["finished", "stopped", "failed"],
)
def test_the_last_record_decides_how_a_run_ended(last: Finished | Failed, status: str, message: str | None) -> None:
    config = experiment()
    view = snapshot(config, [started(config), step(1, 2.0), last])
    assert (view.status, view.message, view.is_active) == (status, message, False)


def test_the_time_left_is_that_of_the_steps_to_come_without_pauses() -> None:
    config = experiment("A")  # 8 steps
    records = [at(0.0, started(config)), *(at(2.0 * n, step(n, 1.0)) for n in (1, 2, 3))]
    assert snapshot(config, records).left_s == pytest.approx(2.0 * 5)
    records += [at(7.0, Paused(step=3))]
    assert snapshot(config, records).left_s is None
    records += [at(107.0, Resumed(step=3)), at(108.0, step(4, 1.0))]
    assert snapshot(config, records).left_s == pytest.approx(8.0 / 4 * 4)


def test_the_time_left_is_not_guessed_from_two_steps() -> None:
    config = experiment("A")
    records = [started(config), at(2.0, step(1, 1.0)), at(4.0, step(2, 1.0))]
    assert snapshot(config, records).left_s is None
    assert snapshot(config, [*records, at(6.0, step(3, 1.0))]).left_s is not None


def test_what_was_changed_is_kept_and_an_extension_makes_the_run_longer() -> None:
    config = experiment("A")  # 8 steps
    records = [at(0.0, started(config)), *(at(2.0 * n, step(n, 1.0)) for n in (1, 2, 3, 4))]
    before = snapshot(config, records)
    assert (before.progress, before.left_s, before.interventions) == (0.5, pytest.approx(2.0 * 4), ())
    records += [at(8.0, Intervention(step=4, learning_rate_factor=0.1)), at(8.0, Intervention(step=4, extend_epochs=2))]
    after = snapshot(config, records)
    assert after.interventions == (Planned(step=4, learning_rate_factor=0.1), Planned(step=4, extend_epochs=2))
    assert after.course == Course(config, factor=0.1, extra_epochs=2) != before.course
    assert (after.progress, after.left_s) == (0.25, pytest.approx(2.0 * 12))
    assert after.config == config


@pytest.mark.parametrize(
    ("records", "says"),
    [
        ([], "has not begun"),
        ([started(experiment()), Finished(reason="completed", step=8)], "is over and stays so"),
        ([started(experiment()), step(1, 2.0), Intervention(step=1, extend_epochs=197)], "extend this one by 1 or"),
    ],
)
def test_a_run_that_can_not_be_changed_says_why(records: list[Any], says: str) -> None:
    log = RunLog("a-run", experiment(), records)
    with pytest.raises(ConfigError, match=says):
        log.check(Change(extend_epochs=2))


@pytest.mark.parametrize("last", [step(1, 2.0), Paused(step=0)])
def test_a_run_can_be_changed_while_it_runs_and_while_it_is_paused(last: Any) -> None:
    log = RunLog("a-run", experiment(), [started(experiment()), last])
    log.check(Change(extend_epochs=2))
    with pytest.raises(ConfigError, match="the factor on the learning rate must be at most 100 after step"):
        log.check(Change(learning_rate_factor=101))


def test_a_snapshot_is_drawn_again_only_when_something_was_said() -> None:
    log = RunLog("a-run", experiment(), [started(experiment()), step(1, 2.0)])
    first = log.snapshot()
    assert log.snapshot() is first
    log.add(step(2, 1.0))
    assert log.snapshot().step == 2
    log.status = "interrupted"
    assert log.snapshot().status == "interrupted"


def test_of_two_equal_changes_one_that_was_left_out_is_told() -> None:
    log = RunLog("a-run", experiment(), [started(experiment()), step(1, 2.0)])
    for _ in range(2):
        log.ask(Change(extend_epochs=1))
    log.add(Intervention(step=1, extend_epochs=1, seq=2))
    log.add(Finished(reason="completed", step=8, seq=3))
    assert log.snapshot().message == LEFT_OUT


def test_a_change_that_was_asked_for_and_never_made_is_told_at_the_end() -> None:
    log = RunLog("a-run", experiment(), [started(experiment()), step(1, 2.0)])
    log.ask(Change(extend_epochs=1))
    log.ask(Change(learning_rate_factor=0.1))
    log.add(Intervention(step=1, extend_epochs=1, seq=2))
    log.add(Finished(reason="completed", step=8, seq=3))
    assert log.snapshot().message == LEFT_OUT
    with pytest.raises(ConfigError, match="is over and stays so"):
        log.ask(Change(extend_epochs=1))


def test_what_came_of_each_arm_is_its_last_loss_and_the_errors_of_its_last_epoch() -> None:
    log = RunLog("a-run", experiment(), [step(1, 2.0), step(2, 1.0), epoch(1, 0.75, 0.875), epoch(2, 0.5, None)])
    assert log.result() == (ArmResult(loss=1.5, train_error=0.5), ArmResult())


def test_an_arm_that_diverged_has_no_last_loss() -> None:
    log = RunLog("a-run", experiment(), [step(1, 2.0), step(2, None), Diverged(arm=0, epoch=1, step=2, images=32)])
    assert log.result()[0] == ArmResult(loss=None, diverged_at=2)

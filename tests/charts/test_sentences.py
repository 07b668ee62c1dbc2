import math

import pytest

from resnet_viz.charts import sentences
from resnet_viz.records import Diverged, Finished, Intervention, Paused, Record, Resumed
from resnet_viz.runlog import Snapshot
from tests.factories import at, epoch, experiment, gradients, snapshot, started, step


def a_race(
    *more: Record, shortcuts: tuple[str, ...] = ("none", "A"), losses: tuple[float, ...] = (2.4, 1.25)
) -> Snapshot:
    """Four steps, half a second each, and then what is given."""
    config = experiment(*shortcuts)
    records: list[Record] = [started(config)]
    for number in range(1, 5):
        for arm, loss in enumerate(losses):
            records.append(at(number / 2, step(number, loss, arm=arm, images_per_s=100.0 / (arm + 1))))
    return snapshot(config, [*records, *more])


def test_the_measured_losses_stand_beside_chance() -> None:
    assert sentences.measured_sentence(a_race()) == (
        "After 4 steps, the training loss of plain-8 is 2.40 nats, chance is 2.30; "
        "the training loss of residual-8 is 1.25."
    )


def test_a_single_step_is_a_single_step() -> None:
    config = experiment("A")
    assert sentences.measured_sentence(snapshot(config, [started(config), step(1, 2.5)])) == (
        "After 1 step, the training loss of residual-8 is 2.50 nats, chance is 2.30."
    )


def test_before_the_first_step_nothing_is_measured() -> None:
    config = experiment()
    assert sentences.measured_sentence(snapshot(config, [])) == ""
    assert sentences.measured_sentence(snapshot(config, [started(config), gradients(1, [1.0] * 5)])) == (
        "Nothing is measured yet: the first step is on its way."
    )


def test_an_arm_that_diverged_says_when_and_from_where() -> None:
    lost = [step(5, None), Diverged(arm=0, epoch=2, step=5, images=80), step(5, 1.25, arm=1)]
    assert sentences.measured_sentence(a_race(*lost)) == (
        "After 5 steps, plain-8 diverged at step 5, after a loss of 2.40 nats, chance is 2.30; "
        "the training loss of residual-8 is 1.25."
    )
    lost = [step(5, 2.4), step(5, None, arm=1), Diverged(arm=1, epoch=2, step=5, images=80)]
    assert sentences.measured_sentence(a_race(*lost)).endswith(
        "plain-8 is 2.40 nats, chance is 2.30; residual-8 diverged at step 5, after a loss of 1.25."
    )


def test_an_arm_that_diverged_at_once_names_no_loss() -> None:
    config = experiment("none")
    lost = [started(config), step(1, math.nan), Diverged(arm=0, epoch=1, step=1, images=16)]
    assert sentences.measured_sentence(snapshot(config, lost)) == (
        "After 1 step, plain-8 diverged at step 1, chance is 2.30."
    )


def test_a_net_that_never_left_chance_failed_to_start() -> None:
    end = Finished(reason="completed", step=4)
    stuck = " plain-8 did not get away from chance in this budget: it failed to start."
    assert sentences.measured_sentence(a_race(end)) == sentences.measured_sentence(a_race()) + stuck
    assert sentences.measured_sentence(a_race(end, losses=(2.4, 2.4))).endswith(
        " plain-8 and residual-8 did not get away from chance in this budget: they failed to start."
    )
    assert "failed to start" not in sentences.measured_sentence(a_race(end, losses=(2.1, 1.0)))


@pytest.mark.parametrize(("error", "stuck"), [(0.9, True), (0.8, False)])
def test_a_high_running_loss_is_no_failure_where_the_error_fell(error: float, stuck: bool) -> None:
    config = experiment("none")
    records = [started(config), step(1, 2.4), epoch(1, error, 0.9), Finished(reason="completed", step=1)]
    assert ("failed to start" in sentences.measured_sentence(snapshot(config, records))) == stuck


def test_epochs_that_were_added_are_told() -> None:
    config = experiment("none")
    records = [started(config), step(1, 2.4), Intervention(step=1, extend_epochs=3)]
    assert "2 + 3 epochs, batch" in sentences.data_sentence(snapshot(config, records))


def test_the_data_sentence_says_on_what_and_for_how_long() -> None:
    assert sentences.data_sentence(a_race()) == "64 images of shapes (synthetic), 2 epochs, batch 16, seed 0"
    once = snapshot(experiment(epochs=1), [])
    assert sentences.data_sentence(once) == "64 images of shapes (synthetic), 1 epoch, batch 16, seed 0"


def test_the_device_sentence_says_where_it_ran() -> None:
    assert sentences.device_sentence(a_race()) == "a processor, 2 threads, fp32, torch 2.9.0"
    alone = snapshot(experiment(), [started(experiment(), threads=1)])
    assert sentences.device_sentence(alone) == "a processor, 1 thread, fp32, torch 2.9.0"
    assert sentences.device_sentence(snapshot(experiment(), [])) == ""


def test_the_speed_sentence_leaves_out_arms_that_diverged() -> None:
    assert sentences.speed_sentence(a_race()) == "plain-8 100, residual-8 50 images/s; all together 67"
    lost = Diverged(arm=0, epoch=1, step=4, images=64)
    assert sentences.speed_sentence(a_race(lost)) == "residual-8 50 images/s; all together 50"
    assert sentences.speed_sentence(snapshot(experiment(), [])) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (0.4, "0:00"), (9, "0:09"), (59.4, "0:59"), (59.6, "1:00"), (61, "1:01"), (3600, "60:00")],
)
def test_a_duration_is_minutes_and_seconds(seconds: float, text: str) -> None:
    assert sentences.duration(seconds) == text


def test_the_progress_sentence_says_how_much_is_left_while_it_runs() -> None:
    race = a_race()
    assert sentences.progress_sentence(race) == "step 4 of 8, epoch 1 of 2, 0:02 gone, about 0:02 left"
    paused = a_race(at(10.0, Paused(step=4)))
    assert sentences.progress_sentence(paused) == "step 4 of 8, epoch 1 of 2, 0:10 gone"
    again = a_race(at(2.0, Paused(step=4)), at(7.0, Resumed(step=4)))
    assert sentences.progress_sentence(again) == (
        "step 4 of 8, epoch 1 of 2, 0:07 gone, 0:05 of it paused, about 0:02 left"
    )


def test_what_was_changed_is_said_in_the_order_in_which_it_was() -> None:
    changes = [
        Intervention(step=1, learning_rate_factor=0.1),
        Intervention(step=1, extend_epochs=1),
        Intervention(step=1200, learning_rate_factor=1),
        Intervention(step=1200, extend_epochs=3),
    ]
    assert sentences.intervention_sentences(a_race(*changes)) == [
        "After step 1: the learning rate is 0.1 times what the schedule says.",
        "After step 1: 1 more epoch, at the last rate of the schedule.",
        "After step 1,200: the learning rate is what the schedule says, again.",
        "After step 1,200: 3 more epochs, at the last rate of the schedule.",
    ]
    assert sentences.intervention_sentences(a_race()) == []


def test_the_rate_of_the_next_step_is_said_with_what_is_made_of_it() -> None:
    race = snapshot(experiment(schedule="paper"), [step(4, 2.0)])  # a half of the run
    assert sentences.rate_sentence(race) == "The schedule says 0.01 for the next step."
    slower = snapshot(race.config, [step(4, 2.0), Intervention(step=4, learning_rate_factor=0.5)])
    assert sentences.rate_sentence(slower) == ("The schedule says 0.01 for the next step; times 0.5, that is 0.005.")


def test_more_epochs_at_next_to_no_rate_come_with_advice() -> None:
    low = sentences.extension_sentence(a_race())  # one-cycle ends at its peak / 250,000
    assert "last rate of the schedule, 4e-07, times the factor" in low
    assert "a factor of 25000 makes it a tenth of the peak" in low
    assert "A race that is over stays so" in low
    constant = sentences.extension_sentence(snapshot(experiment(schedule="constant"), []))
    assert "last rate of the schedule, 0.1, times" in constant
    assert "tenth" not in constant


def test_an_extended_race_says_how_long_it_is_now() -> None:
    longer = sentences.progress_sentence(a_race(at(2.0, Intervention(step=4, extend_epochs=2))))
    assert longer == "step 4 of 16, epoch 1 of 4, 0:02 gone, about 0:06 left"


def test_the_table_has_a_row_for_each_epoch_of_each_arm_in_percent() -> None:
    rows = sentences.epoch_table(a_race(epoch(1, 0.5, 0.6254), epoch(2, 0.25, None), epoch(1, 0.125, 0.5, arm=1)))
    assert [tuple(row.values())[:3] for row in rows] == [
        ("plain-8", 1, 50.0),
        ("plain-8", 2, 25.0),
        ("residual-8", 1, 12.5),
    ]
    assert list(rows[0]) == ["net", "epoch", "training error (%)", "test error (%)"]
    assert rows[0]["test error (%)"] == 62.5
    assert math.isnan(float(rows[1]["test error (%)"]))
    assert sentences.epoch_table(a_race()) == []

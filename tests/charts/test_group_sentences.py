"""How far a group of seeds is, in words."""

from dataclasses import replace

import pytest

from resnet_viz.charts import group_sentences as sentences
from resnet_viz.records import Diverged, Failed, Finished, Paused, Record, Resumed, Status
from resnet_viz.runlog import RunLog, Snapshot
from tests.factories import at, epoch, experiment, started, step


def seed(number: int, *records: Record) -> Snapshot:
    config = experiment().model_copy(update={"seed": number})
    return RunLog(f"run{number}", config, records).snapshot()


def running(number: int) -> Snapshot:
    """Four of eight steps in 10 seconds."""
    steps = [at(2.5 * place, step(place, 2.0)) for place in range(1, 5)]
    return seed(number, started(experiment()), *steps)


def done(number: int) -> Snapshot:
    return seed(number, started(experiment()), epoch(2, 0.5, 0.25), at(30.0, Finished(reason="completed", step=8)))


def test_progress_says_which_seed_runs_how_many_are_done_and_how_long_all_take() -> None:
    group = [done(0), running(1), seed(2), seed(3)]
    # 10 s are left of the seed in hand; two more as long as the one that is done, 30 s
    assert sentences.group_left_s(group) == pytest.approx(70)
    assert sentences.group_progress_sentence(group) == (
        "seed 1, number 2 of 4, is running: step 4 of 8; 1 of 4 seeds done; about 1:10 left for all"
    )
    assert sentences.group_progress(group) == pytest.approx((1 + 0.5) / 4)


def test_a_pause_makes_no_seed_longer() -> None:
    paused = [at(0.0, Paused(step=0)), at(20.0, Resumed(step=0))]
    steps = [at(20 + 2.5 * place, step(place, 2.0)) for place in range(1, 5)]
    in_hand = seed(0, started(experiment()), *paused, *steps)
    assert sentences.group_left_s([in_hand, seed(1)]) == pytest.approx(10 + 20)
    over = seed(0, started(experiment()), *paused, epoch(2, 0.5, 0.25), at(50.0, Finished(reason="completed", step=8)))
    assert sentences.group_left_s([over, running(1), seed(2)]) == pytest.approx(10 + 30)


def test_before_a_seed_is_done_all_are_taken_to_be_as_long_as_the_first() -> None:
    assert sentences.group_left_s([running(0), seed(1)]) == pytest.approx(10 + 20)
    assert sentences.group_left_s([seed(0), seed(1)]) is None


def test_between_two_seeds_and_at_the_end_nothing_runs() -> None:
    assert sentences.group_progress_sentence([done(0), seed(1)]) == "1 of 2 seeds done; the next one is starting"
    assert sentences.group_progress_sentence([done(0), done(1)]) == "2 of 2 seeds done"


@pytest.mark.parametrize(
    ("ahead", "begun", "says"),
    [
        (0, False, "is starting"), (1, False, "waits for one other race"), (3, False, "waits for 3 other races"),
        (0, True, "is starting"), (1, True, "is starting"), (2, True, "waits for 2 other races"),
    ],
)  # fmt: skip
def test_a_group_behind_other_races_says_so(ahead: int, begun: bool, says: str) -> None:
    waiting = [replace(seed(place), queued_behind=ahead + place - 1) for place in (1, 2)]
    group = [done(0), *waiting] if begun else waiting
    assert sentences.group_progress_sentence(group).endswith(f"the next one {says}")


@pytest.mark.parametrize(
    ("group", "status"),
    [
        ([seed(0), seed(1)], "queued"),
        ([done(0), seed(1)], "running"),
        ([done(0), running(1)], "running"),
        ([seed(0, started(experiment()), Paused(step=0)), seed(1)], "paused"),
        ([done(0), done(1)], "finished"),
        ([done(0), seed(1, Finished(reason="stopped", step=1))], "stopped"),
        ([seed(0, Failed(message="No.")), done(1)], "failed"),
    ],
)
def test_a_group_has_the_status_of_the_seed_in_hand_or_the_worst(group: list[Snapshot], status: Status) -> None:
    assert sentences.group_status([one.status for one in group]) == status


def test_seeds_are_listed_shortly() -> None:
    assert sentences.seeds_words([seed(7)]) == "seed 7"
    assert sentences.seeds_words([seed(0), seed(1)]) == "seeds 0 and 1"
    assert sentences.seeds_words([seed(3), seed(4), seed(5)]) == "seeds 3 to 5"
    assert sentences.seeds_words([seed(0), seed(2), seed(3)]) == "seeds 0, 2 and 3"  # one was deleted


def test_the_table_has_a_row_for_each_seed_and_net_and_no_number_of_one_that_diverged() -> None:
    fell = seed(1, started(experiment()), Diverged(arm=1, epoch=1, step=3, images=48))
    first, second = sentences.final_table([done(0), fell, seed(2)])
    assert first == {
        "seed": 0, "net": "plain-8", "epoch": 2, "training loss, eval mode (nats)": 1.0, "training error (%)": 50.0,
        "test error (%)": 25.0, "status": "finished",
    }  # fmt: skip
    assert (second["net"], second["status"], second["test error (%)"]) == ("residual-8", "diverged at step 3", None)

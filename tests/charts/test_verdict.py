"""Verdicts, against numbers that were worked out by hand."""

import math

import pytest

from resnet_viz.charts.verdict import CHOSEN, FOOTNOTE, comparable, footnote, is_complete, pairs, t_interval, verdict
from resnet_viz.config import ExperimentConfig
from resnet_viz.net_config import NetConfig
from resnet_viz.records import Diverged, Failed, Finished, Intervention, Record
from resnet_viz.runlog import RunLog, Snapshot
from tests.factories import epoch, experiment, started, step

# A table of Student's t, 97.5 %, of 1 to 4 and 9 degrees of freedom.
T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 9: 2.262}
COMPLETED = Finished(reason="completed", step=8)
PLAIN_WORSE = [1.9, 2.0, 2.1, 2.0, 2.0]  # minus 1 each: mean 1, s = sqrt(0.02 / 4) = 0.0707


def seed(
    number: int,
    *losses: float | None,
    errors: tuple[float, ...] = (),
    config: ExperimentConfig | None = None,
    also: tuple[Record, ...] = (),
    end: Record | None = COMPLETED,
) -> Snapshot:
    """A run whose nets end at these losses; None: it diverged."""
    config = (config or experiment()).model_copy(update={"seed": number})
    log = RunLog(f"run{number}", config, [started(config), *also])
    for arm, loss in enumerate(losses):
        log.add(step(1, 2.0, arm=arm))
        if loss is None:
            log.add(Diverged(arm=arm, epoch=1, step=2, images=32))
        else:
            log.add(epoch(2, 0.5, errors[arm] if errors else 0.5, arm=arm, train_loss=loss))
    if end is not None:
        log.add(end)
    return log.snapshot()


def waiting(number: int) -> Snapshot:
    return RunLog(f"run{number}", experiment().model_copy(update={"seed": number})).snapshot()


@pytest.mark.parametrize("freedom", T)
def test_an_interval_is_that_of_the_table(freedom: int) -> None:
    values = [float(place) for place in range(freedom + 1)]
    count, mean = len(values), sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / freedom)
    interval = t_interval(values)
    assert interval.mean == pytest.approx(mean)
    assert interval.half == pytest.approx(T[freedom] * spread / math.sqrt(count), rel=2e-4)


def test_one_value_and_equal_values_have_no_interval() -> None:
    assert t_interval([0.3]).half is None
    assert t_interval([0.3, 0.1 + 0.2, 0.3]).half is None  # equal but for rounding
    assert t_interval([0.0, 0.0]).half is None
    assert t_interval([0.3, 0.3001]).half is not None


def test_a_clear_difference_is_said_with_its_interval() -> None:
    # mean 1.0, s = 0.07071, 2.776 * 0.07071 / sqrt(5) = 0.0878
    lead, line = verdict([seed(place, loss, 1.0) for place, loss in enumerate(PLAIN_WORSE)])
    assert lead == "Over all 5 seeds."
    assert "Training loss: plain-8 is worse by 1.000 ± 0.088 nats over 5 seeds" in line
    assert "test error: equal in each of 5 seeds" in line
    assert "95 % t-intervals of the paired differences" in FOOTNOTE


def test_the_other_net_can_be_the_worse_one_and_errors_are_in_points() -> None:
    # Errors 10, 12 and 14 points apart: mean 12, s = 2, 4.303 * 2 / sqrt(3) = 4.97
    found = [seed(place, 1.0, 1.0, errors=(0.2, 0.2 + gap / 100)) for place, gap in enumerate((10, 12, 14))]
    assert "test error: residual-8 is worse by 12.0 ± 5.0 percentage points over 3 seeds" in verdict(found)[1]


def test_an_interval_that_contains_zero_is_inconclusive() -> None:
    # 0.3, -0.1 and 0.1: mean 0.1, s = 0.2, 4.303 * 0.2 / sqrt(3) = 0.497
    line = verdict([seed(place, 1 + gap, 1.0) for place, gap in enumerate((0.3, -0.1, 0.1))])[1]
    said = "inconclusive over 3 seeds: -0.40 to 0.60 nats contains 0 (plain-8 minus residual-8)"
    assert f"Training loss: {said}" in line
    assert "worse" not in line


def test_rounding_does_not_hide_that_an_interval_excludes_zero() -> None:
    # 4.18, 6.18 and 8.18 points: mean 5.18, s = 2, 4.303 * 2 / sqrt(3) = 4.97; with a mean of 4.98 it is that close
    found = [seed(place, 1.0, 1.0, errors=(0.5 + gap / 100, 0.5)) for place, gap in enumerate((2.98, 4.98, 6.98))]
    assert "plain-8 is worse by 4.98 ± 4.97 percentage points" in verdict(found)[1]


def test_differences_are_paired_not_pooled() -> None:
    """Seeds that lie far apart do not hide a difference that is the same in each."""
    line = verdict([seed(place, base + 0.1 + place / 100, base) for place, base in enumerate((0.5, 1.5, 2.5))])[1]
    assert "plain-8 is worse by 0.110 ± 0.025 nats" in line  # s = 0.01, 4.303 * 0.01 / sqrt(3) = 0.0248


def test_one_seed_has_no_interval_and_says_so() -> None:
    lead, line = verdict([seed(0, 1.5, 1.0)])
    assert lead == "One seed says nothing about chance: there is no interval. Repeat it over more seeds."
    assert "plain-8 is worse by 0.50 nats in the only seed, so there is no interval" in line
    assert "±" not in line


def test_equal_differences_have_no_spread_and_no_interval() -> None:
    line = verdict([seed(place, 1.5, 1.0) for place in range(3)])[1]
    assert "plain-8 is worse by 0.50 nats in each of 3 seeds: without spread, there is no interval" in line
    assert "±" not in line


def test_missing_seeds_are_said_before_anything_else() -> None:
    done = [seed(0, 2.0, 1.0), seed(1, 2.1, 1.0)]
    assert verdict([*done, waiting(2), waiting(3)])[0] == "So far, 2 of 4 seeds."
    assert verdict([seed(0, 2.0, 1.0), waiting(1)])[1].endswith("in the only seed, so there is no interval")
    stopped = seed(2, 0.1, 0.2, end=Finished(reason="stopped", step=4))
    lead, line = verdict([*done, stopped])
    assert lead == "Over 2 of 3 seeds: the others did not come to their end."
    assert "over 2 seeds" in line


def test_without_any_end_there_is_no_verdict() -> None:
    (sentence,) = verdict([seed(0, 2.0, 1.0, end=None), waiting(1)])
    assert sentence.startswith("So far, 0 of 2 seeds")
    (sentence,) = verdict([seed(0, 2.0, 1.0, end=Finished(reason="stopped", step=3))])
    assert sentence == "No seed came to its end: there is nothing to compare."


def test_a_diverged_net_is_said_and_not_averaged() -> None:
    found = [seed(0, 2.0, 1.0), seed(1, None, 1.0), seed(2, 2.2, 1.0)]
    line = verdict(found)[1]
    # 1.0 and 1.2: mean 1.1, s = 0.1414, 12.706 * 0.1414 / sqrt(2) = 1.27
    assert "plain-8 diverged in seed 1, which the differences leave out." in line
    assert "inconclusive over 2 seeds: -0.2 to 2.4 nats contains 0" in line
    assert "nan" not in line


def test_nets_that_always_diverge_leave_no_difference() -> None:
    failed = Failed(message="Every net diverged.")
    found = [seed(0, None, 1.0), seed(1, None, None, end=failed)]
    lead, line = verdict(found)
    assert lead == "Over all 2 seeds."
    assert line == (
        "plain-8 against residual-8. plain-8 diverged in seeds 0, 1; residual-8 diverged in seed 1: "
        "no difference to give."
    )
    assert not is_complete(seed(0, 1.0, 1.0, end=failed))  # it failed for another reason


def test_a_loss_that_is_not_finite_at_the_end_counts_as_diverged() -> None:
    assert "diverged in seed 1" in verdict([seed(0, 2.0, 1.0), seed(1, math.nan, 1.0)])[1]


def test_a_seed_that_was_changed_on_the_way_is_left_out() -> None:
    changed = seed(2, 9.0, 1.0, also=(Intervention(step=0, learning_rate_factor=0.1),))
    found = [seed(0, 2.0, 1.0), seed(1, 2.1, 1.0), changed]
    lead, line = verdict(found)
    assert lead == "Over 2 seeds. Seed 2 was changed on the way unlike the others and is left out."
    assert "over 2 seeds" in line
    lead, _ = verdict([changed, seed(3, 2.0, 1.0)])
    assert lead.startswith("Over 1 seed. Seed 2 was changed")  # and not the one that nobody touched
    alike = [seed(place, 2.0, 1.0, also=(Intervention(step=0, learning_rate_factor=0.1),)) for place in range(2)]
    assert len(comparable(alike)) == 2  # a plan that all of them follow leaves them comparable


def net(shortcut: str, depth: int = 8, **more: object) -> NetConfig:
    return NetConfig(shortcut=shortcut, depth=depth, width=4, **more)


def test_compared_are_twins_and_nets_of_one_shortcut() -> None:
    degradation = [net("none", 8), net("none", 14), net("A", 8), net("A", 14)]
    assert pairs(degradation) == [(0, 1), (0, 2), (1, 3), (2, 3)]
    assert pairs([net("none"), net("A", 14)]) == [(0, 1)]  # two alone are always compared
    assert pairs([net("none"), net("A", 14), net("B", 20)]) == [(0, 1), (0, 2), (1, 2)]  # nothing natural: all
    assert pairs([net("A")]) == []


def test_one_net_alone_is_compared_with_nothing() -> None:
    config = experiment("A")
    found = [seed(place, 1.0, config=config) for place in range(2)]
    assert verdict(found)[1] == "One net is alone: there is nothing to compare it with."
    assert footnote(found) is None


def test_the_footnote_says_how_pairs_were_chosen_only_where_they_were() -> None:
    def note(*arms: NetConfig) -> str:
        config = experiment().model_copy(update={"arms": arms})
        return footnote([seed(place, *(1.0 for _ in arms), config=config) for place in range(2)]) or ""

    assert note(net("none"), net("B", 14)) == FOOTNOTE
    assert note(net("none", 8), net("none", 14), net("A", 8)) == f"{FOOTNOTE} {CHOSEN}"
    assert footnote([waiting(0), waiting(1)]) is None


def test_a_small_difference_without_spread_is_not_rounded_away() -> None:
    assert "is worse by 0.002 nats in the only seed" in verdict([seed(0, 1.002, 1.0)])[1]

"""The answer to the question of the race, for every way in which one can end."""

from typing import Any

import pytest

from resnet_viz.config import ExperimentConfig
from resnet_viz.records import Diverged, Finished, Record
from resnet_viz.runlog import Snapshot
from resnet_viz.ui import lesson_quizzes
from resnet_viz.ui.quizzes import Quiz
from tests.factories import experiment, snapshot, started, step


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, str]]:
    """What was given as the right answer, and why."""
    calls: list[tuple[Any, str]] = []
    monkeypatch.setattr(lesson_quizzes, "quiz", lambda _asked, right, because: calls.append((right, because)))
    return calls


def ended(*losses: float | None, config: ExperimentConfig | None = None) -> Snapshot:
    config = config or experiment("none", "A")
    records: list[Record] = [started(config)]
    for arm, loss in enumerate(losses):
        records.append(step(1, loss, arm=arm))
        if loss is None:
            records.append(Diverged(arm=arm, epoch=1, step=1, images=16))
    return snapshot(config, [*records, Finished(reason="completed", step=1)])


@pytest.mark.parametrize(
    ("plain", "residual", "right"),
    [
        (2.0, 1.0, "the residual net's"),
        (1.0, 2.0, "the plain net's"),
        (1.0, 1.01, "about alike"),
        (None, 2.0, "the residual net's"),
        (1.0, None, "the plain net's"),
    ],
)
def test_the_lower_loss_wins_and_who_diverged_has_lost(
    asked: list[tuple[Any, str]], plain: float | None, residual: float | None, right: str
) -> None:
    lesson_quizzes.race_quiz(ended(plain, residual))
    ((answer, because),) = asked
    assert answer == right
    assert ("diverged" in because) == (None in (plain, residual))
    assert "nan" not in because


def test_nothing_is_asked_when_both_diverged_or_the_depths_differ(asked: list[tuple[Any, str]]) -> None:
    lesson_quizzes.race_quiz(ended(None, None))
    nets = experiment("none", "A")
    other = nets.model_copy(update={"arms": (nets.arms[0], nets.arms[1].model_copy(update={"depth": 14}))})
    lesson_quizzes.race_quiz(ended(1.0, 2.0, config=other))
    assert asked == []


def test_before_the_end_there_is_no_answer(asked: list[tuple[Any, str]]) -> None:
    lesson_quizzes.race_quiz(None)
    lesson_quizzes.race_quiz(snapshot(experiment(), [started(experiment())]))
    assert [right for right, _ in asked] == [None, None]


def test_the_arms_may_stand_in_any_order(asked: list[tuple[Any, str]]) -> None:
    lesson_quizzes.race_quiz(ended(1.0, 2.0, config=experiment("A", "none")))
    assert asked[0][0] == "the residual net's"
    assert isinstance(lesson_quizzes.RACE, Quiz)

"""The questions of the pages Race, One block and Explain."""

import numpy as np

from resnet_viz.arithmetic import Block, Floats, stacked
from resnet_viz.runlog import ArmView, Snapshot
from resnet_viz.ui.quizzes import Quiz, quiz

BLOCKS = 50
ALIKE_NATS = 0.05  # losses that differ by less are called alike
RACE = Quiz(
    "race", "lower",
    "A plain and a residual net of the same depth train on the same batches. Whose training loss is lower at the end?",
    ("the plain net's", "the residual net's", "about alike"),
)  # fmt: skip
# Does a gradient get through: (residual blocks, plain blocks)?
ZERO = {
    (True, False): "all of it in residual blocks, none in plain ones", (False, True): "all of it in plain blocks only",
    (True, True): "all of it in both", (False, False): "none of it in either",
}  # fmt: skip


def race_quiz(snapshot: Snapshot | None, *, of_many: bool = False) -> None:
    """Predict the race; the answer is the one on screen, once it is over.

    Args:
        of_many: all seeds of an experiment are on screen, which have a verdict of their own.
    """
    if of_many:
        quiz(RACE, None, "Choose one seed above: the answer is that of one race. The verdict has all of them.")
        return
    if snapshot is None or snapshot.status != "finished":
        quiz(RACE, None, "The race tells, once it has come to its end.")
        return
    pair = _plain_and_residual(snapshot)
    if pair is not None:
        quiz(RACE, _lower(*pair), f"{', '.join(map(_ended, pair))}.")


def _plain_and_residual(snapshot: Snapshot) -> tuple[ArmView, ArmView] | None:
    """The two nets of a race that the question is about: one of each kind, as deep as each other."""
    arms = sorted(snapshot.arms, key=lambda arm: not arm.net.is_plain)
    is_pair = [arm.net.is_plain for arm in arms] == [True, False] and arms[0].net.depth == arms[1].net.depth
    lost = [arm.diverged_at is not None or arm.last_loss is None for arm in arms]
    return (arms[0], arms[1]) if is_pair and not all(lost) else None


def _lower(plain: ArmView, residual: ArmView) -> str:
    """An option; a net that diverged has lost."""
    if plain.diverged_at is not None or residual.diverged_at is not None:
        return RACE.options[1 if plain.diverged_at is not None else 0]
    assert plain.last_loss is not None
    assert residual.last_loss is not None
    difference = plain.last_loss - residual.last_loss
    return RACE.options[2] if abs(difference) < ALIKE_NATS else RACE.options[1 if difference > 0 else 0]


def _ended(arm: ArmView) -> str:
    return f"{arm.label} diverged" if arm.diverged_at is not None else f"{arm.label} {arm.last_loss:.2f} nats"


def block_quiz() -> None:
    """What gets through many blocks whose weights are 0; worked out here and now."""
    zeros, ones = np.zeros((2, 2)), np.ones(2)
    left = {
        residual: stacked(Block(zeros, zeros[0], residual), ones, ones, BLOCKS).backward[0]
        for residual in (True, False)
    }
    before = float(np.linalg.norm(ones))
    quiz(
        Quiz("block", "zero", f"All weights are 0. What is left of a gradient behind {BLOCKS} blocks?",
             tuple(ZERO.values())),
        ZERO[bool(left[True] == before), bool(left[False] == before)],
        f"A gradient of length {before:.2f} has the length {left[True]:.3g} behind {BLOCKS} residual blocks, and "
        f"{left[False]:.3g} behind {BLOCKS} plain ones.",
    )  # fmt: skip


def branch_quiz(picture: str, place: str, skip: Floats, residual: Floats) -> None:
    """Through which path more of the evidence comes, by the absolute values of the two maps on screen.

    Args:
        picture: what was asked about, and of which model.
        place: the addition, in words.
    """
    share = _share(skip, residual)
    if share is None:
        return
    options = ("the shortcut", "the residual branch")
    quiz(
        Quiz(
            "explain",
            f"branch_{picture}_{place}",
            f"{picture}: which path carries more of the evidence at the addition of {place}?",
            options,
        ),
        options[0] if share > 0.5 else options[1],
        f"The shortcut carries {share:.0%} of the absolute evidence there, the residual branch {1 - share:.0%}.",
    )


def _share(skip: Floats, residual: Floats) -> float | None:
    """Of the first in both; None where neither has any, or one is not a number."""
    first, second = float(np.abs(skip).sum()), float(np.abs(residual).sum())
    whole = first + second
    return first / whole if np.isfinite(whole) and whole > 0 else None

"""The questions of the pages Race, One block and Explain."""

import numpy as np

from resnet_viz.arithmetic import Block, Floats, stacked
from resnet_viz.runlog import Snapshot
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


def race_quiz(snapshot: Snapshot | None) -> None:
    """Predict the race; the answer is the one on screen, once it is over."""
    plain = [arm for arm in snapshot.arms if arm.net.is_plain] if snapshot else []
    residual = [arm for arm in snapshot.arms if not arm.net.is_plain] if snapshot else []
    if snapshot is None or snapshot.status != "finished":
        quiz(RACE, None, "The race tells, once it has come to its end.")
    elif len(plain) == len(residual) == 1 and plain[0].last_loss is not None and residual[0].last_loss is not None:
        difference = plain[0].last_loss - residual[0].last_loss
        right = RACE.options[2] if abs(difference) < ALIKE_NATS else RACE.options[1 if difference > 0 else 0]
        quiz(RACE, right, f"{_loss(plain[0].label, plain[0].last_loss)}, {_loss('residual', residual[0].last_loss)}.")


def _loss(label: str, nats: float) -> str:
    return f"{label} {nats:.2f} nats"


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


def branch_quiz(place: str, skip: Floats, residual: Floats) -> None:
    """Through which path more of the evidence comes, by the absolute values of the two maps on screen.

    Args:
        place: the addition, in words.
    """
    share = _share(skip, residual)
    if share is None:
        return
    options = ("the shortcut", "the residual branch")
    quiz(
        Quiz("explain", "branch", f"Which path carries more of the evidence at the addition of {place}?", options),
        options[0] if share > 0.5 else options[1],
        f"The shortcut carries {share:.0%} of the absolute evidence there, the residual branch {1 - share:.0%}.",
    )


def _share(skip: Floats, residual: Floats) -> float | None:
    """Of the first in both; None where neither has any, or one is not a number."""
    first, second = float(np.abs(skip).sum()), float(np.abs(residual).sum())
    whole = first + second
    return first / whole if np.isfinite(whole) and whole > 0 else None

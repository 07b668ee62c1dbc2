"""What repeats over several seeds say of each two nets: paired differences, with their t-intervals.

All nets of one seed see the same batches, so what is compared is their difference within each seed, not two means.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from resnet_viz.net_config import NetConfig
from resnet_viz.runlog import ArmView, Snapshot

CONFIDENCE = 0.95
ALIKE = 1e-12  # differences that vary by less do not vary: what is left is rounding
MAX_DECIMALS = 6
FOOTNOTE = (
    f"± and ranges are {100 * CONFIDENCE:.0f} % t-intervals of the paired differences, seed by seed. Each holds for "
    "one comparison by itself: of 20 such intervals, about one misses the truth by chance. Losses are in eval mode, at "
    "the end of the last epoch."
)
CHOSEN = "Compared are nets with the same shortcut, and nets that differ in nothing else."


@dataclass(frozen=True)
class Measure:
    """What is compared, the less the better."""

    name: str
    unit: str
    final: Callable[[ArmView], float]  # of a net that came to its end


MEASURES = (
    Measure("training loss", "nats", lambda arm: float(arm.train_loss[-1])),
    Measure("test error", "percentage points", lambda arm: 100 * float(arm.test_error[-1])),
)


@dataclass(frozen=True)
class Interval:
    """The mean of some numbers, and half the width of its t-interval; None where nothing varies, or one is alone."""

    count: int
    mean: float
    half: float | None

    @property
    def contains_zero(self) -> bool:
        return self.half is not None and abs(self.mean) <= self.half


def t_interval(values: Sequence[float]) -> Interval:
    """Mean ± t · s / √n, with t of n - 1 degrees of freedom and s the standard deviation of the sample."""
    from scipy.special import stdtrit  # takes half a second, and few pages need it

    count, mean = len(values), float(np.mean(values))
    if count < 2 or np.ptp(values) <= ALIKE * max(1.0, abs(mean)):
        return Interval(count, mean, None)
    quantile = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2))
    return Interval(count, mean, quantile * float(np.std(values, ddof=1)) / math.sqrt(count))


def is_complete(snapshot: Snapshot) -> bool:
    """Whether a seed came to its end: that of its budget, or that of every net's divergence."""
    all_diverged = all(arm.diverged_at is not None for arm in snapshot.arms)
    return snapshot.status == "finished" or (snapshot.status == "failed" and all_diverged)


def comparable(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """The seeds that came to their end, without those that were changed on the way unlike the others."""
    complete = [snapshot for snapshot in snapshots if is_complete(snapshot)]
    courses = Counter(snapshot.interventions for snapshot in complete)
    usual = max(courses, key=lambda course: (courses[course], -len(course)), default=())  # of equals the one with less
    return [snapshot for snapshot in complete if snapshot.interventions == usual]


def pairs(nets: Sequence[NetConfig]) -> list[tuple[int, int]]:
    """Places of nets worth comparing: with the same shortcut, or different in nothing else; two alone always are."""
    places = [(first, second) for first in range(len(nets)) for second in range(first + 1, len(nets))]
    worth = [pair for pair in places if _is_natural(nets[pair[0]], nets[pair[1]])]
    return worth if len(nets) > 2 and worth else places


def footnote(snapshots: Sequence[Snapshot]) -> str | None:
    """How to read the verdict; None where it compares nothing."""
    nets = [arm.net for arm in snapshots[0].arms]
    if len(nets) == 1 or not comparable(snapshots):
        return None
    return f"{FOOTNOTE} {CHOSEN}" if len(pairs(nets)) < math.comb(len(nets), 2) else FOOTNOTE


def _is_natural(first: NetConfig, second: NetConfig) -> bool:
    return first.shortcut == second.shortcut or first == second.model_copy(update={"shortcut": first.shortcut})


def verdict(snapshots: Sequence[Snapshot]) -> list[str]:
    """One sentence on how many seeds came to their end, then what these say of each two nets."""
    counted = comparable(snapshots)
    nets = [arm.net for arm in snapshots[0].arms]
    if not counted:
        return [_nothing_yet(snapshots)]
    if len(nets) == 1:
        return [_so_far(snapshots, counted), "One net is alone: there is nothing to compare it with."]
    return [_so_far(snapshots, counted), *(_of_pair(counted, *pair) for pair in pairs(nets))]


def _nothing_yet(snapshots: Sequence[Snapshot]) -> str:
    if any(snapshot.is_active for snapshot in snapshots):
        return f"So far, 0 of {len(snapshots)} seeds: the verdict begins when the first one has come to its end."
    return "No seed came to its end: there is nothing to compare."


def _so_far(snapshots: Sequence[Snapshot], counted: Sequence[Snapshot]) -> str:
    """How many seeds the verdict rests on, and why not on the others."""
    known, whole = len(counted), len(snapshots)
    changed = [snapshot for snapshot in snapshots if is_complete(snapshot) and snapshot not in counted]
    verbs = ("was", "is") if len(changed) == 1 else ("were", "are")
    left_out = "{} {} changed on the way unlike the others and {} left out.".format(
        _seeds(changed).capitalize(), *verbs
    )
    apart = f" {left_out}" if changed else ""
    if any(snapshot.is_active for snapshot in snapshots):
        return f"So far, {known} of {whole} seeds.{apart}"
    if known + len(changed) < whole:
        return f"Over {known} of {whole} seeds: the others did not come to their end.{apart}"
    if whole == 1:
        return "One seed says nothing about chance: there is no interval. Repeat it over more seeds."
    return f"Over {'all ' if known == whole else ''}{counted_seeds(known)}.{apart}"


def counted_seeds(count: int) -> str:
    """So many seeds, in words."""
    return "1 seed" if count == 1 else f"{count} seeds"


def _of_pair(counted: Sequence[Snapshot], first: int, second: int) -> str:
    """What the seeds say of two nets."""
    names = (counted[0].arms[first].label, counted[0].arms[second].label)
    lost = [
        f"{name} diverged in {_seeds(fell)}"
        for name, place in zip(names, (first, second), strict=True)
        if (fell := [snapshot for snapshot in counted if _diverged(snapshot.arms[place])])
    ]
    both = [snapshot for snapshot in counted if not any(_diverged(snapshot.arms[place]) for place in (first, second))]
    said = []
    for measure in MEASURES if both else ():
        differences = [measure.final(snapshot.arms[first]) - measure.final(snapshot.arms[second]) for snapshot in both]
        said.append(f"{measure.name}: {sentence(t_interval(differences), names, measure.unit)}")
    left_out = "; ".join(lost) + (", which the differences leave out. " if both else ": no difference to give. ")
    told = "; ".join(said)
    return f"{names[0]} against {names[1]}. {left_out if lost else ''}{told[:1].upper() + told[1:]}".strip()


def _diverged(arm: ArmView) -> bool:
    """Whether there is no finite end to compare."""
    return arm.diverged_at is not None or not len(arm.epoch) or not np.isfinite(arm.train_loss[-1])


def sentence(interval: Interval, names: tuple[str, str], unit: str) -> str:
    """What an interval of first minus second says; the net with more of it is the worse one."""
    seeds = counted_seeds(interval.count)
    if interval.half is not None:
        digits = _decimals(interval)
        if interval.contains_zero:
            low, high = (_number(interval.mean + side * interval.half, digits) for side in (-1, 1))
            return f"inconclusive over {seeds}: {low} to {high} {unit} contains 0 ({names[0]} minus {names[1]})"
        size = f"{abs(interval.mean):.{digits}f} ± {interval.half:.{digits}f} {unit}"
        return f"{_worse(interval, names)} is worse by {size} over {seeds}"
    if interval.count == 1:
        told = f"{_worse(interval, names)} is worse by {_size(interval.mean)} {unit}" if interval.mean else "equal"
        return f"{told} in the only seed, so there is no interval"
    if abs(interval.mean) <= ALIKE:
        return f"equal in each of {seeds}"
    told = f"{_worse(interval, names)} is worse by {_size(interval.mean)} {unit}"
    return f"{told} in each of {seeds}: without spread, there is no interval"


def _size(mean: float) -> str:
    """Of a difference whose spread nobody knows; a small one is not rounded away."""
    return f"{abs(mean):.2f}" if abs(mean) >= 0.005 else f"{abs(mean):.1g}"


def _worse(interval: Interval, names: tuple[str, str]) -> str:
    return names[0] if interval.mean > 0 else names[1]


def _decimals(interval: Interval) -> int:
    """So that the half width shows two digits that count, and rounding hides no difference to the mean."""
    assert interval.half
    mean, half = abs(interval.mean), interval.half
    digits = min(max(1 - math.floor(math.log10(half)), 0), MAX_DECIMALS)
    while digits < MAX_DECIMALS and mean > half and round(mean, digits) == round(half, digits):
        digits += 1
    return digits


def _number(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:.{digits}f}"  # no minus before a zero


def _seeds(snapshots: Sequence[Snapshot]) -> str:
    numbers = [str(snapshot.config.seed) for snapshot in snapshots]
    return f"seed{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}"

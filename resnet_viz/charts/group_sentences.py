"""What a group of seeds says, in words and tables: how far it is, and what each seed came to."""

from collections.abc import Sequence

from resnet_viz.charts.sentences import duration
from resnet_viz.charts.verdict import is_complete
from resnet_viz.records import ACTIVE, Status
from resnet_viz.runlog import ArmView, Snapshot

EVALUATED_LOSS = "training loss, eval mode (nats)"

Row = dict[str, float | int | str | None]


def seeds_words(snapshots: Sequence[Snapshot]) -> str:
    """The seeds: "seeds 0 to 4", "seeds 0, 2 and 3" or "seed 7"."""
    numbers = [snapshot.config.seed for snapshot in snapshots]
    if len(numbers) == 1:
        return f"seed {numbers[0]}"
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"seeds {numbers[0]} to {numbers[-1]}"
    return f"seeds {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def group_status(found: Sequence[Status]) -> Status:
    """The status of the seed in hand; once all are over, the worst there is."""
    order: tuple[Status, ...] = ("running", "paused")
    if any(status in ACTIVE for status in found):
        begun = any(status != "queued" for status in found)
        return next((status for status in order if status in found), "running" if begun else "queued")
    worst: tuple[Status, ...] = ("failed", "interrupted", "stopped")
    return next((status for status in worst if status in found), "finished")


def group_progress(snapshots: Sequence[Snapshot]) -> float:
    """Share of the whole that is done, 0 to 1."""
    return sum(1.0 if not snapshot.is_active else snapshot.progress for snapshot in snapshots) / len(snapshots)


def group_progress_sentence(snapshots: Sequence[Snapshot]) -> str:
    """Which seed is running, how many are done, how long all of them take."""
    whole, done = len(snapshots), sum(map(is_complete, snapshots))
    current = next((place for place, one in enumerate(snapshots) if one.status in ("running", "paused")), None)
    counted = f"{done} of {whole} seeds done"
    if current is None:
        waiting = [snapshot.queued_behind for snapshot in snapshots if snapshot.is_active]
        return f"{counted}; the next one {_waits(min(waiting), begun=len(waiting) < whole)}" if waiting else counted
    running = snapshots[current]
    where = f"seed {running.config.seed}, number {current + 1} of {whole}, is {running.status}"
    step = f"step {running.step:,} of {running.course.total_steps:,}"
    left = group_left_s(snapshots)
    return f"{where}: {step}; {counted}" + ("" if left is None else f"; about {duration(left)} left for all")


def _waits(ahead: int, *, begun: bool) -> str:
    """What the next seed does; for a moment, the one before it is still ahead of it."""
    if ahead == 0 or (begun and ahead == 1):
        return "is starting"
    return "waits for one other race" if ahead == 1 else f"waits for {ahead} other races"


def group_left_s(snapshots: Sequence[Snapshot]) -> float | None:
    """Time left if every seed takes as long as those that are done, or else as the one in hand."""
    running = next((snapshot for snapshot in snapshots if snapshot.left_s is not None), None)
    if running is None or running.left_s is None:
        return None
    done = [snapshot.wall_s - snapshot.paused_s for snapshot in snapshots if is_complete(snapshot)]
    each = sum(done) / len(done) if done else running.wall_s - running.paused_s + running.left_s
    return running.left_s + each * sum(snapshot.status == "queued" for snapshot in snapshots)


def final_table(snapshots: Sequence[Snapshot]) -> list[Row]:
    """A row for each seed and net that has come to the end of an epoch, or diverged."""
    return [
        {"seed": snapshot.config.seed, "net": arm.label, **_end(arm), "status": _became(snapshot, arm)}
        for snapshot in snapshots
        for arm in snapshot.arms
        if len(arm.epoch) or arm.diverged_at is not None
    ]


def _end(arm: ArmView) -> Row:
    """The last evaluation; none of a net that diverged."""
    if arm.diverged_at is not None or not len(arm.epoch):
        return dict.fromkeys(("epoch", EVALUATED_LOSS, "training error (%)", "test error (%)"))
    return {
        "epoch": int(arm.epoch[-1]),
        EVALUATED_LOSS: round(float(arm.train_loss[-1]), 3),
        "training error (%)": round(100 * float(arm.train_error[-1]), 1),
        "test error (%)": round(100 * float(arm.test_error[-1]), 1),
    }


def _became(snapshot: Snapshot, arm: ArmView) -> str:
    return snapshot.status if arm.diverged_at is None else f"diverged at step {arm.diverged_at}"

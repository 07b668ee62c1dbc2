"""What a snapshot says, in words and tables. Only what was measured."""

from resnet_viz.config import TITLES
from resnet_viz.runlog import ArmView, Snapshot


def measured_sentence(snapshot: Snapshot) -> str:
    """One sentence: the losses of now beside chance."""
    known = [arm for arm in snapshot.arms if arm.last_loss is not None]
    if not known:
        return "Nothing is measured yet: the first step is on its way." if snapshot.status != "queued" else ""
    first, *others = [_says(arm) for arm in known]
    steps = "1 step" if snapshot.step == 1 else f"{snapshot.step:,} steps"
    chance = f"chance is {snapshot.config.chance_loss:.2f}"
    rest = "".join(f"; {other}" for other in others)
    return f"After {steps}, {first} nats, {chance}{rest}.{_started_sentence(snapshot)}"


def _says(arm: ArmView) -> str:
    if arm.diverged_at is not None:
        return f"{arm.label} diverged at step {arm.diverged_at}, after a loss of {_before(arm):.2f}"
    return f"the training loss of {arm.label} is {arm.last_loss:.2f}"


def _before(arm: ArmView) -> float:
    finite = arm.smooth[arm.smooth == arm.smooth]
    return float(finite[-1]) if len(finite) else float("nan")


def _started_sentence(snapshot: Snapshot) -> str:
    """A deep plain net that sits at chance has failed to start, which is not the paper's end result: say which."""
    chance = snapshot.config.chance_loss
    stuck = [arm.label for arm in snapshot.arms if (arm.last_loss or 0) > 0.95 * chance and arm.diverged_at is None]
    over = snapshot.status in ("finished", "stopped")
    if not over or not stuck:
        return ""
    return f" {' and '.join(stuck)} did not get away from chance in this budget: it failed to start."


def data_sentence(snapshot: Snapshot) -> str:
    """On what, and for how long."""
    config, data = snapshot.config, snapshot.config.data
    return (
        f"{data.train_size:,} images of {TITLES[data.name]}, {config.train.epochs} epochs, batch "
        f"{config.train.batch_size}, seed {config.seed}"
    )


def device_sentence(snapshot: Snapshot) -> str:
    """Where it ran; empty before it started."""
    started = snapshot.started
    if started is None:
        return ""
    return f"{started.device_name}, {started.threads} threads, {started.precision}, torch {started.versions['torch']}"


def speed_sentence(snapshot: Snapshot) -> str:
    """Images per second of each arm, and of all together."""
    speeds = [(arm.label, arm.images_per_s) for arm in snapshot.arms if arm.images_per_s and arm.diverged_at is None]
    if not speeds:
        return ""
    arms = ", ".join(f"{label} {speed:,.0f}" for label, speed in speeds)
    together = len(speeds) / sum(1 / speed for _, speed in speeds if speed)
    return f"{arms} images/s; all together {together:,.0f}"


def duration(seconds: float) -> str:
    """Minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def progress_sentence(snapshot: Snapshot) -> str:
    """Step, epoch, time left."""
    config = snapshot.config
    left = f", about {duration(snapshot.left_s)} left" if snapshot.left_s is not None else ""
    return (
        f"step {snapshot.step:,} of {config.total_steps:,}, epoch {snapshot.epoch} of {config.train.epochs}, "
        f"{duration(snapshot.wall_s)} gone{left}"
    )


def epoch_table(snapshot: Snapshot) -> list[dict[str, float | int | str]]:
    """Rows of the table beside the charts: errors in percent."""
    return [
        {
            "net": arm.label,
            "epoch": int(epoch),
            "training error (%)": round(100 * float(train), 1),
            "test error (%)": round(100 * float(test), 1),
        }
        for arm in snapshot.arms
        for epoch, train, test in zip(arm.epoch, arm.train_error, arm.test_error, strict=True)
    ]

"""What a snapshot says, in words and tables. Only what was measured."""

from resnet_viz.config import TITLES, ExperimentConfig
from resnet_viz.interventions import Planned
from resnet_viz.runlog import ArmView, Snapshot
from resnet_viz.schedules import learning_rate

NEAR = 0.95  # of what chance gives: a net that is not below that has hardly learnt
LITTLE = 1e-3  # of the peak: a rate at which weights hardly move


def measured_sentence(snapshot: Snapshot) -> str:
    """One sentence: the losses of now beside chance."""
    known = [arm for arm in snapshot.arms if arm.last_loss is not None]
    if not known:
        return "Nothing is measured yet: the first step is on its way." if snapshot.status != "queued" else ""
    first, *others = known
    steps = _count(snapshot.step, "step")
    chance = f"chance is {snapshot.config.chance_loss:.2f}"
    rest = "".join(f"; {_says(arm)}" for arm in others)
    return f"After {steps}, {_says(first, ' nats')}, {chance}{rest}.{_started_sentence(snapshot)}"


def _says(arm: ArmView, unit: str = "") -> str:
    if arm.diverged_at is None:
        return f"the training loss of {arm.label} is {arm.last_loss:.2f}{unit}"
    finite = arm.smooth[arm.smooth == arm.smooth]
    before = f", after a loss of {finite[-1]:.2f}{unit}" if len(finite) else ""
    return f"{arm.label} diverged at step {arm.diverged_at}{before}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _started_sentence(snapshot: Snapshot) -> str:
    """A deep plain net that sits at chance has failed to start, which is not the paper's end result: say which."""
    stuck = [arm.label for arm in snapshot.arms if _is_at_chance(arm, snapshot.config)]
    if snapshot.status != "finished" or not stuck:  # a run that was stopped had no time to show it
        return ""
    they = "it" if len(stuck) == 1 else "they"
    return f" {' and '.join(stuck)} did not get away from chance in this budget: {they} failed to start."


def _is_at_chance(arm: ArmView, config: ExperimentConfig) -> bool:
    """By its running loss, in which a bad start lives on for long, and by its last training error as well."""
    if arm.diverged_at is not None or arm.last_loss is None or arm.last_loss <= NEAR * config.chance_loss:
        return False
    return not len(arm.train_error) or bool(arm.train_error[-1] > NEAR * (1 - 1 / config.data.num_classes))


def data_sentence(snapshot: Snapshot, seeds: str | None = None) -> str:
    """On what, and for how long; with the seeds of its group in words, or its own."""
    config, data = snapshot.config, snapshot.config.data
    more = snapshot.course.epochs - config.train.epochs
    epochs = f"{config.train.epochs} + {more} epochs" if more else _count(config.train.epochs, "epoch")
    return (
        f"{data.train_size:,} images of {TITLES[data.name]}, {epochs}, batch "
        f"{config.train.batch_size}, {seeds or f'seed {config.seed}'}"
    )


def device_sentence(snapshot: Snapshot) -> str:
    """Where it ran; empty before it started."""
    started = snapshot.started
    if started is None:
        return ""
    threads = _count(started.threads, "thread")
    return f"{started.device_name}, {threads}, {started.precision}, torch {started.versions['torch']}"


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
    """Step, epoch, time gone and left."""
    course = snapshot.course
    paused = f", {duration(snapshot.paused_s)} of it paused" if snapshot.paused_s >= 1 else ""
    left = f", about {duration(snapshot.left_s)} left" if snapshot.left_s is not None else ""
    return (
        f"step {snapshot.step:,} of {course.total_steps:,}, epoch {snapshot.epoch} of {course.epochs}, "
        f"{duration(snapshot.wall_s)} gone{paused}{left}"
    )


def intervention_sentences(snapshot: Snapshot) -> list[str]:
    """What was changed while it ran, and when."""
    return [f"After step {one.step:,}: {_changed(one)}." for one in snapshot.interventions]


def _changed(one: Planned) -> str:
    if one.extend_epochs is not None:
        return f"{_count(one.extend_epochs, 'more epoch')}, at the last rate of the schedule"
    if one.learning_rate_factor == 1:
        return "the learning rate is what the schedule says, again"
    return f"the learning rate is {one.learning_rate_factor:g} times what the schedule says"


def rate_sentence(snapshot: Snapshot) -> str:
    """The learning rate of the next step: the schedule's, and what is made of it."""
    scheduled = learning_rate(snapshot.config, snapshot.step + 1)
    course = snapshot.course
    made = "" if course.factor == 1 else f"; times {course.factor:g}, that is {course.rate(snapshot.step + 1):.3g}"
    return f"The schedule says {scheduled:.3g} for the next step{made}."


def extension_sentence(snapshot: Snapshot) -> str:
    """At what rate more epochs would go on, and until when they can be asked for."""
    config, peak = snapshot.config, snapshot.config.train.learning_rate
    last = learning_rate(config, config.total_steps)
    end = f"They go on at the last rate of the schedule, {last:.3g}, times the factor."
    tenth = f" So low a rate moves little: a factor of {peak / 10 / last:.0f} makes it a tenth of the peak."
    advice = tenth if last < LITTLE * peak else ""
    return f"{end}{advice} A race that is over stays so; one that is paused waits, even after its last step."


def result_row(arm: ArmView) -> dict[str, str]:
    """What came of a net, as a row of a table: as text, under the heads of its columns."""
    errors = [f"{100 * curve[-1]:.1f}" if len(curve) else "-" for curve in (arm.train_error, arm.test_error)]
    loss = "diverged" if arm.diverged_at is not None else "-" if arm.last_loss is None else f"{arm.last_loss:.4g}"
    return {
        "net": arm.label,
        "parameters": f"{arm.parameters:,}" if arm.parameters else "-",
        "training loss (nats)": loss,
        "training error (%)": errors[0],
        "test error (%)": errors[1],
        "images/s": "-" if arm.images_per_s is None else f"{arm.images_per_s:,.0f}",
    }


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

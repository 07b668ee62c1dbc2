"""What was held equal between the arms of a race, and what was not."""

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_viz.config import AVAILABLE
from resnet_viz.net_config import NetConfig
from resnet_viz.runlog import Snapshot

# Fields of a net in words, in the order in which they are named.
FIELDS = {
    "depth": "depth", "shortcut": "shortcut", "block": "block", "batch_norm": "batch norm", "init": "initial weights",
    "width": "width", "activation": "activation", "skip_scale": "scale of the shortcut", "gate_bias": "gate",
    "branch_init": "start of the branch", "survival": "stochastic depth",
}  # fmt: skip
SHAPING = ("width", "init", "block", "batch_norm")  # what decides shape and distribution of a tensor of a given name


@dataclass(frozen=True)
class Held:
    """One thing that a fair comparison holds equal."""

    what: str
    is_equal: bool
    words: str


def certificate(snapshot: Snapshot) -> list[Held]:
    """Batches, schedule, initial weights and parameters of all arms. Parameters only once the run has started."""
    config = snapshot.config
    train = config.train
    held = [
        Held("batches", True, f"{_batches(snapshot)}; seed {config.seed}"),
        Held(
            "schedule", True,
            f"{train.epochs} epochs, {train.schedule}, peak rate {train.learning_rate:g}, batch {train.batch_size}",
        ),
        _initial_weights(config.arms),
    ]  # fmt: skip
    counts = {arm.label: arm.parameters for arm in snapshot.arms if arm.parameters}
    if counts:
        same = len(set(counts.values())) == 1
        words = f"{next(iter(counts.values())):,} in each" if same else _listed(counts)
        held.append(Held("parameters", same, words))
    return held


def group_certificate(snapshots: Sequence[Snapshot], seeds: str) -> list[Held]:
    """What is held equal within each seed, and what is not from one seed to the next.

    Args:
        seeds: which they are, in words.
    """
    batches, *others = certificate(max(snapshots, key=lambda snapshot: snapshot.seq))
    paired = f"in each of {seeds}, {_batches(snapshots[0])}: every seed is a pair"
    started = [snapshot.started for snapshot in snapshots if snapshot.started]
    machines = {(one.device_name, one.threads, one.precision) for one in started}
    held = [Held(batches.what, True, paired), *others, Held("seeds", False, _changes(snapshots[0]))]
    if machines:
        listed = "; ".join(f"{name}, threads: {threads}, {precision}" for name, threads, precision in sorted(machines))
        held.append(Held("machine", len(machines) == 1, listed))
    return held


def _batches(snapshot: Snapshot) -> str:
    cropped = ", cropped alike" if snapshot.config.data.augment else ""
    return f"all arms see the same images in the same order{cropped}"


def _changes(snapshot: Snapshot) -> str:
    """What another seed changes."""
    data = snapshot.config.data
    choice = ["the choice of images"] if data.train_size < AVAILABLE[data.name][0] else []
    crops = ["the crops"] if data.augment else []
    words = ", ".join([*choice, "the order of the images", *crops])
    return f"from one seed to the next, {words} and the initial weights change"


def differences(arms: tuple[NetConfig, ...]) -> list[str]:
    """In what the arms differ, in words."""
    return [words for field, words in FIELDS.items() if len({getattr(arm, field) for arm in arms}) > 1]


def _initial_weights(arms: tuple[NetConfig, ...]) -> Held:
    shaped = [FIELDS[field] for field in SHAPING if len({getattr(arm, field) for arm in arms}) > 1]
    if shaped:
        return Held("initial weights", False, f"the arms differ in {', '.join(shaped)}, so tensors of one name differ")
    return Held("initial weights", True, "equal in every tensor that two arms both have: drawn by seed and name")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{label} {count:,}" for label, count in counts.items())

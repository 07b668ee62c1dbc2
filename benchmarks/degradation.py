"""Degradation, the lesson's own claim: how well plain and residual nets are trained after the default budget.

On CIFAR-10: plain-56 against residual-56 in the default experiment (5,000 images, 8 epochs), with `--all` depth 20 too.
On shapes: plain-20, plain-56 and residual-56 in the default shapes experiment, and the verdict whether the procedural
set shows the lesson: the residual net learns it, the deep plain one does not, the shallow plain one does better; exit
code 1 when not. Training runs in this process through resnet_viz.training.train.

Columns: the train loss is the mean of the step losses of the last epoch, as met in training; training and test accuracy
are measured after it in eval mode, the former on a fixed part of the training images as large as the test set; seconds
are those of the arm's own steps.

Finished experiments are kept as JSON lines in the cache folder, under their configuration with its seed, the versions,
the machine and a fingerprint of the code that decides the result, and used again; `--fresh` runs them anew.
"""

import argparse
import ast
import hashlib
import json
import math
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

import resnet_viz
from benchmarks.report import machine_line, markdown, progress
from resnet_viz.config import DatasetName, ExperimentConfig, default_experiment
from resnet_viz.data import load_data
from resnet_viz.machine import Machine, resolve, set_up_threads
from resnet_viz.net_config import DEPTHS, NetConfig
from resnet_viz.places import cache_folder
from resnet_viz.records import Epoch, Record, Step
from resnet_viz.training import train

SHAPES_ARMS = ((20, "none"), (56, "none"), (56, "A"))
RESIDUAL_FROM, PLAIN_BELOW = 0.90, 0.60  # training accuracy on shapes
CODE = (
    "arm.py", "training.py", "schedules.py", "interventions.py", "seeds.py", "net_config.py", "nets/*.py",
    "data/batches.py", "data/subset.py",
)  # fmt: skip
DATA_CODE = {"cifar10": ("data/archive.py", "data/parquet.py"), "shapes": ("data/shapes.py",)}


@dataclass(frozen=True)
class ArmResult:
    """What became of one arm; None where it diverged before."""

    arm: str
    train_loss: float | None
    train_accuracy: float | None
    test_accuracy: float | None
    seconds: float

    def cells(self) -> tuple[str, ...]:
        loss = "diverged" if self.train_loss is None else f"{self.train_loss:.3f}"
        return self.arm, loss, _percent(self.train_accuracy), _percent(self.test_accuracy), f"{self.seconds:.0f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


# --- what is run


def experiments(data: DatasetName, seed: int, depths: Sequence[int]) -> list[ExperimentConfig]:
    """The experiments of one seed; without depths those that the module names."""
    if data == "shapes" and not depths:
        return [shapes_experiment(seed)]
    return [default_experiment(data, depth=depth, seed=seed) for depth in depths or (56,)]


def shapes_experiment(seed: int) -> ExperimentConfig:
    """The default shapes experiment with three arms."""
    base = default_experiment("shapes", seed=seed)
    net = base.arms[0].model_dump(exclude={"depth", "shortcut"})
    arms = tuple(NetConfig(depth=depth, shortcut=shortcut, **net) for depth, shortcut in SHAPES_ARMS)
    return ExperimentConfig(arms=arms, data=base.data, train=base.train, seed=seed)


def run(config: ExperimentConfig, machine: Machine) -> list[ArmResult]:
    """Train an experiment from its seed to its end."""
    data = load_data(config.data, config.seed)
    records: list[Record] = []
    for record in train(config, data, machine):
        records.append(record)
        if isinstance(record, Epoch):
            label = config.labels[record.arm]
            accuracy = _percent(_accuracy(record.train_error))
            progress(f"seed {config.seed}: {label} epoch {record.epoch} of {config.train.epochs}, training {accuracy}")
    return [result(config, arm, records) for arm in range(len(config.arms))]


def result(config: ExperimentConfig, arm: int, records: Iterable[Record]) -> ArmResult:
    """Sum up one arm's records."""
    own = [record for record in records if isinstance(record, Step | Epoch) and record.arm == arm]
    steps = [record for record in own if isinstance(record, Step)]
    losses = [_number(step.loss) for step in steps if step.epoch == config.train.epochs]
    last = next((record for record in own if isinstance(record, Epoch) and record.epoch == config.train.epochs), None)
    return ArmResult(
        arm=config.labels[arm],
        train_loss=fmean(losses) if last else None,
        train_accuracy=_accuracy(last.train_error) if last else None,
        test_accuracy=_accuracy(last.test_error) if last else None,
        seconds=round(sum(config.train.batch_size / step.images_per_s for step in steps), 1),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _accuracy(error: float | None) -> float | None:
    return None if error is None else 1 - error


# --- what is kept


class Kept:
    """Results of earlier runs, a JSON line each; a line that was cut short is passed over."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, key: dict[str, Any]) -> list[ArmResult] | None:
        """The newest result under a key."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        for line in reversed(lines):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry["key"] == key:
                return [ArmResult(**arm) for arm in entry["arms"]]
        return None

    def add(self, key: dict[str, Any], arms: Sequence[ArmResult]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"key": key, "arms": [asdict(arm) for arm in arms]})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")  # on a line of its own, even after one that was cut short


def key_of(config: ExperimentConfig, machine: Machine) -> dict[str, Any]:
    """All that decides a result."""
    return {
        "config": config.model_dump(mode="json"), "seed": config.seed, "precision": machine.precision,
        "torch": torch.__version__, "device": machine.device_name, "threads": machine.threads,
        "code": fingerprint(config.data.name), "python": platform.python_version(),
    }  # fmt: skip


def fingerprint(data: DatasetName) -> str:
    """A digest of the code that decides the numbers; comments, docstrings and format do not count."""
    root = Path(resnet_viz.__file__).parent
    files = sorted(file for pattern in (*CODE, *DATA_CODE[data]) for file in root.glob(pattern))
    dumps = [file.relative_to(root).as_posix() + _syntax(file) for file in files]
    return hashlib.sha256("\n".join(dumps).encode()).hexdigest()[:16]


def _syntax(file: Path) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def kept_or_run(config: ExperimentConfig, kept: Kept, *, fresh: bool) -> list[ArmResult]:
    """An earlier result, or a new one, which is kept."""
    machine = resolve(config.train)
    key = key_of(config, machine)
    found = None if fresh else kept.find(key)
    if found is None:
        found = run(config, machine)
        kept.add(key, found)
    else:
        progress(f"seed {config.seed}: {', '.join(config.labels)} kept from an earlier run")
    return found


# --- what is printed


def seed_table(arms: Iterable[ArmResult]) -> str:
    header = ("arm", "train loss, last epoch", "training accuracy", "test accuracy", "seconds")
    return markdown(header, [arm.cells() for arm in arms])


def verdicts(arms: Iterable[ArmResult]) -> list[tuple[str, bool]]:
    """What shapes have to show, and whether they do."""
    accuracy = {arm.arm: arm.train_accuracy or 0.0 for arm in arms}
    return [
        (f"residual-56 ≥ {_percent(RESIDUAL_FROM)} training accuracy", accuracy["residual-56"] >= RESIDUAL_FROM),
        (f"plain-56 < {_percent(PLAIN_BELOW)} training accuracy", accuracy["plain-56"] < PLAIN_BELOW),
        ("plain-20 above plain-56", accuracy["plain-20"] > accuracy["plain-56"]),
    ]


def report(data: DatasetName, seed: int, arms: Sequence[ArmResult], *, judged: bool) -> bool:
    """Print the results of one seed; whether they are as they should be."""
    print(f"\n**{data}, seed {seed}**\n\n{seed_table(arms)}\n", flush=True)
    found = verdicts(arms) if judged else []
    for what, holds in found:
        print(f"- {what}: {'yes' if holds else 'no'}", flush=True)
    return all(holds for _, holds in found)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=("cifar10", "shapes"), default="cifar10")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--depths", type=int, nargs="+", default=[], choices=DEPTHS, metavar="6n+2")
    parser.add_argument("--all", action="store_true", help="depths 20 and 56")
    parser.add_argument("--fresh", action="store_true", help="run again what is kept")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    set_up_threads()
    kept = Kept(cache_folder() / "benchmarks" / "degradation.jsonl")
    depths = [20, 56] if chosen.all else chosen.depths
    print(machine_line(), flush=True)
    good = True
    for seed in chosen.seeds:
        arms = [arm for config in experiments(chosen.data, seed, depths)
                for arm in kept_or_run(config, kept, fresh=chosen.fresh)]  # fmt: skip
        good &= report(chosen.data, seed, arms, judged=chosen.data == "shapes" and not depths)
    sys.exit(not good)


if __name__ == "__main__":
    main()

"""The runs that ship with the project, made anew: trained on the real CIFAR-10 through the command line, then exported.

`default` is the race that the app begins with; the others are the presets. Takes about half an hour on two cores, and
keeps each run as soon as it is over. The records are the same on the same machine, but for the times: the app tells how
long a preset takes from them, so close other programs first.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.report import markdown, progress, warn_if_busy
from resnet_viz.charts.sentences import duration
from resnet_viz.engine.recorded import ENDING, FOLDER, recorded, recorded_records, write_recorded
from resnet_viz.engine.store import Store
from resnet_viz.places import RUNS_VARIABLE, STORE_VARIABLE
from resnet_viz.presets import PRESETS
from resnet_viz.runlog import ArmView, RunLog

DEFAULT_TITLE = "The default race"
# Name of a run to the options that train it.
RECORDINGS: Mapping[str, tuple[str, ...]] = {"default": (), **{name: ("--preset", name) for name in PRESETS}}


def record(name: str, folder: Path) -> Path:
    """Train one experiment and write its records."""
    command = [sys.executable, "-m", "resnet_viz", "train", "--data", "cifar10", *RECORDINGS[name]]
    progress(f"{name}: {' '.join(command[1:])}")
    path = folder / f"{name}{ENDING}"
    with tempfile.TemporaryDirectory(prefix="resnet-viz-record-") as runs:
        environment = {**os.environ, RUNS_VARIABLE: runs}
        environment.pop(STORE_VARIABLE, None)
        subprocess.run(command, check=True, env=environment)
        store = Store(f"sqlite:///{runs}/runs.sqlite")
        try:
            (run,) = store.list()
            named = replace(run, name=PRESETS[name].title if name in PRESETS else DEFAULT_TITLE)
            write_recorded(named, store.records(run.id), path)
        finally:
            store.close()
    return path


def listed(name: str) -> tuple[str, ...]:
    """What came of a run that ships, as cells of a table."""
    run = recorded()[name]
    arms = RunLog(name, run.config, recorded_records(name)).snapshot().arms
    losses = ", ".join(f"{arm.label} {_loss(arm)}" for arm in arms)
    gradients = ", ".join(f"{arm.gradients[1, 0]:.2g}" for arm in arms)
    where = f"{run.device}, {run.threads} threads, {run.precision}, {run.created[:10]}"
    return run.name, losses, gradients, duration(run.seconds or 0), where


def _loss(arm: ArmView) -> str:
    return "diverged" if arm.diverged_at is not None else f"{arm.last_loss:.2f}"


def table() -> str:
    """All runs that ship, as a Markdown table."""
    columns = (
        "run",
        "training loss at the end (nats)",
        "gradient of the first block before any update",
        "minutes",
        "where",
    )
    return markdown(columns, [listed(name) for name in RECORDINGS if name in recorded()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(RECORDINGS), metavar="NAME", help=", ".join(RECORDINGS))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--table", action="store_true", help="train nothing; print what came of those that ship")
    chosen = parser.parse_args()
    if chosen.table:
        print(table())
        return
    warn_if_busy()
    for name in chosen.names:
        path = record(name, chosen.folder)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

"""The runs that ship with the project, made anew: trained on the real CIFAR-10 through the command line, then exported.

`default` is the race that the app begins with; `degradation` puts nets of 20 layers beside it. Takes about ten minutes
on two cores. The records are the same on the same machine, but for the times.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.report import progress
from resnet_viz.engine.recorded import ENDING, FOLDER, write_recorded
from resnet_viz.engine.store import Store
from resnet_viz.places import RUNS_VARIABLE, STORE_VARIABLE

RECORDINGS: Mapping[str, tuple[str, ...]] = {
    "default": (),
    "degradation": ("plain:20", "plain:56", "residual:20", "residual:56"),
}


def record(name: str, folder: Path) -> Path:
    """Train one experiment and write its records."""
    arms = [part for arm in RECORDINGS[name] for part in ("--arm", arm)]
    command = [sys.executable, "-m", "resnet_viz", "train", "--data", "cifar10", *arms]
    progress(f"{name}: {' '.join(command[1:])}")
    path = folder / f"{name}{ENDING}"
    with tempfile.TemporaryDirectory(prefix="resnet-viz-record-") as runs:
        environment = {**os.environ, RUNS_VARIABLE: runs}
        environment.pop(STORE_VARIABLE, None)
        subprocess.run(command, check=True, env=environment)
        store = Store(f"sqlite:///{runs}/runs.sqlite")
        try:
            (run,) = store.list()
            write_recorded(run, store.records(run.id), path)
        finally:
            store.close()
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(RECORDINGS), metavar="NAME", help=", ".join(RECORDINGS))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    chosen = parser.parse_args()
    for name in chosen.names:
        path = record(name, chosen.folder)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

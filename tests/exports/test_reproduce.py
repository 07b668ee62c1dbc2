"""The command and the script say the run that they came from: as values for any configuration, and as numbers once."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from hypothesis import given

from resnet_viz.__main__ import main
from resnet_viz.cli import train
from resnet_viz.config import DataConfig, ExperimentConfig, TrainConfig, default_experiment
from resnet_viz.engine.launcher import ROOT
from resnet_viz.engine.store import Store
from resnet_viz.exports import ExportError
from resnet_viz.exports.reproduce import (
    END,
    arguments,
    command_line,
    experiment_source,
    limits_sentence,
    resolved,
    script,
)
from resnet_viz.interventions import Planned, read_plan
from resnet_viz.net_config import NetConfig
from resnet_viz.places import RUNS_VARIABLE
from resnet_viz.records import Record, parse, without_times
from tests.exports.made import CONFIG, SAID, exported
from tests.factories import experiment, snapshot, started
from tests.strategies import experiments

MADE_OF = {kind.__name__: kind for kind in (DataConfig, ExperimentConfig, NetConfig, Planned, TrainConfig)}
TINY = ["train", "--data", "shapes", "--arm", "plain:8:4", "--arm", "residual:8:4~gate-2", "--train-size", "64"]
TINY += [
    "--test-size",
    "20",
    "--batch-size",
    "16",
    "--epochs",
    "1",
    "--threads",
    "1",
    "--seed",
    "7",
    "--precision",
    "fp32",
]
CHANGES = '{"learning_rate_factor":0.5,"step":2}\n{"extend_epochs":1,"step":4}\n'


class Submitted:
    """A manager that only notes what it is to run."""

    notice = None

    def __init__(self, *_: Any, **__: Any) -> None:
        self.config: ExperimentConfig | None = None

    def open(self) -> None: ...

    def close(self) -> None: ...

    def submit(self, config: ExperimentConfig, *_: Any) -> str:
        self.config = config
        return "run"


def understood(words: list[str]) -> ExperimentConfig | None:
    """The experiment that the real command line makes of its options."""
    managers = [Submitted()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "Manager", lambda *_, **__: managers[0])
        patch.setattr(train, "Store", lambda: None)
        patch.setattr(train, "_follow", lambda *_: 0)
        assert main(["train", *words]) == 0
    return managers[0].config


@given(experiments())
def test_the_command_line_gives_back_any_configuration(config: ExperimentConfig) -> None:
    assert understood(shlex.split(shlex.join(arguments(config)))) == config


@given(experiments())
def test_the_script_gives_back_any_configuration(config: ExperimentConfig) -> None:
    assert eval(experiment_source(config), {}, MADE_OF) == config
    compile(script(snapshot(config, [])), "script", "exec")


def test_only_what_is_needed_is_said() -> None:
    usual = ["--arm", "plain:56", "--arm", "residual:56", "--data", "cifar10", "--seed", "0"]
    assert arguments(default_experiment("cifar10")) == usual


def test_threads_and_precision_are_those_of_the_run() -> None:
    config = experiment(precision="auto")
    found = resolved(config, started(config, threads=3, precision="bf16")).train
    assert (found.threads, found.precision) == (3, "bf16")
    assert resolved(config, None) == config
    assert resolved(config, started(config, threads=384)).train.threads is None


def test_what_was_changed_is_a_file_before_the_command() -> None:
    first, *lines = command_line(exported().snapshot).splitlines()
    assert first == f"cat > changes.jsonl <<'{END}'"
    *said, end, command = lines
    assert read_plan("\n".join(said).encode()) == exported().snapshot.interventions
    assert end == END
    assert command.endswith("--interventions changes.jsonl")


def test_nothing_is_said_of_changes_where_there_were_none() -> None:
    quiet = snapshot(CONFIG, [record for record in SAID if record.kind != "intervention"])
    assert "changes" not in command_line(quiet)
    assert len(command_line(quiet).splitlines()) == 1
    assert "Planned" not in script(quiet)
    assert "Planned(learning_rate_factor=0.5, step=1)" in script(exported().snapshot)


@pytest.mark.parametrize("name", ["a,b", " ape", "ape "])
def test_a_class_that_no_command_line_can_name_is_a_sentence(name: str) -> None:
    data = DataConfig(name="shapes", classes=(name, "bee"))
    config = ExperimentConfig(arms=(NetConfig(num_classes=2),), data=data)
    with pytest.raises(ExportError, match="fits no command line"):
        arguments(config)
    assert eval(experiment_source(config), {}, MADE_OF) == config


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("finished", ""),
        ("stopped", "stopped after step 2"),
        ("interrupted", "broke off"),
        ("failed", "failed after step 2"),
        ("running", "still going"),
    ],
)
def test_where_the_repetition_differs_is_said(status: Any, says: str) -> None:
    sentence = limits_sentence(exported(status=status).snapshot)
    assert says in sentence
    assert bool(says) == bool(sentence)


@pytest.mark.usefixtures("no_data")
def test_command_and_script_give_the_same_numbers(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan").write_text(CHANGES)
    assert main([*TINY, "--interventions", str(tmp_path / "plan")]) == 0
    (run,) = Store().list()
    said = timeless(Store().records(run.id))
    assert sum(record["kind"] == "intervention" for record in said) == 2
    for name in ("again.sh", "again.py"):
        assert main(["runs", "export", run.id, "--out", str(tmp_path / name)]) == 0
    assert "again.py: " in capfd.readouterr().out

    environment = {**os.environ, "PYTHONPATH": str(ROOT), RUNS_VARIABLE: str(tmp_path / "others")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    commands = (["sh", "again.sh"], [sys.executable, "again.py"])
    both = [subprocess.Popen(one, cwd=tmp_path, env=environment, stdout=PIPE, stderr=PIPE) for one in commands]
    (_, errors), (printed, _) = (process.communicate(timeout=100) for process in both)
    assert [process.returncode for process in both] == [0, 0], errors
    assert timeless(map(parse, printed.splitlines())) == said
    others = Store(f"sqlite:///{tmp_path / 'others' / 'runs.sqlite'}")
    (other,) = others.list()
    assert timeless(others.records(other.id)) == said
    assert (tmp_path / f"weights-{run.id}" / "arm1.safetensors").is_file()


def timeless(records: Iterable[Record]) -> list[dict[str, Any]]:
    return [without_times(record) for record in records]

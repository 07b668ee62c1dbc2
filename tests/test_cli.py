"""The command line: exit codes, one line for each error, records that stay."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from resnet_viz.__main__ import main
from resnet_viz.engine.launcher import ROOT
from resnet_viz.engine.store import Store
from resnet_viz.places import MIRROR_VARIABLE, STORE_VARIABLE
from resnet_viz.records import parse
from tests.serving import unheard
from tests.waiting import until, workers

SMALL = ["--data", "shapes", "--arm", "plain:8:4", "--arm", "residual:8:4", "--train-size", "64"]
SMALL += ["--test-size", "20", "--batch-size", "16", "--threads", "1"]
TRAIN = ["train", *SMALL, "--epochs", "1"]

pytestmark = pytest.mark.usefixtures("no_data")


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    yield
    until(lambda: not workers(), 10)


def process(*arguments: str) -> "subprocess.Popen[str]":
    """The real program."""
    command = [sys.executable, "-m", "resnet_viz", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ}
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "--arm", "plain:21"], "depth must be 6n+2"),
        (["train", "--arm", "highway:20"], "highway:20: write KIND:DEPTH"),
        (["train", "--arm", "plain:20~gate-2"], "a plain net has none"),
        (["train", "--arm", "plain:20", "--preset", "deep"], "leave out --arm"),
        (["train", "--preset", "deepest"], "--preset"),
        (["train", "--arm", "plain"], "KIND:DEPTH"),
        (["train", *["--arm", "plain:8"] * 5], "arms"),
        (["train", "--train-size", "0"], "train_size"),
        (["train", "--train-size", "60000"], "at most 50,000"),
        (["train", "--learning-rate", "11"], "learning_rate"),
        (["train", "--learning-rate", "nan"], "learning_rate"),
        (["train", "--learning-rate", "much"], "--learning-rate"),
        (["train", "--data", "mnist"], "--data"),
        (["train", "--depht", "8"], "--depht"),
        (["runs", "list", "--limit", "0"], "--limit"),
        (["models", "download", "efficientnet-lite0"], "efficientnet-lite0"),
        (["nothing"], "nothing"),
    ],
)
def test_a_bad_option_is_one_line_and_exit_code_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    errors = [line for line in err.splitlines() if not line.startswith("CIFAR-10 is not on this machine")]
    assert len(errors) == 1
    assert says in errors[0]
    assert out == ""
    assert "Traceback" not in err


def test_train_prints_a_table_and_stores_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(TRAIN) == 0
    out = capfd.readouterr().out
    assert "plain-8" in out
    assert "finished" in out
    (run,) = Store().list()
    assert (run.origin, run.status) == ("cli", "finished")


@pytest.mark.thorough
def test_a_preset_is_trained_with_what_other_options_change(capfd: pytest.CaptureFixture[str]) -> None:
    budget = [*SMALL[:2], *SMALL[6:], "--epochs", "1"]
    assert main(["train", *budget, "--preset", "shallow", "--width", "4", "--seed", "3"]) == 0
    (run,) = Store().list()
    assert run.config.labels == ("plain-8", "residual-8")
    assert (run.config.arms[0].width, run.config.seed, run.config.train.epochs) == (4, 3, 1)
    assert "residual-8" in capfd.readouterr().out


def test_json_prints_records_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "--json"]) == 0
    out, err = capfd.readouterr()
    records = [parse(line) for line in out.splitlines()]
    assert [record.seq for record in records] == list(range(len(records)))
    assert records[-1].kind == "finished"
    assert err == ""
    assert main(["runs", "show", records[0].run, "--json"]) == 0
    assert capfd.readouterr().out == out  # the store keeps what was said


def test_ctrl_c_keeps_what_was_recorded_and_exits_130() -> None:
    with process("train", *SMALL, "--epochs", "200", "--train-size", "5000", "--json") as program:
        assert program.stdout is not None
        while json.loads(program.stdout.readline())["kind"] != "step":
            pass
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=30)
    assert program.returncode == 130
    store = Store()
    (run,) = store.list()
    assert run.status == "stopped"
    assert any(record.kind == "step" for record in store.records(run.id))


@pytest.mark.thorough
def test_a_killed_program_leaves_an_interrupted_run() -> None:
    with process("train", *SMALL, "--epochs", "200", "--train-size", "5000", "--json") as program:
        assert program.stdout is not None
        step = 0
        while step < 200:  # more than the writer keeps back
            step = json.loads(program.stdout.readline()).get("step", 0)
        program.kill()
        program.communicate(timeout=30)
    store = Store()
    store.mark_interrupted()
    (run,) = store.list()
    assert run.status == "interrupted"
    assert any(record.kind == "step" for record in store.records(run.id))


@pytest.mark.thorough
def test_when_every_arm_diverges_the_exit_code_is_1(capfd: pytest.CaptureFixture[str]) -> None:
    wild = ["--no-batch-norm", "--learning-rate", "10", "--schedule", "constant", "--epochs", "20", "--width", "16"]
    arms = ["--arm", "plain:20", "--arm", "residual:56"]
    size = ["--train-size", "128", "--test-size", "20", "--batch-size", "16", "--threads", "1"]
    assert main(["train", "--data", "shapes", *arms, *size, *wild]) == 1
    err = capfd.readouterr().err
    assert "Every net diverged" in err
    assert "Traceback" not in err
    assert Store().list()[0].status == "failed"


def test_missing_data_fails_with_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", "cifar10", "--epochs", "1"]) == 1
    assert "CIFAR-10 is not on this machine" in capfd.readouterr().err


def test_a_data_dir_that_does_not_exist_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data-dir", "no/such/folder"]) == 1
    assert "no/such/folder" in capfd.readouterr().err


def test_a_store_that_is_no_database_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter").write_text("Dear reader, " * 100)
    monkeypatch.setenv(STORE_VARIABLE, f"sqlite:///{tmp_path / 'letter'}")
    assert main(TRAIN) == 1
    err = capfd.readouterr().err
    assert "is not a database" in err
    assert len(err.splitlines()) == 1


def test_a_locked_store_is_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    store = Store()
    other = sqlite3.connect(store.folder.parent / "runs.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert main(TRAIN) == 1
    other.close()
    assert "locked by another program" in capfd.readouterr().err


def test_a_full_disk_is_one_sentence_and_exit_code_1(little_disk: None, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "--epochs", "20"]) == 1
    err = capfd.readouterr().err
    assert "is full" in err
    assert "Traceback" not in err
    assert len(Store().list()) == 1  # what was stored stays


@pytest.mark.thorough
def test_a_killed_worker_is_one_sentence_and_exit_code_1() -> None:
    with process("train", *SMALL, "--epochs", "200", "--train-size", "5000", "--json") as program:
        assert program.stdout is not None
        assert program.stderr is not None
        while json.loads(program.stdout.readline())["kind"] != "step":
            pass
        psutil.Process(program.pid).children()[0].kill()
        _, err = program.communicate(timeout=30)
    assert program.returncode == 1
    assert "ended from outside" in err
    assert Store().list()[0].status == "interrupted"


def test_runs_are_listed_shown_exported_and_deleted(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["runs", "list"]) == 0
    listed = capfd.readouterr().out
    assert "recorded" in listed  # what ships is there before anything was trained
    assert "cli" not in listed
    assert main(TRAIN) == 0
    run = Store().list()[0].id
    weights = Store().folder / run
    assert weights.exists()
    capfd.readouterr()
    assert main(["runs", "list"]) == 0
    assert run in capfd.readouterr().out
    assert main(["runs", "show", run]) == 0
    assert "plain-8" in capfd.readouterr().out
    out = tmp_path / "kept.jsonl.gz"
    assert main(["runs", "export", run, "--out", str(out)]) == 0
    assert out.stat().st_size > 1000
    assert main(["runs", "export", run, "--format", "records", "--out", str(tmp_path / "kept.csv")]) == 1
    assert "must end in .jsonl.gz" in capfd.readouterr().err
    assert main(["runs", "delete", run]) == 0
    assert not weights.exists()
    assert main(["runs", "show", run]) == 1
    assert "There is no run" in capfd.readouterr().err


def test_data_status_says_what_is_missing(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "status"]) == 0
    assert "data download cifar10" in capfd.readouterr().out


def test_a_download_without_a_network_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"  # nobody listens there
    monkeypatch.setenv(MIRROR_VARIABLE, f"http://{address}")
    assert main(["data", "download", "cifar10"]) == 1
    err = capfd.readouterr().err
    assert f"no connection to {address}" in err
    assert "Traceback" not in err


def test_weights_without_a_network_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with unheard() as address:
        monkeypatch.setenv(MIRROR_VARIABLE, f"http://{address}")
        assert main(["models", "download", "resnet18"]) == 1
    out, err = capfd.readouterr()
    (sentence,) = (line for line in err.splitlines() if line.startswith("error: "))
    assert sentence.startswith(f"error: ResNet-18 can't be fetched: no connection to {address}.")
    assert "Traceback" not in err
    assert out == ""
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]

"""`runs export`: each form of a run as a file, and one line for what can't be written."""

import json
from pathlib import Path

import pandas as pd
import pytest

from resnet_viz.__main__ import main
from resnet_viz.cli.runs import ENDINGS
from resnet_viz.exports import events


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_ending_says_the_format(ending: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / f"run{ending}"
    assert main(["runs", "export", "default", "--out", str(out)]) == 0
    assert capfd.readouterr().out == f"{out}: {out.stat().st_size / 1000:.0f} kB\n"
    start = {".csv": b"run,seed,arm,net", ".json": b"{", ".html": b"<!doctype", ".sh": b"python -m", ".py": b'"""Makes'}
    assert out.read_bytes().startswith(start.get(ending, b"\x1f\x8b"))


def test_the_files_have_what_was_asked_for(tmp_path: Path) -> None:
    epochs, document, zipped = (tmp_path / name for name in ("a.csv", "b.txt", "c.zip"))
    assert main(["runs", "export", "default", "--out", str(epochs), "--table", "epochs"]) == 0
    assert len(pd.read_csv(epochs)) == 16
    assert main(["runs", "export", "default", "--out", str(document), "--format", "json"]) == 0
    assert json.loads(document.read_text())["run"]["id"] == "default"
    assert main(["runs", "export", "default", "--out", str(zipped), "--format", "tensorboard"]) == 0
    assert zipped.read_bytes().startswith(b"PK")


def test_several_runs_go_into_one_table(tmp_path: Path) -> None:
    out = tmp_path / "runs.csv"
    assert main(["runs", "export", "default", "deep", "--out", str(out), "--table", "epochs"]) == 0
    epochs = pd.read_csv(out)
    assert list(epochs.run.unique()) == ["default", "deep"]
    assert set(epochs.seed) == {0}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["default", "deep", "--out", "run.json"], 2, "Several runs fit into a csv only"),
        (["default", "deep", "--out", "run.zip", "--format", "weights"], 2, "Several runs fit into a csv only"),
        (["default", "nosuchrun", "--out", "run.csv"], 1, "There is no run 'nosuchrun'"),
        (["--out", "run.csv"], 2, "RUN"),
        (["default", "--out", "run.zip"], 2, "The ending of run.zip says no format"),
        (["default", "--out", "run.json", "--table", "steps"], 2, "--table chooses a table of csv"),
        (["default", "--out", "no/such/folder/run.json"], 2, "no/such/folder"),
        (["default", "--out", "run.zip", "--format", "weights"], 1, "come without weights"),
        (["default", "--out", "run.csv", "--format", "records"], 1, "must end in .jsonl.gz"),
        (["nosuchrun", "--out", "run.json"], 1, "There is no run 'nosuchrun'"),
    ],
)
def test_what_can_not_be_written_is_one_line_and_no_file(
    arguments: list[str], code: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["runs", "export", *arguments]) == code
    err = capfd.readouterr().err
    assert says in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.glob("run*.*"))


def test_without_tensorboardx_the_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(events, "find_spec", lambda _: None)
    assert main(["runs", "export", "default", "--out", str(tmp_path / "run.zip"), "--format", "tensorboard"]) == 1
    assert "pip install" in capfd.readouterr().err

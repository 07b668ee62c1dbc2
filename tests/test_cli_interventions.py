"""Changes of a run from the command line: read from a file, written from a stored run."""

import io
from pathlib import Path

import pytest

from resnet_viz.__main__ import main
from resnet_viz.engine.store import Store
from resnet_viz.records import Step, parse

TRAIN = ["train", "--data", "shapes", "--arm", "residual:8:4", "--train-size", "64", "--test-size", "20"]
TRAIN += ["--batch-size", "16", "--threads", "1", "--epochs", "1", "--schedule", "constant"]
LINES = '{"learning_rate_factor":0.1,"step":2}\n{"extend_epochs":1,"step":4}\n'

pytestmark = pytest.mark.usefixtures("no_data")


@pytest.mark.thorough
def test_a_run_follows_its_file_and_gives_it_back(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "changes.jsonl"
    path.write_text(LINES)
    assert main([*TRAIN, "--interventions", str(path), "--json"]) == 0
    records = [parse(line) for line in capfd.readouterr().out.splitlines()]
    rates = [record.learning_rate for record in records if isinstance(record, Step)]
    assert rates == pytest.approx([0.1] * 2 + [0.01] * 6)
    assert main(["runs", "show", records[0].run, "--interventions"]) == 0
    assert capfd.readouterr().out == LINES
    assert main(["runs", "show", "degradation", "--interventions"]) == 0
    assert capfd.readouterr().out == ""  # nothing was changed in a recording of the first version


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"step": 1}\n', "line 1: give one of learning_rate_factor and extend_epochs"),
        ("slower, please", "line 1: this is not JSON"),
        ('{"step": 5, "learning_rate_factor": 0.1}', "its last step is 4"),
        ('[{"step": 1, "learning_rate_factor": 101}]', "must be at most 100 after step 1"),
    ],
)
def test_a_bad_file_is_one_line_exit_code_2_and_no_run(
    content: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "changes.jsonl"
    path.write_text(content)
    assert main([*TRAIN, "--interventions", str(path)]) == 2
    out, err = capsys.readouterr()
    assert len(err.splitlines()) == 1
    assert err.startswith("error: ")
    assert says in err
    assert out == ""
    assert Store().list() == []


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "--interventions", "no/such/file"]) == 2
    assert "no/such/file" in capsys.readouterr().err


def test_the_file_may_come_from_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"{")))
    assert main([*TRAIN, "--interventions", "-"]) == 2
    assert "line 1: this is not JSON" in capsys.readouterr().err

"""`runs list --search`, `runs rename`, `runs note`, `runs delete`: the library from the command line."""

import pytest

from resnet_viz.__main__ import main
from resnet_viz.engine.store import Store
from tests.engine.fakes import TINY


@pytest.fixture
def run() -> str:
    """A run that is over."""
    store = Store()
    made = store.create(TINY, "cli").id
    store.set_status(made, "stopped")
    store.close()
    return made


def test_a_run_is_named_noted_and_found(run: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "rename", run, "[bold]Ada[/bold]"]) == 0
    assert main(["runs", "note", run, "for the talk"]) == 0
    assert main(["runs", "list", "--search", "ada TALK"]) == 0
    out = capfd.readouterr().out
    assert run in out
    assert "[bold]" in out  # a name is text
    assert "default" not in out
    assert main(["runs", "show", run]) == 0
    assert "for the talk" in capfd.readouterr().out


def test_words_that_no_run_has_are_one_sentence(run: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "list", "--search", "nowhere"]) == 0
    out = capfd.readouterr().out
    assert "No run has all of these words" in out
    assert run not in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rename", "default", "mine"], "recording that comes with the project"),
        (["rename", "nosuchrun", "mine"], "There is no run 'nosuchrun'"),
        (["delete", "default"], "read-only"),
    ],
)
def test_what_can_not_be_done_is_one_line_and_exit_code_1(
    arguments: list[str], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", *arguments]) == 1
    err = capfd.readouterr().err
    assert says in err
    assert "Traceback" not in err


def test_too_long_a_name_is_refused_and_the_run_is_left_alone(run: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "rename", run, "x" * 81]) == 1
    assert "at most 80 characters" in capfd.readouterr().err
    assert Store().run(run).name == ""


def test_a_run_is_deleted(run: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "delete", run]) == 0
    assert capfd.readouterr().out == f"run {run} is deleted\n"
    assert Store().list() == []

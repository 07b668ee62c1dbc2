"""The menu of exports on the page of a race: what can be had, what can not and why, and how to run it again."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import NoSuchRun, Store
from resnet_viz.exports import FORMATS, events
from resnet_viz.places import weights_name
from resnet_viz.records import Finished, Intervention
from resnet_viz.ui.export_view import _content, _joint
from tests.engine.fakes import TINY, FakeLauncher
from tests.waiting import until


def shown(app: AppTest, run: str) -> dict[str, Any]:
    """The buttons of the menu, by the name of their format."""
    app.query_params["run"] = run
    app.run()
    assert not app.exception
    start = "export_"
    buttons = {one.key: one.proto for one in app.get("download_button") if one.key and one.key.startswith(start)}
    return {key.removeprefix(start).removesuffix(f"_{run}"): proto for key, proto in buttons.items()}


def captions(app: AppTest) -> str:
    return "\n".join(str(caption.value) for caption in app.caption)


def run_again(app: AppTest) -> list[str]:
    """The command and the script."""
    return [code.value for code in app.code if "resnet_viz" in code.value]


def test_a_run_that_ships_has_every_export_but_weights(app: AppTest, manager: Manager) -> None:
    buttons = shown(app, "default")
    assert [name for name, button in buttons.items() if button.disabled] == ["weights"]
    assert set(buttons) == set(FORMATS) - {"command", "script"}
    assert "come without weights" in captions(app)
    command, program = run_again(app)
    assert command.startswith("python -m resnet_viz train --arm plain:56 --arm residual:56 --data cifar10")
    assert 'NetConfig(depth=56, shortcut="none", width=16)' in program
    assert "still going" not in captions(app)


def test_a_run_with_weights_and_changes_offers_both(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    run = manager.submit(TINY, "t")
    worker = launcher.workers[0]
    worker.start()
    worker.step(1)
    until(lambda: manager.snapshot(run).seq == 2)
    buttons = shown(app, run)
    assert buttons["weights"].disabled
    assert "a file has what is there when you ask for it" in captions(app)
    assert "what is changed from now on is not in it" in captions(app)

    worker.say(Intervention(step=1, learning_rate_factor=0.1), Finished(reason="completed", step=1))
    until(lambda: not manager.snapshot(run).is_active)
    folder = Store().folder / run
    folder.mkdir(parents=True)
    (folder / weights_name(1)).write_bytes(b"weights")
    buttons = shown(app, run)
    assert not any(button.disabled for button in buttons.values())
    assert "--interventions changes.jsonl" in run_again(app)[0]


def test_without_tensorboardx_its_button_is_off_and_a_sentence_says_what_to_install(
    app: AppTest, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "find_spec", lambda _: None)
    assert shown(app, "default")["tensorboard"].disabled
    assert "pip install" in captions(app)


def of_a_run_that_was_deleted() -> None:
    from resnet_viz.ui import engine
    from resnet_viz.ui.export_view import exports

    exports(engine.manager(), "deleted")


def test_what_the_store_can_not_give_is_a_sentence(manager: Manager) -> None:
    app = AppTest.from_function(of_a_run_that_was_deleted).run()
    assert not app.exception
    assert "There is no run 'deleted'" in app.error[0].value
    assert not app.get("popover")


def test_a_page_without_a_run_has_no_exports(app: AppTest, manager: Manager) -> None:
    app.run()
    assert not app.exception
    assert not [one for one in app.get("download_button") if str(one.key).startswith("export_")]


def test_what_was_just_said_is_exported_though_it_is_not_yet_stored(manager: Manager, launcher: FakeLauncher) -> None:
    run = manager.submit(TINY, "t")
    launcher.workers[0].start()
    launcher.workers[0].step(1)
    until(lambda: manager.snapshot(run).seq == 2)
    assert [record.seq for record in manager.library.records(run)] == [0, 1, 2]
    assert manager.library.weights(manager.library.run(run)) == []


def joint(app: AppTest) -> list[str]:
    return [one.proto.label for one in app.get("download_button") if "compared" in one.key or "group" in one.key]


def test_compared_runs_have_one_table_of_each_kind(app: AppTest, manager: Manager) -> None:
    app.run()
    app.query_params["runs"] = "default.deep"
    app.switch_page("library.py").run()
    assert not app.exception
    assert joint(app) == ["Steps CSV", "Epochs CSV", "Gradients CSV"]
    both = _joint(manager.library, ["default", "deep"], "epochs").decode().splitlines()
    assert len(both) == 1 + sum(
        len(_content(manager.library, run, "epochs").splitlines()) - 1 for run in ("default", "deep")
    )


def test_a_table_of_a_run_that_is_gone_is_refused_in_the_log(
    manager: Manager, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(NoSuchRun):
        _joint(manager.library, ["default", "deleted"], "steps")
    assert "export of 2 runs as steps: There is no run 'deleted'" in caplog.text

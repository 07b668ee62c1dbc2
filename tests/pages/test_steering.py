"""The controls of a race: what may be changed while it runs, and what the page says of it."""

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import Store
from resnet_viz.interventions import Change
from resnet_viz.records import Intervention, Paused
from tests.engine.fakes import TINY, FakeLauncher, FakeWorker
from tests.waiting import until


def running(app: AppTest, manager: Manager, launcher: FakeLauncher) -> tuple[str, FakeWorker]:
    """A race of one step, on the page."""
    run = manager.submit(TINY, "t")
    worker = launcher.workers[0]
    worker.start()
    worker.step(1)
    until(lambda: manager.snapshot(run).seq == 2)
    app.query_params["run"] = run
    app.run()
    assert not app.exception
    return run, worker


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (app.markdown, app.caption, app.warning) for element in kind)


def apply(app: AppTest, key: str) -> None:
    next(button for button in app.button if button.key == f"apply_{key}").click().run()
    assert not app.exception


def test_a_factor_is_applied_to_the_rate(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    run, worker = running(app, manager, launcher)
    assert app.number_input(key=f"factor_{run}").value == 1.0
    assert "The schedule says" in texts(app)
    app.number_input(key=f"factor_{run}").set_value(0.1).run()
    assert worker.actions == []  # not before Apply
    app.number_input(key=f"factor_{run}").set_value(0.1)
    apply(app, f"factor_{run}")
    assert worker.actions == [Change(learning_rate_factor=0.1)]
    assert not app.warning


def test_a_race_is_extended(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    run, worker = running(app, manager, launcher)
    app.number_input(key=f"more_{run}").set_value(3)
    apply(app, f"more_{run}")
    assert worker.actions == [Change(extend_epochs=3)]


def test_a_paused_race_can_be_changed(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    run, worker = running(app, manager, launcher)
    worker.say(Paused(step=1))
    until(lambda: manager.snapshot(run).status == "paused")
    app.run()
    app.number_input(key=f"factor_{run}").set_value(2.0)
    apply(app, f"factor_{run}")
    assert worker.actions == [Change(learning_rate_factor=2)]


def test_what_was_changed_is_said_below_the_header(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    run, worker = running(app, manager, launcher)
    assert "After step 1: " not in texts(app)
    worker.say(Intervention(step=1, learning_rate_factor=0.1), Intervention(step=1, extend_epochs=2))
    until(lambda: len(manager.snapshot(run).interventions) == 2)
    app.run()
    assert "- After step 1: the learning rate is 0.1 times what the schedule says." in texts(app)
    assert "- After step 1: 2 more epochs" in texts(app)
    assert "; times 0.1, that is" in texts(app)
    assert any("step 1 of 16, epoch 1 of 4" in str(bar.proto.text) for bar in app.get("progress"))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("factor", 1e6, "the factor on the learning rate must be at most 100"),
        ("factor", 0.0, "learning_rate_factor: input should be greater than 0"),
        ("more", 199, "a run has at most 200 epochs"),
        ("more", 99999, "extend_epochs: input should be less than or equal to 200"),
    ],
)
def test_a_change_beyond_the_limits_is_one_sentence(
    app: AppTest, manager: Manager, launcher: FakeLauncher, name: str, value: float, says: str
) -> None:
    run, worker = running(app, manager, launcher)
    app.number_input(key=f"{name}_{run}").set_value(value)
    apply(app, f"{name}_{run}")
    assert worker.actions == []
    assert len(app.warning) == 1
    assert says in app.warning[0].value
    app.number_input(key=f"{name}_{run}").set_value(1)
    apply(app, f"{name}_{run}")
    assert len(worker.actions) == 1
    assert not app.warning


def test_a_change_that_comes_when_the_race_is_over_says_so(
    app: AppTest, manager: Manager, launcher: FakeLauncher
) -> None:
    run, worker = running(app, manager, launcher)
    worker.finish()
    until(lambda: manager.snapshot(run).status == "finished")
    apply(app, f"more_{run}")  # the page was drawn before it ended
    assert "is over and stays so" in app.warning[0].value
    assert not [button for button in app.button if button.key == f"apply_more_{run}"]
    assert worker.actions == []


def test_a_change_that_the_race_was_too_late_for_is_told(
    app: AppTest, manager: Manager, launcher: FakeLauncher
) -> None:
    run, worker = running(app, manager, launcher)
    apply(app, f"more_{run}")
    worker.finish()  # after its last look at what is asked
    until(lambda: manager.snapshot(run).status == "finished")
    app.run()
    assert "came too late" in app.warning[0].value


def test_a_race_of_another_program_shows_its_controls_disabled_and_why(
    app: AppTest, manager: Manager, launcher: FakeLauncher, store_of_others: Store
) -> None:
    run = store_of_others.create(TINY, "cli").id
    store_of_others.set_status(run, "running")
    app.query_params["run"] = run
    app.run()
    assert not app.exception
    assert "Another program runs this race" in texts(app)
    controls = [button for button in app.button if button.key in (f"hold_{run}", f"step_{run}", f"stop_{run}")]
    assert [button.disabled for button in controls] == [True] * 3
    change = next(popover for popover in app.get("popover") if popover.proto.popover.label == "Change")
    assert change.proto.popover.disabled
    assert "can't be changed from here" in change.proto.popover.help


def test_a_race_that_has_not_begun_can_not_be_changed_yet(
    app: AppTest, manager: Manager, launcher: FakeLauncher
) -> None:
    running(app, manager, launcher)
    app.query_params["run"] = manager.submit(TINY, "later")
    app.run()
    change = next(popover for popover in app.get("popover") if popover.proto.popover.label == "Change")
    assert change.proto.popover.disabled
    assert "has not begun" in change.proto.popover.help


@pytest.fixture
def store_of_others(manager: Manager) -> Store:
    """The same store, as another program has it open."""
    return Store()

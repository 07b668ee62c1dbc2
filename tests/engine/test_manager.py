"""The manager's rules, with workers that do as they are told."""

import pytest

from resnet_viz.config import ConfigError
from resnet_viz.engine import manager as manager_module
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.protocol import TrainJob
from resnet_viz.engine.store import NoSuchRun, Store, StoreError
from resnet_viz.interventions import Change, Planned
from resnet_viz.records import Failed, Finished, Intervention, Paused, Record, Resumed, parse
from tests.engine.fakes import TINY, FakeLauncher, FakeWorker
from tests.waiting import until


def started(manager: Manager, launcher: FakeLauncher, token: str = "t") -> tuple[str, FakeWorker]:
    """Submit an experiment and let its worker begin."""
    run = manager.submit(TINY, token)
    until(lambda: launcher.worker_of(run))
    worker = launcher.worker_of(run)
    assert worker is not None
    worker.start()
    until(lambda: status(manager, run) == "running")
    return run, worker


def status(manager: Manager, run: str) -> str:
    snapshot = manager.snapshot(run)
    assert snapshot is not None
    return snapshot.status


def test_a_worker_is_warmed_before_anyone_asks(manager: Manager, launcher: FakeLauncher) -> None:
    assert len(launcher.workers) == 1
    assert not manager.warm
    launcher.workers[0].say_ready()
    until(lambda: manager.warm)


def test_five_clicks_on_one_form_make_one_run(manager: Manager, launcher: FakeLauncher, store: Store) -> None:
    assert len({manager.submit(TINY, "form") for _ in range(5)}) == 1
    assert len(store.list()) == 1
    assert manager.submit(TINY, "another form") not in {run.id for run in store.list()[1:]}
    assert len(store.list()) == 2


def test_a_second_run_queues_and_starts_by_itself(manager: Manager, launcher: FakeLauncher) -> None:
    first, worker = started(manager, launcher, "a")
    second, third = manager.submit(TINY, "b"), manager.submit(TINY, "c")
    behind = [manager.snapshot(run).queued_behind for run in (first, second, third)]
    assert behind == [0, 1, 2]
    assert launcher.worker_of(second) is None
    worker.finish()
    until(lambda: launcher.worker_of(second))
    assert status(manager, first) == "finished"
    assert manager.snapshot(third).queued_behind == 1


def test_a_queued_run_can_be_stopped_before_it_starts(manager: Manager, launcher: FakeLauncher) -> None:
    _, worker = started(manager, launcher, "a")
    second = manager.submit(TINY, "b")
    manager.steer(second, "stop")
    assert status(manager, second) == "stopped"
    assert worker.actions == []  # the one that runs is left alone
    worker.finish()
    until(lambda: len(launcher.workers) == 2)
    assert launcher.worker_of(second) is None


def test_steering_reaches_the_worker_of_that_run_only(manager: Manager, launcher: FakeLauncher) -> None:
    run, worker = started(manager, launcher)
    manager.steer(run, "pause")
    manager.steer("another", "stop")
    assert worker.actions == ["pause"]


def test_a_change_reaches_the_worker_and_comes_back_as_a_record(
    manager: Manager, launcher: FakeLauncher, store: Store
) -> None:
    run, worker = started(manager, launcher)
    changes = [Change(learning_rate_factor=0.1), Change(extend_epochs=2)]
    for change in changes:
        manager.steer(run, change)
    assert worker.actions == changes
    assert manager.snapshot(run).interventions == ()  # it is the worker that says when it holds
    worker.say(Intervention(step=3, extend_epochs=2))
    until(lambda: manager.snapshot(run).interventions)
    assert manager.snapshot(run).course.epochs == 4
    until(lambda: [record.kind for record in store.records(run)] == ["started", "intervention"])


def test_a_change_beyond_the_limits_is_never_sent(manager: Manager, launcher: FakeLauncher) -> None:
    run, worker = started(manager, launcher)
    with pytest.raises(ConfigError, match="the factor on the learning rate must be at most 100"):
        manager.steer(run, Change(learning_rate_factor=101))
    with pytest.raises(ConfigError, match="at most 200 epochs"):
        manager.steer(run, Change(extend_epochs=199))
    assert worker.actions == []


def test_a_run_that_has_not_begun_or_is_over_can_not_be_changed(manager: Manager, launcher: FakeLauncher) -> None:
    run, worker = started(manager, launcher)
    queued = manager.submit(TINY, "queued")
    with pytest.raises(ConfigError, match="has not begun"):
        manager.steer(queued, Change(extend_epochs=1))
    worker.finish()
    until(lambda: status(manager, run) == "finished")
    with pytest.raises(ConfigError, match="is over and stays so"):
        manager.steer(run, Change(extend_epochs=1))
    assert worker.actions == []


def test_a_change_that_comes_too_late_for_the_worker_is_told_by_the_run(
    manager: Manager, launcher: FakeLauncher, store: Store
) -> None:
    run, worker = started(manager, launcher)
    manager.steer(run, Change(learning_rate_factor=0.1))
    worker.say(Intervention(step=1, learning_rate_factor=0.1))
    manager.steer(run, Change(extend_epochs=1))
    worker.finish()  # it was past its last look at what is asked
    until(lambda: status(manager, run) == "finished")
    assert "came too late" in (manager.snapshot(run).message or "")
    until(lambda: store.run(run).message == manager.snapshot(run).message)


def test_a_run_that_made_every_change_has_nothing_to_tell(manager: Manager, launcher: FakeLauncher) -> None:
    run, worker = started(manager, launcher)
    manager.steer(run, Change(extend_epochs=1))
    worker.say(Intervention(step=3, extend_epochs=1))
    worker.finish()
    until(lambda: status(manager, run) == "finished")
    assert manager.snapshot(run).message is None


def test_a_plan_goes_to_the_worker_with_its_experiment(manager: Manager, launcher: FakeLauncher) -> None:
    slower = Planned(step=2, learning_rate_factor=0.1)
    run = manager.submit(TINY, "planned", plan=[slower])
    worker = launcher.worker_of(run)
    assert worker is not None
    assert [command.plan for command in worker.sent if isinstance(command, TrainJob)] == [(slower,)]
    waits = manager.submit(TINY, "stopped before it began", plan=[slower])
    manager.steer(waits, "stop")
    assert status(manager, waits) == "stopped"


def test_a_plan_that_does_not_fit_begins_no_run(manager: Manager, store: Store) -> None:
    with pytest.raises(ConfigError, match="its last step is 8"):
        manager.submit(TINY, "t", plan=[Planned(step=9, extend_epochs=1)])
    assert store.list() == []


def test_pause_and_resume_are_seen_in_the_store(manager: Manager, launcher: FakeLauncher, store: Store) -> None:
    run, worker = started(manager, launcher)
    worker.say(Paused(step=0))
    until(lambda: store.run(run).status == "paused")
    worker.say(Resumed(step=0))
    until(lambda: store.run(run).status == "running")


def test_a_killed_worker_leaves_an_interrupted_run_with_its_records(
    manager: Manager, launcher: FakeLauncher, store: Store
) -> None:
    run, worker = started(manager, launcher)
    worker.step(1)
    worker.say_line('{"kind":"step","arm":0,"ep')  # it was killed in the middle of a line
    worker.end(-9)
    until(lambda: store.run(run).status == "interrupted")
    assert [record.kind for record in store.records(run)] == ["started", "step", "step"]
    assert "Everything recorded" in (store.run(run).message or "")
    until(lambda: len(launcher.workers) == 2)  # the next one is being warmed


def test_a_worker_that_fails_unexpectedly_says_its_last_words(
    manager: Manager, launcher: FakeLauncher, store: Store
) -> None:
    run, worker = started(manager, launcher)
    worker.last_words = "RuntimeError: out of paper"
    worker.end(1)
    until(lambda: store.run(run).status == "failed")
    assert "out of paper" in (store.run(run).message or "")


def test_a_failed_record_fails_the_run_with_its_sentence(
    manager: Manager, launcher: FakeLauncher, store: Store
) -> None:
    run, worker = started(manager, launcher)
    worker.say(Failed(message="No data. Fetch it."))
    worker.end(0)
    until(lambda: store.run(run).status == "failed")
    assert store.run(run).message == "No data. Fetch it."
    assert manager.snapshot(run).message == "No data. Fetch it."


def test_a_worker_that_ignores_stop_is_killed(
    manager: Manager, launcher: FakeLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager_module, "STOP_GRACE_S", 0.05)
    run, worker = started(manager, launcher)
    manager.steer(run, "stop")
    until(lambda: worker.killed)
    until(lambda: status(manager, run) == "stopped")


def test_a_stopped_run_is_not_killed(manager: Manager, launcher: FakeLauncher) -> None:
    run, worker = started(manager, launcher)
    manager.steer(run, "stop")
    worker.say(Finished(reason="stopped", step=0))
    worker.end(0)
    until(lambda: status(manager, run) == "stopped")
    assert not worker.killed


def test_closing_marks_what_still_ran_as_interrupted(store: Store, launcher: FakeLauncher) -> None:
    manager = Manager(store, launcher)
    manager.open()
    run, _ = started(manager, launcher, "a")
    queued = manager.submit(TINY, "b")
    manager.close()
    after = Store()
    assert {after.run(run).status, after.run(queued).status} == {"interrupted"}
    after.close()


def test_a_run_of_another_process_is_followed_through_the_store(
    manager: Manager, launcher: FakeLauncher, store: Store
) -> None:
    run = store.create(TINY, "cli").id
    assert status(manager, run) == "queued"
    source = FakeWorker()
    source.sent.append(TrainJob(run=run, config=TINY))
    source.start()
    source.step(1)
    source.end(0)
    store.append(list(map(parse, source.lines())))
    assert manager.snapshot(run).step == 1
    assert not manager.is_own(run)
    manager.steer(run, "stop")
    assert status(manager, run) == "running"


def test_an_unknown_run_is_named(manager: Manager) -> None:
    with pytest.raises(NoSuchRun, match="nobody"):
        manager.snapshot("nobody")


def test_a_full_disk_loses_nothing(
    manager: Manager, launcher: FakeLauncher, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, worker = started(manager, launcher)
    until(lambda: store.run(run).status == "running")
    write = store.append

    def full(_: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(store, "append", full)
    worker.step(1)
    until(lambda: manager.notice)
    assert "disk is full" in (manager.notice or "")
    assert manager.snapshot(run).step == 1  # the page goes on
    monkeypatch.setattr(store, "append", write)
    until(lambda: manager.notice is None)
    assert [record.seq for record in store.records(run)] == [0, 1, 2]


def test_the_listener_hears_every_record(store: Store, launcher: FakeLauncher) -> None:
    heard: list[Record] = []
    manager = Manager(store, launcher, keep_warm=False, listener=heard.append)
    manager.open()
    assert launcher.workers == []
    _, worker = started(manager, launcher)
    worker.step(1)
    worker.finish()
    until(lambda: len(heard) == 4)
    manager.close()
    assert [record.seq for record in heard] == [0, 1, 2, 3]
    assert len(launcher.workers) == 1

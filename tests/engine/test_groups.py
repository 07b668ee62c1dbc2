"""One experiment over several seeds: queued once, one after another, stopped together."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from resnet_viz.charts.verdict import is_complete, verdict
from resnet_viz.config import ConfigError
from resnet_viz.engine import groups
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.protocol import TrainJob
from resnet_viz.engine.store import NoSuchRun, Store, StoreError
from resnet_viz.interventions import Planned
from tests.engine.fakes import TINY, FakeLauncher
from tests.waiting import until, workers


def ids(manager: Manager, group: str) -> list[str]:
    return [run.id for run in groups.members(manager, group)]


def statuses(manager: Manager, group: str) -> list[str]:
    return [snapshot.status for snapshot in groups.snapshots(manager, ids(manager, group))]


def test_a_group_is_queued_seed_by_seed_behind_what_runs(manager: Manager, launcher: FakeLauncher) -> None:
    config = TINY.model_copy(update={"seed": 4})
    earlier = manager.submit(TINY, "before")
    group = groups.submit(manager, config, "t", 3)
    runs = groups.members(manager, group)
    assert [run.config.seed for run in runs] == [4, 5, 6]
    assert {run.config.model_copy(update={"seed": 4}) for run in runs} == {config}
    behind = [snapshot.queued_behind for snapshot in groups.snapshots(manager, ids(manager, group))]
    assert behind == [1, 2, 3]
    assert launcher.worker_of(earlier) is not None
    assert launcher.worker_of(runs[0].id) is None


def test_the_same_token_gives_the_same_group_even_at_once(manager: Manager, store: Store) -> None:
    with ThreadPoolExecutor(5) as clicks:
        found = list(clicks.map(lambda _: groups.submit(manager, TINY, "form", 3), range(5)))
    assert len(set(found)) == 1
    assert len(store.list()) == 3
    assert groups.submit(manager, TINY, "another form", 2) != found[0]
    assert len(store.list()) == 5


def test_one_seed_begins_when_the_one_before_is_over(manager: Manager, launcher: FakeLauncher) -> None:
    group = groups.submit(manager, TINY, "t", 2)
    first, second = ids(manager, group)
    worker = launcher.worker_of(first)
    assert worker is not None
    worker.start()
    until(lambda: statuses(manager, group) == ["running", "queued"])
    assert launcher.worker_of(second) is None
    worker.finish()
    until(lambda: launcher.worker_of(second))
    assert statuses(manager, group) == ["finished", "queued"]


def test_stop_drops_the_queued_seeds_and_stops_the_one_that_runs(manager: Manager, launcher: FakeLauncher) -> None:
    group = groups.submit(manager, TINY, "t", 3)
    first, second, third = ids(manager, group)
    other = manager.submit(TINY, "another race")
    worker = launcher.worker_of(first)
    assert worker is not None
    worker.start()
    until(lambda: statuses(manager, group)[0] == "running")
    groups.stop(manager, [first, second, third])
    assert worker.actions == ["stop"]
    assert statuses(manager, group)[1:] == ["stopped", "stopped"]
    worker.end(0)
    until(lambda: launcher.worker_of(other))  # what is no seed of it goes on
    assert statuses(manager, group) == ["stopped"] * 3
    assert launcher.worker_of(second) is None


def test_each_seed_is_given_the_plan(manager: Manager, launcher: FakeLauncher) -> None:
    slower = Planned(step=2, learning_rate_factor=0.1)
    first, second = ids(manager, groups.submit(manager, TINY, "t", 2, [slower]))
    for run in (first, second):
        until(lambda run=run: launcher.worker_of(run))
        worker = launcher.worker_of(run)
        assert worker is not None
        assert [command.plan for command in worker.sent if isinstance(command, TrainJob)] == [(slower,)]
        worker.start()
        worker.finish()


def test_what_can_not_be_repeated_begins_nothing(manager: Manager, store: Store) -> None:
    with pytest.raises(ConfigError, match="seeds must be"):
        groups.submit(manager, TINY, "t", 11)
    with pytest.raises(ConfigError, match="its last step is 8"):
        groups.submit(manager, TINY, "t", 2, [Planned(step=9, extend_epochs=1)])
    assert store.list() == []


def test_a_store_that_fails_half_way_is_gone_on_with_by_the_next_click(
    manager: Manager, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, calls = store.create, []

    def full_at_the_third(*given: object) -> object:
        calls.append(given)
        if len(calls) == 3:
            raise StoreError("The disk is full.")
        return create(*given)

    monkeypatch.setattr(store, "create", full_at_the_third)
    with pytest.raises(StoreError, match="disk is full"):
        groups.submit(manager, TINY, "form", 3)
    group = groups.submit(manager, TINY, "form", 3)
    assert [run.config.seed for run in groups.members(manager, group)] == [0, 1, 2]
    assert len(store.list()) == 3


def test_another_experiment_is_another_group_also_with_the_same_click(manager: Manager) -> None:
    slower = TINY.model_copy(update={"train": TINY.train.model_copy(update={"learning_rate": 0.01})})
    assert groups.submit(manager, TINY, "form", 2) != groups.submit(manager, slower, "form", 2)
    assert groups.submit(manager, TINY, "form", 2) == groups.submit(manager, TINY, "form", 2)


def test_an_unknown_group_is_named(manager: Manager) -> None:
    manager.submit(TINY, "no group")
    with pytest.raises(NoSuchRun, match="There is no group 'nobody'"):
        groups.members(manager, "nobody")


@pytest.mark.thorough
def test_real_workers_train_one_seed_after_the_other(store: Store, no_data: None) -> None:
    manager = Manager(store, keep_warm=False)
    manager.open()
    group = groups.submit(manager, TINY.model_copy(update={"seed": 3}), "t", 2)
    runs = ids(manager, group)
    until(lambda: all(map(is_complete, groups.snapshots(manager, runs))), 90)
    first, second = groups.snapshots(manager, runs)
    manager.close()
    assert (first.config.seed, second.config.seed) == (3, 4)
    for one, other in zip(first.arms, second.arms, strict=True):
        assert len(one.train_loss) == len(other.train_loss) == 2
        assert one.train_loss[-1] != other.train_loss[-1]  # another seed is another race
    lead, pair = verdict([first, second])
    assert lead == "Over all 2 seeds."
    assert pair.startswith("plain-8 against residual-8. Training loss: ")
    assert [run.status for run in store.group(group)] == ["finished", "finished"]
    assert {run.group_id for run in store.list()} == {group}
    until(lambda: not workers(), 10)

"""The library: every run is found again, and what is asked of it is done or refused in one sentence."""

import sqlite3
from pathlib import Path

import pytest

from resnet_viz.engine.library import Library, Refused, matches
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.recorded import recorded
from resnet_viz.engine.store import NoSuchRun, Store, StoreError
from resnet_viz.records import ArmResult, Finished
from tests.engine.fakes import TINY, FakeLauncher
from tests.factories import epoch, step
from tests.waiting import until


@pytest.fixture
def library(store: Store) -> Library:
    return Library(store)


def over(store: Store, name: str = "", note: str = "") -> str:
    """A run of two steps that is over, and whose result nobody wrote."""
    run = store.create(TINY, "cli").id
    said = [step(1, 2.0), step(1, 1.0, arm=1), epoch(1, 0.5, 0.625, arm=1), Finished(reason="completed", step=1)]
    store.append(record.model_copy(update={"run": run, "seq": seq}) for seq, record in enumerate(said))
    store.set_status(run, "finished")
    store.describe(run, "name", name)
    store.describe(run, "note", note)
    return run


def test_runs_are_newest_first_and_those_that_ship_are_among_them(library: Library, store: Store) -> None:
    first, second = over(store), over(store)
    listed = library.runs()
    assert {run.id for run in listed} == {first, second, *recorded()}
    assert [run.created for run in listed] == sorted((run.created for run in listed), reverse=True)
    assert [run.id for run in library.newest()] == [second, first]


def test_what_came_of_a_run_is_read_off_its_records_once(library: Library, store: Store) -> None:
    run = over(store)
    assert store.run(run).result is None
    result = library.run(run).result
    assert result == (ArmResult(loss=2.0), ArmResult(loss=1.0, train_error=0.5, test_error=0.625))
    assert store.run(run).result == result


def test_a_run_that_goes_on_has_no_result_yet(library: Library, store: Store) -> None:
    assert library.run(store.create(TINY, "live").id).result is None


def test_what_ships_has_a_result_of_each_net(library: Library) -> None:
    plain, residual = next(run.result for run in library.runs() if run.id == "default") or ()
    assert plain.loss is not None
    assert residual.loss is not None
    assert residual.loss < plain.loss
    assert residual.test_error is not None
    assert 0 < residual.test_error < 0.9


@pytest.mark.parametrize(
    "search", ["", "bold", "BOLD  idea", "wide nets", "plain-8", "residual-8 synthetic", "shapes", "finished", "cli"]
)
def test_a_run_is_found_by_every_word(library: Library, store: Store, search: str) -> None:
    run = over(store, name="A bold idea", note="for the wide nets")
    assert run in {found.id for found in library.runs(search)}


@pytest.mark.parametrize("search", ["bold plan", "plain-56", "cifar", "failed", "%", "_", "' OR 1=1 --"])
def test_a_word_that_is_nowhere_finds_nothing(store: Store, search: str) -> None:
    assert not matches(store.run(over(store, name="A bold idea")), search)


def test_a_device_is_searched_too(library: Library) -> None:
    device = recorded()["default"].device
    assert device is not None
    assert "default" in {run.id for run in library.runs(device.lower())}


def test_a_run_is_named_and_noted_and_loses_both(library: Library, store: Store) -> None:
    run = over(store)
    library.rename(run, "  two \t words \x1b[31m ")
    library.annotate(run, "first line\nsecond\x07 line\n")
    assert (store.run(run).name, store.run(run).note) == ("two words [31m", "first line\nsecond  line")
    library.rename(run, "")
    library.annotate(run, " ")
    assert (store.run(run).name, store.run(run).note) == ("", "")


def test_names_and_notes_have_an_end(library: Library, store: Store) -> None:
    run = over(store, name="kept", note="kept")
    library.rename(run, "x" * 80)
    with pytest.raises(Refused, match="at most 80 characters, and this one has 81"):
        library.rename(run, "x" * 81)
    with pytest.raises(Refused, match="at most 2,000 characters"):
        library.annotate(run, "x" * 2001)
    assert (store.run(run).name, store.run(run).note) == ("x" * 80, "kept")


def test_what_ships_keeps_its_name_its_note_and_its_place(library: Library) -> None:
    for refused in (library.rename, library.annotate):
        with pytest.raises(Refused, match="recording that comes with the project"):
            refused("default", "mine")
    with pytest.raises(StoreError, match="read-only"):
        library.delete("default")
    assert recorded()["default"].name != "mine"


@pytest.mark.parametrize("run", ["nosuchrun", "", "../../etc"])
def test_a_run_that_is_not_there_is_one_sentence(library: Library, run: str) -> None:
    for asked in (library.run, library.delete, lambda run: library.rename(run, "x")):
        with pytest.raises(NoSuchRun):
            asked(run)


def test_a_deleted_run_takes_its_weights_along(library: Library, store: Store) -> None:
    run, other = over(store), over(store)
    for folder in (store.folder / run, store.folder / other):
        folder.mkdir(parents=True)
        (folder / "arm0.safetensors").write_bytes(b"weights")
    library.delete(run)
    assert run not in {found.id for found in library.runs()}
    assert [path.name for path in store.folder.iterdir()] == [other]
    assert store.run(other).status == "finished"


def test_a_run_that_goes_on_is_not_deleted(library: Library, store: Store) -> None:
    run = store.create(TINY, "live").id
    with pytest.raises(StoreError, match="still going"):
        library.delete(run)
    assert store.run(run).status == "queued"


def test_the_manager_writes_what_came_of_a_run_and_forgets_a_deleted_one(
    manager: Manager, launcher: FakeLauncher, store: Store
) -> None:
    run = manager.submit(TINY, "t")
    worker = launcher.workers[0]
    worker.start()
    worker.step(1)
    until(lambda: manager.snapshot(run).step == 1)
    with pytest.raises(StoreError, match="still going"):
        manager.library.delete(run)
    worker.finish()
    until(lambda: manager.snapshot(run).status == "finished")
    until(lambda: store.run(run).result)
    assert store.run(run).result == (ArmResult(loss=2.0), ArmResult(loss=2.0))
    manager.library.delete(run)
    with pytest.raises(NoSuchRun):
        manager.snapshot(run)
    assert manager.notice is None


def test_a_run_deleted_as_soon_as_it_is_over_leaves_no_record_behind(
    manager: Manager, launcher: FakeLauncher, store: Store
) -> None:
    run = manager.submit(TINY, "t")
    worker = launcher.workers[0]
    worker.start()
    worker.finish()
    until(lambda: manager.snapshot(run).status == "finished")
    manager.library.delete(run)  # the writer has not had its turn
    manager.close()
    assert manager.notice is None
    reopened = Store()
    assert list(reopened.records(run)) == []
    reopened.close()


def test_a_stopped_run_has_its_result_too(manager: Manager, store: Store) -> None:
    manager.submit(TINY, "first")
    queued = manager.submit(TINY, "second")
    manager.steer(queued, "stop")
    until(lambda: store.run(queued).status == "stopped")
    assert store.run(queued).result == (ArmResult(), ArmResult())


def test_only_nets_whose_weights_are_kept_are_offered(library: Library, store: Store) -> None:
    run, bare = store.create(TINY, "live"), store.create(TINY, "live")
    assert library.nets() == []
    path = store.folder / run.id / "arm1.safetensors"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    assert [(found.id, arm, file) for found, arm, file in library.nets()] == [(run.id, 1, path)]
    assert bare.id not in {found.id for found, _, _ in library.nets()}


def test_a_store_of_the_version_before_opens_and_gains_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            f"""CREATE TABLE about (schema_version INTEGER NOT NULL);
            INSERT INTO about VALUES (1);
            CREATE TABLE runs (id VARCHAR(32) PRIMARY KEY, group_id VARCHAR(32), status VARCHAR(16) NOT NULL,
                origin VARCHAR(16) NOT NULL, read_only BOOLEAN NOT NULL, config TEXT NOT NULL, versions JSON,
                device VARCHAR(120), threads INTEGER, precision VARCHAR(8), owner VARCHAR(120) NOT NULL, message TEXT,
                created VARCHAR(32) NOT NULL, started VARCHAR(32), ended VARCHAR(32));
            CREATE TABLE records (run VARCHAR(32), seq INTEGER, body TEXT NOT NULL, PRIMARY KEY (run, seq));
            INSERT INTO runs (id, status, origin, read_only, config, owner, created) VALUES
                ('old', 'stopped', 'cli', 0, '{TINY.model_dump_json()}', 'far/1/1.0', '2026-01-01T00:00:00.000+00:00');
            """
        )
        connection.execute("INSERT INTO records VALUES (?, ?, ?)", ("old", 0, step(1, 1.5).model_dump_json()))
    connection.close()
    for _ in range(2):  # the second time there is nothing to add
        store = Store(f"sqlite:///{path}")
        library = Library(store)
        assert library.run("old").result == (ArmResult(loss=1.5), ArmResult())
        assert (library.run("old").name, library.run("old").config) == ("", TINY)
        store.close()
    store = Store(f"sqlite:///{path}")
    Library(store).rename("old", "from before")
    assert store.run("old").name == "from before"
    store.close()

"""The store: what is written can be read, and what goes wrong is one sentence."""

import os
import sqlite3
from pathlib import Path

import psutil
import pytest

from resnet_viz import places
from resnet_viz.engine import store as store_module
from resnet_viz.engine.store import NoSuchRun, Store, StoreError, new_id
from resnet_viz.records import Failed, Finished, Started
from tests.engine.fakes import TINY
from tests.factories import started

FILE = "runs.sqlite"


def path_of(store: Store) -> Path:
    return store.folder.parent / FILE


def test_a_run_comes_back_as_it_was_created(store: Store) -> None:
    run = store.create(TINY, "live", group_id="g")
    found = store.run(run.id)
    assert (found.config, found.status, found.origin, found.group_id) == (TINY, "queued", "live", "g")
    assert found.is_active
    assert store.list() == [found]


def test_ids_are_random_letters_and_digits() -> None:
    ids = {new_id() for _ in range(2000)}
    assert len(ids) == 2000
    # Safe in addresses, and as part of a component's key, in which Streamlit refuses two underscores in a row.
    assert all(made.isalnum() and made.isascii() for made in ids)


def test_records_come_back_in_order_and_since_a_seq(store: Store) -> None:
    run = store.create(TINY, "live").id
    batch = [Finished(run=run, seq=seq, reason="completed", step=seq) for seq in range(5)]
    store.append(reversed(batch))
    assert list(store.records(run)) == batch
    assert [record.seq for record in store.records(run, since=2)] == [3, 4]


def test_a_batch_is_written_whole_or_not_at_all(store: Store) -> None:
    run = store.create(TINY, "live").id
    batch = [Finished(run=run, seq=seq, reason="completed", step=0) for seq in (0, 1)]
    store.append(batch[:1])
    with pytest.raises(StoreError):
        store.append([batch[1], batch[0]])  # seq 0 is there already
    assert [record.seq for record in store.records(run)] == [0]


def test_what_the_machine_resolved_becomes_part_of_the_run(store: Store) -> None:
    run = store.create(TINY, "live").id
    store.append([Started(run=run, device="cpu", device_name="Abacus", threads=3, precision="bf16",
                          versions={"torch": "2"}, parameters=(1,), rows=((),))])  # fmt: skip
    found = store.run(run)
    assert (found.status, found.device, found.threads, found.precision) == ("running", "Abacus", 3, "bf16")
    assert found.versions == {"torch": "2"}
    assert found.started is not None


def test_a_failure_keeps_its_sentence(store: Store) -> None:
    run = store.create(TINY, "live").id
    store.append([Failed(run=run, message="Because.")])
    store.set_status(run, "failed")
    assert (store.run(run).status, store.run(run).message) == ("failed", "Because.")
    assert store.run(run).ended is not None


def test_a_run_whose_process_is_gone_is_interrupted_and_a_live_one_is_not(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = store.create(TINY, "live").id
    host = store_module.this_process().split("/")[0]
    owners = {"gone": f"{host}/999999999/1.0", "reused": f"{host}/{os.getpid()}/1.0", "elsewhere": "far/1/1.0"}
    theirs = {}
    for name, owner in owners.items():
        monkeypatch.setattr(store_module, "this_process", lambda owner=owner: owner)
        theirs[name] = store.create(TINY, "live").id
    store.mark_interrupted()
    assert store.run(mine).status == "queued"
    assert {name: store.run(run).status for name, run in theirs.items()} == {
        "gone": "interrupted", "reused": "interrupted", "elsewhere": "queued",
    }  # fmt: skip


def test_a_clock_that_is_set_anew_interrupts_no_run_of_this_process(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(TINY, "live").id
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: 1e9)
    store.mark_interrupted()
    assert store.run(run).status == "queued"


def test_an_end_that_comes_between_is_not_overwritten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.create(TINY, "cli").id

    def gone_just_now(_: str) -> bool:
        store.set_status(run, "finished")
        return True

    monkeypatch.setattr(store_module, "is_gone", gone_just_now)
    store.mark_interrupted()
    assert store.run(run).status == "finished"


def test_nobody_knows_how_long_an_interrupted_run_took(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.create(TINY, "cli").id
    store.append([started(TINY).model_copy(update={"run": run})])
    monkeypatch.setattr(store_module, "is_gone", lambda _: True)
    store.mark_interrupted()
    found = store.run(run)
    assert (found.status, found.seconds) == ("interrupted", None)
    assert found.started is not None


def test_seeds_that_were_created_in_one_moment_stand_in_order(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "now", lambda: "2026-01-02T03:04:05.000+00:00")
    for seed in (1, 0, 2):
        store.create(TINY.model_copy(update={"seed": seed}), "live", "group")
    assert [run.config.seed for run in store.list()] == [2, 1, 0]


def test_only_runs_that_are_over_can_be_deleted(store: Store) -> None:
    run = store.create(TINY, "live").id
    store.append([Finished(run=run, reason="completed", step=1)])
    with pytest.raises(StoreError, match="still going"):
        store.delete(run)
    store.set_status(run, "finished")
    store.delete(run)
    with pytest.raises(NoSuchRun, match=run):
        store.run(run)
    assert list(store.records(run)) == []


def test_weights_lie_beside_the_file(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'deep' / 'x.sqlite'}")
    assert store.folder == tmp_path / "deep" / "weights"
    store.close()


def test_write_ahead_log_is_on(store: Store) -> None:
    with sqlite3.connect(path_of(store)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_locked_store_is_one_sentence_and_keeps_its_runs(store: Store) -> None:
    run = store.create(TINY, "live").id
    other = sqlite3.connect(path_of(store), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="locked by another program"):
        store.create(TINY, "live")
    other.execute("ROLLBACK")
    other.close()
    assert [found.id for found in store.list()] == [run]


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 100)
    with pytest.raises(StoreError, match="is not a database"):
        Store(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear reader")


def test_a_store_of_another_version_is_refused(store: Store) -> None:
    with sqlite3.connect(path_of(store)) as connection:
        connection.execute("UPDATE about SET schema_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="version 99"):
        Store()


@pytest.mark.parametrize("url", ["nonsense", "nosuchdatabase://x/y"])
def test_an_unusable_address_names_the_variable(url: str) -> None:
    with pytest.raises(StoreError, match=places.STORE_VARIABLE):
        Store(url)


def test_a_folder_that_can_not_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="can't be used"):
        Store(f"sqlite:///{tmp_path / 'file' / 'x.sqlite'}")


def test_a_full_disk_is_one_sentence_and_keeps_what_was_stored(little_disk: None) -> None:
    store = Store()
    run = store.create(TINY, "live").id
    store.append([Finished(run=run, seq=0, reason="completed", step=1)])
    with pytest.raises(StoreError, match="is full"):
        store.append(Failed(run=run, seq=seq, message="x" * 1000) for seq in range(1, 500))
    assert [record.seq for record in store.records(run)] == [0]
    store.close()

"""The runs that ship with the project."""

from pathlib import Path

import pytest

from resnet_viz.config import default_experiment
from resnet_viz.engine import recorded as module
from resnet_viz.engine.recorded import FOLDER, recorded, recorded_records, write_recorded
from resnet_viz.engine.store import NoSuchRun, Store, StoreError
from resnet_viz.records import Finished, Step
from tests.engine.fakes import TINY

RUNS = ("default", "degradation")


def test_what_ships_is_small_and_has_neither_images_nor_weights() -> None:
    files = list(FOLDER.iterdir())
    assert sorted(file.name for file in files) == [f"{name}.jsonl.gz" for name in RUNS]
    assert sum(file.stat().st_size for file in files) < 1_000_000


def test_the_default_experiment_ships_whole() -> None:
    run = recorded()["default"]
    assert run.config == default_experiment("cifar10")
    records = list(recorded_records("default"))
    assert [record.seq for record in records] == list(range(len(records)))
    assert isinstance(records[-1], Finished)
    assert records[-1].step == run.config.total_steps
    assert (run.status, run.origin, run.read_only) == ("finished", "recorded", True)
    assert run.device


def test_an_arm_learns_the_same_whatever_races_beside_it() -> None:
    def losses(run: str, label: str) -> list[float | None]:
        arm = recorded()[run].config.labels.index(label)
        return [record.loss for record in recorded_records(run) if isinstance(record, Step) and record.arm == arm]

    for label in ("plain-56", "residual-56"):
        assert losses("default", label) == losses("degradation", label)
    assert losses("degradation", "plain-20") != losses("degradation", "plain-56")


@pytest.mark.parametrize("name", RUNS)
def test_the_store_reads_them_and_never_writes_them(store: Store, name: str) -> None:
    run = store.run(name)
    assert run == recorded()[name]
    assert next(record.seq for record in store.records(name, since=5)) == 6
    with pytest.raises(StoreError, match="read-only"):
        store.delete(name)
    assert store.list() == []


def test_a_run_of_the_store_is_written_as_one_that_ships(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(TINY, "cli")
    store.append([Finished(run=run.id, seq=0, reason="completed", step=8)])
    store.set_status(run.id, "finished")
    write_recorded(store.run(run.id), store.records(run.id), tmp_path / "mine.jsonl.gz")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    recorded.cache_clear()
    try:
        shipped = store.run("mine")
        assert (shipped.config, shipped.status, shipped.origin) == (TINY, "finished", "recorded")
        assert shipped.owner == ""  # the name of a machine and of its process stay at home
        assert [record.run for record in store.records("mine")] == ["mine"]
        with pytest.raises(NoSuchRun):
            store.run("default")
    finally:
        recorded.cache_clear()


def test_a_damaged_recording_is_left_out_or_is_one_sentence(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (FOLDER / "default.jsonl.gz").read_bytes()
    (tmp_path / "half.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "none.jsonl.gz").write_bytes(b"no gzip at all")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    recorded.cache_clear()
    try:
        assert list(recorded()) == ["half"]
        with pytest.raises(StoreError):
            store.records("half")
        with pytest.raises(NoSuchRun):
            store.run("none")
    finally:
        recorded.cache_clear()


def test_a_file_with_another_ending_is_refused(store: Store, tmp_path: Path) -> None:
    run = store.create(TINY, "cli")
    with pytest.raises(ValueError, match=r"must end in \.jsonl\.gz"):
        write_recorded(run, [], tmp_path / "mine.json")
    assert list(tmp_path.glob("mine*")) == []

"""The runs that ship with the project."""

import gzip
import json
from pathlib import Path

import pytest

from resnet_viz.config import default_experiment
from resnet_viz.engine import recorded as module
from resnet_viz.engine.recorded import FOLDER, NotToShip, recorded, recorded_records, recorded_result, write_recorded
from resnet_viz.engine.store import NoSuchRun, Store, StoreError
from resnet_viz.presets import PRESETS
from resnet_viz.records import ArmResult, Finished, Step
from tests.engine.fakes import TINY

RUNS = ("default", *PRESETS)


def test_what_ships_is_small_and_has_neither_images_nor_weights() -> None:
    files = list(FOLDER.iterdir())
    assert sorted(file.name for file in files) == sorted(f"{name}.jsonl.gz" for name in RUNS)
    assert sum(file.stat().st_size for file in files) < 5_000_000


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
    store.describe(run.id, "name", "A name")
    write_recorded(store.run(run.id), store.records(run.id), tmp_path / "mine.jsonl.gz")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    recorded.cache_clear()
    try:
        shipped = store.run("mine")
        assert (shipped.config, shipped.status, shipped.origin) == (TINY, "finished", "recorded")
        assert shipped.owner == ""  # the name of a machine and of its process stay at home
        assert shipped.result == (ArmResult(), ArmResult())  # in the head: nobody has to read its records for it
        assert (shipped.name, shipped.note) == ("A name", "")
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
    (tmp_path / "empty.jsonl.gz").write_bytes(b"")
    (tmp_path / "flipped.jsonl.gz").write_bytes(whole[:20] + bytes(255 - byte for byte in whole[20:200]) + whole[200:])
    (tmp_path / "late.jsonl.gz").write_bytes(whole[:-2000] + bytes(255 - byte for byte in whole[-2000:]))
    for name, head in (("keyless", b"{}"), ("strange", b'{"config": {"arms": [{}]}, "colour": 1}'), ("list", b"[]")):
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress(head + b"\n"))
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    recorded.cache_clear()
    try:
        assert list(recorded()) == ["half", "late"]
        for name in ("half", "late"):
            with pytest.raises(StoreError):
                store.records(name)
        with pytest.raises(NoSuchRun):
            store.run("none")
    finally:
        recorded.cache_clear()


def test_a_file_with_another_ending_is_refused(store: Store, tmp_path: Path) -> None:
    run = store.create(TINY, "cli")
    with pytest.raises(NotToShip, match=r"must end in \.jsonl\.gz"):
        write_recorded(run, [], tmp_path / "mine.json")
    assert list(tmp_path.glob("mine*")) == []


def test_a_run_that_goes_on_is_not_written_as_one_that_ships(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotToShip, match="still going"):
        write_recorded(store.create(TINY, "cli"), [], tmp_path / "mine.jsonl.gz")
    assert list(tmp_path.glob("mine*")) == []


def test_what_came_of_a_run_is_read_off_its_records_where_an_early_file_does_not_say_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gzip.open(FOLDER / "default.jsonl.gz", "rt", encoding="utf-8") as lines:
        head, *others = lines
    early = {name: value for name, value in json.loads(head).items() if name not in ("name", "note", "result")}
    with gzip.open(tmp_path / "early.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines([json.dumps(early) + "\n", *others])
    expected = recorded_result("default")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    recorded.cache_clear()
    try:
        assert recorded()["early"].result is None
        assert recorded_result("early") == expected
        assert expected[0].loss is not None
    finally:
        recorded.cache_clear()


def test_a_recording_of_a_preset_is_of_what_the_preset_says_now() -> None:
    for name in RUNS[1:]:
        run, preset = recorded()[name], PRESETS[name]
        assert (run.config, run.name) == (preset.experiment("cifar10"), preset.title)
        assert (run.seconds or 0) > 0


def test_a_file_that_can_not_be_written_whole_leaves_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(TINY, "cli").id
    store.set_status(run, "stopped")
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        write(path, content[:10])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        write_recorded(store.run(run), [], tmp_path / "mine.jsonl.gz")
    assert list(tmp_path.glob("mine*")) == []

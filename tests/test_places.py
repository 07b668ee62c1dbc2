import os
from pathlib import Path
from typing import Any

import pytest

from resnet_viz.places import (
    CACHE_VARIABLE,
    DATA_VARIABLE,
    RUNS_VARIABLE,
    STORE_VARIABLE,
    DatasetPlace,
    DataUnavailable,
    cache_folder,
    find_dataset,
    runs_folder,
    store_url,
)

pytestmark = pytest.mark.usefixtures("no_data")


def make(folder: Path, *files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file).touch()
    return folder


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "shapes"])
def test_nothing_is_found_where_nothing_lies(name: Any, tmp_path: Path) -> None:
    assert find_dataset(name) is None
    assert find_dataset(name, tmp_path) is None


@pytest.mark.parametrize(("name", "folder"), [("cifar10", "cifar-10-batches-py"), ("cifar100", "cifar-100-python")])
def test_an_archive_is_found_by_its_folder(name: Any, folder: str, tmp_path: Path) -> None:
    make(tmp_path / "flat" / folder)
    make(tmp_path / "nested" / name / folder)
    assert find_dataset(name, tmp_path / "flat") == DatasetPlace("archive", tmp_path / "flat")
    assert find_dataset(name, tmp_path / "nested") == DatasetPlace("archive", tmp_path / "nested" / name)
    other: Any = "cifar100" if name == "cifar10" else "cifar10"
    assert find_dataset(other, tmp_path / "flat") is None


@pytest.mark.parametrize("file", ["train-00000-of-00001.parquet", "test-00000-of-00001.parquet"])
def test_parquet_files_are_found_even_when_one_is_missing(file: str, tmp_path: Path) -> None:
    """So that the reader can say which one is missing."""
    flat, nested = make(tmp_path / "flat", file), make(tmp_path / "nested" / "cifar10", file)
    assert find_dataset("cifar10", flat) == DatasetPlace("parquet", flat)
    assert find_dataset("cifar10", tmp_path / "nested") == DatasetPlace("parquet", nested)
    assert find_dataset("cifar10", make(tmp_path / "other", "train.parquet", "train-1.csv")) is None


def test_parquet_files_in_the_folder_of_another_set_are_not_taken(tmp_path: Path) -> None:
    folder = make(tmp_path / "cifar10", "train-00000-of-00001.parquet")
    assert find_dataset("cifar100", folder) is None
    assert find_dataset("cifar10", folder) == DatasetPlace("parquet", folder)


def test_shapes_lie_nowhere_even_in_a_folder_of_that_name(tmp_path: Path) -> None:
    make(tmp_path / "shapes", "train-00000-of-00001.parquet")
    assert find_dataset("shapes", tmp_path) is None


def test_a_named_folder_comes_before_the_variable_and_both_before_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("named", "variable", "cache"):
        make(tmp_path / place / "cifar-10-batches-py")
    assert find_dataset("cifar10") == DatasetPlace("archive", tmp_path / "cache")
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "variable"))
    assert find_dataset("cifar10") == DatasetPlace("archive", tmp_path / "variable")
    assert find_dataset("cifar10", tmp_path / "named") == DatasetPlace("archive", tmp_path / "named")
    assert find_dataset("cifar100") is None


def test_the_cache_is_looked_at_when_the_named_folder_holds_nothing(tmp_path: Path) -> None:
    empty = make(tmp_path / "empty")
    assert find_dataset("cifar10", empty) is None
    make(tmp_path / "cache" / "cifar-10-batches-py")
    assert find_dataset("cifar10", empty) == DatasetPlace("archive", tmp_path / "cache")


def test_a_named_folder_that_does_not_exist_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(DataUnavailable) as error:
        find_dataset("cifar10", gone)
    assert str(error.value) == f"--data-dir names {gone}, which is no folder. Correct it, or leave it out."
    monkeypatch.setenv(DATA_VARIABLE, str(gone))
    with pytest.raises(DataUnavailable, match=f"^{DATA_VARIABLE} names "):
        find_dataset("cifar10")
    assert find_dataset("shapes") is None


def test_the_variables_decide_where_everything_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (cache_folder(), runs_folder()) == (tmp_path / "cache", tmp_path / "runs")
    assert store_url() == f"sqlite:///{tmp_path / 'runs' / 'runs.sqlite'}"
    monkeypatch.setenv(STORE_VARIABLE, "postgresql://somewhere/runs")
    assert store_url() == "postgresql://somewhere/runs"


@pytest.mark.parametrize("value", [None, ""])
def test_without_variables_the_folders_are_those_of_the_user(
    value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in (CACHE_VARIABLE, RUNS_VARIABLE):
        monkeypatch.delenv(variable)
        if value is not None:
            monkeypatch.setenv(variable, value)
    assert "resnet-viz" in cache_folder().parts
    assert "resnet-viz" in runs_folder().parts
    assert cache_folder() != runs_folder()
    assert not {cache_folder(), runs_folder()} & {tmp_path, Path(os.curdir)}

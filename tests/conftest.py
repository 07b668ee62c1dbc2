"""What all tests share: folders of their own, and the real CIFAR-10 where it lies."""

import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

# Nets of the tests are so small that threads only wait for each other, and on a busy machine for long.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from resnet_viz.places import (
    CACHE_VARIABLE,
    DATA_VARIABLE,
    MIRROR_VARIABLE,
    RUNS_VARIABLE,
    STORE_VARIABLE,
    find_dataset,
)

# The same examples each time, and no limit that a busy machine breaks.
settings.register_profile(
    "project", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("project")


@pytest.fixture(autouse=True)
def folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a test writes lands in the user's folders."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv(RUNS_VARIABLE, str(tmp_path / "runs"))
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)


@pytest.fixture(autouse=True)
def denormals_kept() -> Iterator[None]:
    """Flushing denormals is a state of the thread: a test that leaves it on breaks others, far from here."""
    yield
    assert sys.float_info.min / 2 > 0, "this test left flush-denormal on"


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """No data set lies anywhere."""
    monkeypatch.delenv(DATA_VARIABLE, raising=False)


@pytest.fixture(scope="session")
def cifar10() -> Path:
    """The folder of the real CIFAR-10. Of the session, so it sees the user's cache as well."""
    place = find_dataset("cifar10")
    if place is not None:
        return place.folder
    if "cifar10" in os.environ.get("RESNET_VIZ_REQUIRE", ""):
        pytest.fail("RESNET_VIZ_REQUIRE asks for cifar10, and it is not on this machine.")
    pytest.skip("CIFAR-10 is not on this machine; set RESNET_VIZ_DATA to a folder that holds it.")


@pytest.fixture
def little_disk() -> Iterator[None]:
    """SQLite databases that may not grow: what a full disk looks like from inside."""

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count=24").close()

    sa.event.listen(sa.Engine, "connect", limit)
    yield
    sa.event.remove(sa.Engine, "connect", limit)

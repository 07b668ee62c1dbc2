"""A store, and managers that are always closed."""

from collections.abc import Iterator

import pytest

from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import Store
from tests.engine.fakes import FakeLauncher
from tests.waiting import until, workers


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store(busy_timeout_s=0.2)
    yield opened
    opened.close()


@pytest.fixture
def launcher() -> FakeLauncher:
    return FakeLauncher()


@pytest.fixture
def manager(store: Store, launcher: FakeLauncher) -> Iterator[Manager]:
    """A manager whose workers are fakes."""
    opened = Manager(store, launcher)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def real_manager(store: Store, no_data: None) -> Iterator[Manager]:
    """A manager with real worker processes; none is left afterwards."""
    opened = Manager(store)
    opened.open()
    yield opened
    opened.close()
    until(lambda: not workers(), 10)

"""The app as AppTest sees it, with a manager whose workers are fakes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import Store
from resnet_viz.ui import engine
from tests.engine.fakes import FakeLauncher

MAIN = Path(__file__).parents[2] / "pages" / "main.py"


@pytest.fixture
def launcher() -> FakeLauncher:
    return FakeLauncher()


@pytest.fixture
def manager(launcher: FakeLauncher) -> Iterator[Manager]:
    opened = Manager(Store(), launcher)
    opened.open()
    engine.replace_manager(opened)
    yield opened
    engine.replace_manager(None)
    opened.close()


@pytest.fixture
def app(no_data: None) -> AppTest:
    return AppTest.from_file(str(MAIN), default_timeout=30)

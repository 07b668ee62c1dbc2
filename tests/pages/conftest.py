"""The app as AppTest sees it, with a manager whose workers are fakes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import Store
from resnet_viz.places import WEIGHTS_VARIABLE
from resnet_viz.ui import desk, engine
from tests.engine.fakes import FakeLauncher
from tests.pages.honest import HonestLauncher

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
def honest() -> HonestLauncher:
    return HonestLauncher()


@pytest.fixture
def explaining(honest: HonestLauncher, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """A manager whose questions are answered in this process, at once: AppTest has no ticks."""
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setattr(desk, "PATIENCE_S", 30.0)
    opened = Manager(Store(), honest, keep_warm=False)
    opened.open()
    engine.replace_manager(opened)
    yield opened
    engine.replace_manager(None)
    opened.close()


@pytest.fixture
def app(no_data: None, request: pytest.FixtureRequest) -> AppTest:
    """On the page of the race, where most tests begin.

    With a manager in any case: a page that finds none opens a real one, whose worker would outlive the test.
    """
    if not {"manager", "explaining"} & set(request.fixturenames):
        request.getfixturevalue("manager")
    app = AppTest.from_file(str(MAIN), default_timeout=30)
    return app.switch_page("race.py")

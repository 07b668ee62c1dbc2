"""The real app in a real Chromium, on the procedural data."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, Playwright

from resnet_viz import places
from resnet_viz.engine.launcher import ROOT
from tests.waiting import until

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> str:
    """Path of a Chromium: the system's, or Playwright's own."""
    own = playwright.chromium.executable_path
    found = next(filter(None, map(shutil.which, NAMES)), own if Path(own).exists() else None)
    if found is not None:
        return found
    if "chromium" in os.environ.get("RESNET_VIZ_REQUIRE", ""):
        pytest.fail("RESNET_VIZ_REQUIRE asks for chromium, and none is installed.")
    pytest.skip("No Chromium is installed, so the tests in a browser are left out.")


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str) -> dict[str, object]:
    return {"executable_path": chromium, "args": list(QUIET)}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, object]:
    return {"viewport": {"width": 1280, "height": 1100}}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app with folders of its own and no CIFAR."""
    folder = tmp_path_factory.mktemp("app")
    environment = {**os.environ, places.CACHE_VARIABLE: str(folder / "cache"), places.RUNS_VARIABLE: str(folder)}
    for name in (places.DATA_VARIABLE, places.STORE_VARIABLE):
        environment.pop(name, None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true"]
    log = (folder / "log").open("w")
    with log, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            until(lambda: _healthy(address))
            yield address
        finally:
            process.terminate()
            process.wait(15)


def _healthy(address: str) -> bool:
    try:
        with urlopen(f"{address}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:  # refused, or too slow to answer
        return False


@pytest.fixture
def console(page: Page) -> list[str]:
    """Errors on the console, but for Streamlit's own two on a deep link."""
    errors: list[str] = []

    def note(text: str, where: str) -> None:
        own = "404" in text and any(name in where for name in ("_stcore/health", "_stcore/host-config"))
        if not own:
            errors.append(f"{text} {where}")

    page.on("console", lambda said: note(said.text, said.location["url"]) if said.type == "error" else None)
    page.on("pageerror", lambda error: note(str(error), page.url))
    return errors

"""The real app in a real browser, for the benchmarks that need both: start the server, open pages, press buttons.

Measures nothing itself. The server is a subprocess with a temporary folder for its runs; it and all its workers are
gone when `app_server` ends, however it ends. Every wait has a limit.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from benchmarks.report import Unavailable, progress
from resnet_viz.places import RUNS_VARIABLE, STORE_VARIABLE

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
HEALTH_LIMIT_S = 60.0
PAGE_LIMIT_S = 60.0
WORKER_LIMIT_S = 180.0
END_LIMIT_S = 20.0
POLL_S = 0.02
LAST_LINES = 15  # of the server's log, shown when something went wrong
WORKER_READY = "worker ready after"  # what the manager logs
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip

NOT_RUNNING = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
CAN_START = (
    "[...document.querySelectorAll('button:enabled')].some(button => button.innerText.trim().startsWith('Start'))"
)
# Steps on screen: the last x of the first trace of the loss chart; undefined before there is one.
POINTS = "document.querySelector('[class*=\"st-key-loss_\"] .live-plot')?.data?.[0]?.x"


class Server:
    """The running app; what it logs is kept."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.url = f"http://{HOST}:{port}"
        self.lines: list[str] = []
        threading.Thread(target=self._read, name="server log", daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def warmed(self) -> int:
        """How many workers have said that they are warm."""
        return sum(WORKER_READY in line for line in list(self.lines))

    def wait_warm(self, workers: int) -> None:
        """Wait until so many workers have become warm since the start."""
        self._wait(lambda: self.warmed >= workers, WORKER_LIMIT_S, f"worker {workers} warm")

    def wait_healthy(self) -> None:
        self._wait(self._is_healthy, HEALTH_LIMIT_S, "server healthy")

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _wait(self, condition: Callable[[], bool], limit_s: float, what: str) -> None:
        end = time.monotonic() + limit_s
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                reason = "the server ended" if self.process.poll() is not None else f"not within {limit_s:.0f} s"
                raise TimeoutError(f"{what}: {reason}. Its last lines:\n" + "\n".join(self.lines[-LAST_LINES:]))
            time.sleep(POLL_S)

    def end(self) -> None:
        """Ask the server to end, then see to it that neither it nor a worker is left."""
        try:
            family = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self.process.terminate()
        try:
            self.process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(END_LIMIT_S)
        _, left = psutil.wait_procs(family, END_LIMIT_S)
        for process in left:
            process.kill()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


@contextmanager
def app_server() -> Iterator[Server]:
    """Start the app on a free port; it is healthy when this returns, its worker still cold."""
    port = free_port()
    command = [
        sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.address", HOST,
        "--server.headless", "true",
    ]  # fmt: skip
    # A worker that the server killed may hold a file of its weights for a moment, which Windows does not remove.
    with tempfile.TemporaryDirectory(prefix="resnet-viz-bench-", ignore_cleanup_errors=True) as runs:
        environment = {**os.environ, RUNS_VARIABLE: runs}
        environment.pop(STORE_VARIABLE, None)  # the user's own runs stay out of this
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            encoding="utf-8",
        )  # fmt: skip
        server = Server(process, port)
        try:
            server.wait_healthy()
            yield server
        except Exception:
            progress("the server's last lines:\n" + "\n".join(server.lines[-LAST_LINES:]))
            raise
        finally:
            server.end()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser: the system's Chromium, else Playwright's own.

    Raises:
        Unavailable: there is neither.
    """
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_ARGUMENTS))
        except PlaywrightError as error:
            reason = str(error).splitlines()[0]
            raise Unavailable(f"no Chromium: install one, or run `playwright install chromium` ({reason})") from error
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser: Browser, url: str, *, width: int = 1440, height: int = 1000, scheme: str = "light") -> Page:
    """A page in a browser context of its own, so with an empty cache, at an address."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
    )
    context.set_default_timeout(PAGE_LIMIT_S * 1000)
    page = context.new_page()
    page.goto(url)
    return page


def start_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Start Shortcut")


def wait_ready(page: Page) -> float:
    """Wait until Start can be pressed and the script has come to its end; seconds since the page was asked for.

    Looked at on every animation frame: Playwright's own waiting looks twice a second.
    """
    ready = f"() => {CAN_START} && {NOT_RUNNING} ? performance.now() : undefined"
    milliseconds: float = page.wait_for_function(ready).json_value()
    return milliseconds / 1000


def wait_idle(page: Page) -> None:
    """Wait until Streamlit runs no script for this page."""
    page.wait_for_function(f"() => {NOT_RUNNING}")


def wait_steps(page: Page, steps: int, limit_s: float = PAGE_LIMIT_S) -> None:
    """Wait until the loss chart on screen has come to a step."""
    page.wait_for_function(f"steps => {POINTS}?.at(-1) >= steps", arg=steps, timeout=limit_s * 1000)


def press_stop(page: Page) -> None:
    """Press Stop and wait until the page says so."""
    page.get_by_role("button", name="Stop Shortcut").click()
    page.wait_for_function("() => " + badge_is("stopped"))


def badge_is(status: str) -> str:
    """JavaScript that is true when the badge of the run says this status."""
    return f"[...document.querySelectorAll('.stMarkdownBadge')].some(badge => badge.textContent.trim() === '{status}')"

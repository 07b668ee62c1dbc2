"""What a person waits for, in the real app and a real Chromium: a page, the first point after Start, Stop.

Opening counts from the browser's request until Start can be pressed and Streamlit rests, on the browser's own clock,
each time in a browser context with an empty cache. Cold means at once after the server answers, while its first worker
still imports torch; warm means that the worker has said it is ready and, before Start, that the page has loaded Plotly,
which it does while the form is read. Start and Stop count from the click event in the browser until the screen shows
the effect, looked at on every animation frame: the first point of the loss chart, and the badge "stopped". Stop is
pressed while steps are going. The warm values and Stop are medians of three; there is one cold start a server.
"""

import argparse
from dataclasses import dataclass, field
from statistics import median

from playwright.sync_api import Browser, Page

from benchmarks.browser import (
    POINTS,
    Server,
    app_server,
    badge_is,
    chromium,
    open_page,
    start_button,
    wait_ready,
    wait_steps,
)
from benchmarks.report import Row, at_most, present_data, table
from resnet_viz.config import TITLES

REPEATS = 3
NOTE_CLICKS = "document.addEventListener('click', () => { window.clicked = performance.now(); }, true)"


@dataclass
class Seconds:
    """Everything that was measured, in seconds."""

    cold_page: float = 0.0
    cold_start: float = 0.0
    page: list[float] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    stop: list[float] = field(default_factory=list)


def timed_page(browser: Browser, server: Server) -> tuple[Page, float]:
    """Open the app; seconds until it is ready."""
    page = open_page(browser, f"{server.url}/race")
    seconds = wait_ready(page)
    page.evaluate(NOTE_CLICKS)
    return page, seconds


def since_click(page: Page, condition: str, limit_s: float = 120.0) -> float:
    """Seconds from the last click until a JavaScript condition holds."""
    function = f"() => {condition} ? performance.now() - window.clicked : undefined"
    milliseconds: float = page.wait_for_function(function, timeout=limit_s * 1000).json_value()
    return milliseconds / 1000


def timed_start(page: Page) -> float:
    """Press Start; seconds until the loss chart has its first point."""
    start_button(page).click()
    return since_click(page, f"{POINTS}?.length >= 1")


def timed_stop(page: Page) -> float:
    """Press Stop some steps into a race; seconds until the page says that it stopped."""
    wait_steps(page, 3)
    page.get_by_role("button", name="Stop Shortcut").click()
    return since_click(page, badge_is("stopped"))


def session(repeats: int) -> Seconds:
    """One server: a cold visit, then warm ones."""
    seconds = Seconds()
    with chromium() as browser, app_server() as server:
        page, seconds.cold_page = timed_page(browser, server)
        seconds.cold_start = timed_start(page)
        timed_stop(page)
        page.context.close()
        for number in range(repeats):
            server.wait_warm(number + 2)  # each race uses one worker up; the first was the cold one
            page, opened = timed_page(browser, server)
            seconds.page.append(opened)
            page.wait_for_function("window.Plotly !== undefined")
            seconds.start.append(timed_start(page))
            seconds.stop.append(timed_stop(page))
            page.context.close()
    return seconds


def measure(repeats: int = REPEATS) -> list[Row]:
    """Run the benchmark."""
    seconds = session(repeats)
    race = f"the default race on {TITLES[present_data()]}"
    return [
        at_most("page ready after opening, cold worker", seconds.cold_page, 2.0, "s"),
        at_most("page ready after opening, warm worker", median(seconds.page), 2.0, "s"),
        at_most(f"Start to first point on screen, warm worker, {race}", median(seconds.start), 2.5, "s"),
        at_most(f"Start to first point on screen, cold worker, {race}", seconds.cold_start, 10.0, "s"),
        at_most("Stop to “stopped” on screen", median(seconds.stop), 1.5, "s"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="warm visits")
    print(table(measure(parser.parse_args().repeats)))


if __name__ == "__main__":
    main()

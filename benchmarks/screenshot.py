"""The pictures of the README: the first page, a picture explained and a real race, in the real app, light and dark.

Measures nothing. Starts the app, takes the first page when its recording is over (docs/start.png and
docs/start-dark.png) and the recorded preset (docs/degradation.png and docs/degradation-dark.png), opens the page
Explain at the question of the branches (docs/explain.png and docs/explain-dark.png), then presses Start on the default
experiment, waits until `--steps` steps are on screen, saves docs/race.png and docs/race-dark.png, and stops the run.
"""

import argparse
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from benchmarks.browser import (
    ROOT,
    app_server,
    chromium,
    open_page,
    press_stop,
    start_button,
    wait_idle,
    wait_ready,
    wait_steps,
)
from benchmarks.report import progress

WIDTH, HEIGHT = 1440, 1180  # all four charts are in view
STEPS = 120
LIMIT_S = 1800.0  # for the steps; a slow machine takes 10 s for one
MAX_BYTES = 400_000
FOLDER = ROOT / "docs"
ONE_CHART = "() => document.querySelector('.st-key-top .live-plot')?.data?.length > 0"
FOUR_CHARTS = "() => [...document.querySelectorAll('.live-plot')].filter(node => node.data?.length).length === 4"


def save(page: Page, path: Path) -> None:
    """Take the picture when nothing runs."""
    page.mouse.move(0, 0)  # no hover
    wait_idle(page)
    page.screenshot(path=path)
    shrink(path)
    progress(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def shrink(path: Path) -> None:
    """Fewer colours when the file would be too large."""
    if path.stat().st_size <= MAX_BYTES:
        return
    with Image.open(path) as image:
        image.convert("RGB").quantize(256).save(path, optimize=True)
    if path.stat().st_size > MAX_BYTES:
        raise RuntimeError(f"{path} has {path.stat().st_size:,} bytes, and {MAX_BYTES:,} are allowed")


def take(browser: Browser, url: str, steps: int, folder: Path) -> None:
    """Run a race and take both pictures of it."""
    page = open_page(browser, f"{url}/race", width=WIDTH, height=HEIGHT)
    wait_ready(page)
    start_button(page).click()
    wait_steps(page, steps, LIMIT_S)
    page.wait_for_function(FOUR_CHARTS)
    save(page, folder / "race.png")
    dark = open_page(browser, page.url, width=WIDTH, height=HEIGHT, scheme="dark")
    wait_steps(dark, steps)
    dark.wait_for_function(FOUR_CHARTS)
    save(dark, folder / "race-dark.png")
    press_stop(page)


def take_start(browser: Browser, url: str, folder: Path) -> None:
    """The first page, with its recording at the end."""
    for scheme, name in (("light", "start.png"), ("dark", "start-dark.png")):
        page = open_page(browser, url, width=WIDTH, height=HEIGHT, scheme=scheme)
        page.get_by_role("button", name="Play again").wait_for()
        save(page, folder / name)


def take_degradation(browser: Browser, url: str, folder: Path) -> None:
    """The recorded preset, whole."""
    for scheme, name in (("light", "degradation.png"), ("dark", "degradation-dark.png")):
        page = open_page(browser, f"{url}/race?run=degradation", width=WIDTH, height=HEIGHT, scheme=scheme)
        page.wait_for_function(FOUR_CHARTS)
        save(page, folder / name)


def take_explanation(browser: Browser, url: str, folder: Path) -> None:
    """Explain the sample picture and take both pictures of its branches."""
    for scheme, name in (("light", "explain.png"), ("dark", "explain-dark.png")):
        page = open_page(browser, f"{url}/explain", width=WIDTH, height=HEIGHT, scheme=scheme)
        page.get_by_text("Which branch").click()
        page.get_by_text("Part of the residual branch").wait_for()
        page.wait_for_function(ONE_CHART)
        save(page, folder / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=STEPS, help="steps on screen before the picture is taken")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, app_server() as server:
        take_start(browser, server.url, chosen.folder.resolve())
        take_degradation(browser, server.url, chosen.folder.resolve())
        take_explanation(browser, server.url, chosen.folder.resolve())
        take(browser, server.url, chosen.steps, chosen.folder.resolve())


if __name__ == "__main__":
    main()

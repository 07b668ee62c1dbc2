"""Every page in a real browser: nothing on the console, nothing wrong for a screen reader, no sideways scrolling."""

import re
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from resnet_viz.ui.lessons import LESSONS
from tests.browser.phone import overhang
from tests.browser.rest import rest
from tests.waiting import until

LIBRARY = "library?runs=degradation"
ADDRESSES = ["", *(lesson.key for lesson in LESSONS), LIBRARY]
# What every run of the tests looks at. All pages in both themes take minutes: `make test-thorough`.
ALWAYS = (("", "dark"), ("race", "light"), (LIBRARY, "dark"))
WAIT_MS = 60_000
RESTS = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
# The page has drawn its end, and no measurement is still on its way.
DONE = f"""() => {RESTS} && ["Sources.", "Gradient flow so far"].some(end => document.body.innerText.includes(end))
    && !document.querySelector("[data-testid=stProgress] + *, [class*='st-key-cancel_']")"""
CHARTS = "[...document.querySelectorAll('.live-plot[aria-label]')]"
DRAWN = f"() => {CHARTS}.length > 0 && {CHARTS}.every(node => node.data)"
OPEN = "() => document.querySelectorAll('.live-plot-more').forEach(line => { line.open = true; })"
UNTOLD = f"""() => {CHARTS}.filter(node => node.data.length)
    .filter(node => !node.parentElement.querySelector('.live-plot-numbers td')).map(node => node.ariaLabel)"""
# The server learns of the theme only from the first run of a page, and runs it again.
DARK = "() => [...document.querySelectorAll('style')].some(style => style.textContent.includes('stMultiSelect'))"
POINTS = f"{CHARTS}[0].data[0].x.length"  # of the first curve on the page
PREDICTED = ("highway", "shattered")  # show nothing before a button is pressed
WITHOUT_CHARTS = ("race",)  # before anything was started


def open_page(page: Page, server: str, address: str) -> None:
    page.goto(f"{server}/{address}")
    page.wait_for_function(DONE, timeout=WAIT_MS)
    if address == "highway":  # asks for a prediction of each of its four nets
        for place in range(4):
            until(lambda place=place: predict(page, place))
    if address in PREDICTED:
        page.get_by_role("button", name="Measure", exact=True).click(timeout=WAIT_MS)
        expect(page.get_by_text("Measured in")).to_be_visible(timeout=WAIT_MS)
        page.wait_for_function(DONE, timeout=WAIT_MS)
    if address not in WITHOUT_CHARTS:
        page.wait_for_function(DRAWN, timeout=WAIT_MS)


def predict(page: Page, place: int) -> bool:
    """Choose a prediction, again if the page was just being drawn anew; whether it is chosen."""
    if page.get_by_role("radio", name="healthy").nth(place).is_checked():
        return True
    page.get_by_text("healthy", exact=True).nth(place).click()
    page.wait_for_timeout(300)  # the server takes it over
    return False


def problems(page: Page) -> list[str]:
    """What axe-core finds that is serious or worse."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(
    ("address", "scheme"),
    [
        pytest.param(address, scheme, marks=[] if (address, scheme) in ALWAYS else pytest.mark.thorough)
        for address in ADDRESSES
        for scheme in ("light", "dark")
    ],
)
def test_a_page_has_no_serious_problem_and_fits_on_a_phone(
    address: str, scheme: Literal["light", "dark"], page: Page, server: str, console: list[str]
) -> None:
    page.emulate_media(color_scheme=scheme)
    open_page(page, server, address)
    if scheme == "dark":
        page.wait_for_function(DARK, timeout=WAIT_MS)
    page.evaluate(OPEN)  # the numbers of every chart are looked at too
    until(lambda: page.evaluate(UNTOLD) == [])
    assert problems(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    until(lambda: overhang(page) <= 0)  # charts take their new width one after the other
    assert console == []


def test_what_does_not_fit_on_a_phone_would_be_found(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, server, "block")
    page.evaluate(
        """() => { const wide = document.createElement("div"); wide.style.width = "600px"; wide.style.height = "9px";
                   document.querySelector("[data-testid=stMainBlockContainer]").append(wide); }"""
    )
    assert overhang(page) > 100


def test_the_recording_replays_and_can_be_held(page: Page, server: str) -> None:
    open_page(page, server, "")
    page.wait_for_function(f"() => {POINTS} > 20 && {POINTS} < 200", timeout=WAIT_MS)
    page.get_by_role("button", name="Pause").click()
    slider = page.get_by_role("slider", name="Position in the recording")
    held = page.evaluate(POINTS)
    slider.press("Home")
    page.wait_for_function(f"() => {POINTS} < {held}", timeout=WAIT_MS)
    slider.press("End")
    page.wait_for_function(f"() => {POINTS} === 312", timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Play again")).to_be_visible()


@pytest.mark.thorough
def test_who_wants_no_motion_sees_the_whole_recording_at_once(page: Page, server: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_page(page, server, "")
    assert page.evaluate(POINTS) == 312
    expect(page.get_by_role("button", name="Play again")).to_be_visible()


@pytest.mark.thorough
def test_a_visitor_walks_the_path_and_takes_the_summary_home(
    page: Page, server: str, console: list[str], tmp_path: Path
) -> None:
    open_page(page, server, "")
    page.get_by_role("link", name="2. One block").click()
    page.get_by_text("all of it in residual blocks, none in plain ones").click()
    expect(page.get_by_text("Yes. A gradient of length")).to_be_visible(timeout=WAIT_MS)
    expect(page).to_have_url(re.compile("done=block"))
    page.get_by_role("link", name="The path, and what you tried").click()
    expect(page.get_by_text("1 of 8 lessons done")).to_be_visible(timeout=WAIT_MS)
    rest(page)
    with page.expect_download(timeout=WAIT_MS) as started:
        page.get_by_role("button", name="Take it home as one HTML page").click()
    started.value.save_as(tmp_path / "summary.html")
    summary = page.context.new_page()
    summary.goto((tmp_path / "summary.html").as_uri())
    expect(summary.get_by_role("heading", name="What was tried")).to_be_visible()
    expect(summary.get_by_text("(right)")).to_be_visible()
    assert problems(summary) == []
    page.reload()
    expect(page.get_by_text("1 of 8 lessons done")).to_be_visible(timeout=WAIT_MS)
    assert console == []

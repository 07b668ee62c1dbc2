"""What only a browser shows of the library: a table chosen from, charts that grow in a replay, words that are kept."""

import pytest
from playwright.sync_api import Page, Position, expect

from tests.browser.phone import overhang
from tests.browser.test_every_page import problems
from tests.browser.test_race import LOSS, STEPS, WAIT_MS, start, steps, stop
from tests.waiting import until

LAST = 312  # step of the recordings
FIRST_BOX = Position(x=17, y=52)  # of the first row: a table is one canvas
ROWS = "() => document.querySelector('[data-testid=stDataFrame] [role=grid]')?.ariaRowCount * 1"
COMPARED = "() => document.querySelector('.st-key-compared_loss .live-plot')?.data?.map(trace => trace.x.at(-1)) ?? []"


def open_library(page: Page, server: str, runs: str) -> None:
    page.goto(f"{server}/library?runs={runs}")
    expect(page.get_by_role("heading", name="The library")).to_be_visible(timeout=WAIT_MS)


def test_a_recording_is_replayed_and_another_one_compared_with_it(page: Page, server: str, console: list[str]) -> None:
    open_library(page, server, "degradation")
    page.wait_for_function(f"({STEPS})() === {LAST}", timeout=WAIT_MS)
    page.locator(LOSS).evaluate("node => { node.mark = 'the same node' }")
    speed = page.get_by_role("combobox", name="Speed")
    speed.focus()  # which scrolls there: a list that was opened before that closes again
    speed.fill("50 x")
    page.get_by_role("option", name="50 x").click()
    play = page.get_by_role("button", name="Play", exact=True)
    play.click()
    expect(page.get_by_text("at 50 times its pace")).to_be_visible(timeout=WAIT_MS)
    page.wait_for_function(f"({STEPS})() < {LAST}", timeout=WAIT_MS)
    seen = steps(page)
    page.wait_for_function(f"({STEPS})() > {seen}", timeout=WAIT_MS)
    page.wait_for_function(f"({STEPS})() === {LAST}", timeout=WAIT_MS)
    expect(play).to_be_visible(timeout=WAIT_MS)  # it has come to its end and stays there
    page.get_by_role("slider", name="Seconds of the run").press("Home")
    page.wait_for_function(f"({STEPS})() === 0", timeout=WAIT_MS)
    assert page.locator(LOSS).evaluate("node => node.mark") == "the same node"

    # What is chosen stays so while something else is searched for.
    page.get_by_role("searchbox", name="Search").fill("default")
    page.wait_for_function(f"({ROWS})() === 2", timeout=WAIT_MS)  # the head and one run
    page.get_by_test_id("stDataFrame").first.click(position=FIRST_BOX)
    page.wait_for_function(f"() => ({COMPARED})().length === 6", timeout=WAIT_MS)
    assert page.evaluate(COMPARED) == [LAST * 128] * 6
    assert page.url.endswith("runs=degradation.default")
    assert problems(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    until(lambda: overhang(page) <= 0)  # charts take their new width one after the other
    assert console == []


@pytest.mark.thorough
def test_a_run_of_ones_own_gets_a_name_that_lasts_and_is_deleted(page: Page, server: str, console: list[str]) -> None:
    run = start(page, server).partition("run=")[2]
    page.wait_for_function(f"({STEPS})() >= 1", timeout=2 * WAIT_MS)
    stop(page)
    open_library(page, server, run)
    page.get_by_role("button", name="Name and note").click()
    name = page.get_by_role("textbox", name="Name")
    name.fill("My <b>first</b> race")
    name.press("Enter")
    heading = page.get_by_role("heading", name="My <b>first</b> race")
    expect(heading).to_be_visible(timeout=WAIT_MS)
    page.reload()
    expect(heading).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete it for good").click()
    expect(page.get_by_text("Nothing is chosen yet.")).to_be_visible(timeout=WAIT_MS)
    assert "runs=" not in page.url
    assert console == []

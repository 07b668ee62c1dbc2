"""What only a browser shows of several seeds: a page that goes from one to the next by itself, its charts in place."""

import re

from playwright.sync_api import Page, expect

from tests.browser.phone import overhang
from tests.browser.test_every_page import problems
from tests.browser.test_race import open_page
from tests.waiting import until

EXPERIMENT = "data=shapes&depth=8&width=4&epochs=2&size=1600&test=100&batch=32&threads=1&seeds=2"
LOSS = "[class*='st-key-seeds_loss_'] .live-plot"
WAIT_MS = 60_000


def names(page: Page) -> list[str]:
    drawn: list[str] = page.locator(LOSS).evaluate("node => node.data.map(trace => trace.name)")
    return drawn


def test_two_seeds_race_one_after_the_other_and_end_in_a_verdict(page: Page, server: str, console: list[str]) -> None:
    open_page(page, f"{server}/race?{EXPERIMENT}")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile("group="), timeout=WAIT_MS)
    page.wait_for_function(f"""() => document.querySelector("{LOSS}")?.data?.length >= 2""", timeout=WAIT_MS)
    node = page.locator(LOSS)
    node.evaluate("node => { node.mark = 'the same node' }")
    expect(page.get_by_text("So far, 1 of 2 seeds.")).to_be_visible(timeout=WAIT_MS)
    expect(node).to_have_attribute("aria-label", re.compile("So far, 1 of 2 seeds"))
    expect(page.get_by_text("Over all 2 seeds.")).to_be_visible(timeout=WAIT_MS)
    page.wait_for_function(f"""() => document.querySelector("{LOSS}").data.length === 4""", timeout=WAIT_MS)
    assert node.evaluate("node => node.mark") == "the same node"  # so its zoom stays, too
    assert names(page) == [
        "plain-8, lowest to highest", "plain-8, 2 seeds",
        "residual-8, lowest to highest", "residual-8, 2 seeds",
    ]  # fmt: skip
    expect(page.get_by_role("button", name="Stop all seeds")).to_have_count(0)
    assert problems(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    until(lambda: overhang(page) <= 0)  # charts take their new width one after the other
    assert console == []

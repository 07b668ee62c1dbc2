"""What only a browser shows of steering: a form that stays open while the race goes on, and a mark on the chart."""

import re

from playwright.sync_api import Page, expect

from tests.browser.test_race import LOSS, STEPS, WAIT_MS, control, start, steps, stop

DOTTED = """node => node.data && node.layout.shapes.filter(shape => shape.yref === "paper" && shape.line.dash === "dot")
    .map(shape => shape.x0)"""


def test_the_rate_is_changed_by_keyboard_in_mid_run_and_marked(page: Page, server: str, console: list[str]) -> None:
    start(page, server)
    page.wait_for_function(f"({STEPS})() >= 2", timeout=WAIT_MS)
    node = page.locator(LOSS)
    node.evaluate("node => { node.mark = 'the same node' }")
    assert node.evaluate(DOTTED) == []

    control(page, "Change").press("Enter")
    factor = page.get_by_role("spinbutton", name="Learning rate")
    factor.fill("0.1")
    seen = steps(page)
    page.wait_for_function(f"({STEPS})() > {seen}", timeout=WAIT_MS)  # a tick leaves alone what is being typed
    expect(factor).to_have_value("0.1")
    factor.press("Enter")
    told = page.get_by_text(re.compile(r"After step [\d,]+: the learning rate is 0\.1 times"))
    expect(told).to_be_visible(timeout=WAIT_MS)
    step = int(re.findall(r"\d+", told.inner_text().replace(",", ""))[0])
    page.wait_for_function(f"({STEPS})() > {step}", timeout=WAIT_MS)
    assert node.evaluate(DOTTED) == [step]
    assert node.evaluate("node => node.mark") == "the same node"  # so its zoom stays, too

    page.get_by_role("button", name="Extend").click()
    expect(page.get_by_text(re.compile(r": 1 more epoch, at the last rate"))).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text(re.compile(r"epoch \d+ of 101"))).to_be_visible(timeout=WAIT_MS)
    page.keyboard.press("Escape")
    stop(page)
    expect(told).to_be_visible()
    assert console == []

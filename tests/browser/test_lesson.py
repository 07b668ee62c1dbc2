"""What a teacher does with one experiment: set it up, steer it, look back, hand it on."""

import re
from urllib.parse import unquote

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.test_race import LOSS, STEPS, WAIT_MS, control, open_page, steps, stop
from tests.waiting import until

NETS = "[class*='st-key-network_'] .live-plot"
COLOURS = "node => node.data.map(trace => trace.marker.color.join())"
MOMENTS = "node => node.data[0].meta.x"
LAST_MOMENT = f"""() => document.querySelector("{NETS}")?.data?.[0].meta.x.at(-1) ?? 0"""
MARKS = "node => node.layout.shapes.filter(shape => shape.line.dash === 'dot' && shape.yref === 'paper').length"


def test_four_nets_are_raced_steered_looked_back_at_and_handed_on(
    page: Page, context: BrowserContext, browser: Browser, server: str, console: list[str]
) -> None:
    open_page(page, f"{server}/race?data=shapes")
    seed = page.get_by_label("Seed", exact=True)
    seed.evaluate("node => { node.dataset.former = 'yes' }")
    page.get_by_role("radio", name="Degradation").click()
    expect(page.get_by_text("the paper's Figure 6 in small")).to_be_visible(timeout=WAIT_MS)
    page.wait_for_url(lambda address: "plain:20,plain:56,residual:20,residual:56" in unquote(address), timeout=WAIT_MS)
    expect(page.locator("input[data-former]")).to_have_count(0, timeout=WAIT_MS)  # what is typed goes into the new form
    seed.fill("7")
    seed.press("Enter")
    page.wait_for_url(re.compile("seed=7"), timeout=WAIT_MS)
    address = unquote(page.url)

    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_text("Link to this experiment").click()
    box = page.locator("[data-testid=stCode]").first
    box.hover()
    box.get_by_role("button", name="Copy to clipboard").click()
    until(lambda: page.evaluate("navigator.clipboard.readText()") == address)

    page.get_by_role("button", name="Start").click()
    page.wait_for_function(f"({STEPS})() >= 1", timeout=WAIT_MS)
    assert page.locator(LOSS).evaluate("node => node.data.filter(trace => trace.showlegend !== false).length") == 4
    page.get_by_text("Show the nets").click()
    control(page, "Change").press("Enter")
    factor = page.get_by_role("spinbutton", name="Learning rate")
    factor.fill("0.1")
    factor.press("Enter")
    expect(page.get_by_text(re.compile(r"After step [\d,]+: the learning rate is 0\.1 times"))).to_be_visible(
        timeout=WAIT_MS
    )
    page.keyboard.press("Escape")
    seen = steps(page)
    page.wait_for_function(f"({STEPS})() > {seen}", timeout=WAIT_MS)
    assert page.locator(LOSS).evaluate(MARKS) == 1
    page.wait_for_function(f"({LAST_MOMENT})() > {seen}", timeout=WAIT_MS)
    stop(page)

    nets = page.locator(NETS)
    latest = nets.evaluate(COLOURS)
    moments = nets.evaluate(MOMENTS)
    assert (len(latest), moments[0]) == (4, 1)
    slider = page.get_by_role("slider", name="Position in the recording")
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "step 1")  # the first record there is, not step 0
    page.wait_for_function(f"""() => document.querySelector("{NETS}").data[0].marker.color.join() !== "{latest[0]}" """)
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", f"step {moments[-1]}")
    page.wait_for_function(f"""() => document.querySelector("{NETS}").data[0].marker.color.join() === "{latest[0]}" """)

    with browser.new_context() as other:
        opened = other.new_page()
        open_page(opened, address)
        opened.get_by_text("Link to this experiment").click()
        expect(opened.locator("[data-testid=stCode]").first).to_have_text(address)
        expect(opened.get_by_label("Seed", exact=True)).to_have_value("7")
        assert unquote(opened.url) == address
    assert console == []


def test_the_form_comes_back_when_its_page_is_loaded_again_and_back_undoes(page: Page, server: str) -> None:
    open_page(page, f"{server}/race?data=shapes")
    seed = page.get_by_label("Seed", exact=True)
    for value in ("3", "4"):
        seed.fill(value)
        seed.press("Enter")
        page.wait_for_url(re.compile(f"seed={value}"), timeout=WAIT_MS)
    page.reload()
    _has(seed, "4")
    page.go_back()
    _has(seed, "3")
    page.go_back()
    _has(seed, "0")
    page.go_forward()
    _has(seed, "3")


def _has(field: Locator, value: str) -> None:
    """There is one such field and it shows this; for a moment that of the form before is still there, too."""
    until(lambda: field.evaluate_all("nodes => nodes.map(node => node.value)") == [value])

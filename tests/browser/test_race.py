"""What only a browser shows: a race that moves, a zoom that stays, a run that is found again."""

import re
import time
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from resnet_viz.ui.race_view import TICK_S
from resnet_viz.ui.shortcuts import KEYS
from tests.browser.phone import overhang
from tests.waiting import until

EXPERIMENT = "data=shapes&depth=14&width=4&epochs=100&size=2000"
WAIT_MS = 60_000  # beside other tests a step may take a second
LOSS = "[class*='st-key-loss_'] .live-plot"
LAST_LOSSES = f"""() => document.querySelector("{LOSS}").data
    .filter(trace => trace.showlegend !== false).map(trace => trace.y.at(-1))"""
STEPS = f"""() => document.querySelector("{LOSS}")?.data?.[0].x.at(-1) ?? 0"""


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("button", name="Start")).to_be_enabled(timeout=WAIT_MS)


def start(page: Page, server: str) -> str:
    """Begin a small race; gives the address of its run."""
    open_page(page, f"{server}/race?{EXPERIMENT}")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile("run="), timeout=WAIT_MS)
    return page.url


def control(page: Page, name: str) -> Locator:
    """A button of the race; Streamlit's own header has a Stop as well while a script runs."""
    return page.locator(".st-key-controls").get_by_role("button", name=_said(name), exact=True)


def _said(name: str) -> str:
    """What a screen reader says of a button: its key stands on it."""
    return f"{name} Shortcut {KEYS[name]}" if name in KEYS else name


def stop(page: Page) -> None:
    control(page, "Stop").click()
    expect(page.get_by_text("stopped", exact=True)).to_be_visible(timeout=WAIT_MS)


def steps(page: Page) -> int:
    return int(page.evaluate(STEPS))


def test_a_race_moves_keeps_its_zoom_stops_and_is_found_again(page: Page, server: str, console: list[str]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    address = start(page, server)
    page.wait_for_function(f"({STEPS})() >= 3", timeout=WAIT_MS)
    before = page.evaluate(LAST_LOSSES)
    seen = steps(page)
    page.wait_for_function(f"({STEPS})() > {seen + 2}", timeout=WAIT_MS)
    after = page.evaluate(LAST_LOSSES)
    assert len(after) == 2
    assert all(old != new for old, new in zip(before, after, strict=True))

    # A real drag over the chart zooms it.
    node = page.locator(LOSS)
    node.evaluate("node => { node.mark = 'the same node' }")
    box = node.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()
    axis = "node => node._fullLayout.xaxis.range.concat(node._fullLayout.yaxis.range)"
    until(lambda: node.evaluate("node => node._fullLayout.xaxis.autorange === false"), 5)
    zoom = node.evaluate(axis)
    for _ in range(3):  # ticks that bring something new
        seen = steps(page)
        page.wait_for_function(f"({STEPS})() > {seen}", timeout=WAIT_MS)
    page.get_by_text("Show the nets").click()
    expect(page.get_by_text("The nets:")).to_be_visible(timeout=WAIT_MS)  # above the chart …
    page.get_by_role("radio", name="Bad init").click()
    expect(page.get_by_role("button", name="See the recording")).to_be_visible(timeout=WAIT_MS)  # … and so is this
    stop(page)
    assert node.evaluate(axis) == zoom
    assert node.evaluate("node => node.mark") == "the same node"

    page.reload()
    expect(page.get_by_text("plain-14 against residual-14")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("stopped", exact=True)).to_be_visible(timeout=WAIT_MS)
    page.wait_for_function(f"({STEPS})() >= 3", timeout=WAIT_MS)
    assert page.url == address
    assert console == []
    own = ("data:", "blob:", server, server.replace("http", "ws"))
    assert [url for url in asked if not url.startswith(own)] == []  # no page needs the network
    assert any("plotly" in url for url in asked)


# Every 10 ms, where each of the buttons stands that are in the row so far.
PLACES = """() => { window.places = {}; setInterval(() => {
    const boxes = [...document.querySelectorAll(".st-key-controls button")].map(node => node.getBoundingClientRect());
    const seen = boxes.filter(box => box.width > 0).map(box => Math.round(box.x));
    for (const [index, x] of seen.entries()) (window.places[index] ??= new Set()).add(x);
}, 10); }"""


def test_pause_step_and_continue(page: Page, server: str) -> None:
    received: list[str | bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(frame)))
    start(page, server)
    page.evaluate(PLACES)
    control(page, "Pause").click()
    expect(page.get_by_text("paused", exact=True)).to_be_visible(timeout=WAIT_MS)
    text = page.get_by_text(re.compile(r"^step \d+ of"))
    before = _step_in(text.inner_text())
    control(page, "Step").click()
    expect(text).to_contain_text(f"step {before + 1} of", timeout=WAIT_MS)
    time.sleep(2 * TICK_S)  # nothing happens, and only waiting shows it
    expect(text).to_contain_text(f"step {before + 1} of")
    page.get_by_text("Show the nets").click()
    expect(page.get_by_text("The nets:")).to_be_visible(timeout=WAIT_MS)
    page.keyboard.press(KEYS["Continue"])  # although a switch has the focus
    until(lambda: _step_in(text.inner_text()) > before + 2)
    stop(page)
    places = page.evaluate("Object.values(window.places).map(places => [...places])")
    assert [len(of_one) for of_one in places] == [1] * 4  # none moved from under a hand when Pause became Continue
    kinds = [ForwardMsg.FromString(frame).WhichOneof("type") for frame in received if isinstance(frame, bytes)]
    assert "delta" in kinds
    assert "ref_hash" not in kinds  # what is sent in full needs no other message to have come


@pytest.mark.thorough
def test_a_race_is_steered_by_keyboard_but_not_while_one_types(page: Page, server: str) -> None:
    open_page(page, f"{server}/race?{EXPERIMENT}")
    page.keyboard.press(KEYS["Start"])
    page.wait_for_function(f"({STEPS})() >= 1", timeout=WAIT_MS)
    page.get_by_label("Epochs").press(KEYS["Stop"])  # in a field, a key belongs to the field
    page.get_by_label("Epochs").evaluate("field => field.blur()")
    page.keyboard.press(KEYS["Pause"])
    expect(page.get_by_text("paused", exact=True)).to_be_visible(timeout=WAIT_MS)
    text = page.get_by_text(re.compile(r"^step \d+ of"))
    before = _step_in(text.inner_text())
    page.keyboard.press(KEYS["Step"])
    expect(text).to_contain_text(f"step {before + 1} of", timeout=WAIT_MS)
    page.keyboard.press(KEYS["Stop"])
    expect(page.get_by_text("stopped", exact=True)).to_be_visible(timeout=WAIT_MS)


@pytest.mark.thorough
def test_two_tabs_see_one_run_and_a_second_start_queues(page: Page, context: BrowserContext, server: str) -> None:
    address = start(page, server)
    page.wait_for_function(f"({STEPS})() >= 2", timeout=WAIT_MS)
    other = context.new_page()
    other.goto(address)
    other.wait_for_function(f"({STEPS})() >= 2", timeout=WAIT_MS)
    page.close()  # the run does not end with the tab that began it
    seen = steps(other)
    other.wait_for_function(f"({STEPS})() > {seen + 2}", timeout=WAIT_MS)
    other.get_by_role("button", name="Start").click()
    expect(other.get_by_text("Queued behind one race")).to_be_visible(timeout=WAIT_MS)
    queued = other.url
    assert queued != address
    stop(other)
    other.goto(address)
    expect(other.get_by_text("running", exact=True)).to_be_visible(timeout=WAIT_MS)
    stop(other)


@pytest.mark.thorough
def test_five_clicks_at_once_make_one_run(page: Page, server: str) -> None:
    open_page(page, f"{server}/race?{EXPERIMENT}&seed=55")
    page.evaluate(
        """() => { const start = [...document.querySelectorAll("button")].find(b => b.innerText.startsWith("Start"));
                   for (let click = 0; click < 5; click++) start.click(); }"""
    )
    page.wait_for_function(f"({STEPS})() >= 2", timeout=WAIT_MS)
    stop(page)
    page.goto(f"{server}/race")
    page.get_by_text("Earlier races").click()
    page.wait_for_selector("[class*='st-key-show_']", timeout=WAIT_MS)
    listed = page.locator("[class*='st-key-show_']").all_inner_texts()
    assert sum("running" in text or "queued" in text for text in listed) == 0


@pytest.mark.thorough
def test_the_charts_follow_the_theme(page: Page, server: str) -> None:
    start(page, server)
    page.wait_for_function(f"({STEPS})() >= 1", timeout=WAIT_MS)
    stop(page)
    text = {scheme: _brightness(page, scheme) for scheme in ("light", "dark")}
    assert text["light"] < 128 < text["dark"]


@pytest.mark.thorough
def test_a_phone_can_start_a_race(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, f"{server}/race?{EXPERIMENT}")
    assert overhang(page) <= 0
    page.get_by_role("button", name="Start").click()
    page.wait_for_function(f"({STEPS})() >= 1", timeout=WAIT_MS)
    assert overhang(page) <= 0
    stop(page)


def _brightness(page: Page, scheme: Literal["light", "dark"]) -> int:
    """Of the charts' text, 0 to 255."""
    page.emulate_media(color_scheme=scheme)
    page.reload()
    page.wait_for_function(f"({STEPS})() >= 1", timeout=WAIT_MS)
    colour = page.locator(LOSS).evaluate("node => node._fullLayout.font.color")
    return int(
        page.evaluate(
            """colour => { const d = document.createElement("canvas").getContext("2d"); d.fillStyle = colour;
                           d.fillRect(0, 0, 1, 1); return d.getImageData(0, 0, 1, 1).data[0]; }""",
            colour,
        )
    )


def _step_in(text: str) -> int:
    found = re.search(r"step ([\d,]+) of", text)
    assert found is not None
    return int(found.group(1).replace(",", ""))

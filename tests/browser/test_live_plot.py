"""What belongs to every chart: its numbers as a table, by keyboard too, and its files, each opened again."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

from resnet_viz.charts.home import degradation_figure
from resnet_viz.engine.recorded import recorded, recorded_records
from resnet_viz.runlog import RunLog
from resnet_viz.ui.live_plot import HTML, JS

WAIT_MS = 60_000
RUN = "degradation"
NAME = f"resnet-viz-{RUN}"
STEPS = 312
WHOLE = f"document.querySelector('.live-plot')?.data?.[0].x.length === {STEPS}"


@pytest.fixture(scope="module")
def curves() -> list[dict[str, Any]]:
    """Those of the recording on the first page."""
    run_log = RunLog(RUN, recorded()[RUN].config, recorded_records(RUN))
    drawn: list[dict[str, Any]] = degradation_figure(run_log.snapshot())["data"]
    return drawn


@pytest.fixture
def chart(page: Page, server: str) -> Locator:
    """Their chart, all of it: nothing moves. The line below it is opened by keyboard."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(server)
    page.wait_for_function(WHOLE, timeout=WAIT_MS)
    found = page.locator(f"[class*='st-key-{RUN}']")
    expect(found.locator("table")).to_have_count(0)  # nothing is built before somebody asks
    found.locator("summary").press("Enter")
    expect(found.locator("table")).to_be_visible()
    return found


def said(chart: Locator) -> Locator:
    return chart.locator("details [role=status]")


def saved(chart: Locator, kind: str, folder: Path) -> Path:
    with chart.page.expect_download(timeout=WAIT_MS) as started:
        chart.get_by_role("button", name=f"as {kind}").press("Enter")
    path = folder / started.value.suggested_filename
    assert path.name == f"{NAME}.{kind.lower()}"
    started.value.save_as(path)
    expect(said(chart)).to_have_text(f"Saved as {path.name}.")
    return path


def test_the_numbers_are_a_table_that_follows_the_chart(chart: Locator, curves: list[dict[str, Any]]) -> None:
    table = chart.get_by_role("table", name="training loss (nats) by step")
    expect(table.get_by_role("columnheader")).to_have_text(["step", *(curve["name"] for curve in curves)])
    last = table.get_by_role("row").last
    expect(last.get_by_role("rowheader")).to_have_text(str(STEPS))
    expect(last.get_by_role("cell")).to_have_text([f"{curve['y'][-1]:g}" for curve in curves])
    chart.get_by_role("slider").press("PageDown")
    expect(last.get_by_role("rowheader")).not_to_have_text(str(STEPS))
    chart.locator("summary").press("Enter")
    expect(table).to_have_count(0)


def test_its_numbers_go_into_a_csv_and_onto_the_clipboard(
    chart: Locator, curves: list[dict[str, Any]], context: BrowserContext, tmp_path: Path
) -> None:
    read = pd.read_csv(saved(chart, "CSV", tmp_path), index_col="step")
    assert read.index.to_list() == curves[0]["x"]
    assert {name: read[name].to_list() for name in read} == {curve["name"]: curve["y"] for curve in curves}

    context.grant_permissions(["clipboard-read", "clipboard-write"])
    chart.get_by_role("button", name="Copy numbers").click()
    expect(said(chart)).to_have_text("The numbers are on the clipboard.")
    copied = chart.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert copied[0] == "\t".join(["step", *read.columns])
    assert len(copied) == 1 + STEPS


@pytest.mark.thorough
def test_its_pictures_stand_on_the_ground_of_the_theme(chart: Locator, tmp_path: Path) -> None:
    chart.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    chart.page.wait_for_function("getComputedStyle(document.querySelector('.live-plot')).color !== 'rgb(49, 51, 63)'")
    with Image.open(saved(chart, "PNG", tmp_path)) as picture:
        assert picture.size == (
            2 * max(800, chart.evaluate("node => Math.floor(node.getBoundingClientRect().width)")),
            2 * 330,
        )
        pixels = np.asarray(picture.convert("RGBA"))
    assert (pixels[..., 3] == 255).all()
    corner = tuple(int(value) for value in pixels[2, 2, :3])
    assert max(corner) < 64, corner  # dark, and not the transparent black of a picture without a ground
    tree = ElementTree.parse(saved(chart, "SVG", tmp_path))
    words = {"".join(node.itertext()) for node in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert {"training loss (nats)", "step", "plain-56"} <= words


# Which names of curves lie under the buttons that a chart shows to who hovers it.
COVERED = """node => [...node.querySelectorAll(".legendtoggle")].filter((toggle) => {
    const [a, b] = [toggle, node.querySelector(".modebar")].map((part) => part.getBoundingClientRect());
    const under = (part) => part.top < b.bottom && b.top < part.bottom && part.left < b.right && b.left < part.right;
    return b.width > 0 && under(a);
}).length"""


def test_its_buttons_cover_no_curves_name_and_send_nothing_away(chart: Locator) -> None:
    node = chart.locator(".live-plot")
    node.hover()
    buttons = node.locator(".modebar-btn")
    names = [button.get_attribute("data-title") for button in buttons.all()]
    assert names == ["Zoom", "Pan", "Zoom in", "Zoom out", "Reset axes"]
    for width in (1280, 390):
        chart.page.set_viewport_size({"width": width, "height": 1100})
        expect(buttons.first).to_be_visible()
        assert node.locator(".legendtoggle").count() == 4
        assert node.evaluate(COVERED) == 0


# A chart without Streamlit: `mounted.tell` is what Streamlit calls with a figure, and gives what it calls at the end.
MOUNT = """async ([html, js, plotly_url]) => {
    const { default: call } = await import(URL.createObjectURL(new Blob([js], { type: "text/javascript" })));
    const parentElement = document.body.appendChild(document.createElement("div"));
    parentElement.innerHTML = html;
    const node = parentElement.querySelector(".live-plot");
    const told = (last) => ({
        figure: {
            data: ["a", "b"].map((name) => ({ name, y: [1, 2, last] })),
            layout: { uirevision: "same", xaxis: { range: [0, 2] }, showlegend: true },
        },
        name: "chart", alt: "A chart", height: 200, plotly_url,
    });
    window.mounted = { node, told, tell: (data) => call({ parentElement, data }) };
    node.scrollIntoView();
    mounted.tell(told(3));
}"""
# What a visitor sees of it: the range of its axis, the curves that are not hidden.
SEEN = """() => [mounted.node._fullLayout.xaxis.range,
    mounted.node._fullData.filter((trace) => trace.visible === true).map((trace) => trace.name)]"""


def drawn(page: Page, last: int) -> None:
    """Wait until the mounted chart shows curves with this end."""
    page.wait_for_function(f"mounted.node.data?.[0].y.at(-1) === {last}")


@pytest.fixture
def mounted(chart: Locator) -> Page:
    """A chart that is zoomed, its first curve hidden."""
    page = chart.page
    page.evaluate(MOUNT, [HTML, JS, page.evaluate("document.querySelector('script[src*=plotly]').src")])
    drawn(page, 3)
    node = page.locator("body > div > .live-plot")
    box = node.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 5, steps=5)
    page.mouse.up()
    page.wait_for_function("mounted.node._fullLayout.xaxis.range[0] > 0.4")
    node.locator(".legendtoggle").first.click()
    page.wait_for_function("mounted.node._fullData[0].visible === 'legendonly'")
    return page


def test_zoom_and_hidden_curves_outlive_a_change_of_theme(mounted: Page) -> None:
    before = mounted.evaluate(SEEN)
    assert before[1] == ["b"]
    mounted.evaluate("{ mounted.given = mounted.told(4); mounted.tell(mounted.given); }")
    drawn(mounted, 4)
    colour = "rgb(1, 2, 3)"  # of the letters in another theme
    mounted.evaluate(f"{{ mounted.node.style.color = '{colour}'; mounted.tell(mounted.given); }}")
    mounted.wait_for_function(f"mounted.node.drawing.endsWith('{colour}')")
    mounted.evaluate("{ mounted.tell(mounted.told(5)); }")
    drawn(mounted, 5)
    assert mounted.evaluate(SEEN) == before


def test_an_older_call_that_ends_takes_nothing_from_the_newer_one(mounted: Page) -> None:
    # Streamlit waits for the module before each call; where something newer came meanwhile, it ends the older at once.
    before = mounted.evaluate(SEEN)
    mounted.evaluate("{ mounted.endOlder = mounted.tell(mounted.told(4)); }")
    drawn(mounted, 4)
    mounted.evaluate("{ mounted.end = mounted.tell(mounted.told(5)); mounted.endOlder(); }")
    drawn(mounted, 5)
    assert mounted.evaluate(SEEN) == before
    mounted.evaluate("{ mounted.node.parentElement.remove(); mounted.end(); }")
    assert mounted.evaluate("mounted.node.data === undefined")  # what left the page keeps no memory


def test_its_page_opens_without_a_network(
    chart: Locator, curves: list[dict[str, Any]], context: BrowserContext, tmp_path: Path
) -> None:
    path = saved(chart, "HTML", tmp_path)
    context.set_offline(True)
    alone = context.new_page()
    errors: list[str] = []
    alone.on("pageerror", lambda error: errors.append(str(error)))
    alone.on("requestfailed", lambda request: errors.append(request.url))
    alone.goto(path.as_uri())
    alone.wait_for_function("document.querySelector('#chart')?.data?.length === 4", timeout=WAIT_MS)
    assert alone.evaluate("document.querySelector('#chart').data[1].y") == curves[1]["y"]
    expect(alone.get_by_text("plain-56 is")).to_be_visible()
    alone.get_by_text("Numbers", exact=True).click()
    expect(alone.get_by_role("columnheader", name="residual-56")).to_be_visible()
    expect(alone.get_by_role("button", name="Zoom in")).to_have_count(1)
    expect(alone.get_by_role("button", name="Share")).to_have_count(0)  # plotly.js would send the chart to its maker
    assert errors == []


@pytest.mark.thorough
def test_a_file_that_cannot_be_made_is_one_sentence(chart: Locator, page: Page) -> None:
    page.route("**/vendor/plotly*", lambda route: route.fulfill(status=503, body="busy"))
    chart.get_by_role("button", name="as HTML").click()
    expect(said(chart)).to_contain_text("That did not work: the server answered 503.")
    expect(chart.locator("table")).to_be_visible()

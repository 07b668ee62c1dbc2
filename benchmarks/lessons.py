"""What a learner waits for on the teaching pages, in the real app and a real Chromium.

Opening counts from the browser's request until the page has drawn its end and Streamlit rests, in a browser context
with an empty cache, the workers being warm; what is measured on the page may still show its progress. The slowest of
three. A slider counts from the key press until its chart looks otherwise or progress is shown, looked at on every
animation frame; the median of five. A measurement counts in the worker, as its page states it: the first one of its
kind, so nothing is remembered.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Browser, Page

from benchmarks.browser import NOT_RUNNING, app_server, chromium, open_page
from benchmarks.report import Row, at_most, present_data, progress, table
from resnet_viz.engine.explainer import Explainer
from resnet_viz.engine.launcher import LocalLauncher
from resnet_viz.net_config import NetConfig
from resnet_viz.net_questions import Chain, Family, Initial, Shatter, Stream
from resnet_viz.questions import Question

PAGES = ("", "race", "block", "highway", "shattered", "family", "results", "after", "explain")
VISITS, PRESSES = 3, 5
LIMIT_S = 60.0
DEPTH = 56
OPENED = f"""() => {NOT_RUNNING} && document.body.innerText.includes("Sources.") ? performance.now() : undefined"""
PROGRESS = "document.querySelector(\"[class*='st-key-cancel_']\")"
LOOKS = """(chart => { const node = document.querySelector(chart);
    return node?.data && JSON.stringify([node.data.map(trace => [trace.x, trace.y]), node.layout.shapes]); })"""
RESTS = f"chart => {NOT_RUNNING} && !{PROGRESS} && {LOOKS}(chart)"  # and how the chart looks
MOVED = (
    f"([chart, before]) => ({PROGRESS} || {LOOKS}(chart) !== before) ? performance.now() - window.pressed : undefined"
)


@dataclass(frozen=True)
class Mover:
    """The main slider of a page, and the chart that it moves."""

    page: str
    slider: str
    chart: str  # key
    press: str = ""  # a button that must be pressed first


MOVERS = (
    Mover("", "Position in the recording", "degradation"),
    Mover("block", "Blocks", "stack"),
    Mover("highway", "Depth", "highway_grad_x", "Measure"),
    Mover("shattered", "Depth", "shattered_correlation", "Measure"),
    Mover("family", "Channels", "family_bottleneck"),
    Mover("results", "Mean over these thousand iterations", "results_curves"),
    Mover("after", "Scale of every shortcut, λ", "after_chain"),
)


def seconds_to_open(browser: Browser, address: str) -> float:
    """One visit."""
    page = open_page(browser, address)
    milliseconds: float = page.wait_for_function(OPENED).json_value()
    page.context.close()
    return milliseconds / 1000


def seconds_to_move(page: Page, mover: Mover) -> float:
    """Press keys on a slider; the median."""
    chart = f"[class*='st-key-{mover.chart}'] .live-plot"
    page.evaluate("addEventListener('keydown', () => { window.pressed = performance.now(); }, true)")
    took = []
    slider = page.get_by_role("slider", name=mover.slider).first
    for _ in range(PRESSES):
        page.wait_for_function(RESTS, arg=chart)
        page.wait_for_timeout(1000)  # nothing is measured
        before = page.wait_for_function(RESTS, arg=chart).json_value()
        slider.press("ArrowLeft")
        took.append(float(page.wait_for_function(MOVED, arg=[chart, before]).json_value()) / 1000)
    return median(took)


def page_rows() -> list[Row]:
    """Opening every page, and moving its slider."""
    rows = []
    with chromium() as browser, app_server() as server:
        server.wait_warm(1)
        seconds_to_open(browser, f"{server.url}/block")  # Streamlit's own first visit
        for name in PAGES:
            slowest = max(seconds_to_open(browser, f"{server.url}/{name}") for _ in range(VISITS))
            rows.append(at_most(f"page {name or 'start'} opens", slowest, 3.0, "s"))
        for mover in MOVERS:
            progress(f"slider of {mover.page or 'start'} …")
            page = open_page(browser, f"{server.url}/{mover.page}", height=2400)
            for place in range(4 if mover.page == "highway" else 0):  # its predictions
                page.get_by_text("healthy", exact=True).nth(place).click()
            if mover.press:
                page.get_by_role("button", name=mover.press, exact=True).click()
            what = f"page {mover.page or 'start'}: slider to figure or progress"
            rows.append(at_most(what, seconds_to_move(page, mover), 0.5, "s"))
            page.context.close()
    return rows


def nets(depths: Sequence[int], norms: Sequence[bool]) -> tuple[NetConfig, ...]:
    """Plain and residual nets."""
    return tuple(
        NetConfig(depth=depth, shortcut=kind, batch_norm=norm)
        for depth in depths
        for kind in ("none", "A")
        for norm in norms
    )


def measurement_rows() -> list[Row]:
    """What the pages measure, each asked for the first time of one warm worker."""
    data = present_data()
    asked: tuple[tuple[str, Question, float | None], ...] = (
        ("four nets at depth 56 before their first update", Initial(nets=nets([DEPTH], [True, False]), data=data), 4.0),
        ("shattered gradients, depths 8, 26 and 56", Shatter(nets=nets([8, 26, DEPTH], [True]), data=data), 5.0),
        ("pre-norm and post-norm, 12 layers, six seeds", Stream(), 3.0),
        ("a gradient through a chain of 18 blocks", Chain(), None),
        ("counting the family", Family(), None),
    )
    explainer = Explainer(LocalLauncher())
    try:
        explainer.warm()
        _wait_ready(explainer)
        return [_measured(explainer, *one) for one in asked]
    finally:
        explainer.close()


def _wait_ready(explainer: Explainer) -> None:
    end = time.monotonic() + LIMIT_S
    while not explainer.ready:
        if time.monotonic() > end:
            raise TimeoutError("the worker is not ready")
        time.sleep(0.05)


def _measured(explainer: Explainer, what: str, question: Question, goal: float | None) -> Row:
    asking = explainer.wait(explainer.ask(question).id, LIMIT_S)
    if not asking.answered:
        raise RuntimeError(asking.message or "no answer in time")
    if goal is None:
        return Row(what, f"{asking.seconds:.2f} s")
    return at_most(what, asking.seconds, goal, "s")


def measure() -> list[Row]:
    """Run the benchmark."""
    return measurement_rows() + page_rows()


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print(table(measure()))


if __name__ == "__main__":
    main()

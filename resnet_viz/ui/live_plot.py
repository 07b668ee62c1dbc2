"""The live chart: a component whose JavaScript calls Plotly.react on its own node.

`st.plotly_chart` is removed and rebuilt whenever its data changes (Streamlit 1.67), which flickers and loses the zoom.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path

import plotly
import streamlit as st

from resnet_viz.charts.style import Figure

PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"  # the very file that plotly.py ships
PLOTLY_ROUTE = f"/vendor/plotly-{plotly.__version__}.min.js"
SCRIPTS = ("chart_numbers.js", "chart_files.js", "live_plot.js")  # one module together: the last one exports


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


HTML = """<div class="live-plot"></div><p class="live-plot-message"></p><div class="live-plot-replay" hidden>
    <button type="button"></button><input type="range" min="0" step="any" aria-label="Position in the recording">
    <output></output></div>
    <details class="live-plot-more" hidden><summary>Numbers and files</summary><div class="live-plot-files"></div>
    <p role="status"></p><div class="live-plot-numbers" role="region" tabindex="0"></div></details>"""
JS = "\n".join(map(_text, SCRIPTS))
_component = st.components.v2.component(
    "resnet_viz_live_plot", html=HTML, css=_text("live_plot.css"), js=JS, isolate_styles=False
)


@dataclass(frozen=True)
class Replay:
    """How a figure is replayed: its curves along x, its cells through the moments of their `meta`.

    Attributes:
        last: the largest x; the first is 0.
        seconds: that it takes from the first to the last.
        unit: of x, in words.
        autoplay: whether it begins by itself, for those who do not ask for less motion.
    """

    last: float
    seconds: float
    unit: str = "step"
    autoplay: bool = False


def live_plot(
    figure: Figure, *, key: str, alt: str, height: int, share: float | None = None, replay: Replay | None = None
) -> None:
    """Draw a figure, or bring the one with this key up to date.

    Args:
        alt: what the chart shows, for those who do not see it; marks of Markdown are left out.
        height: in pixels.
        share: of the window's width, which the height does not exceed: for squares in a row.
        replay: show a button and a slider with which the figure is seen as it grew.
    """
    text = alt.replace("*", "")
    seen = asdict(replay) if replay else None
    told = {"figure": figure, "name": file_name(key), "alt": text, "height": height, "share": share, "replay": seen}
    _component(key=key, data={**told, "plotly_url": _url()})


def file_name(key: str) -> str:
    """Of what is saved of a chart, without its ending."""
    return "-".join(["resnet-viz", *re.findall(r"[A-Za-z0-9]+", key)])


def preload_plotly() -> None:
    """Let the browser fetch and parse Plotly before the first chart needs it."""
    _component(key="preload_plotly", data={"figure": None, "plotly_url": _url()})


def _url() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{PLOTLY_ROUTE}" if base else PLOTLY_ROUTE

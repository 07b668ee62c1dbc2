"""The live chart: a component whose JavaScript calls Plotly.react on its own node.

`st.plotly_chart` is removed and rebuilt whenever its data changes (Streamlit 1.67), which flickers and loses the zoom.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import plotly
import streamlit as st

from resnet_viz.charts.style import Figure

PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"  # the very file that plotly.py ships
PLOTLY_ROUTE = f"/vendor/plotly-{plotly.__version__}.min.js"

_component = st.components.v2.component(
    "resnet_viz_live_plot",
    html="""<div class="live-plot"></div><p class="live-plot-message"></p><div class="live-plot-replay" hidden>
        <button type="button"></button><input type="range" min="0" step="any" aria-label="Position in the recording">
        <output></output></div>""",
    css="""
        .live-plot { width: 100%; } .live-plot-message:empty { display: none; }
        .live-plot-replay:not([hidden]) { display: flex; gap: 0.75rem; align-items: center; }
        .live-plot-replay input { flex: 1; min-width: 4rem; accent-color: var(--st-primary-color); }
        .live-plot-replay output { min-width: 5rem; font-variant-numeric: tabular-nums; }
        .live-plot-replay button {
            min-width: 6.5rem; padding: 0.25rem 0.75rem; border-radius: 0.5rem; font: inherit; cursor: pointer;
            border: 1px solid var(--st-border-color); background: var(--st-background-color);
            color: var(--st-text-color);
        }
    """,
    js=Path(__file__).with_name("live_plot.js").read_text(encoding="utf-8"),
    isolate_styles=False,
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


def live_plot(figure: Figure, *, key: str, alt: str, height: int, replay: Replay | None = None) -> None:
    """Draw a figure, or bring the one with this key up to date.

    Args:
        alt: what the chart shows, for those who do not see it; marks of Markdown are left out.
        height: in pixels.
        replay: show a button and a slider with which the figure is seen as it grew.
    """
    text = alt.replace("*", "")
    seen = asdict(replay) if replay else None
    _component(key=key, data={"figure": figure, "alt": text, "height": height, "replay": seen, "plotly_url": _url()})


def preload_plotly() -> None:
    """Let the browser fetch and parse Plotly before the first chart needs it."""
    _component(key="preload_plotly", data={"figure": None, "plotly_url": _url()})


def _url() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{PLOTLY_ROUTE}" if base else PLOTLY_ROUTE

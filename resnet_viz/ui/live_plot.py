"""The live chart: a component whose JavaScript calls Plotly.react on its own node.

`st.plotly_chart` is removed and rebuilt whenever its data changes (Streamlit 1.67), which flickers and loses the zoom.
"""

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
    </div>""",
    css="""
        .live-plot { width: 100%; } .live-plot-message:empty { display: none; }
        .live-plot-replay:not([hidden]) { display: flex; gap: 0.75rem; align-items: center; }
        .live-plot-replay input { flex: 1; accent-color: var(--st-primary-color); }
        .live-plot-replay button {
            min-width: 6.5rem; padding: 0.25rem 0.75rem; border-radius: 0.5rem; font: inherit; cursor: pointer;
            border: 1px solid var(--st-border-color); background: var(--st-background-color);
            color: var(--st-text-color);
        }
    """,
    js=Path(__file__).with_name("live_plot.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def live_plot(figure: Figure, *, key: str, alt: str, height: int, replay_s: float | None = None) -> None:
    """Draw a figure, or bring the one with this key up to date.

    Args:
        alt: what the chart shows, for those who do not see it; marks of Markdown are left out.
        height: in pixels.
        replay_s: seconds in which the curves draw themselves along x, which then has a fixed range from 0; the browser
            shows a button and a slider for it.
    """
    last = figure["layout"]["xaxis"]["range"][1] if replay_s else None
    replay = {"seconds": replay_s, "last": last} if replay_s else None
    text = alt.replace("*", "")
    _component(
        key=key, data={"figure": figure, "alt": text, "height": height, "replay": replay, "plotly_url": _url()}
    )  # fmt: skip


def preload_plotly() -> None:
    """Let the browser fetch and parse Plotly before the first chart needs it."""
    _component(key="preload_plotly", data={"figure": None, "plotly_url": _url()})


def _url() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{PLOTLY_ROUTE}" if base else PLOTLY_ROUTE

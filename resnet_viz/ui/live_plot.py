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
    html='<div class="live-plot"></div><p class="live-plot-message"></p>',
    css=".live-plot { width: 100%; } .live-plot-message:empty { display: none; }",
    js=Path(__file__).with_name("live_plot.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def live_plot(figure: Figure, *, key: str, alt: str, height: int) -> None:
    """Draw a figure, or bring the one with this key up to date.

    Args:
        alt: what the chart shows, for those who do not see it.
        height: in pixels.
    """
    _component(key=key, data={"figure": figure, "alt": alt, "height": height, "plotly_url": _url()})


def preload_plotly() -> None:
    """Let the browser fetch and parse Plotly before the first chart needs it."""
    _component(key="preload_plotly", data={"figure": None, "plotly_url": _url()})


def _url() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{PLOTLY_ROUTE}" if base else PLOTLY_ROUTE

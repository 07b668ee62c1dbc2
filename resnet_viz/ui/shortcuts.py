"""The keys that steer a race, on the page and beside its switches."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

# As in the debuggers of browsers, F8 and F9. Function keys mean nothing to a text field, and nothing to a page that a
# screen reader reads; single letters do, and most letters with Ctrl or Alt belong to the browser.
KEYS: Mapping[str, str] = {"Start": "F2", "Pause": "F8", "Continue": "F8", "Step": "F9", "Stop": "F4"}

_component = st.components.v2.component(
    "resnet_viz_shortcuts", js=Path(__file__).with_name("shortcuts.js").read_text(encoding="utf-8")
)


def tell_keys() -> None:
    """Say which keys there are; each stands on its button too."""
    st.caption(
        ":material/keyboard: **F2** starts, **F8** pauses and continues, **F9** makes one step, **F4** stops. Some "
        "keyboards want *fn* with them; while you type in a field they do nothing."
    )


def hear_keys() -> None:
    """Let them work while a switch, a choice or a slider has the focus. Draws nothing."""
    _component(key="shortcuts")

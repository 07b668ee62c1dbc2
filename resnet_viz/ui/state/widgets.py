"""What widgets forget, and what their callbacks need."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from resnet_viz.arithmetic import Floats

_PASTED = "pasted"
MAX_PASTED = 4


def pasted() -> list[tuple[str, bytes]]:
    """Pictures that came from the clipboard: name, content. The widget itself forgets them at once."""
    kept: list[tuple[str, bytes]] = st.session_state.setdefault(_PASTED, [])
    return kept


def add_pasted(pictures: list[tuple[str, bytes]]) -> None:
    """Keep what was pasted; the newest first, and only a few."""
    st.session_state[_PASTED] = [*pictures, *pasted()][:MAX_PASTED]


def forget_pasted() -> None:
    st.session_state[_PASTED] = []


def widget(key: str) -> Any:
    """What a widget says now: for its own callback, which runs before the page does."""
    return st.session_state[key]


def any_widget(keys: Iterable[str]) -> bool:
    """Whether one of these widgets is known."""
    return any(key in st.session_state for key in keys)


def set_widget(key: str, value: Any) -> None:
    """Let a widget that is yet to be drawn say this."""
    st.session_state[key] = value


def editor_key(name: str) -> str:
    """Key of a table of numbers; another one after each reset, since an editor keeps its edits under its key."""
    return f"edit_{name}_{st.session_state.get(f'edits_{name}', 0)}"


def reset_editor(name: str) -> None:
    """Let a table of numbers begin anew."""
    st.session_state[f"edits_{name}"] = st.session_state.get(f"edits_{name}", 0) + 1
    st.session_state.pop(f"good_{name}", None)


def keep_good(name: str, values: Floats) -> Floats:
    """Remember the numbers of a table that were good."""
    st.session_state[f"good_{name}"] = values
    return values


def last_good(name: str, example: Floats) -> Floats:
    """The last good numbers of a table, or the example's."""
    kept: Floats = st.session_state.get(f"good_{name}", example)
    return kept

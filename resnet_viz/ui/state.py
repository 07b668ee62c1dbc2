"""The only file that names session state and query parameters."""

import re
import secrets

import streamlit as st

from resnet_viz.arithmetic import Floats
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import NoSuchRun

_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_RUN, _TOKEN, _PASTED = "run", "start_token", "pasted"
MAX_PASTED = 4


def start_token() -> str:
    """Names the Start button of now: all clicks on it mean one run."""
    return str(st.session_state.setdefault(_TOKEN, secrets.token_urlsafe(6)))


def show_run(run: str) -> None:
    """Make a run the one that this page shows, in this session and in the address."""
    st.session_state[_RUN] = run
    st.query_params.clear()
    st.query_params[_RUN] = run


def run_started(run: str) -> None:
    """A Start succeeded: show its run, and let the next click mean another one."""
    st.session_state.pop(_TOKEN, None)
    show_run(run)


def show_form() -> None:
    """Show no run."""
    st.session_state.pop(_RUN, None)
    st.query_params.clear()


def shown_run(manager: Manager) -> tuple[str | None, str | None]:
    """The run to show and, when the address names none that exists, a sentence.

    `?run=` wins; without it the run of this session while it is active; else none.
    """
    named = st.query_params.get(_RUN)
    run = named or st.session_state.get(_RUN)
    if run is None:
        return None, None
    if not _ID.fullmatch(str(run)):
        return None, "The address names no run: an id has letters and digits only."
    try:
        snapshot = manager.snapshot(str(run))
    except NoSuchRun as error:
        st.session_state.pop(_RUN, None)
        return None, str(error)
    assert snapshot is not None
    if named or snapshot.is_active:
        st.session_state[_RUN] = run
        return str(run), None
    return None, None


def pasted() -> list[tuple[str, bytes]]:
    """Pictures that came from the clipboard: name, content. The widget itself forgets them at once."""
    kept: list[tuple[str, bytes]] = st.session_state.setdefault(_PASTED, [])
    return kept


def add_pasted(pictures: list[tuple[str, bytes]]) -> None:
    """Keep what was pasted; the newest first, and only a few."""
    st.session_state[_PASTED] = [*pictures, *pasted()][:MAX_PASTED]


def forget_pasted() -> None:
    st.session_state[_PASTED] = []


def experiment_parameters() -> dict[str, str]:
    """What the address says about the experiment."""
    return {name: value for name, value in st.query_params.to_dict().items() if name != _RUN}


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

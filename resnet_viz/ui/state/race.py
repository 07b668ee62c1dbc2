"""What the race page shows: which run or group, its form, what the address asks for and hides."""

import re
import secrets

import streamlit as st

from resnet_viz.engine import groups
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import NoSuchRun
from resnet_viz.ui.race_begin import Form

_ID = re.compile(r"[A-Za-z0-9-]{1,32}")
_NAME = re.compile(r"[a-z]+")
_RUN, _GROUP, _TOKEN, _REFUSED = "run", "group", "start_token", "refused_change"
_FORM, _GO, _HIDE = "form", "go", "hide"
_OTHERS = ("runs", "done")  # of other pages


def start_token() -> str:
    """Names the Start button of now: all clicks on it mean one run."""
    return str(st.session_state.setdefault(_TOKEN, secrets.token_urlsafe(6)))


def show_run(run: str) -> None:
    """Make a run the one that this page shows, in this session and in the address."""
    _show(_RUN, run)


def show_group(group: str) -> None:
    """The same with a group of runs."""
    _show(_GROUP, group)


def _show(kind: str, named: str) -> None:
    _keep_shown(kind, named)
    st.query_params.from_dict({kind: named, **({_HIDE: ".".join(sorted(hidden()))} if hidden() else {})})


def started(named: str, *, is_group: bool) -> None:
    """A Start succeeded: show its run or its group, and let the next click mean another one."""
    st.session_state.pop(_TOKEN, None)
    _show(_GROUP if is_group else _RUN, named)


def show_form() -> None:
    """Show no run."""
    for kind in (_RUN, _GROUP):
        st.session_state.pop(kind, None)
    st.query_params.clear()


def _keep_shown(kind: str, named: str) -> None:
    """Show this in this session, where the address names nothing: a run or a group, and not the other."""
    st.session_state.pop(_GROUP if kind == _RUN else _RUN, None)
    st.session_state[kind] = named


def shown_group(manager: Manager) -> tuple[str | None, str | None]:
    """The group to show and, when the address names none that exists, a sentence; chosen as `shown_run` says.

    A run in the address wins.
    """
    named = st.query_params.get(_GROUP)
    group = named or st.session_state.get(_GROUP)
    if group is None or _RUN in st.query_params:
        return None, None
    if not _ID.fullmatch(str(group)):
        return None, "The address names no group: an id has letters, digits and hyphens only."
    try:
        is_active = any(run.is_active for run in groups.members(manager, str(group)))
    except NoSuchRun as error:
        st.session_state.pop(_GROUP, None)
        return None, str(error)
    if not named and not is_active:
        return None, None
    _keep_shown(_GROUP, str(group))
    return str(group), None


def shown_run(manager: Manager) -> tuple[str | None, str | None]:
    """The run to show and, when the address names none that exists, a sentence.

    `?run=` wins; without it the run of this session while it is active; else none.
    """
    named = st.query_params.get(_RUN)
    run = named or st.session_state.get(_RUN)
    if run is None:
        return None, None
    if not _ID.fullmatch(str(run)):
        return None, "The address names no run: an id has letters, digits and hyphens only."
    try:
        snapshot = manager.snapshot(str(run))
    except NoSuchRun as error:
        st.session_state.pop(_RUN, None)
        return None, str(error)
    if named or snapshot.is_active:
        _keep_shown(_RUN, str(run))
        return str(run), None
    return None, None


def refuse(run: str, sentence: str | None) -> None:
    """Keep why the last change of a run was refused; None: it was not."""
    st.session_state[_REFUSED] = (run, sentence)


def refusal(run: str) -> str | None:
    """Why the last change that this visitor asked of the run was refused, if it was."""
    refused, sentence = st.session_state.get(_REFUSED, (None, None))
    return sentence if refused == run else None


def experiment_parameters() -> dict[str, str]:
    """What the address says about the experiment."""
    others = (_RUN, _GROUP, _GO, _HIDE, *_OTHERS)
    return {name: value for name, value in st.query_params.to_dict().items() if name not in others}


def say_experiment(parameters: dict[str, str]) -> None:
    """Let the address say this about the experiment; what it says about other things stays."""
    experiment = experiment_parameters()
    others = {name: value for name, value in st.query_params.to_dict().items() if name not in experiment}
    st.query_params.from_dict({**parameters, **others})


def form() -> Form | None:
    """The form of this session, once there is one."""
    kept: Form | None = st.session_state.get(_FORM)
    return kept


def keep_form(filled: Form) -> Form:
    """Make a form the one of this session."""
    st.session_state[_FORM] = filled
    return filled


def asked_to_run() -> bool:
    """Whether the address asks to start its experiment. Only a button starts it."""
    return st.query_params.get(_GO) == "1"


def decline_to_run() -> None:
    """The visitor does not want it."""
    st.query_params.pop(_GO, None)


def hidden() -> frozenset[str]:
    """Names of the controls that a lesson's link hides, for the rest of the session."""
    if _HIDE in st.query_params:
        st.session_state[_HIDE] = st.query_params[_HIDE]
    return frozenset(_NAME.findall(st.session_state.get(_HIDE, "")))


def show_all() -> None:
    """Hide nothing any more."""
    st.session_state.pop(_HIDE, None)
    st.query_params.pop(_HIDE, None)

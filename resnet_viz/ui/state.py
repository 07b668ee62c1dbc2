"""The only file that names session state and query parameters."""

import re
import secrets
from collections.abc import Collection
from typing import Any

import streamlit as st

from resnet_viz.arithmetic import Floats
from resnet_viz.charts.summary import Note
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import NoSuchRun
from resnet_viz.ui.race_begin import Form

_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_NAME = re.compile(r"[a-z]+")
_RUN, _TOKEN, _PASTED, _DONE, _NOTES = "run", "start_token", "pasted", "done", "notes"
_QUIZ, _REQUESTED = "quiz_", "requested_"
_REFUSED = "refused_change"
_FORM, _GO, _HIDE = "form", "go", "hide"
MAX_PASTED = 4


def start_token() -> str:
    """Names the Start button of now: all clicks on it mean one run."""
    return str(st.session_state.setdefault(_TOKEN, secrets.token_urlsafe(6)))


def show_run(run: str) -> None:
    """Make a run the one that this page shows, in this session and in the address."""
    st.session_state[_RUN] = run
    st.query_params.from_dict({_RUN: run, **({_HIDE: ".".join(sorted(hidden()))} if hidden() else {})})


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


def refuse(run: str, sentence: str | None) -> None:
    """Keep why the last change of a run was refused; None: it was not."""
    st.session_state[_REFUSED] = (run, sentence)


def refusal(run: str) -> str | None:
    """Why the last change that this visitor asked of the run was refused, if it was."""
    refused, sentence = st.session_state.get(_REFUSED, (None, None))
    return sentence if refused == run else None


def experiment_parameters() -> dict[str, str]:
    """What the address says about the experiment."""
    others = (_RUN, _DONE, _GO, _HIDE)
    return {name: value for name, value in st.query_params.to_dict().items() if name not in others}


def forget_experiment() -> None:
    """The address says nothing about the experiment any more."""
    for name in (*experiment_parameters(), _GO):
        st.query_params.pop(name, None)


def form() -> Form | None:
    """The form of this session, once there is one."""
    kept: Form | None = st.session_state.get(_FORM)
    return kept


def keep_form(filled: Form) -> Form:
    """Make a form the one of this session."""
    st.session_state[_FORM] = filled
    return filled


def widget(key: str) -> Any:
    """What a widget says now: for its own callback, which runs before the page does."""
    return st.session_state[key]


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


def request(kind: str) -> None:
    """A visitor asked for a costly kind of measurement."""
    st.session_state[f"{_REQUESTED}{kind}"] = True


def was_requested(kind: str) -> bool:
    """Whether this visitor asked for it before."""
    return bool(st.session_state.get(f"{_REQUESTED}{kind}"))


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


def done() -> list[str]:
    """Keys of the lessons that are done, in the order in which they were."""
    kept: list[str] = st.session_state.setdefault(_DONE, [])
    return kept


def mark_done(lesson: str) -> None:
    """A lesson is done: in this session and in the address."""
    if lesson not in done():
        done().append(lesson)
    write_done()


def read_done(lessons: Collection[str]) -> None:
    """Take over what the address says is done; what is no lesson is left out."""
    for lesson in st.query_params.get(_DONE, "").split("."):
        if lesson in lessons and lesson not in done():
            done().append(lesson)
    write_done()


def write_done() -> None:
    """Let the address say what is done."""
    if done() and st.query_params.get(_DONE) != ".".join(done()):
        st.query_params[_DONE] = ".".join(done())


def done_parameter() -> dict[str, str]:
    """What a link to another page takes along."""
    return {_DONE: ".".join(done())} if done() else {}


def note(key: str, tried: Note) -> None:
    """Keep what was tried, for the summary."""
    kept = st.session_state.setdefault(_NOTES, {})
    kept[key] = tried.following(kept.get(key))


def quiz_key(lesson: str, name: str) -> str:
    """Key of a question's widget, and of what was answered."""
    return f"{_QUIZ}{lesson}_{name}"


def noted(key: str) -> Note | None:
    """What was kept under a key."""
    kept: Note | None = st.session_state.get(_NOTES, {}).get(key)
    return kept


def notes() -> list[Note]:
    """All that was tried in this session, oldest first."""
    return list(st.session_state.get(_NOTES, {}).values())


def forget_tried() -> None:
    """Begin the path anew, with nothing chosen in any question, and nothing measured unasked."""
    kept = (_DONE, _NOTES, _QUIZ, _REQUESTED)
    for name in [name for name in map(str, st.session_state) if name.startswith(kept)]:
        del st.session_state[name]
    st.query_params.pop(_DONE, None)

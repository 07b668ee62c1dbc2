"""The place on the path of lessons, and what was tried."""

from collections.abc import Collection

import streamlit as st

from resnet_viz.charts.summary import Note

_DONE, _NOTES, _QUIZ, _REQUESTED = "done", "notes", "quiz_", "requested_"


def request(kind: str) -> None:
    """A visitor asked for a costly kind of measurement."""
    st.session_state[f"{_REQUESTED}{kind}"] = True


def was_requested(kind: str) -> bool:
    """Whether this visitor asked for it before."""
    return bool(st.session_state.get(f"{_REQUESTED}{kind}"))


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

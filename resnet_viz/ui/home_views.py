"""Parts of the first page: the replay, the doors, the path, and what was tried."""

import platform
from datetime import date
from pathlib import Path

import streamlit as st

from resnet_viz import __version__
from resnet_viz.charts import home as charts
from resnet_viz.charts.sentences import data_sentence, device_sentence
from resnet_viz.charts.summary import summary_html
from resnet_viz.engine.manager import Manager
from resnet_viz.runlog import Snapshot
from resnet_viz.ui import state
from resnet_viz.ui.lessons import LESSONS
from resnet_viz.ui.live_plot import Replay, live_plot

RECORDING = "degradation"  # a run that ships
REPLAY_S = 9.0
DOORS = (
    ("race.py", "Race two nets", "sports_score", "Train a plain and a residual net side by side, on this machine."),
    ("block.py", "Look inside", "calculate", "One block in numbers, then gradients, costs and what came after."),
    ("explain.py", "Explain an image", "image_search", "Ask a pretrained ResNet-50 what it saw in your picture."),
)
# A component, because st.html and st.markdown drop SVG, and an image would not follow the theme.
plus_sign = st.components.v2.component(
    "resnet_viz_plus_sign", html=(Path(__file__).parent / "assets" / "plus_sign.svg").read_text(encoding="utf-8")
)
TITLES = {"home": "Start", **{lesson.key: lesson.title for lesson in LESSONS}}


def replay(manager: Manager) -> Snapshot:
    """Degradation, as it was recorded.

    Raises:
        StoreError: the store can't be read.
    """
    recording = manager.snapshot(RECORDING)
    assert recording is not None
    sentence = charts.degradation_sentence(recording)
    live_plot(
        charts.degradation_figure(recording), key="degradation", alt=f"Training loss against step. {sentence}",
        height=330, replay=Replay(recording.step, REPLAY_S, autoplay=True),
    )  # fmt: skip
    st.markdown(sentence)
    st.caption(
        f"Recorded: {data_sentence(recording)}; {device_sentence(recording)}. Made by the command make recordings."
    )
    return recording


def doors() -> None:
    """Three ways in."""
    for column, (file, label, icon, text) in zip(st.columns(len(DOORS)), DOORS, strict=True):
        with column, st.container(border=True):
            st.page_link(file, label=f"**{label}**", icon=f":material/{icon}:", query_params=state.done_parameter())
            st.markdown(text)


def path() -> None:
    """The lessons in order, and which of them are done."""
    done = [lesson for lesson in LESSONS if lesson.key in state.done()]
    st.progress(len(done) / len(LESSONS), text=f"{len(done)} of {len(LESSONS)} lessons done")
    for place, lesson in enumerate(LESSONS, start=1):
        is_done = lesson in done
        icon, word = ("check_circle", " (done)") if is_done else ("radio_button_unchecked", "")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link(
                lesson.file, label=f"{place}. {lesson.title}{word}", icon=f":material/{icon}:",
                query_params=state.done_parameter(),
            )  # fmt: skip
            st.caption(lesson.teaser)
    st.caption("A lesson is done once you answered a question in it. The address of this page keeps your place.")


def tried() -> None:
    """What was tried, and how to take it home."""
    notes = state.notes()
    if not notes:
        st.caption("Nothing yet. Answer a question in a lesson, and it is kept here for you to take home.")
        return
    for note in notes:
        verdict = "" if note.truth is None else " :green-badge[right]" if note.is_right else " :orange-badge[not so]"
        st.markdown(f"{TITLES[note.lesson]}: {note.asked} **{note.said}**{verdict}")
    machine = f"resnet-viz {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    page = summary_html(notes, TITLES, date.today().isoformat(), machine)
    with st.container(horizontal=True):
        st.download_button(
            "Take it home as one HTML page", page, "resnet-viz-summary.html", "text/html", icon=":material/download:",
            on_click="ignore",
        )  # fmt: skip
        st.button("Begin anew", on_click=state.forget_tried, icon=":material/restart_alt:")

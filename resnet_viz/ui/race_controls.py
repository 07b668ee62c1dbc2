"""What steers a race: pause, single step, stop, and what may be changed while it goes."""

import streamlit as st

from resnet_viz import config as limits
from resnet_viz.charts import sentences
from resnet_viz.config import ConfigError
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.protocol import Action
from resnet_viz.interventions import Change
from resnet_viz.runlog import Snapshot
from resnet_viz.ui import state
from resnet_viz.ui.shortcuts import KEYS

BUTTON_WIDTH = 150  # pixels, of each: when Pause becomes Continue, the others stay under the hand


def race_controls(manager: Manager, snapshot: Snapshot) -> None:
    """Draw the controls of a run that is not over, and why the last change was refused."""
    if refused := state.refusal(snapshot.run):
        st.warning(refused)
    if not snapshot.is_active:
        return
    own = manager.is_own(snapshot.run)
    if not own:
        st.caption("Another program runs this race (the command line, perhaps): only there can it be stopped.")

    def button(name: str, icon: str, action: Action, *, enabled: bool, key: str = "") -> None:
        st.button(
            name, icon=f":material/{icon}:", key=f"{key or action}_{snapshot.run}", disabled=not (enabled and own),
            on_click=manager.steer, args=(snapshot.run, action), shortcut=KEYS[name], width=BUTTON_WIDTH,
        )  # fmt: skip

    with st.container(horizontal=True, key="controls"):
        # One key: two buttons would stand beside each other until the page is drawn, and push the others from the hand.
        if snapshot.status == "paused":
            button("Continue", "play_arrow", "resume", enabled=True, key="hold")
        else:
            button("Pause", "pause", "pause", enabled=snapshot.status == "running", key="hold")
        button("Step", "skip_next", "step", enabled=snapshot.status == "paused")
        _change(manager, snapshot)
        button("Stop", "stop", "stop", enabled=True)


def _change(manager: Manager, snapshot: Snapshot) -> None:
    reason = None
    if not manager.is_own(snapshot.run):
        reason = "Another program runs this race: it can't be changed from here."
    elif snapshot.status == "queued":
        reason = "It has not begun. Change it when it runs."
    key = f"change_{snapshot.run}"
    with st.popover("Change", icon=":material/tune:", key=key, disabled=reason is not None, help=reason):
        _rate_form(manager, snapshot)
        _extension_form(manager, snapshot)


def _rate_form(manager: Manager, snapshot: Snapshot) -> None:
    key = f"factor_{snapshot.run}"
    with st.form(f"rate_{snapshot.run}", border=False):
        st.number_input(
            "Learning rate: times what the schedule says", 0.0, value=snapshot.course.factor, step=0.1, format="%g",
            key=key, help="From the next step on. 1 is the schedule itself.",
        )  # fmt: skip
        st.caption(sentences.rate_sentence(snapshot))
        given = (manager, snapshot.run, "learning_rate_factor", key)
        st.form_submit_button("Apply", on_click=_apply, args=given, key=f"apply_{key}")


def _extension_form(manager: Manager, snapshot: Snapshot) -> None:
    key = f"more_{snapshot.run}"
    with st.form(f"extension_{snapshot.run}", border=False):
        st.number_input("More epochs, after those to come", 1, value=1, key=key)
        st.caption(sentences.extension_sentence(snapshot))
        given = (manager, snapshot.run, "extend_epochs", key)
        st.form_submit_button("Extend", on_click=_apply, args=given, key=f"apply_{key}")


def _apply(manager: Manager, run: str, field: str, key: str) -> None:
    """Ask for a change. The run says in its records when it holds."""
    try:
        with limits.sentences():
            manager.steer(run, Change(**{field: state.widget(key)}))
        state.refuse(run, None)
    except ConfigError as error:
        state.refuse(run, str(error))

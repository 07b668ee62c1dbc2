"""One run of the library: what came of it, its name and note, the ways on from it, its replay."""

import logging
from collections.abc import Callable
from functools import partial

import streamlit as st

from resnet_viz.charts import sentences
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import NoSuchRun, StoreError
from resnet_viz.engine.tables import MAX_NAME, MAX_NOTE, Run
from resnet_viz.runlog import Snapshot
from resnet_viz.ui import state
from resnet_viz.ui.export_view import exports
from resnet_viz.ui.library_table import LOSS, ORIGINS, loss_text, percent, titles, took
from resnet_viz.ui.markdown import plain
from resnet_viz.ui.query import read_experiment, write_experiment
from resnet_viz.ui.race_form import fill
from resnet_viz.ui.race_view import BADGES
from resnet_viz.ui.replay_view import replay_view

log = logging.getLogger(__name__)


def run_detail(manager: Manager, run: Run) -> None:
    """Draw it.

    Raises:
        NoSuchRun: it was deleted just now.
        StoreError: the store can't be read.
    """
    snapshot = manager.snapshot(run.id)
    if refused := state.refusal(_refused(run.id)):
        st.warning(refused)
    _header(run, snapshot)
    if run.result:
        st.dataframe(result_rows(run), hide_index=True, alt="What came of each net: its losses and errors at the end.")
    _ways_on(manager, run)
    with st.expander("Its configuration"):
        st.code(run.config.model_dump_json(indent=1), language=None)  # the colours of JSON are too pale to read
    if run.is_active:
        where = "to watch and steer it" if manager.is_own(run.id) else "to watch it: another program runs it"
        st.info(f"It is still going. Open it in Race {where}.", icon=":material/sports_score:")
    elif not snapshot.step:
        st.info("It ended before its first step: there is nothing to replay.")
    else:
        replay_view(manager, run, snapshot.seq)


def result_rows(run: Run) -> list[dict[str, str]]:
    """What came of each net."""
    return [
        {
            "net": label,
            LOSS: loss_text(arm),
            "training error (%)": percent(arm.train_error),
            "test error (%)": percent(arm.test_error),
            **({} if arm.diverged_at is None else {"diverged at step": f"{arm.diverged_at:,}"}),
        }
        for label, arm in zip(run.config.labels, run.result or (), strict=True)
    ]


def _header(run: Run, snapshot: Snapshot) -> None:
    label, colour = BADGES[run.status]
    recording = " :violet-badge[:material/album: recording]" if run.read_only else ""
    st.subheader(f"{plain(titles([run])[run.id])} :{colour}-badge[{label}]{recording}")
    when = f"{ORIGINS[run.origin]}, {run.created[:16].replace('T', ' ')} UTC, took {took(run)}"
    told = [" against ".join(run.config.labels), sentences.data_sentence(snapshot), when]
    st.caption(plain(" · ".join(told)))
    if device := sentences.device_sentence(snapshot):
        st.caption(plain(device))
    with st.container():  # keeps the place of what is below, and with it the zoom of the charts
        if run.message:
            st.warning(plain(run.message))
        if run.note:
            with st.container(border=True):
                st.text(run.note)


def _ways_on(manager: Manager, run: Run) -> None:
    config, _, problem = read_experiment(write_experiment(run.config), run.config.data.name)
    with st.container(horizontal=True, vertical_alignment="center", key="ways_on"):
        st.page_link(
            "race.py", label="Open in Race", icon=":material/sports_score:",
            query_params={"run": run.id, **state.done_parameter()},
        )  # fmt: skip
        if run.group_id is not None:
            st.page_link(
                "race.py", label="All its seeds", icon=":material/stacked_line_chart:",
                query_params={"group": run.group_id, **state.done_parameter()},
            )  # fmt: skip
        pressed = st.button(
            "Use its settings", icon=":material/edit_note:", disabled=problem is not None, key=f"use_{run.id}",
            help="Fills the form of the race; nothing is started." if problem is None else
            "The form of the race can't say these settings. The command line can.",
        )  # fmt: skip
        _naming(manager, run)
        exports(manager, run.id)
        _deletion(manager, run)
    if pressed:
        fill(config)
        state.show_form()
        st.switch_page("race.py", query_params=state.done_parameter())


def _naming(manager: Manager, run: Run) -> None:
    reason = "A recording that comes with the project keeps its name." if run.read_only else None
    with st.popover(
        "Name and note", icon=":material/edit:", disabled=run.read_only, help=reason, key=f"naming_{run.id}"
    ), st.form(f"words_{run.id}", border=False):  # fmt: skip
        name, note = f"name_{run.id}", f"note_{run.id}"
        st.text_input("Name", run.name, max_chars=MAX_NAME, key=name)
        st.text_area("Note", run.note, max_chars=MAX_NOTE, key=note)
        st.form_submit_button("Save", on_click=partial(_save, manager, run.id, name, note), key=f"save_{run.id}")


def _deletion(manager: Manager, run: Run) -> None:
    reason = None
    if run.read_only:
        reason = "A recording that comes with the project stays."
    elif run.is_active:
        reason = f"It is still going. Stop it first{'' if manager.is_own(run.id) else ' in the program that runs it'}."
    key = f"deletion_{run.id}"
    with st.popover("Delete", icon=":material/delete:", disabled=reason is not None, help=reason, key=key):
        st.markdown("Its records and its weights will be gone from this machine. This can't be undone.")
        st.button(
            "Delete it for good", type="primary", key=f"delete_{run.id}", on_click=partial(_delete, manager, run.id)
        )


def _save(manager: Manager, run: str, name: str, note: str) -> None:
    def save() -> None:
        manager.library.rename(run, state.widget(name))
        manager.library.annotate(run, state.widget(note))

    _try(run, save)


def _delete(manager: Manager, run: str) -> None:
    def delete() -> None:
        manager.library.delete(run)
        state.choose_runs([])
        st.toast("The run is deleted.", icon=":material/delete:")

    _try(run, delete)


def _try(run: str, act: Callable[[], None]) -> None:
    """Do it, or keep the sentence that says why not."""
    try:
        act()
        state.refuse(_refused(run), None)
    except (NoSuchRun, StoreError) as error:
        log.warning("run %s: %s", run, error)
        state.refuse(_refused(run), str(error))


def _refused(run: str) -> str:
    """Under which name this page keeps why something was refused: the page Race has its own."""
    return f"library.{run}"

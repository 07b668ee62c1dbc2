"""The menus of exports, of one run and of several. Each file is built when it is asked for, never before."""

import logging
from collections.abc import Sequence
from functools import partial

import streamlit as st

from resnet_viz.engine.library import Library
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import NoSuchRun, StoreError
from resnet_viz.engine.tables import Run
from resnet_viz.exports import FORMATS, Exported, ExportError, file_name
from resnet_viz.exports.events import MISSING, can_write
from resnet_viz.exports.reproduce import command_line, limits_sentence, script
from resnet_viz.exports.tables import TABLES
from resnet_viz.exports.weights import no_weights_sentence

BUTTONS = {  # name of the format: label, icon, what is in it
    "html": ("Report", "description", "One HTML page with charts and tables that needs no network."),
    "steps": ("Steps CSV", "table", "Loss, error and rate of each update."),
    "epochs": ("Epochs CSV", "table", "Losses and errors at the end of each epoch."),
    "gradients": ("Gradients CSV", "table", "The gradient norms of each block at each probe."),
    "json": ("JSON", "data_object", "Configuration, versions and all records in one document."),
    "tensorboard": ("TensorBoard", "monitoring", "Event files, zipped: a folder for each net."),
    "weights": ("Weights", "weight", "safetensors, zipped: a file for each net."),
}

log = logging.getLogger(__name__)


def exports(manager: Manager, run_id: str) -> None:
    """Draw the menu; of a run that is still going, it exports what is there so far."""
    try:
        run = manager.library.run(run_id)
    except (NoSuchRun, StoreError) as error:  # a run that goes on here is still drawn, from memory
        log.exception("run %s", run_id)
        st.error(str(error), icon=":material/error:")
        return
    with st.popover("Export", icon=":material/download:", key=f"export_{run_id}"):
        if run.is_active:
            st.caption("It is still going: a file has what is there when you ask for it.")
        refused = _refused(manager.library, run)
        with st.container(horizontal=True):
            for name in BUTTONS:
                _button(manager.library, run, name, disabled=name in refused)
        for sentence in refused.values():
            st.caption(sentence)
        _run_again(manager, run_id)


def _refused(library: Library, run: Run) -> dict[str, str]:
    """Formats that can't be had now, and why."""
    refused = {} if can_write() else {"tensorboard": MISSING}
    if not library.weights(run):
        refused["weights"] = no_weights_sentence(run)
    return refused


def _button(library: Library, run: Run, name: str, *, disabled: bool) -> None:
    label, icon, told = BUTTONS[name]
    st.download_button(
        label, partial(_content, library, run.id, name), file_name(run.id, FORMATS[name].ending), FORMATS[name].mime,
        key=f"export_{name}_{run.id}", icon=f":material/{icon}:", help=told, on_click="ignore", disabled=disabled,
    )  # fmt: skip


def _content(library: Library, run_id: str, name: str) -> bytes:
    """The file, as of now. Runs in a thread of the server, outside of any page."""
    try:
        return FORMATS[name].content(_exported(library, run_id))
    except (ExportError, NoSuchRun, StoreError) as error:
        log.warning("export of run %s as %s: %s", run_id, name, error)  # the button itself only says that it failed
        raise


def _exported(library: Library, run_id: str) -> Exported:
    run = library.run(run_id)
    return Exported(run, tuple(library.records(run_id)), tuple(library.weights(run)))


def joint_tables(manager: Manager, runs: Sequence[Run], file: str) -> None:
    """Draw the menu of several runs: each table with the lines of all of them.

    Args:
        file: what the files are called, before the name of the table.
    """
    with st.popover("Export", icon=":material/download:", key=f"export_{file}"):
        st.caption("The lines of all these runs in one table; its columns *run* and *seed* say whose a line is.")
        with st.container(horizontal=True):
            for name in TABLES:
                label, icon, told = BUTTONS[name]
                st.download_button(
                    label, partial(_joint, manager.library, [run.id for run in runs], name),
                    file_name(file, FORMATS[name].ending), FORMATS[name].mime, key=f"export_{name}_{file}",
                    icon=f":material/{icon}:", help=told, on_click="ignore",
                )  # fmt: skip


def _joint(library: Library, run_ids: Sequence[str], name: str) -> bytes:
    """The table, as of now. Runs in a thread of the server, outside of any page."""
    try:
        return TABLES[name](*(_exported(library, run_id) for run_id in run_ids)).encode()
    except (NoSuchRun, StoreError) as error:
        log.warning("export of %d runs as %s: %s", len(run_ids), name, error)
        raise


def _run_again(manager: Manager, run_id: str) -> None:
    snapshot = manager.snapshot(run_id)
    st.markdown("**Run it again:** the same machine gives the same numbers")
    if limits := limits_sentence(snapshot):
        st.caption(limits)
    # Without colours: those of the highlighter have too little contrast.
    command, program = st.tabs(["Command line", "Python"])
    with command:
        try:
            st.code(command_line(snapshot), language=None, wrap_lines=True)
        except ExportError as error:
            st.caption(f"{error} Use the script.")
    with program:
        st.code(script(snapshot), language=None, height=320)

"""Several runs beside each other: their curves by images seen, and in what they differ."""

from collections.abc import Sequence

import streamlit as st

from resnet_viz.charts import compare
from resnet_viz.charts.compare import Compared
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.tables import Run
from resnet_viz.ui.export_view import joint_tables
from resnet_viz.ui.library_table import titles
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.markdown import plain


def comparison(manager: Manager, runs: Sequence[Run]) -> None:
    """Draw them.

    Raises:
        NoSuchRun: one was deleted just now.
        StoreError: the store can't be read.
    """
    called = titles(runs)
    compared = []
    for run in runs:
        snapshot = manager.snapshot(run.id)
        compared.append(Compared(called[run.id], snapshot))
    st.subheader(plain(" against ".join(called.values())))
    if sentence := compare.caution(compared):
        st.warning(sentence)
    if any(run.is_active for run in runs):
        st.info("Not all of them are over: what is here is of the moment when this page was drawn.")
    is_log = st.toggle("Logarithmic axis of images", key="library_log")
    says = compare.compared_sentence(compared)
    height = compare.height(compared)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Training loss**, running mean")
        alt = f"Training loss against images seen. {says}"
        live_plot(compare.loss_figure(compared, is_log=is_log), key="compared_loss", alt=alt, height=height)
    with right:
        st.markdown("**Test error** at the end of each epoch")
        alt = "Test error in percent against images seen; the table below has the numbers."
        live_plot(compare.error_figure(compared, is_log=is_log), key="compared_error", alt=alt, height=height)
    st.caption(
        "Hue and dash say the net; the mark and the width of the line say the run. Experiments with other batches or "
        "other lengths meet where they have seen as many images."
    )
    st.markdown("**In what they differ**")
    if rows := compare.differences(compared):
        st.dataframe(rows, hide_index=True, alt="The settings that are not the same in all of these runs.")
    else:
        st.caption("In nothing that is recorded: on one machine they give the same numbers.")
    joint_tables(manager, runs, "compared")
    with st.expander("The numbers of each epoch"):
        if numbers := compare.numbers(compared):
            st.dataframe(numbers, hide_index=True, alt="Errors of every net of every run at the end of each epoch.")
        else:
            st.caption("None of them came to the end of an epoch.")

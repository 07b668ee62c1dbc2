"""Race: a plain and a residual net of the same depth, trained side by side on the same batches."""

import logging

import streamlit as st

from resnet_viz.config import ConfigError, DatasetName
from resnet_viz.engine.store import StoreError
from resnet_viz.ui import engine, state
from resnet_viz.ui.data_notice import data_notice, is_present
from resnet_viz.ui.lesson_quizzes import race_quiz
from resnet_viz.ui.lessons import next_lesson
from resnet_viz.ui.live_plot import preload_plotly
from resnet_viz.ui.query import read_parameters
from resnet_viz.ui.race_form import race_form
from resnet_viz.ui.race_view import race_view
from resnet_viz.ui.recent import recent_races
from resnet_viz.ui.teaching import sources

log = logging.getLogger(__name__)

EMPTY = """
#### Does a deeper net learn better?

Two networks of the same depth, with as many parameters and the same initial weights, see the same batches of images.
One is **plain**. The other adds the input of each block to its output, *y* = F(*x*) + *x*: it is **residual**.

Press **Start** and watch their loss, their error and the gradient in each of their blocks, measured while they train
on this machine.
"""


def main() -> None:
    try:
        manager = engine.manager()
        run, problem = state.shown_run(manager)
    except StoreError as error:
        log.exception("store")
        st.error(str(error), icon=":material/error:")
        return
    default_data: DatasetName = "cifar10" if is_present("cifar10") else "shapes"
    values, broken = read_parameters(state.experiment_parameters(), default_data)
    for sentence in filter(None, (problem, broken)):
        st.warning(sentence)
    left, right = st.columns([1, 3], gap="large")
    with left:
        st.subheader("Plain against residual")
        start = st.container()
        config = race_form(values, default_data)
        data_notice(st.session_state["data"], manager.downloads)
        with start:
            ready = not isinstance(config, ConfigError) and is_present(config.data.name)
            if st.button(
                "Start",
                type="primary",
                width="stretch",
                key=f"start_{state.start_token()}",
                disabled=not ready,
            ):
                assert not isinstance(config, ConfigError)
                try:
                    state.run_started(manager.submit(config, state.start_token()))
                    st.rerun()
                except StoreError as error:
                    log.exception("submit")
                    st.error(str(error), icon=":material/error:")
            if isinstance(config, ConfigError):
                st.error(str(config))
        recent_races(manager, run)
    with right:
        if run is None:
            st.markdown(EMPTY)
            preload_plotly()
        else:
            race_view(manager, run)
        race_quiz(manager.snapshot(run) if run else None)
        sources({"he2015": "sections 3.3 (the nets), 4.1 (degradation) and 4.2 (CIFAR-10)"})
        next_lesson("race")


main()

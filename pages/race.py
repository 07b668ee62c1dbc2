"""Race: up to four nets, plain and residual, trained side by side on the same batches."""

import logging

import streamlit as st

from resnet_viz.engine.store import StoreError
from resnet_viz.ui import engine, state
from resnet_viz.ui.data_notice import data_notice, present_data
from resnet_viz.ui.lesson_quizzes import race_quiz
from resnet_viz.ui.lessons import next_lesson
from resnet_viz.ui.live_plot import preload_plotly
from resnet_viz.ui.race_form import begin, race_form
from resnet_viz.ui.race_start import confirmation, links, presets, start
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
SOURCES = {"he2015": "sections 3.3 (the nets), 4.1 (degradation) and 4.2 (CIFAR-10)"}
VARIANTS = {  # that one can choose for each net on its own
    "he2016": "section 3.1, Table 1 (gates and scaled shortcuts), Figure 4 (pre-activation)",
    "srivastava2015": "section 2 (gates)", "srivastava2025": "the post",
    "de2020": "abstract (SkipInit)", "huang2016": "section 3 (stochastic depth)",
}  # fmt: skip


def main() -> None:
    try:
        manager = engine.manager()
        run, problem = state.shown_run(manager)
        snapshot = manager.snapshot(run) if run else None
    except StoreError as error:
        log.exception("store")
        st.error(str(error), icon=":material/error:")
        return
    form = begin(present_data(), snapshot.config if snapshot else None)
    for sentence in filter(None, (problem, form.problem)):
        st.warning(sentence)
    presets(form)
    left, right = st.columns([1, 3], gap="large")
    with left:
        st.subheader("Plain against residual")
        top = st.container()
        filled = race_form(form)
        data_notice(filled.data, manager.downloads)
        with top:
            start(manager, form, filled)
        links(filled)
        if "recent" not in state.hidden():
            recent_races(manager, run)
    with right:
        if run is not None:
            race_view(manager, run)
        elif state.asked_to_run() and form.problem is None:
            confirmation(manager, form, filled)
        else:
            st.markdown(EMPTY)
        if run is None:
            preload_plotly()
        race_quiz(manager.snapshot(run) if run else None)
        sources({**SOURCES, **(VARIANTS if form.separate else {})})
        next_lesson("race")


main()

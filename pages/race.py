"""Race: up to four nets, plain and residual, trained side by side on the same batches, over one seed or several."""

import logging

import streamlit as st

from resnet_viz.engine import groups
from resnet_viz.engine.store import StoreError
from resnet_viz.ui import engine, state
from resnet_viz.ui.data_notice import data_notice, present_data
from resnet_viz.ui.group_view import group_view, seeds_of
from resnet_viz.ui.lesson_quizzes import race_quiz
from resnet_viz.ui.lessons import next_lesson
from resnet_viz.ui.race_form import begin, race_form
from resnet_viz.ui.race_start import follow, links, nothing_yet, presets, start
from resnet_viz.ui.race_view import race_view
from resnet_viz.ui.recent import recent_races
from resnet_viz.ui.shortcuts import hear_keys
from resnet_viz.ui.teaching import sources

log = logging.getLogger(__name__)

SOURCES = {"he2015": "sections 3.3 (the nets), 4.1 (degradation) and 4.2 (CIFAR-10)"}
VARIANTS = {  # that one can choose for each net on its own
    "he2016": "section 3.1, Table 1 (gates and scaled shortcuts), Figure 4 (pre-activation)",
    "srivastava2015": "section 2 (gates)", "srivastava2025": "the post",
    "de2020": "abstract (SkipInit)", "huang2016": "section 3 (stochastic depth)",
}  # fmt: skip


def main() -> None:
    try:
        manager = engine.manager()
        group, problem = state.shown_group(manager)
        run, unknown = (None, None) if group or problem else state.shown_run(manager)
        members = groups.members(manager, group) if group else []
        first = members[0].id if members else run
        snapshot = manager.snapshot(first) if first else None
    except StoreError as error:
        log.exception("store")
        st.error(str(error), icon=":material/error:")
        return
    form = begin(present_data(), snapshot.config if snapshot else None, max(1, len(members)))
    with st.container():  # keeps the place of what is below, and with it the zoom of its charts
        problems = st.container()
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
        if first is None:
            follow(form, filled)
        with problems:  # those that are left, now that the form is read
            for sentence in filter(None, (problem, unknown, form.problem)):
                st.warning(sentence)
        if "recent" not in state.hidden():
            recent_races(manager, group or run)
    with right:
        shown = run
        if members:
            shown = group_view(manager, members)
        elif run is not None:
            seeds_of(manager, run)
            race_view(manager, run)
        else:
            nothing_yet(manager, form, filled)
        race_quiz(manager.snapshot(shown) if shown else None, of_many=bool(members) and shown is None)
        sources({**SOURCES, **(VARIANTS if form.separate else {})})
        next_lesson("race")
        hear_keys()


main()

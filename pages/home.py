"""The first page: what degradation is, what the plus sign does, three doors, and the path of lessons."""

import logging

import streamlit as st

from resnet_viz.charts.home import long_run_sentence
from resnet_viz.engine.store import NoSuchRun, StoreError
from resnet_viz.ui import engine
from resnet_viz.ui.home_views import doors, path, plus_sign, replay, tried
from resnet_viz.ui.quizzes import Quiz, quiz
from resnet_viz.ui.teaching import formula, sources

log = logging.getLogger(__name__)

CLAIM = """
Give a network more layers, and it should learn at least as well: the new layers could simply pass on what they get.
Around 2015, networks that were made deeper learnt **worse**, on the very images they were trained on. He et al. called
this **degradation**.
"""
PLUS = """
Their remedy costs no parameter, and one addition a block: the input of the block is added to its output. With *H* the
mapping that a block shall learn, its layers now learn only the correction, *F*(*x*) = *H*(*x*) - *x*. To pass on what
it gets, a block has to make *F* zero.
"""


def main() -> None:
    st.title("Why depth needs a plus sign")
    manager = engine.manager_or_sentence()
    if manager is None:
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(CLAIM)
        try:
            recording = replay(manager)
        except (NoSuchRun, StoreError) as error:
            log.exception("recording")
            st.error(str(error))
            return
    with right:
        plus_sign(key="plus_sign")
        formula("y = F(x) + x", {"x": "input of a block", "F": "what its layers compute", "y": "its output"})
        st.markdown(f"{PLUS}\n\n{long_run_sentence()}")
    doors()
    ends = {arm.label: arm.last_loss for arm in recording.arms if arm.last_loss is not None}
    lowest_first = sorted(ends, key=ends.__getitem__)
    quiz(
        Quiz(
            "home", "order", "Which net learnt best in the recording? Put the four in order, lowest loss first.",
            tuple(ends), ordered=True,
        ),
        lowest_first,
        "At the end: " + ", ".join(f"{label} {ends[label]:.2f}" for label in lowest_first) + " nats.",
    )  # fmt: skip
    below, beside = st.columns([3, 2], gap="large")
    with below:
        st.header("The path")
        path()
    with beside:
        st.header("What you tried")
        tried()
    sources({"he2015": "sections 1 (Figure 1), 3.1 and 4.2 (Figure 6)"})


main()

"""The first page: what degradation is, what the plus sign does, three doors, and the path of lessons."""

import logging

import streamlit as st

from resnet_viz.engine.store import StoreError
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
Their remedy costs nothing: add the input of each block to its output. To pass on what it gets, a block now only has to
make *F* zero. Nets of 152 layers could be trained, and nearly every large network since has this sign in it.

The recording is short: a few hundred steps. In the paper's own training of 64,000 steps, the
deeper residual net wins: 6.97 % test error with 56 layers against 8.75 % with 20 (CIFAR-10, Table 6).
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
        except StoreError as error:
            log.exception("recording")
            st.error(str(error))
            return
    with right:
        plus_sign(key="plus_sign")
        formula("y = F(x) + x", {"x": "input of a block", "F": "what its layers compute", "y": "its output"})
        st.markdown(PLUS)
    doors()
    ends = {arm.label: arm.last_loss or 0.0 for arm in recording.arms}
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
    sources({"he2015": "sections 1 (Figure 1), 3.1 and 4.2"})


main()

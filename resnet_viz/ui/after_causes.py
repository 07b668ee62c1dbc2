"""The topic Why degradation of the lesson After ResNet: what has been measured or proved, and what stays open."""

from dataclasses import dataclass

import streamlit as st

from resnet_viz.sources import SOURCES
from resnet_viz.ui import state
from resnet_viz.ui.lessons import BY_KEY
from resnet_viz.ui.teaching import formula, sources

PUZZLE = """
A deep net contains the shallow one: set its extra blocks to the identity. Its best training error is therefore no
higher. Yet in plain nets the one that training *finds* is higher. Why, is disputed to this day.
"""


@dataclass(frozen=True)
class Explanation:
    """One explanation of degradation, in a sentence, and what it does not settle, in another."""

    source: str  # key in SOURCES
    place: str
    found: str
    leaves_open: str


EXPLANATIONS = (
    Explanation(
        "he2015", "sections 1 and 4.1",
        "Measured that gradients of plain nets with BN keep healthy norms, so vanishing is unlikely; they conjecture "
        "exponentially low convergence rates.",
        "It is a conjecture: no rate was measured there.",
    ),
    Explanation(
        "balduzzi2017", "abstract",
        "Showed that, with depth, gradients of plain nets become white noise exponentially fast, those with shortcuts "
        "far more slowly.",
        "Gradients before training; how much of the training error they cause is inferred.",
    ),
    Explanation(
        "veit2016", "sections 4 and 5",
        "Measured in trained residual nets that most of the gradient comes through short paths.",
        "Why short paths make training easy, and what it says of plain nets, which have one path.",
    ),
    Explanation(
        "orhan2017", "abstract",
        "Argued, with simplified models and trained nets, that shortcuts remove singularities: nodes that are equal, "
        "dead or linearly dependent, where learning is slow.",
        "How much of the slowness of very deep plain nets is theirs.",
    ),
    Explanation(
        "hardt2016", "abstract",
        "Proved that linear residual nets of any depth have no spurious local optima, and that those with ReLU, "
        "if large enough, can express any labels of their training images.",
        "The result on optima is for linear nets. The one on ReLU says what a net can be, not whether training finds "
        "it; neither says how fast, or what BN does.",
    ),
    Explanation(
        "li2017", "figures",
        "Drew the loss around trained nets: without shortcuts it turns chaotic with depth, with them it stays smooth.",
        "Two random directions among hundreds of thousands, at the end of training, and a picture is no cause.",
    ),
    Explanation(
        "de2020", "abstract",
        "Showed that, at the start, BN makes the branch smaller than the shortcut by about the square root of the "
        "depth: blocks begin near the identity, and a small factor on each branch does the same without BN.",
        "Why BN helps residual nets, not why plain nets with BN degrade.",
    ),
)  # fmt: skip


def causes() -> None:
    """Each explanation of degradation with what it leaves open."""
    st.markdown(PUZZLE)
    formula(r"\min_\theta \mathcal{E}_{56}(\theta) \le \min_\theta \mathcal{E}_{20}(\theta)", {
        r"\mathcal{E}_{56}, \mathcal{E}_{20}": "training error of a net of 56 and of 20 layers",
        r"\theta": "its weights",
    })  # fmt: skip
    for explanation in EXPLANATIONS:
        source = SOURCES[explanation.source]
        st.markdown(
            f"- **{source.authors} ({source.year}).** {explanation.found} *Left open:* {explanation.leaves_open}"
        )
    st.markdown("Nobody has settled it. What can be measured on these pages:")
    with st.container(horizontal=True, gap="medium"):
        for key in ("race", "highway", "shattered"):
            lesson = BY_KEY[key]
            st.page_link(
                lesson.file, label=lesson.title, icon=f":material/{lesson.icon}:", query_params=state.done_parameter()
            )
    sources({explanation.source: explanation.place for explanation in EXPLANATIONS})

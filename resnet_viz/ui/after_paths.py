"""Topics of the lesson After ResNet that count blocks: the paths through them, and how many stochastic depth leaves."""

import streamlit as st

from resnet_viz.afterwards import central, how_many, share, survival
from resnet_viz.charts.after_counts import law_figure
from resnet_viz.paper.results import PROTOCOLS, one
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.teaching import formula, sources

PATHS = """
Write out a chain of residual blocks, and it becomes a sum over paths: each block is either entered or skipped. Veit et
al. (2016) count them by their length, the number of blocks that they enter.
"""
PUBLISHED = (54, 19, 35)  # blocks of ResNet-110, and the lengths of "more than 95 %" of its paths (Veit et al. 2016)
EFFECTIVE = (5, 17)  # lengths of the paths from which most of the gradient comes, in blocks (the same, section 5)
ENSEMBLE = """
**An ensemble:** Veit et al. deleted blocks of trained nets. A ResNet-110 without one of its blocks is hardly worse,
while VGG without one of its layers guesses at random. Most of the gradient came from paths of {least} to {most} blocks,
which are {effective:.2%} of all.
"""
NOT_SHOWN = """
**Not established:** a reviewer found that "exponential ensembles" was not adequately shown, that "ensemble" was never
defined, and that why it happens stays open. The paths share their weights, so counting them says nothing of
independence. A reader doubts the control: a VGG without BN has to fail when the statistics of a layer change.
"""
SURVIVAL = """
Huang et al. (2016) skip whole blocks at random while they train, the late ones more often, and use all of them
afterwards, each branch then weighted with its probability.
"""
README = """
In their hands, ResNet-110 with $p_L$ = 0.5 came to **{skipping.number} %** test error on CIFAR-10 ({skipping.note}),
and to **{whole.number} %** without skipping ({whole.note}). Tested was {tested} (README of their code).
"""
BEST_ON_VALIDATION = "single view, best epoch on validation"


def paths() -> None:
    """The exact distribution of path lengths, and both sides of the ensemble view."""
    st.markdown(PATHS)
    formula(r"P(k) = \binom{n}{k} \, 2^{-n}", {
        "n": "blocks", "k": "length of a path, in blocks that it enters", "P(k)": "share of the paths of length k",
    })  # fmt: skip
    with st.container(horizontal=True, gap="large"):
        blocks = st.slider("Blocks", 1, 54, PUBLISHED[0], key="after_path_blocks", width=300)
        low, high = (round(blocks * length / PUBLISHED[0]) for length in PUBLISHED[1:])
        least, most = st.slider("Lengths from, to", 0, blocks, (low, high), key=f"after_lengths_{blocks}", width=300)
    law = how_many([0.5] * blocks)
    sentence = (
        f"Of the {2.0**blocks:.3g} paths, **{share(law, least, most):.1%}** enter {least} to {most} blocks; "
        f"the mean is {blocks / 2:g}."
    )
    figure = law_figure(law, least, most, "length of the path (blocks entered)", "paths")
    live_plot(figure, key="after_paths", alt=sentence, height=340)
    st.markdown(sentence)
    if (blocks, least, most) == PUBLISHED:
        st.caption("The paper says more than 95 %, of these lengths in a ResNet-110.")
    one, other = st.columns(2, gap="large")
    effective = share(how_many([0.5] * PUBLISHED[0]), *EFFECTIVE)
    one.markdown(ENSEMBLE.format(least=EFFECTIVE[0], most=EFFECTIVE[1], effective=effective))
    other.markdown(NOT_SHOWN)
    sources({"veit2016": "sections 4 and 5", "veit2016reviews": 'under "Reviews"', "veit2016note": "annote"})


def stochastic_depth() -> None:
    """How many blocks are left in a step of stochastic depth."""
    st.markdown(SURVIVAL)
    formula(r"p_l = 1 - \frac{l}{L} (1 - p_L)", {
        "p_l": "probability that block l is kept in a step", "L": "blocks", "p_L": "probability of the last one",
    })  # fmt: skip
    with st.container(horizontal=True, gap="large"):
        last = st.slider("Probability of the last block", 0.0, 1.0, 0.5, 0.05, key="after_survival", width=300)
        blocks = st.slider("Blocks", 2, 54, 54, key="after_survival_blocks", width=300)
    kept = survival(last, blocks)
    law = how_many(kept)
    least, most = central(law)
    sentence = (
        f"On average **{kept.sum():.4g} of {blocks}** blocks are kept; in {share(law, least, most):.0%} of the steps "
        f"{least} to {most}."
    )
    figure = law_figure(law, least, most, "blocks kept in a step", "alive")
    live_plot(figure, key="after_alive", alt=sentence, height=340)
    st.markdown(sentence)
    skipping, whole = (
        one(f"ResNet-110, {kind} depth", "error", BEST_ON_VALIDATION, "huang2016code")
        for kind in ("stochastic", "constant")
    )
    st.markdown(README.format(skipping=skipping, whole=whole, tested=PROTOCOLS[BEST_ON_VALIDATION]))
    sources({"huang2016": "section 3, equation 4", "huang2016code": "README"})

"""The topic Highway gates of the lesson After ResNet: what gates carry, and the dispute about them."""

import streamlit as st

from resnet_viz.afterwards import highway
from resnet_viz.charts.after import gates_figure
from resnet_viz.paper.results import one, printed_in
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.teaching import formula, sources

HIGHWAY = """
Highway Networks came some months before ResNet. A gate, learned and different for each input, decides how much of *x*
is carried past the layer; its bias decides how open it begins. A residual block is the case without gates: all of *H*
and all of *x*.
"""
AGAINST = """
**They harm:** He et al. (2016) put gates and scales on the shortcuts of ResNet-110. All came out worse than the
identity, the gated ones on the training images too: a matter of optimisation, they write.
"""
FOR = """
**They need not:** Srivastava (2025) answers that this comparison "has design mistakes", and trained a highway net of
110 layers that ends where the ResNet does: {highway} % against {resnet} % test accuracy on CIFAR-10, the last epochs in
the logs of his code, one run each. His gates have two 3x3 convolutions with BN and begin at bias -6; those of He et al.
have one 1x1 convolution. In his block no ReLU follows the addition.
"""


def gates() -> None:
    """What random highway gates leave of their input, and both sides of the question whether gates harm."""
    st.markdown(HIGHWAY)
    formula(r"\begin{gathered} y = H(x) \, T(x) + x \, (1 - T(x)) \\ T(x) = \sigma(V x + b) \end{gathered}", {
        "x": "input of the layer", "y": "its output", "H": "what the layer computes",
        "T": "the gate, between 0 and 1 for each unit", "V": "its weights", "b": "its bias",
        r"\sigma": "the logistic function",
    })  # fmt: skip
    with st.container(horizontal=True, gap="large"):
        bias = st.slider("Bias of the gates, b", -8.0, 2.0, -3.0, 0.5, key="after_bias", width=300)
        layers = st.slider("Layers", 1, 54, 54, key="after_highway_layers", width=300)
    found = highway(bias, layers)
    mean, left = float(found.mean.mean()), found.carried[-1]
    sentence = f"The mean gate is {mean:.4f}; after {layers} layers, {left:.2g} of the input is left."
    live_plot(gates_figure(found.carried, mean), key="after_gates", alt=sentence, height=340)
    st.markdown(f"{sentence} Computed with random weights, 64 units and one random input.")
    st.markdown("**Do gates on the shortcut harm?**")
    _dispute()
    sources({
        "srivastava2015": "section 2", "he2016": "section 3.1, Table 1", "srivastava2025": "the post",
        "srivastava2025code": "resnet.py, logs",
    })  # fmt: skip


def _dispute() -> None:
    """Both sides, side by side."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(AGAINST)
        st.table(_sums(), hide_index=True)
        st.caption(
            "The sum in every block of ResNet-110, CIFAR-10, median of 5 runs; g is the gate T, a 1x1 convolution, and "
            'its bias that of the beginning; "fail" is an error above 20 %.'
        )
    with right:
        highway_110, resnet_110 = (
            one(net, "top-1 accuracy", "single view", "srivastava2025code") for net in ("Highway-110", "ResNet-110")
        )
        st.markdown(FOR.format(highway=highway_110.number, resnet=resnet_110.number))
        st.markdown(
            f'Nor does the carried share decide alone: at bias -5, where the table says "fail", '
            f"{highway(-5.0, 54).carried[-1]:.0%} of the input passes 54 of the random gates above."
        )


def _sums() -> list[dict[str, str]]:
    """He et al. 2016, Table 1: what each block of a ResNet-110 computes, and the error that came of it."""
    return [
        {"sum": result.net.removeprefix("ResNet-110: "), "error (%)": result.number}
        for result in printed_in("he2016", "Table 1")
    ]

"""Topics of the lesson After ResNet about shape: width instead of depth, and concatenating instead of adding."""

import streamlit as st

from resnet_viz.afterwards import concatenated, width_for
from resnet_viz.charts.after_counts import channels_figure, widths_figure
from resnet_viz.family_arithmetic import cifar_net
from resnet_viz.net_config import DEPTHS
from resnet_viz.paper.results import printed_in
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.quizzes import Quiz, quiz
from resnet_viz.ui.teaching import formula, sources

WIDE = """
Zagoruyko and Komodakis (2016) asked whether residual nets need so much depth, and spent the parameters on width. The
parameters grow with the depth, but with the *square* of the width.
"""
REFERENCE = (110, 16)  # depth and width of the deepest net of the paper that is trained here
DENSE = """
DenseNet keeps what earlier layers said instead of adding to it: each layer reads all of them, side by side, and appends
a few channels of its own, as many as the growth rate. Adding keeps the number of channels; concatenating lets it grow.
"""
UNET = """
**U-Net** (2015) concatenates as well, across its U: a map of 64 channels on the way up, joined with the 64 of the way
down, hands 128 to the next convolution. Adding them would hand on 64, and which channel came from where would be lost.
"""
CONCATENATES = Quiz(
    "after", "concatenates", "Which of these concatenates what was there before, instead of adding to it?",
    ("ResNet", "DenseNet", "Transformer", "Mamba"),
)  # fmt: skip
START = 16  # channels before the first layer


def wide() -> None:
    """Depth against width at the same number of parameters."""
    st.markdown(WIDE)
    formula(r"\begin{gathered} N = 9 \, w^2 \, (42 n - 10) \\ n = (\text{depth} - 2) / 6 \end{gathered}", {
        "N": "weights of the convolutions in all blocks", "w": "channels of the first stage; the others have 2w and 4w",
        "n": "blocks a stage", r"\text{depth}": "weighted layers", "9": "pixels of a 3x3 kernel",
    })  # fmt: skip
    depth = st.select_slider("Depth", DEPTHS, value=20, key="after_depth", width=300)
    budget = cifar_net(*REFERENCE, "A").parameters
    widths = {other: width_for(other, budget) for other in DEPTHS}
    chosen = cifar_net(depth, widths[depth], "A").parameters
    sentence = (
        f"{depth} layers of width **{widths[depth]}** have {chosen / 1e6:.2f} million "
        f"parameters, {REFERENCE[0]} layers of width {REFERENCE[1]} have {budget / 1e6:.2f} million."
    )
    live_plot(widths_figure(widths, depth), key="after_widths", alt=sentence, height=340)
    st.markdown(sentence)
    st.table(_wide_results(), hide_index=True)
    st.caption(
        "README of their code: flips and translations, median of 5 runs. WRN-28-10 has 28 layers, each stage 10 times "
        "as wide. These nets differ in their number of parameters too: the table shows that width pays, not that depth "
        "does not."
    )
    sources({"zagoruyko2016": "section 2", "zagoruyko2016code": "README"})


def _wide_results() -> list[dict[str, str]]:
    """A row a net, a column a data set."""
    rows: dict[str, dict[str, str]] = {}
    for result in printed_in("zagoruyko2016code", "README"):
        rows.setdefault(result.net, {"net": result.net})[f"{result.data}, error (%)"] = result.number
    return list(rows.values())


def concatenation() -> None:
    """Channels of a dense block beside those of residual blocks."""
    st.markdown(DENSE)
    formula(r"x_l = H_l([x_0, x_1, \ldots, x_{l-1}])", {
        "x_l": "what layer l gives", "x_0": "what reaches the first one", "H_l": "BN, ReLU and convolution",
        r"[\cdot, \cdot]": "side by side, channel after channel",
    })  # fmt: skip
    with st.container(horizontal=True, gap="large"):
        growth = st.slider("Growth rate (channels a layer)", 1, 48, 12, key="after_growth", width=300)
        layers = st.slider("Layers", 1, 40, 12, key="after_dense_layers", width=300)
    channels = concatenated(START, growth, layers)
    sentence = (
        f"After {layers} layers, concatenating has made {channels[-1]:,} channels of {START}, over "
        f"{layers * (layers + 1) // 2:,} direct connections; adding still has {START}."
    )
    live_plot(channels_figure(channels), key="after_channels", alt=sentence, height=340)
    st.markdown(sentence)
    st.markdown(UNET)
    quiz(
        CONCATENATES, "DenseNet",
        f"With growth rate 12, twelve layers make {concatenated(START, 12, 12)[-1]} channels of {START}. The other "
        "three compute x + F(x), and keep their width.",
    )  # fmt: skip
    sources({"densenet2016": "section 3", "ronneberger2015": "section 2, Figure 1"})

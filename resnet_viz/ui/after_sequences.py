"""The topic ViT and Mamba of the lesson After ResNet: the same plus sign, in two more orders."""

import numpy as np
import streamlit as st

from resnet_viz.afterwards import add_first, mixers, pre_norm, tokens
from resnet_viz.ui.quizzes import Quiz, quiz
from resnet_viz.ui.teaching import formula, sources

VIT = """
A vision transformer cuts a picture into patches, makes a token of each, and sends them through pre-norm blocks: two
additions a layer, and nothing but additions between the tokens and the output of the last layer.
"""
MAMBA = """
Mamba replaces attention, not the addition. Its code moves the addition to the beginning of the next block, "purely for
performance reasons": so addition and norm become one step on a GPU. What was mixed, *h*, and the sum, *r*, travel on
side by side. Do both orders give the same numbers?
"""
SIDE = 224  # pixels of a picture
PATCHES = (8, 14, 16, 28, 32, 56)  # pixels; they divide SIDE
SHAPE = (8, 32)  # tokens and width of the example
# By the month of the first version: May 2015, December 2015, August 2016, June 2017, October 2020, December 2023.
IN_ORDER = ("Highway Networks", "ResNet", "DenseNet", "Transformer", "ViT", "Mamba")
YEARS = Quiz(
    "after", "years", "Put them in order, the earliest first.",
    ("ViT", "DenseNet", "ResNet", "Mamba", "Highway Networks", "Transformer"), ordered=True,
)  # fmt: skip


def vit_and_mamba() -> None:
    """Tokens of a ViT, and two orders of the same pre-norm block."""
    st.markdown(VIT)
    formula(
        r"\begin{aligned} z'_l &= \mathrm{MSA}(\mathrm{LN}(z_{l-1})) + z_{l-1} \\ "
        r"z_l &= \mathrm{MLP}(\mathrm{LN}(z'_l)) + z'_l \end{aligned}",
        {
            "z_l": "the tokens after layer l", "z'_l": "the tokens between its attention and its MLP",
            r"\mathrm{MSA}": "multi-head self-attention",
            r"\mathrm{MLP}": "two layers with GELU between them", r"\mathrm{LN}": "layer norm",
        },
    )  # fmt: skip
    patch = st.select_slider("Side of a patch (pixels)", PATCHES, value=16, key="after_patch", width=300)
    count = tokens(SIDE, patch)
    st.markdown(
        f"A picture of {SIDE} x {SIDE} pixels has {SIDE // patch} x {SIDE // patch} patches: with the class token, "
        f"**{count:,} tokens**. Each head of attention compares {count**2:,} pairs of them."
    )
    _orders()
    dates = "May 2015, December 2015, August 2016, June 2017, October 2020 and December 2023"
    quiz(YEARS, IN_ORDER, f"Their first versions on arXiv are of {dates}.")
    sources({
        "dosovitskiy2020": "section 3.1, equations 2 and 3", "gu2023": "section 3", "gu2023code": "modules/block.py",
    })  # fmt: skip


def _orders() -> None:
    st.markdown(MAMBA)
    formula(r"r \leftarrow r + h, \qquad h \leftarrow \mathrm{Mixer}(\mathrm{LN}(r))", {
        "r": "the sum so far: the residual of the code", "h": "what the last mixer gave; the tokens at the beginning",
        r"\mathrm{Mixer}": "what mixes the tokens: attention, or Mamba's state space", r"\mathrm{LN}": "layer norm",
        r"\leftarrow": "takes the value of",
    })  # fmt: skip
    blocks = st.slider("Blocks", 1, 64, 24, key="after_mamba_blocks", width=300)
    x = np.random.default_rng(0).normal(size=SHAPE)
    chain = mixers(blocks, SHAPE[1])
    usual, moved = pre_norm(x, chain), add_first(x, chain)
    st.markdown(
        f"Largest difference after {blocks} blocks: **{np.abs(usual - moved).max():.1g}**, among numbers of up to "
        f"{np.abs(usual).max():.1f}. Computed with {SHAPE[0]} random tokens of width {SHAPE[1]} and random tanh layers "
        "as mixers, once as x + Mixer(LN(x)) and once as above."
    )

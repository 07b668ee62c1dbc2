"""Topics of the lesson After ResNet that are measured: pre-activation blocks, and where transformers put the norm."""

import streamlit as st

from resnet_viz.charts import after as charts
from resnet_viz.engine.explainer import Asking
from resnet_viz.net_questions import Chain, Stream
from resnet_viz.questions import Question
from resnet_viz.ui import engine
from resnet_viz.ui.desk import Desk
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.quizzes import Quiz, quiz
from resnet_viz.ui.teaching import formula, sources

PREACTIVATION = """
He et al. (2016) moved BN and ReLU in front of the convolutions, so that nothing but the addition stands in the way of
the shortcut. The gradient at block *l* is then the gradient at block *L* times 1, plus what comes back through the
branches. When every shortcut is scaled by λ, that 1 becomes λ to the power of the blocks between.
"""
IDENTITY = r"""
\frac{\partial \mathcal{E}}{\partial x_l} = \frac{\partial \mathcal{E}}{\partial x_L}
\left( \lambda^{L-l} + \frac{\partial}{\partial x_l} \sum_{i=l}^{L-1} \hat{F}_i \right)
"""
ASKED_SCALE, ASKED_BLOCKS = 0.9, 18
SLOPE_QUIZ = Quiz(
    "after", "slope",
    f"Every shortcut is scaled by λ = {ASKED_SCALE}, and every branch gives 0. On its way back through {ASKED_BLOCKS} "
    "blocks, the gradient …",
    ("grows", "stays as it is", "shrinks"),
)  # fmt: skip
NORM = """
A transformer adds too, around its attention and around its feed-forward part. The first one normalised after each
addition (Vaswani et al. 2017). Vision transformers normalise before, inside the branch, and leave the sum alone
(Dosovitskiy et al. 2020).
"""


def preactivation() -> None:
    """A scaled shortcut in a chain of pre-activation blocks: the exact law, and what real weights add to it."""
    st.markdown(PREACTIVATION)
    formula(IDENTITY, {
        r"\mathcal{E}": "the loss", "x_l": "input of block l", "x_L": "output of the chain",
        r"\lambda": "scale of every shortcut (1 in He et al. 2016, equation 5)",
        r"\hat{F}_i": "what the branch of block i adds, with the scales that follow it",
    })  # fmt: skip
    left = ASKED_SCALE**ASKED_BLOCKS
    quiz(
        SLOPE_QUIZ, "shrinks" if left < 1 else "grows",
        f"It is multiplied by {ASKED_SCALE} in each block: {left:.2f} of it is left. Set λ to {ASKED_SCALE} to "
        "measure it.",
    )  # fmt: skip
    with st.container(horizontal=True, gap="large"):
        scale = st.slider("Scale of every shortcut, λ", 0.5, 1.2, 1.0, 0.05, key="after_scale", width=300)
        blocks = st.slider("Blocks", 2, 54, ASKED_BLOCKS, key="after_blocks", width=300)
    question = Chain(scale=round(scale, 2), blocks=blocks)
    asking = _answered(question)
    if asking is not None:
        zero, he = asking.arrays["zero"], asking.arrays["he"]
        sentence = charts.chain_sentence(zero, he, question.scale)
        live_plot(charts.chain_figure(zero, he, question.scale), key="after_chain", alt=sentence, height=360)
        st.markdown(sentence)
        st.caption(
            f"Measured on blocks BN-ReLU-convolution-BN-ReLU-convolution of {question.width} channels, on "
            f"{question.batch_size} random images, with a random gradient sent back from the end, in "
            f"{asking.seconds:.2f} s; one seed. F(x) = 0: the last convolution of each branch begins at 0."
        )
    sources({"he2016": "sections 2 and 3, equations 5 and 8, Figure 4e"})


def add_and_norm() -> None:
    """Pre-norm against post-norm before the first update."""
    st.markdown(NORM)
    formula(
        r"\begin{aligned} \text{post-norm: } x_{l+1} &= \mathrm{LN}(x_l + F(x_l)) \\ "
        r"\text{pre-norm: } x_{l+1} &= x_l + F(\mathrm{LN}(x_l)) \end{aligned}",
        {
            "x_l": "what reaches part l, a vector a token", "x_{l+1}": "what leaves it",
            "F": "attention, or the feed-forward part",
            r"\mathrm{LN}": "layer norm: mean 0 and variance 1 over each token's vector",
        },
    )  # fmt: skip
    layers = st.slider("Layers", 2, 24, 12, key="after_layers", width=300)
    question = Stream(layers=layers)
    asking = _answered(question)
    if asking is not None:
        pre, post = asking.arrays["pre"], asking.arrays["post"]
        sentence = charts.stream_sentence(pre, post)
        live_plot(charts.stream_figure(pre, post), key="after_stream", alt=sentence, height=380)
        st.markdown(sentence)
        st.caption(
            f"A toy: PyTorch's own encoder layers, width {question.width}, {question.heads} heads, Xavier weights; "
            f"{question.batch_size} rows of {question.length} random tokens with random labels, so there is nothing "
            f"to learn; {question.repeats} seeds. Measured in {asking.seconds:.1f} s. Xiong et al. measured "
            "translation models, where the gradient of post-norm grew with the layer and that of pre-norm hardly "
            "changed; from that they explain why post-norm needs a warm-up of the learning rate."
        )
    sources({
        "vaswani2017": "section 3.1", "xiong2020": "sections 3.3 and 3.4, Figure 3",
        "dosovitskiy2020": "section 3.1, equations 2 and 3",
    })  # fmt: skip


def _answered(question: Question) -> Asking | None:
    """The answer, or progress in its place."""
    manager = engine.manager_or_sentence()
    if manager is None:
        return None
    desk = Desk(manager.explainer, st.container())
    asking = desk.answer(question)
    desk.follow()
    return asking

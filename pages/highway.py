"""The gradient highway: what gradients do in plain and residual nets before the first update. Predict, then measure."""

import streamlit as st

from resnet_viz.charts import highway as charts
from resnet_viz.config import TITLES
from resnet_viz.net_config import NetConfig
from resnet_viz.net_questions import Initial
from resnet_viz.ui.data_notice import present_data
from resnet_viz.ui.desk import Desk
from resnet_viz.ui.highway_views import highway_form, predictions, reveal
from resnet_viz.ui.measured_lesson import measured_lesson
from resnet_viz.ui.teaching import formula, sources

INTRO = """
The usual explanation of ResNets is that gradients *vanish* in deep plain nets, and that the shortcut saves them:
through it, the gradient at block *L* reaches every earlier block *l* unchanged, beside what comes through the branches
(He et al. 2016, equation 5). Strictly, that holds where nothing follows the addition. In the nets of 2015, which are
measured here, a ReLU follows it and stops a part; the lesson *After ResNet* has the blocks for which it is exact.
"""
FORMULA = r"""
\frac{\partial \mathcal{E}}{\partial x_l} = \frac{\partial \mathcal{E}}{\partial x_L}
\left(1 + \frac{\partial}{\partial x_l} \sum_i F_i\right)
"""
SYMBOLS = {
    r"\mathcal{E}": "the loss", "x_l": "input of block l", "L": "the last block of the stage",
    "F_i": "residual function of block i, from l to L - 1",
}  # fmt: skip
SOURCES = {
    "he2015": "section 4.1", "he2016": "section 2, equation 5", "he2015init": "section 2.2 (the initial weights)",
    "yang2019": "abstract (batch norm makes gradients explode)",
}  # fmt: skip
DOUBT = """
He et al. (2015, section 4.1) themselves write that vanishing gradients are **unlikely** to be the cause: their plain
nets have batch norm (BN), and their gradients "exhibit healthy norms". Say what you expect of four nets before their
first update, then measure them on this machine.
"""


def tell(desk: Desk, nets: tuple[NetConfig, ...]) -> None:
    st.markdown(INTRO)
    formula(FORMULA, SYMBOLS)
    st.markdown(DOUBT)
    question = Initial(nets=nets, data=present_data())
    said = predictions(question)
    cost = f"one batch of {question.batch_size} images of {TITLES[question.data]}"
    asking = desk.on_request(question, "Measure", cost, once=True, ready=said is not None)
    if asking is not None:
        reveal(charts.measured(nets, asking.told or {}, asking.arrays), said, question, asking.seconds)
    sources(SOURCES)


measured_lesson("highway", "The gradient highway", highway_form, tell)

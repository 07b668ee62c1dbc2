"""Shattered gradients: what separates plain from residual nets where the norms do not. Predict, then measure."""

import streamlit as st

from resnet_viz.charts import shattered as charts
from resnet_viz.config import TITLES
from resnet_viz.net_config import NetConfig
from resnet_viz.net_questions import Shatter
from resnet_viz.ui.data_notice import present_data
from resnet_viz.ui.desk import Desk
from resnet_viz.ui.measured_lesson import measured_lesson
from resnet_viz.ui.quizzes import quiz
from resnet_viz.ui.shattered_views import question_of, reveal, shattered_form
from resnet_viz.ui.teaching import formula, sources

INTRO = """
A gradient of a good size is of little use if it points somewhere else after the smallest step. Balduzzi et al. (2017)
found that in deep plain nets the gradient becomes **white noise**: neighbouring inputs get unrelated gradients. They
say it is **shattered**. With shortcuts, it stays related over much longer distances.

Here we walk in a straight line from one image to another and look at the gradient of one class's score at each point,
in nets before their first update.
"""
FORMULA = r"""
R(k) = \frac{\sum_{t=1}^{T-k} \langle g_t, g_{t+k} \rangle / (T-k)}{\sum_{t=1}^{T} \lVert g_t \rVert^2 / T}
"""
SYMBOLS = {
    "T": "number of points", "t": "a point", "k": "distance in points",
    "g_t": "gradient of the score at point t, less the mean of all", r"\langle \cdot, \cdot \rangle": "inner product",
    r"\lVert \cdot \rVert": "L2 norm",
    "R(k)": "autocorrelation: 1 for equal gradients, 0 for unrelated ones",
}  # fmt: skip
CAUTION = """
One seed, one line, untrained nets: what learning starts from, not how it goes on. In their abstract, Balduzzi et al.
also report an initialisation, "looks linear", that keeps deep plain nets from shattering. Whether shattering is *the*
cause of degradation is open.
"""


def tell(desk: Desk, settings: tuple[tuple[NetConfig, ...], int]) -> None:
    nets, seed = settings
    st.markdown(INTRO)
    formula(FORMULA, SYMBOLS)
    question = Shatter(nets=nets, data=present_data(), seed=seed)
    asked, measured = st.container(), st.container()
    with measured:
        cost = f"{question.points} points between two images of {TITLES[question.data]}, {len(nets)} nets"
        asking = desk.on_request(question, "Measure", cost, once=True)
    right_one, because = None, "Press Measure to find out."
    if asking is not None:
        found = charts.along(nets, asking.told or {}, asking.arrays)
        right_one, because = charts.verdict(*found[-2:]), charts.sentence(*found[-2:])
        with measured:
            reveal(found, asking.arrays["ends"], (asking.told or {})["classes"])
            st.caption(f"Measured in {asking.seconds:.1f} s.")
    with asked:
        quiz(question_of(nets, seed), right_one, because)
    st.markdown(CAUTION)
    sources({"balduzzi2017": "abstract, sections 1 to 3"})


measured_lesson("shattered", "Shattered gradients", shattered_form, tell)

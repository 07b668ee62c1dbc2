"""The results of the paper, each number with the protocol that it belongs to."""

import streamlit as st

from resnet_viz.paper.results import cited
from resnet_viz.ui import results_views as views
from resnet_viz.ui.lessons import next_lesson
from resnet_viz.ui.live_plot import preload_plotly
from resnet_viz.ui.teaching import formula, sources

INTRO = """
A table of five top-5 errors goes round with this paper. A number alone says little: which images, one model or
several, how many crops of each picture? Two errors may be compared when all of this is the same.
"""
ERROR = r"""
\begin{gathered}
\text{error}_k = \frac{100}{N} \sum_{i=1}^{N} [\, y_i \notin \text{top}_k(\bar p_i) \,] \\
\bar p_i = \frac{1}{V} \sum_{v=1}^{V} p(x_{i,v})
\end{gathered}
"""
SYMBOLS = {
    "k": "guesses that a net may make: 1 or 5",
    "i": "place of a picture in the split",
    r"N": "number of pictures of the split",
    r"y_i": "true class of picture i",
    r"x_{i,v}": "view v of picture i: a crop, or the picture at one scale",
    "v": "place of a view among those of a picture",
    r"V": "number of views",
    r"p": "scores of the net; of an ensemble, their mean over its models",
    r"\bar p_i": "mean scores of picture i",
    r"\text{top}_k": "the k classes with the highest scores",
    r"[\,\cdot\,]": "1 if it is so, else 0",
}
CURVES = """
The paper's curves on CIFAR-10, one point each thousand iterations. Drag the window: before the first drop of the
learning rate, at 32,000 iterations, depth orders the plain nets cleanly, in training error as in test error. At the end
it still orders their test error, but their training error not quite.
"""
RESPONSES = """
How much does a layer change the signal? The paper takes the standard deviation of what each 3x3 layer of a *trained*
net gives, after batch norm and before ReLU or addition, and finds that ResNets respond less than plain nets. Before
training this chart means nothing: batch norm then gives every layer a deviation of about 1. And compare plain-N with
ResNet-N: depth alone lowers the mean too, for plain nets as well.
"""
CAREFUL = """
Test error on CIFAR-10, in percent. The followers trained and tested in other ways, so the columns are no ranking; the
list below the table says what differs.
"""


def main() -> None:
    preload_plotly()
    st.header("The results, with their protocols")
    st.markdown(INTRO)
    formula(ERROR, SYMBOLS)
    st.subheader("The table that circulates")
    views.pair_quiz()
    views.claims_view()
    st.subheader("Figure 6: plain and residual nets on CIFAR-10")
    views.order_quizzes()
    st.markdown(CURVES)
    views.curves_view()
    st.subheader("Figure 7: how strongly layers respond")
    st.markdown(RESPONSES)
    views.responses_view()
    st.subheader("Table 6, and those who trained its nets again")
    st.markdown(CAREFUL)
    views.reproductions_view()
    st.subheader("What does not scale simply")
    views.deepest_view()
    st.subheader("All quoted numbers")
    views.all_numbers_view()
    sources(cited() | {"he2015": "Tables 1 to 6, Figures 6 and 7, sections 3.3 and 4"})
    next_lesson("results")


main()

"""The gradient highway: what gradients do in plain and residual nets before the first update. Predict, then measure."""

import streamlit as st

from resnet_viz.charts import highway as charts
from resnet_viz.config import TITLES
from resnet_viz.questions import Initial
from resnet_viz.ui import engine
from resnet_viz.ui.data_notice import is_present
from resnet_viz.ui.desk import Desk
from resnet_viz.ui.highway_form import highway_form, predictions
from resnet_viz.ui.live_plot import live_plot, preload_plotly

INTRO = """
The usual explanation of ResNets is that gradients *vanish* in deep plain nets, and that the shortcut saves them:
through it, the gradient at block *L* reaches every earlier block *l* unchanged (He et al. 2016, equation 5).
"""
FORMULA = r"""
\frac{\partial L}{\partial x_l} = \frac{\partial L}{\partial x_L}
\left(1 + \frac{\partial}{\partial x_l} \sum_i F_i\right)
"""
DOUBT = """
He et al. (2015, section 4.1) themselves write that vanishing gradients are **unlikely** to be the cause: their plain
nets have batch norm (BN), and their gradients "exhibit healthy norms". Say what you expect of four nets before their
first update, then measure them on this machine.
"""
CHARTS = (
    (
        "grad_x",
        "**Gradient at the input of each row,** mean over the images: the one that rescaled weights do not change",
    ),
    ("grad_w", "**Gradient of the weights:** before a norm it also depends on the size of the weights"),
    ("spread", "**Spread of the activations:** standard deviation of what the stem and each block give"),
)


def main() -> None:
    manager = engine.manager_or_sentence()
    if manager is None:
        return
    manager.explainer.warm()
    left, right = st.columns([1, 3], gap="large")
    with left:
        st.subheader("The gradient highway")
        nets = highway_form()
    with right:
        preload_plotly()
        desk = Desk(manager.explainer, st.container())
        st.markdown(INTRO)
        st.latex(FORMULA)
        st.markdown(DOUBT)
        said = predictions(nets)
        data = "cifar10" if is_present("cifar10") else "shapes"
        question = Initial(nets=nets, data=data)
        asking = desk.on_request(question, "Measure", f"one batch of {question.batch_size} images of {TITLES[data]}")
        if asking is not None:
            _reveal(charts.measured(nets, asking.told or {}, asking.arrays), said, asking.seconds)
        desk.follow()


def _reveal(nets: list[charts.Measured], said: list[charts.Story], seconds: float) -> None:
    st.dataframe(charts.table(nets, said), hide_index=True)
    right = sum(net.story == guess for net, guess in zip(nets, said, strict=True))
    st.markdown(f"**You were right about {right} of {len(nets)}.** {charts.story_sentence(nets)}")
    if any(net.net.is_plain and net.net.batch_norm and net.net.activation == "relu" for net in nets):
        st.caption(
            f"Theory for plain ReLU nets with BN: {charts.BATCH_NORM_FACTOR:.2f} a layer (Yang et al. 2019), for wide "
            "nets without stages. Explodes and vanishes mean more than ten times, from the last block to the first."
        )
    for quantity, text in CHARTS:
        st.markdown(text)
        live_plot(charts.rows_figure(nets, quantity), key=f"highway_{quantity}", alt=text, height=340)
    st.caption(f"Measured in {seconds:.1f} s. One seed, one batch: the picture of a start, not of a training.")


main()

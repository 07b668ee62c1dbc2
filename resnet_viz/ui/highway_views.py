"""Which nets are measured before their first update, what a visitor expects of them, and what came out."""

from collections.abc import Sequence

import streamlit as st

from resnet_viz.charts import highway as charts
from resnet_viz.charts.highway import STORIES, Measured, Quantity, Story
from resnet_viz.charts.summary import Note
from resnet_viz.config import TITLES
from resnet_viz.net_config import DEPTHS, MAX_WIDTH, MIN_WIDTH, NetConfig
from resnet_viz.net_questions import Initial
from resnet_viz.ui import state
from resnet_viz.ui.arm_form import INITS, SHORTCUTS
from resnet_viz.ui.live_plot import live_plot

NO_PREDICTION = "nothing"
CHARTS: tuple[tuple[Quantity, str], ...] = (
    (
        "grad_x",
        "**Gradient at the input of each row,** mean over the images: the one that rescaled weights do not change",
    ),
    ("grad_w", "**Gradient of the weights:** before a norm it also depends on the size of the weights"),
    ("spread", "**Spread of the activations:** standard deviation of what the stem and each block give"),
)


def highway_form() -> tuple[NetConfig, ...]:
    """Four nets: plain and residual, with and without batch norm; all else is the same for all."""
    depth = st.select_slider("Depth", DEPTHS, value=56, key="highway_depth")
    width = st.slider("Width", MIN_WIDTH, MAX_WIDTH, 16, key="highway_width")
    init = st.radio("Initial weights", list(INITS), format_func=INITS.__getitem__, key="highway_init")
    shortcut = st.selectbox(
        "Shortcut of the residual nets", list(SHORTCUTS), format_func=SHORTCUTS.__getitem__, key="highway_shortcut"
    )
    activation = st.selectbox("Activation", ["relu", "tanh", "sigmoid"], key="highway_activation")
    return tuple(
        NetConfig.model_validate(
            {
                "depth": depth,
                "width": width,
                "init": init,
                "activation": activation,
                "shortcut": kind,
                "batch_norm": norm,
            }
        )
        for kind in ("none", shortcut)
        for norm in (True, False)
    )


def predictions(question: Initial) -> list[Story] | None:
    """What the gradient does on its way to the images, as the visitor expects it; None until all is said."""
    said: list[Story | None] = []
    for column, net in zip(st.columns(len(question.nets)), question.nets, strict=True):
        key = state.quiz_key("highway", _settings(net, question))
        before = state.noted(key)
        # A widget forgets its value when its page is left.
        index = list(STORIES).index(before.latest) if before and before.latest in STORIES else None
        title = f"{'Plain' if net.is_plain else 'Residual'}, {'with' if net.batch_norm else 'without'} BN"
        with column:
            said.append(st.radio(title, STORIES, index=index, key=key))
    chosen = [story for story in said if story is not None]
    if len(chosen) == len(said):
        return chosen
    st.caption("Choose one for each of the four nets; then they can be measured.")
    return None


def _settings(net: NetConfig, question: Initial) -> str:
    """All that decides the answer, in words."""
    norm = "with BN" if net.batch_norm else "without BN"
    return (
        f"{net.label}, {norm}, width {net.width}, {net.activation}, initial weights of {INITS[net.init]}, "
        f"{TITLES[question.data]}"
    )


def _keep(nets: Sequence[Measured], said: Sequence[Story] | None, question: Initial) -> None:
    """What was expected and what came out, for the summary."""
    for place, net in enumerate(nets):
        settings = _settings(net.net, question)
        asked = f"What does the gradient do on its way to the images, before the first update? {settings}"
        because = f"From the last block to the first: {net.size}."
        expected = said[place] if said else NO_PREDICTION
        note = Note("highway", asked, expected, net.story, because, is_question=said is not None)
        state.note(state.quiz_key("highway", settings), note)
    state.mark_done("highway")


def reveal(nets: Sequence[Measured], said: Sequence[Story] | None, question: Initial, seconds: float) -> None:
    """The predictions beside what was measured, the story that it supports, and every row."""
    _keep(nets, said, question)
    st.dataframe(charts.table(nets, said or [NO_PREDICTION] * len(nets)), hide_index=True)
    if said:
        right = sum(net.story == guess for net, guess in zip(nets, said, strict=True))
        st.markdown(f"**You were right about {right} of {len(nets)}.**")
    st.markdown(charts.story_sentence(nets))
    st.caption("Explodes and vanishes mean more than ten times, from the last block to the first.")
    if any(net.net.is_plain and net.net.batch_norm and net.net.activation == "relu" for net in nets):
        st.caption(
            f"Theory for plain ReLU nets with BN, wide and without stages: {charts.BATCH_NORM_FACTOR:.2f} a layer. "
            "A ReLU passes half of the squared gradient, and the next norm divides by the variance that it leaves, "
            "(1 - 1/π)/2. Yang et al. (2019) show that no initial weights avoid it."
        )
    for quantity, text in CHARTS:
        st.markdown(text)
        live_plot(charts.rows_figure(nets, quantity), key=f"highway_{quantity}", alt=text, height=340)
    st.caption(f"Measured in {seconds:.1f} s. One seed, one batch: the picture of a start, not of a training.")

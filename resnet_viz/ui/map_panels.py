"""Up to four maps side by side: two methods, two layers, two classes or two pictures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from resnet_viz.attribution import METHODS, MethodName
from resnet_viz.charts import overlay, saliency, saliency_sentences
from resnet_viz.engine.explainer import Asking
from resnet_viz.questions import Attribute, Description, Model
from resnet_viz.ui.desk import Desk
from resnet_viz.ui.images import show_image
from resnet_viz.ui.pictures import Shown

MAX_PANELS = 4
GRID_HEIGHT = 280  # pixels of the table of a grid
BEGIN_WITH: tuple[MethodName, ...] = ("grad-cam", "integrated-gradients", "smooth-grad", "occlusion")


@dataclass(frozen=True)
class Paint:
    """How maps are drawn, the same for all."""

    opacity: float
    colour_map: str
    grid: bool  # show what was measured, before it was enlarged


def map_panels(desk: Desk, model: Model, description: Description, pictures: list[Shown], target: int) -> None:
    """Draw the panels; `target` is the class they begin with, and the first picture is theirs."""
    count, paint = _toolbar()
    for place, column in enumerate(st.columns(count, gap="medium")):
        with column:
            _panel(desk, model, description, pictures, target, place, paint)


def _toolbar() -> tuple[int, Paint]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        count = st.segmented_control(
            "Maps side by side", range(1, MAX_PANELS + 1), default=2, required=True, key="panels"
        )
        opacity = st.slider("Opacity of the map", 0, 100, 55, format="%d %%", key="opacity", width=220)
        colour_map = st.selectbox("Colours", overlay.COLOUR_MAPS, key="colours", width=140)
        grid = st.toggle("Show the coarse grid", value=True, key="grid", help="What was measured, before enlarging.")
    return count, Paint(opacity / 100, colour_map, grid)


def _panel(
    desk: Desk, model: Model, description: Description, pictures: list[Shown], target: int, place: int, paint: Paint
) -> None:
    key = f"{place}_{description.title}"
    methods = description.methods
    method = st.selectbox(
        "Method", methods, index=methods.index(BEGIN_WITH[place]), format_func=lambda name: METHODS[name].title,
        key=f"method_{key}", help=_refused(description),
    )  # fmt: skip
    picture = pictures[0]
    if len(pictures) > 1:
        at = st.selectbox(
            "Picture", range(len(pictures)), format_func=lambda at: pictures[at].name, key=f"picture_{key}"
        )
        picture = pictures[at]
    names = saliency.class_names(description.categories)
    explained = st.selectbox(
        "Class", range(len(description.categories)), index=target, format_func=names.__getitem__,
        key=f"class_{key}_{target}",
    )  # fmt: skip
    layer = layer_slider(description, f"layer_{key}") if METHODS[method].layered else None
    st.caption(f"{METHODS[method].tells} ({METHODS[method].source})")
    question = Attribute(model=model, images=(picture.path,), method=method, layer=layer, target=explained)
    cost = saliency_sentences.cost_sentence(METHODS[method], description.forward_s)
    cheap = METHODS[method].is_cheap
    asking = desk.answer(question) if cheap else desk.on_request(question, "Make this map", cost, key=key)
    if asking is not None:
        _drawn(asking, question, description, paint, key)


def _refused(description: Description) -> str:
    """Why some methods are not in the list; nothing when all are."""
    return " ".join(f"{METHODS[name].title} is not offered: {why}." for name, why in description.refused.items())


def layer_slider(description: Description, key: str, *, adds: bool = False) -> str:
    """A slider along the network; with `adds`, only over blocks that end in a residual addition."""
    layers = {layer.name: layer for layer in description.layers if layer.adds or not adds}
    names = list(layers)

    def words(name: str) -> str:
        return f"{layers[name].title} ({layers[name].grid[0]} x {layers[name].grid[1]})"

    chosen: str = st.select_slider("Layer, from the picture to the class", names, names[-1], format_func=words, key=key)
    return chosen


def _drawn(asking: Asking, question: Attribute, description: Description, paint: Paint, key: str) -> None:
    told = asking.told or {}
    for sentence in told["refused"].values():
        st.error(sentence)
    if "maps" not in asking.arrays:
        return
    method, target = METHODS[question.method], told["targets"][0]
    values, view = asking.arrays["maps"][0], asking.arrays["views"][0]
    how: dict[str, Any] = {"opacity": paint.opacity, "signed": method.signed, "colour_map": paint.colour_map}
    picture = overlay.overlay(view, values, **how)
    probability = saliency.percent(asking.arrays["probabilities"][0][target])
    caption = f"{method.title} for {saliency.class_name(target, description.categories)} ({probability})"
    numbers = _numbers(values, asking, told["delta"])
    show_image(picture, caption, alt=f"{caption}. {numbers}")
    grids = asking.arrays.get("grids")
    if paint.grid and grids is not None:
        coarse = overlay.overlay(view, overlay.enlarged(grids[0], view.shape[0]), **how)
        show_image(coarse, f"What was measured: {grids.shape[1]} x {grids.shape[2]} values")
        with st.expander("The numbers of the grid"):
            st.dataframe(grids[0].round(4), height=GRID_HEIGHT)
    st.caption(numbers)
    arrays = {"map": values, "view": view} | ({} if grids is None else {"grid": grids[0]})
    file = f"{question.method}-{target}"
    with st.container(horizontal=True):
        st.download_button(
            "PNG", lambda: overlay.png(picture), f"{file}.png", "image/png", key=f"png_{key}", on_click="ignore",
            icon=":material/download:", help="The picture with the map on it.",
        )  # fmt: skip
        st.download_button(
            "NPZ", lambda: overlay.npz(**arrays), f"{file}.npz", "application/zip", key=f"npz_{key}", on_click="ignore",
            icon=":material/download:", help="The raw map, for numpy.load.",
        )  # fmt: skip


def _numbers(values: NDArray[np.float32], asking: Asking, delta: float | None) -> str:
    """What the map's values are, and what they took."""
    low, high = float(values.min()), float(values.max())
    text = f"Values from {low:.3g} to {high:.3g}; {asking.seconds:.2f} s."
    if delta is not None:
        text += f" The shares miss the rise of the score by {delta:.3g} (convergence delta)."
    return text if high > low else f"{text} The map is the same everywhere: nothing here speaks for this class."

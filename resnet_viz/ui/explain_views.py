"""What the page Explain shows of an answer: the prediction, which branch, surgery, trust."""

import streamlit as st

from resnet_viz.attribution import FAITHFULNESS_PASSES, METHODS
from resnet_viz.charts import overlay, saliency, saliency_sentences
from resnet_viz.charts.summary import Note
from resnet_viz.engine.explainer import Asking
from resnet_viz.questions import Description, Faithfulness, Model, Randomise, Split, Surgery, Sweep
from resnet_viz.ui import state
from resnet_viz.ui.desk import Desk
from resnet_viz.ui.images import show_image
from resnet_viz.ui.lesson_quizzes import branch_quiz
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.map_panels import layer_slider
from resnet_viz.ui.pictures import Shown

BRANCH = r"""
At a residual addition $y = s + F(x)$ a map splits: with the activations and the channel weights $\alpha_c$ of Grad-CAM
taken **at the sum, before its ReLU**, $\sum_c \alpha_c y_c = \sum_c \alpha_c s_c + \sum_c \alpha_c F_c$. Standard
Grad-CAM reads after the ReLU, where this does not hold, so these maps are signed: red speaks for the class, blue
against.
"""
CAUTION = """
A map is evidence about the *model*, not a cause in the world: it tells what this net's score reacts to. A map that
passes both checks can still be read wrongly, and one that fails them says little.
"""


def prediction(looked: Asking, picture: Shown, description: Description) -> int:
    """The picture as the model saw it, and what it believes; gives the class to explain."""
    probabilities, categories = looked.arrays["probabilities"], description.categories
    sentence = saliency_sentences.prediction_sentence(description.title, probabilities, categories)
    note = (looked.told or {})["note"]
    first, second = st.columns([1, 2], gap="medium")
    caption = "What the model saw" + (f": {note}" if note else "")
    with first:
        show_image(looked.arrays["view"], caption, alt=f"{picture.name}, {caption}")
    state.note(
        f"tried_{picture.path.name}_{description.title}",
        Note(
            "explain", f"A picture was shown to {description.title}: {picture.plain_name}", sentence, is_question=False
        ),
    )
    with second:
        st.markdown(f"**{sentence}**")
        target = st.selectbox(
            "Class to explain", range(len(categories)), index=int(probabilities.argmax()),
            format_func=saliency.class_names(categories).__getitem__,
            key=f"target_{picture.path.name}_{description.title}",
            help="Type to search. The predicted class is the first choice.",
        )  # fmt: skip
        figure = saliency.prediction_figure(probabilities, categories, explained=target)
        live_plot(figure, key="top", alt=sentence, height=260)
    return target


def branch_view(desk: Desk, model: Model, description: Description, picture: Shown, target: int) -> None:
    """The map at one addition, and its two parts."""
    st.markdown(BRANCH)
    layer = layer_slider(description, f"branch_{description.title}", adds=True)
    view = desk.look(model, picture.path)
    asking = desk.answer(Split(model=model, image=picture.path, layer=layer, target=target))
    if asking is None or view is None:
        return
    parts = [asking.arrays[name] for name in ("total", "skip", "residual")]
    names = ("At the sum y", "Part of the shortcut s", "Part of the residual branch F(x)")
    for column, values, name in zip(st.columns(3), parts, names, strict=True):
        large = overlay.enlarged(values / max(float(abs(parts[0]).max()), 1e-30), view.arrays["view"].shape[0])
        shown = overlay.overlay(view.arrays["view"], large, opacity=0.6, signed=True, colour_map="Viridis", limit=1.0)
        with column:
            show_image(shown, name, alt=f"Grad-CAM before the ReLU, signed: {name}")
    branch_quiz(f"{picture.plain_name}, {description.title}", description.layer(layer).title, *parts[1:])
    error = float((asking.told or {})["relative_error"])
    st.markdown(saliency_sentences.split_sentence(*parts, relative_error=error))


def surgery_view(desk: Desk, model: Model, description: Description, picture: Shown, target: int) -> None:
    """Switch blocks off, before and after; then each in turn."""
    titles = {layer.name: layer.title for layer in description.layers if layer.switchable}
    blocks = sum("block" in layer.title for layer in description.layers)
    adds = sum(layer.adds for layer in description.layers)
    st.markdown(
        f"Where the shortcut is the identity, a block can be switched off: *F(x)* becomes 0 and the block passes *x* "
        f"on. That holds for {len(titles)} of the {blocks} blocks here; {adds} end in an addition."
    )
    off = st.multiselect("Switch off", list(titles), [list(titles)[-1]], format_func=titles.__getitem__, key="off")
    view = desk.look(model, picture.path)
    if off and view is not None:
        asking = desk.answer(Surgery(model=model, image=picture.path, off=tuple(off), target=target))
        if asking is not None:
            _before_and_after(asking, view, description)
    sweep = desk.answer(Sweep(model=model, image=picture.path, target=target))
    if sweep is not None:
        told = sweep.told or {}
        names = [titles[name] for name in told["blocks"]]
        name = saliency.class_name(target, description.categories)
        st.markdown(f"**Each block off in turn:** the change of the probability of {name}")
        figure = saliency.sweep_figure(told["blocks"], names, told["whole"], told["without"])
        sentence = saliency_sentences.sweep_sentence(names, told["whole"], told["without"])
        live_plot(figure, key="sweep", alt=sentence, height=300)
        st.markdown(sentence)


def _before_and_after(asking: Asking, view: Asking, description: Description) -> None:
    arrays = asking.arrays
    first, second, third = st.columns([1, 1, 2], gap="medium")
    for column, name in ((first, "before"), (second, "after")):
        picture = overlay.overlay(
            view.arrays["view"], arrays[f"map_{name}"], opacity=0.55, signed=False, colour_map="Viridis"
        )
        with column:
            show_image(picture, f"Grad-CAM {name}", alt=f"Grad-CAM {name} the cut")
    with third:
        figure = saliency.change_figure(arrays["before"], arrays["after"], description.categories)
        live_plot(figure, key="surgery", alt="Probabilities of the leading classes before and after.", height=320)


def trust_view(desk: Desk, model: Model, description: Description, picture: Shown, target: int) -> None:
    """Deletion and insertion, and the randomisation check."""
    st.info(CAUTION)
    methods = [name for name in description.methods if METHODS[name].is_cheap]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        method = st.selectbox(
            "Map to check", methods, format_func=lambda name: METHODS[name].title, key=f"check_{description.title}",
            width=260,
        )  # fmt: skip
        layer = layer_slider(description, f"check_layer_{description.title}") if METHODS[method].layered else None
    first = Faithfulness(model=model, image=picture.path, method=method, layer=layer, target=target)
    second = Randomise(model=model, image=picture.path, layer=layer, target=target)
    st.markdown("**Does the net need what the map marks?** (Petsiuk et al. 2018)")
    asking = desk.on_request(
        first,
        "Delete and insert",
        f"{FAITHFULNESS_PASSES} forward passes; about {FAITHFULNESS_PASSES * description.forward_s:.0f} s here",
    )
    if asking is not None:
        told = asking.told or {}
        figure = saliency.faithfulness_figure(asking.arrays["curves"], told["orders"])
        sentence = saliency_sentences.faithfulness_sentence(METHODS[method].title, told["areas"])
        live_plot(figure, key="faithfulness", alt=sentence, height=320)
        st.markdown(f"{sentence} ({asking.seconds:.1f} s)")
    st.markdown("**Does the map depend on what was learnt?** (Adebayo et al. 2018)")
    asking = desk.on_request(
        second, "Re-initialise stage by stage", "each stage: a map of every method, and seven pictures for the norms"
    )
    if asking is not None:
        told = asking.told or {}
        figure = saliency.randomise_figure(told["methods"], told["stages"], told["correlations"])
        sentence = saliency_sentences.randomise_sentence(told["methods"], told["stages"], told["correlations"])
        live_plot(figure, key="randomise", alt=sentence, height=320)
        st.markdown(f"{sentence} ({asking.seconds:.1f} s)")
        st.caption(
            "Grad-CAM weighs its layer by the weights above it; those below only change what the layer holds. Norm "
            "statistics were measured anew on seven pictures after each stage."
        )

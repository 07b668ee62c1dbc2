"""Where a page puts its questions: answers at once where there are some, else progress until there are."""

from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from resnet_viz.attribution import METHODS
from resnet_viz.engine.explainer import Asking, Explainer
from resnet_viz.questions import Attribute, Faithfulness, Look, Model, Question
from resnet_viz.ui import state

PATIENCE_S = 0.3  # that a page waits for an answer before it shows progress; most are there by then
TICK_S = 0.25

WORDS = {
    "catalogue": "Looking up the models", "describe": "Loading the model", "look": "Looking at the picture",
    "split": "Splitting the map", "surgery": "Switching off blocks", "sweep": "Switching off each block in turn",
    "initial": "Measuring nets before their first update", "shatter": "Following the gradient from image to image",
    "family": "Counting the nets of the family",
    "chain": "Sending a gradient back through a chain", "stream": "Measuring transformers before their first update",
    "faithfulness": "Deleting and inserting pixels", "randomise": "Re-initialising stage by stage",
}  # fmt: skip

# What progress counts, where it is not images.
UNITS = {"family": "nets", "stream": "rows of tokens through the net", "shatter": "points of the lines"}


@dataclass
class Desk:
    """The questions of one run of a page."""

    explainer: Explainer
    status: DeltaGenerator  # where progress is shown
    waiting: list[Asking] = field(default_factory=list)

    def answer(self, question: Question) -> Asking | None:
        """The answer; None while it is on its way, or when there is none, which is then said here."""
        asking = self.explainer.ask(question)
        if asking.active and not self.waiting:
            asking = self.explainer.wait(asking.id, PATIENCE_S)
        if asking.active:
            self.waiting.append(asking)
            return None
        if not asking.answered:
            st.error(asking.message or "There is no answer.")
            st.button("Try again", key=f"again_{asking.id}", on_click=self.explainer.forget, args=(asking.id,))
            return None
        return asking

    def look(self, model: Model, image: Path) -> Asking | None:
        """What the model makes of a picture."""
        return self.answer(Look(model=model, image=image))

    def on_request(
        self, question: Question, label: str, cost: str, key: str = "", *, once: bool = False, ready: bool = True
    ) -> Asking | None:
        """The answer to what is not to be asked unasked: a button, with its price beside it.

        Args:
            once: show nothing before this visitor pressed the button, whoever else did; from then on, answer whatever
                the question becomes.
            ready: whether the button can be pressed yet.
        """
        if state.was_requested(question.ask) if once else self.explainer.known(question) is not None:
            return self.answer(question)
        with st.container(horizontal=True, vertical_alignment="center"):
            name = f"ask_{question.ask}_{key}"
            pressed = st.button(label, key=name, icon=":material/play_arrow:", disabled=not ready)
            st.caption(cost)
        if pressed:
            state.request(question.ask)
        return self.answer(question) if pressed else None

    def follow(self) -> None:
        """Show how far the questions are that are not yet answered; draws the page anew when one is."""
        if self.waiting:
            with self.status:
                st.fragment(self._draw, run_every=TICK_S)()

    def _draw(self) -> None:
        askings = [self.explainer.known(asking.question) for asking in self.waiting]
        if any(asking is None or not asking.active for asking in askings):
            st.rerun()
        for asking in askings:
            assert asking is not None
            share = min(1.0, asking.done / asking.total) if asking.total else 0.0
            bar, button = st.columns([5, 1], vertical_alignment="bottom")
            bar.progress(share, text=self._text(asking))
            button.button("Cancel", key=f"cancel_{asking.id}", on_click=self.explainer.cancel, args=(asking.id,))

    def _text(self, asking: Asking) -> str:
        what = title(asking.question)
        if not self.explainer.ready:
            return f"{what}: the program that measures and explains is starting, which takes a few seconds"
        if asking.behind:
            return f"{what}: waits behind {asking.behind} other question{'s' if asking.behind > 1 else ''}"
        unit = UNITS.get(asking.question.ask, "images through the net")
        return f"{what}: {asking.done} of {asking.total} {unit}" if asking.total else what


def title(question: Question) -> str:
    """A question in words."""
    if isinstance(question, Attribute):
        return METHODS[question.method].title
    if isinstance(question, Faithfulness):
        return f"{WORDS[question.ask]}, {METHODS[question.method].title}"
    return WORDS[question.ask]

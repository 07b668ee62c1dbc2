"""Questions to the visitor, answered by a measurement where there is one; what was said is kept for the summary."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from resnet_viz.charts.summary import Note
from resnet_viz.ui import state

SEPARATOR = ", "  # of the options in order, none of which has one inside


@dataclass(frozen=True)
class Quiz:
    """One question.

    Attributes:
        lesson: key of the lesson, which is done once its questions are answered.
        key: names it within the lesson; another one where other settings make it another question.
        options: what can be chosen; of a reordering, in the order in which they are offered.
        ordered: whether all options are to be put in order.
    """

    lesson: str
    key: str
    prompt: str
    options: tuple[str, ...]
    ordered: bool = False


def quiz(asked: Quiz, right: str | Sequence[str] | None, because: str) -> None:
    """Ask, and answer once something is chosen.

    Args:
        right: the option, or all of them in order; None while it is not yet measured.
        because: the measured numbers or the source behind it; while nothing is measured, what to do to find out.
    """
    name = state.quiz_key(asked.lesson, asked.key)
    with st.container(border=True):
        said = _chosen(asked, name)
        if said is None:
            return
        truth = None if right is None else right if isinstance(right, str) else _in_order(right)
        state.note(name, Note(asked.lesson, asked.prompt, said, truth, because if truth else ""))
        state.mark_done(asked.lesson)
        if truth is None:
            st.info(because, icon=":material/hourglass_empty:")
        elif said == truth:
            st.success(f"Yes. {because}", icon=":material/check:")
        else:
            st.warning(f"No: {truth}. {because}", icon=":material/close:")


def _chosen(asked: Quiz, name: str) -> str | None:
    prompt = f"**Question.** {asked.prompt}"
    before = state.noted(name)  # a widget forgets its value when its page is left
    if not asked.ordered:
        index = asked.options.index(before.latest) if before and before.latest in asked.options else None
        return st.radio(prompt, asked.options, index=index, key=name)
    order = st.multiselect(
        prompt, asked.options, default=before.latest.split(SEPARATOR) if before else None, key=name,
        placeholder="Choose one after the other", select_all=False,
    )  # fmt: skip
    return _in_order(order) if len(order) == len(asked.options) else None


def _in_order(options: Sequence[str]) -> str:
    return SEPARATOR.join(options)

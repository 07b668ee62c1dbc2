"""The path of lessons: their order, which of them are done, and the way from one to the next."""

from dataclasses import dataclass

import streamlit as st

from resnet_viz.ui import state


@dataclass(frozen=True)
class Lesson:
    """One page of the path."""

    key: str
    file: str
    title: str
    icon: str
    teaser: str  # what a visitor finds out there


LESSONS = (
    Lesson("race", "race.py", "Race", "sports_score", "Does a deeper net learn better? Train both and see."),
    Lesson("block", "block.py", "One block", "calculate", "What the plus sign does, in numbers you can change."),
    Lesson("highway", "highway.py", "Gradient highway", "trending_flat", "Do gradients vanish? Predict, then measure."),
    Lesson(
        "shattered", "shattered.py", "Shattered gradients", "grain",
        "What separates plain from residual when the norms do not.",
    ),
    Lesson("family", "family.py", "The family", "account_tree", "From ResNet-18 to 152: what they cost, and why."),
    Lesson("results", "results.py", "The results", "table_chart", "The famous numbers, each with its protocol."),
    Lesson("after", "after.py", "After ResNet", "history_edu", "Where the plus sign went: from DenseNet to Mamba."),
    Lesson("explain", "explain.py", "Explain an image", "image_search", "What a pretrained ResNet-50 looks at."),
)  # fmt: skip
BY_KEY = {lesson.key: lesson for lesson in LESSONS}


def next_lesson(key: str) -> None:
    """The end of a lesson: a link to the next one, and one back to the path."""
    place = LESSONS.index(BY_KEY[key]) + 1
    with st.container(horizontal=True, gap="medium"):
        if place < len(LESSONS):
            following = LESSONS[place]
            st.page_link(
                following.file, label=f"Next: {following.title}", icon=":material/arrow_forward:",
                query_params=state.done_parameter(),
            )  # fmt: skip
        st.page_link(
            "home.py", label="The path, and what you tried", icon=":material/route:",
            query_params=state.done_parameter(),
        )  # fmt: skip

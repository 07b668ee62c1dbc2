"""Tables of numbers to edit, and those of the block with two inputs. A bad number keeps the last good ones."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from resnet_viz.arithmetic import Floats, NumbersRefused, checked
from resnet_viz.ui import state


@dataclass(frozen=True, eq=False)
class Given:
    """The numbers of the walk-through."""

    x: Floats  # (2,)
    weight: Floats  # (2, 2)
    bias: Floats  # (2,)
    target: Floats  # (2,)


# The explainer's own example.
EXAMPLE = Given(np.array([1.0, 0.5]), np.array([[0.1, 0.05], [0.05, 0.1]]), np.zeros(2), np.array([1.1, 0.6]))


def block_editors() -> Given:
    """Four small tables."""
    columns = st.columns([1, 2, 1, 1], gap="medium")
    with columns[0]:
        x = numbers_editor("Input x", EXAMPLE.x, "x")
    with columns[1]:
        weight = numbers_editor("Weights W", EXAMPLE.weight, "weight")
    with columns[2]:
        bias = numbers_editor("Bias b", EXAMPLE.bias, "bias")
    with columns[3]:
        target = numbers_editor("Target t", EXAMPLE.target, "target")
    back_to_example("x", "weight", "bias", "target")
    return Given(x, weight, bias, target)


def numbers_editor(label: str, example: Floats, name: str) -> Floats:
    """A table of numbers; says beside it what is wrong, and gives the last good numbers then.

    Args:
        example: what the table begins with; its shape is the one that is asked for.
        name: of the table in the session.
    """
    table = example if example.ndim == 2 else example[:, None]
    names = [str(place + 1) for place in range(table.shape[1])]
    st.markdown(f"**{label}**")
    edited = st.data_editor(
        pd.DataFrame(table, columns=names), hide_index=True, num_rows="fixed", key=state.editor_key(name),
        column_config={column: st.column_config.NumberColumn(column, format="%.4g") for column in names}, alt=label,
    )  # fmt: skip
    values = edited.to_numpy(dtype=object)
    try:
        good = checked(values if example.ndim == 2 else values[:, 0], example.shape, label)
    except NumbersRefused as error:
        st.error(f"{error} The last good numbers are used.")
        return state.last_good(name, example)
    return state.keep_good(name, good)


def back_to_example(*names: str) -> None:
    """A button that lets these tables begin anew."""
    st.button("Back to the example", on_click=_forget, args=names, key=f"example_{names[0]}")


def _forget(*names: str) -> None:
    for name in names:
        state.reset_editor(name)

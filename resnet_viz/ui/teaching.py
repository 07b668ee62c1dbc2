"""What every lesson shows alike: a formula with its symbols, and the sources at the end."""

from collections.abc import Mapping

import streamlit as st

from resnet_viz.sources import SOURCES


def formula(latex: str, symbols: Mapping[str, str]) -> None:
    """A formula, and below it what each of its symbols means.

    Args:
        symbols: LaTeX of a symbol to its meaning in words.
    """
    st.latex(latex + r"\;")  # without the space, several lines are two pixels too wide, and scroll
    st.caption(", ".join(f"${symbol}$: {meaning}" for symbol, meaning in symbols.items()))


def sources(cited: Mapping[str, str]) -> None:
    """The sources of a page.

    Args:
        cited: key of a source to the place in it, such as "section 4.1, Table 6".
    """
    lines = [
        f"{source.authors} ({source.year}), [{source.title}]({source.url}), {place}"
        for source, place in ((SOURCES[key], place) for key, place in cited.items())
    ]
    st.markdown(f":small[**Sources.** {'; '.join(lines)}.]")  # a caption would fade the links

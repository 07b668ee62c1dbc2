"""What the settings of the theme can't say."""

import streamlit as st

# Streamlit writes white on the primary colour. In the dark theme that colour must be light, because slider values are
# written in it, and white on it has a contrast of 2.3; the page's own background has 8.
_DARK = """<style>
[data-testid="stBaseButton-primary"] :is(p, kbd), .stMultiSelect span[title], .stMultiSelect span[title] ~ * {
    color: #11161C;
}
</style>"""
# The key on a button is faint, which no primary colour bears.
_KEYS = """<style>[data-testid="stBaseButton-primary"] kbd { color: inherit; opacity: 1; }</style>"""


def readable_on_primary() -> None:
    """Make what stands on the primary colour readable in both themes."""
    st.html(_KEYS + (_DARK if st.context.theme.type == "dark" else ""))

"""What the settings of the theme can't say."""

import streamlit as st

# Streamlit writes white on the primary colour. In the dark theme that colour must be light, because slider values are
# written in it, and white on it has a contrast of 2.3; the page's own background has 8.
_DARK = """<style>
[data-testid="stBaseButton-primary"] p, .stMultiSelect span[title], .stMultiSelect span[title] ~ * { color: #11161C; }
</style>"""


def dark_on_primary() -> None:
    """Make what stands on the primary colour readable in the dark theme."""
    if st.context.theme.type == "dark":
        st.html(_DARK)

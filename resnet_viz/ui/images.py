"""Pictures made by the app, drawn on a page."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from resnet_viz.charts import overlay


def show_image(picture: NDArray[np.uint8], caption: str, *, alt: str = "", **how: Any) -> None:
    """Draw a picture (H, W, 3) that stands in the page itself.

    Streamlit would make it a file that is deleted when the next run of the page ends: with a slider that is moved
    quickly, that is before the browser has fetched it.

    Args:
        alt: what is said where the picture is not seen; else its caption.
        how: as for `st.image`.
    """
    st.image(overlay.address(picture), caption=caption, alt=alt or caption, **{"width": "stretch", **how})

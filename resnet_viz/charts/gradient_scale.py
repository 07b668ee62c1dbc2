"""The colours of gradient norms: one logarithmic scale for all arms and the whole run."""

from typing import Any

import numpy as np

from resnet_viz.charts.style import GRADIENT_SCALE
from resnet_viz.runlog import Snapshot

CELLS = {"cells": "log10 of ‖dL/dW‖"}  # `meta` of a layout: what the numbers behind the colours are


def colour_axis(snapshot: Snapshot) -> dict[str, Any]:
    """A `coloraxis` of log10 of the norms, over all that was recorded."""
    positive = [arm.gradients[arm.gradients > 0] for arm in snapshot.arms]
    values = np.log10(np.concatenate(positive)) if positive else np.empty(0)
    low, high = (np.floor(values.min()), np.ceil(values.max())) if len(values) else (-2, 2)
    powers = np.arange(low, high + 1, max(1, round((high - low) / 6))).astype(int).tolist()
    bar = {
        "title": {"text": "‖dL/dW‖", "side": "right"}, "tickvals": powers, "thickness": 12,
        "ticktext": [f"10<sup>{power}</sup>" for power in powers],
    }  # fmt: skip
    return {"colorscale": GRADIENT_SCALE, "cmin": float(low), "cmax": float(high), "colorbar": bar}

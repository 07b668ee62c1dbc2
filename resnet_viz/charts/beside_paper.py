"""One's own error beside Figure 6 of He et al. 2015, on a log axis of images seen."""

from typing import Any

import numpy as np

from resnet_viz.charts.style import COLOURS, Figure, Pen, dash, layout, pens, rounded
from resnet_viz.paper import curves
from resnet_viz.runlog import ArmView, Snapshot

PAPER_BATCH = 128  # images an iteration (section 4.2)
PAPER_IMAGES = 50_000  # that the paper trained on (45,000 and 5,000 for validation while choosing the schedule)


def is_comparable(snapshot: Snapshot) -> bool:
    """Whether the paper has a curve for these images: all ten classes of CIFAR-10."""
    return snapshot.config.data.name == "cifar10" and not snapshot.config.data.classes


def beside_paper_figure(snapshot: Snapshot) -> Figure:
    """Test error in percent against images seen: the paper's nets of the nearest depth faint, one's own strong."""
    data = [_paper_trace(curve) for curve in paper_curves(snapshot)]
    own = pens([arm.net for arm in snapshot.arms])
    data += [_own_trace(arm, pen, snapshot) for arm, pen in zip(snapshot.arms, own, strict=True)]
    figure = layout("images seen", "test error (%)", f"paper {snapshot.run}")
    figure["xaxis"] |= {"type": "log", "exponentformat": "power"}
    figure["yaxis"] |= {"range": [0, 100]}
    return {"data": data, "layout": figure}


def paper_curves(snapshot: Snapshot) -> list[curves.Curve]:
    """Of each arm, the test curve of the paper's net of its kind whose depth is nearest; each once."""
    drawn = [curve for curve in curves.digitised().figure_6.curves if curve.split == "test"]
    found: list[curves.Curve] = []
    for arm in snapshot.arms:
        kin = [curve for curve in drawn if (curve.shortcut == "none") == arm.net.is_plain]
        nearest = min(kin, key=lambda curve: abs(curve.depth - arm.net.depth))
        if nearest not in found:
            found.append(nearest)
    return found


def beside_paper_sentence(snapshot: Snapshot) -> str:
    """What differs: how much was seen, of how many images, and where the figure begins and is cut."""
    first = min(_images(curve)[0] for curve in paper_curves(snapshot))
    seen = snapshot.step * snapshot.config.train.batch_size
    share = seen / (1000 * curves.END * PAPER_BATCH)
    return (
        f"Your nets have seen {seen:,} images so far, {share:.1%} of the paper's {1000 * curves.END * PAPER_BATCH:,}, "
        f"drawn from {snapshot.config.data.train_size:,} different ones instead of {PAPER_IMAGES:,}, with another "
        f"schedule. The paper's figure begins at about {first:,.0f} images and is cut at 20 % error, so the curves do "
        "not meet: compare the order of the nets, not the numbers."
    )


def _images(curve: curves.Curve) -> list[float]:
    return [1000 * PAPER_BATCH * thousand for thousand in curve.thousands]


def _paper_trace(curve: curves.Curve) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "name": f"{curve.net}, the paper's", "x": _images(curve),
        "y": rounded(curve.error, 2), "opacity": 0.7, "hovertemplate": "%{y:.1f} %",
        "line": {"color": COLOURS[curve.shortcut], "dash": dash(curve.depth), "width": 2},
    }  # fmt: skip


def _own_trace(arm: ArmView, pen: Pen, snapshot: Snapshot) -> dict[str, Any]:
    an_epoch = snapshot.config.steps_per_epoch * snapshot.config.train.batch_size
    return {
        "type": "scatter", "mode": "lines+markers", "name": f"{arm.label}, yours", "x": (arm.epoch * an_epoch).tolist(),
        "y": rounded(100 * np.asarray(arm.test_error), 2), "hovertemplate": "%{y:.1f} %",
        "line": pen.line(3), "marker": pen.marker(8),
    }  # fmt: skip

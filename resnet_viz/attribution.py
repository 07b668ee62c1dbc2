"""The attribution methods, as pages and the command line describe them; `saliency.methods` runs them. No torch here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MethodName = Literal[
    "grad-cam", "guided-grad-cam", "integrated-gradients", "smooth-grad", "occlusion", "layer-conductance",
    "saliency", "input-x-gradient", "gradient-x-activation", "guided-backprop", "deconvolution", "gradient-shap",
    "deep-lift",
]  # fmt: skip


@dataclass(frozen=True)
class Method:
    """An attribution method as a page describes it. Passes are images through the net, for one map."""

    title: str
    source: str
    tells: str  # what a value of the map is
    forwards: int
    backwards: int
    layered: bool = False  # looks at one layer, so its map is as coarse as that layer's grid
    signed: bool = False  # evidence against the class is negative

    @property
    def cost(self) -> str:
        """Its price in words."""
        return f"{_passes(self.forwards, 'forward')}, {_passes(self.backwards, 'backward')}"

    @property
    def is_cheap(self) -> bool:
        """Whether a page may run it unasked."""
        return self.forwards + self.backwards <= 4


def _passes(count: int, what: str) -> str:
    return f"no {what} pass" if count == 0 else f"{count} {what} pass{'' if count == 1 else 'es'}"


IG_STEPS = 50
CONDUCTANCE_STEPS = 20
CONDUCTANCE_PASSES = 25  # of Captum for these steps, in batches of 5 that overlap by a point
NOISE_SAMPLES = 15
SHAP_SAMPLES = 15
OCCLUSION_GRID = 13  # places of the grey window along each side; it is two strides wide
FAITHFULNESS_STEPS = 28
FAITHFULNESS_PASSES = 2 * 3 * (FAITHFULNESS_STEPS - 1) + 3  # two curves of three orders, whose ends are the same

METHODS: Mapping[MethodName, Method] = {
    "grad-cam": Method(
        "Grad-CAM", "Selvaraju et al. 2017, eq. 1 and 2",
        "Channels of the layer, weighted by the mean gradient of the class score; negative sums are set to 0.",
        1, 1, layered=True,
    ),
    "guided-grad-cam": Method(
        "Guided Grad-CAM", "Selvaraju et al. 2017, section 3.2", "Guided Backprop times the enlarged Grad-CAM.",
        2, 2, layered=True, signed=True,
    ),
    "integrated-gradients": Method(
        "Integrated Gradients", "Sundararajan et al. 2017, eq. 1",
        "Share of each pixel in the score's rise from the mean colour to the picture; the shares add up to the rise.",
        IG_STEPS + 2, IG_STEPS, signed=True,
    ),
    "smooth-grad": Method(
        "SmoothGrad", "Smilkov et al. 2017",
        f"Size of the gradient, a mean over {NOISE_SAMPLES} noisy copies of the picture.",
        NOISE_SAMPLES, NOISE_SAMPLES,
    ),
    "occlusion": Method(
        "Occlusion", "Zeiler and Fergus 2014", "How much the score falls when a window over the pixel is greyed out.",
        OCCLUSION_GRID**2 + 1, 0, signed=True,
    ),
    "layer-conductance": Method(
        "Layer Conductance", "Dhamdhere et al. 2018",
        "Integrated Gradients, as it flows through each place of a layer.",
        CONDUCTANCE_PASSES, CONDUCTANCE_PASSES, layered=True, signed=True,
    ),
    "saliency": Method(
        "Gradient", "Simonyan et al. 2014", "Size of the gradient of the class score, the largest of the colours.", 1, 1
    ),
    "input-x-gradient": Method(
        "Input x gradient", "Shrikumar et al. 2016", "Pixel value times gradient, summed over the colours.",
        1, 1, signed=True,
    ),
    "gradient-x-activation": Method(
        "Gradient x activation", "Draelos and Carin 2020 (HiResCAM)",
        "Activation times gradient at each place of a layer, summed over channels; no averaging.",
        1, 1, layered=True, signed=True,
    ),
    "guided-backprop": Method(
        "Guided Backprop", "Springenberg et al. 2015",
        "Gradient in which every ReLU lets only positive gradients through. It draws edges, and hardly asks the net.",
        1, 1, signed=True,
    ),
    "deconvolution": Method(
        "Deconvolution", "Zeiler and Fergus 2014", "Gradient with the ReLU applied to the gradient only.",
        1, 1, signed=True,
    ),
    "gradient-shap": Method(
        "Gradient SHAP", "Lundberg and Lee 2017; Erion et al. 2021",
        f"Expected gradient times distance, over {SHAP_SAMPLES} random points between mean colour and picture.",
        SHAP_SAMPLES, SHAP_SAMPLES, signed=True,
    ),
    "deep-lift": Method(
        "DeepLIFT", "Shrikumar et al. 2017", "Difference from the mean colour, traced back layer by layer.",
        2, 1, signed=True,
    ),
}  # fmt: skip

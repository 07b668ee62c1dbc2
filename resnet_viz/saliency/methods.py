"""Attribution methods, by Captum. Where its defaults differ from a method's paper, the paper is followed.

Captum's Grad-CAM keeps negative sums and is enlarged by nearest neighbours; the paper's has a ReLU and is bilinear.
The baseline of all methods that need one is 0 after normalisation, the mean colour.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import (
    Deconvolution,
    DeepLift,
    GradientShap,
    GuidedBackprop,
    InputXGradient,
    IntegratedGradients,
    LayerAttribution,
    LayerConductance,
    LayerGradCam,
    LayerGradientXActivation,
    NoiseTunnel,
    Occlusion,
    Saliency,
)
from torch import Tensor, nn

from resnet_viz.attribution import (
    CONDUCTANCE_STEPS,
    IG_STEPS,
    METHODS,
    NOISE_SAMPLES,
    OCCLUSION_GRID,
    SHAP_SAMPLES,
    MethodName,
)
from resnet_viz.saliency.classifiers import Classifier
from resnet_viz.saliency.hooks import forward_hooks, no_attributes_left

AT_ONCE = 5  # images with a graph at a time: of a ResNet-50 they keep about 0.3 GB. Divides all numbers of steps
AT_ONCE_WITHOUT_GRAPH = 10
NOISE = 0.15  # standard deviation of SmoothGrad's noise, of the picture's range (Smilkov et al. 2017, section 3.2)
SEED = 0  # the same question has the same answer


@dataclass(frozen=True)
class Maps:
    """Maps of n pictures, not rescaled."""

    maps: Tensor  # (n, H, W)
    grids: Tensor | None = None  # (n, h, w) of a layered method: what was measured, before it was enlarged
    delta: float | None = None  # how far the shares of Integrated Gradients are from the rise of the score


def attribute(
    classifier: Classifier, method: MethodName, images: Tensor, targets: Tensor, layer: str | None = None
) -> Maps:
    """Maps of one method.

    Args:
        images: normalised, (n, 3, H, W).
        targets: classes, (n,).
        layer: of a layered method; None means the last one.
    Raises:
        ValueError: there is no such layer, or the method is wrong on this net; the sentence says why.
    """
    reason = classifier.description.refused.get(method)
    if reason is not None:
        raise ValueError(f"{METHODS[method].title} is not offered for {classifier.description.title}: {reason}.")
    module = classifier.layer(layer)[1]
    with _seeded(), warnings.catch_warnings():
        # "Setting backward hooks on ReLU activations": they are removed again, and a test counts them.
        warnings.filterwarnings("ignore", "Setting (forward|backward)", UserWarning, "captum")
        if METHODS[method].layered:
            return _LAYERED[method](classifier.net, module, images, targets)
        return _PIXELS[method](classifier.net, images, targets)


@contextmanager
def _seeded() -> Iterator[None]:
    """Random numbers of torch, and those of NumPy, from which Captum's Gradient SHAP draws; neither is disturbed."""
    state = np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        np.random.seed(SEED)
        try:
            yield
        finally:
            np.random.set_state(state)


def predict_and_grad_cam(
    classifier: Classifier, images: Tensor, target: int | None, layer: str | None
) -> tuple[Tensor, Maps]:
    """Scores (n, K) and Grad-CAM from one forward pass; a target of None is each picture's predicted class."""
    seen: list[Tensor] = []

    def score(inputs: Tensor) -> Tensor:
        scores: Tensor = classifier.net(inputs)
        seen.append(scores.detach())
        return scores[:, target] if target is not None else scores.amax(1)

    cam = LayerGradCam(score, classifier.layer(layer)[1])
    maps = _enlarged(cam.attribute(images, relu_attributions=True), images)
    return seen[0], maps


def _grad_cam(net: nn.Module, layer: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    return _enlarged(LayerGradCam(net, layer).attribute(images, targets, relu_attributions=True), images)


def _gradient_x_activation(net: nn.Module, layer: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    return _enlarged(LayerGradientXActivation(net, layer).attribute(images, targets), images)


def _layer_conductance(net: nn.Module, layer: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    # Captum keeps the graph of all steps. What comes before the layer needs none: it is cut off.
    with forward_hooks([], [(layer, _detached)]):
        shares = [
            LayerConductance(net, layer).attribute(
                image, 0, target, n_steps=CONDUCTANCE_STEPS, internal_batch_size=AT_ONCE
            )
            for image, target in zip(images.split(1), targets.split(1), strict=True)
        ]
    return _enlarged(torch.cat(shares), images)


def _detached(_module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(tensor.detach() for tensor in inputs)


def _guided_grad_cam(net: nn.Module, layer: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    cam = _grad_cam(net, layer, images, targets)
    return Maps(_guided_backprop(net, images, targets).maps * cam.maps, cam.grids)


def _enlarged(values: Tensor, images: Tensor) -> Maps:
    """(n, C, h, w) -> its sum over channels, coarse and as large as the picture."""
    grids = values.detach().sum(1, keepdim=True)
    maps = LayerAttribution.interpolate(grids, tuple(images.shape[2:]), interpolate_mode="bilinear")
    assert isinstance(maps, Tensor)
    return Maps(maps[:, 0], grids[:, 0])


def _integrated_gradients(net: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    values, delta = IntegratedGradients(net).attribute(
        images, 0, targets, n_steps=IG_STEPS, internal_batch_size=max(AT_ONCE, len(images)),
        return_convergence_delta=True,
    )  # fmt: skip
    return Maps(values.sum(1).detach(), delta=float(delta.abs().max()))


def _smooth_grad(net: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    spread = NOISE * float(images.max() - images.min())
    values = NoiseTunnel(Saliency(net)).attribute(
        images, nt_type="smoothgrad", nt_samples=NOISE_SAMPLES, nt_samples_batch_size=AT_ONCE, stdevs=spread,
        target=targets,
    )  # fmt: skip
    return Maps(values.amax(1).detach())


def _occlusion(net: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    stride = images.shape[-1] // (OCCLUSION_GRID + 1)
    window = images.shape[-1] - (OCCLUSION_GRID - 1) * stride  # two strides at 224
    with torch.no_grad():
        values = Occlusion(net).attribute(
            images, (images.shape[1], window, window), (images.shape[1], stride, stride), baselines=0, target=targets,
            perturbations_per_eval=AT_ONCE_WITHOUT_GRAPH,
        )  # fmt: skip
    return Maps(values[:, 0])  # the window covers all colours at once, so each has the same value


def _saliency(net: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    return Maps(Saliency(net).attribute(_leaf(images), targets).amax(1).detach())


def _input_x_gradient(net: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    return Maps(InputXGradient(net).attribute(_leaf(images), targets).sum(1).detach())


def _guided_backprop(net: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    return Maps(GuidedBackprop(net).attribute(_leaf(images), targets).sum(1).detach())


def _deconvolution(net: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    return Maps(Deconvolution(net).attribute(_leaf(images), targets).sum(1).detach())


def _gradient_shap(net: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    baseline = torch.zeros_like(images[:1])
    parts = [
        GradientShap(net).attribute(images, baseline, n_samples=AT_ONCE, target=targets).sum(1).detach()
        for _ in range(SHAP_SAMPLES // AT_ONCE)
    ]
    return Maps(torch.stack(parts).mean(0))


def _deep_lift(net: nn.Module, images: Tensor, targets: Tensor) -> Maps:
    with no_attributes_left(net):  # Captum keeps inputs and outputs on the modules, and forgets them after an error
        return Maps(DeepLift(net).attribute(_leaf(images), 0, targets).sum(1).detach())


def _leaf(images: Tensor) -> Tensor:
    return images.detach().clone().requires_grad_()


_LAYERED: dict[MethodName, Callable[[nn.Module, nn.Module, Tensor, Tensor], Maps]] = {
    "grad-cam": _grad_cam,
    "guided-grad-cam": _guided_grad_cam,
    "layer-conductance": _layer_conductance,
    "gradient-x-activation": _gradient_x_activation,
}
_PIXELS: dict[MethodName, Callable[[nn.Module, Tensor, Tensor], Maps]] = {
    "integrated-gradients": _integrated_gradients,
    "smooth-grad": _smooth_grad,
    "occlusion": _occlusion,
    "saliency": _saliency,
    "input-x-gradient": _input_x_gradient,
    "guided-backprop": _guided_backprop,
    "deconvolution": _deconvolution,
    "gradient-shap": _gradient_shap,
    "deep-lift": _deep_lift,
}

"""Each method against another way to compute it, or against what its paper promises."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import DeepLift, GuidedBackprop, GuidedGradCam, LayerConductance
from numpy.typing import NDArray
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.attribution import CONDUCTANCE_STEPS, METHODS, MethodName
from resnet_viz.control import Stopped
from resnet_viz.saliency import methods
from resnet_viz.saliency.classifiers import GUIDED, Classifier
from resnet_viz.saliency.hooks import counted, forward_hooks, no_attributes_left, outputs_of
from resnet_viz.saliency.methods import attribute, predict_and_grad_cam
from tests.saliency.conftest import Race
from tests.saliency.nets import StopAfter, hooks_on, images, state_of, unchanged

Classifiers = dict[str, tuple[Classifier, int]]
KINDS = ("residual", "without norms", "plain", "tanh", "resnet18", "lite0")
SAMPLED: tuple[MethodName, ...] = ("smooth-grad", "gradient-shap")

# Captum says so on each call.
hooks_are_set = pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU:UserWarning")


def offered(classifier: Classifier) -> list[MethodName]:
    return classifier.description.methods


def close(found: Tensor, expected: Tensor, error: float = 1e-6) -> bool:
    """Whether a map is the expected one, up to a share of its largest value; that must not be 0."""
    assert found.shape == expected.shape
    largest = float(expected.abs().max())
    assert largest > 0
    return float((found - expected).abs().max()) <= error * largest


def gradient_of(net: nn.Module, batch: Tensor, targets: Tensor) -> Tensor:
    """Plain autograd: the gradient of each picture's score at its pixels."""
    leaf = batch.clone().requires_grad_()
    scores = net(leaf)
    (gradient,) = torch.autograd.grad(scores.gather(1, targets[:, None]).sum(), leaf)
    return gradient


def at_layer(net: nn.Module, name: str, batch: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Activations of a layer and the gradients of each picture's score there, by a hook and autograd."""
    kept = []

    def keep(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        kept.append(output)
        return output.clone()

    with forward_hooks([(net.get_submodule(name), keep)]):
        scores = net(batch.clone().requires_grad_())
    (activation,) = kept
    (gradient,) = torch.autograd.grad(scores.gather(1, targets[:, None]).sum(), activation)
    return activation.detach(), gradient


def grad_cam_by_hand(net: nn.Module, name: str, batch: Tensor, targets: Tensor) -> Tensor:
    """Equations 1 and 2 of Selvaraju et al. 2017, (n, h, w)."""
    activation, gradient = at_layer(net, name, batch, targets)
    weights = gradient.sum((2, 3)) / (gradient.shape[2] * gradient.shape[3])
    return torch.einsum("nc,nchw->nhw", weights, activation).clamp_min(0)


def enlarged(grids: Tensor, size: int) -> Tensor:
    return functional.interpolate(grids[:, None], (size, size), mode="bilinear", align_corners=False)[:, 0]


def with_some_cam(net: nn.Module, name: str, batch: Tensor) -> Tensor:
    """A class for each picture whose Grad-CAM is not 0 everywhere: with random weights, it may be."""
    count = net(batch).shape[1]
    for target in range(count):
        targets = torch.full((len(batch),), target)
        if grad_cam_by_hand(net, name, batch, targets).amax((1, 2)).min() > 0:
            return targets
    raise AssertionError(f"no class has a map at {name}")


@pytest.mark.parametrize(
    ("kind", "layer"),
    [
        *(("residual", layer) for layer in ("act", "stage1.0", "stage2.0", "stage2.1", "stage3.1")),
        *(("without norms", layer) for layer in ("stage1.1", "stage3.0")),
        *(("resnet18", layer) for layer in ("maxpool", "layer1.1", "layer2.0", "layer3.1", "layer4.1")),
        *(("lite0", layer) for layer in ("bn1", "blocks.2.1", "bn2")),
    ],
)
def test_grad_cam_is_that_of_the_paper(kind: str, layer: str, classifiers: Classifiers) -> None:
    classifier, size = classifiers[kind]
    batch = images(2, size)
    targets = with_some_cam(classifier.net, layer, batch)
    found = attribute(classifier, "grad-cam", batch, targets, layer)
    expected = grad_cam_by_hand(classifier.net, layer, batch, targets)
    assert found.grids is not None
    assert close(found.grids, expected)
    assert close(found.maps, enlarged(expected, size))
    assert found.maps.min() >= 0


def test_grad_cam_depends_on_class_and_layer(cifar: Classifier) -> None:
    batch = images(1)
    maps = [
        attribute(cifar, "grad-cam", batch, torch.tensor([target]), layer).maps
        for target, layer in ((0, "stage1.1"), (1, "stage1.1"), (0, "stage1.0"))
    ]
    assert not torch.allclose(maps[0], maps[1])
    assert not torch.allclose(maps[0], maps[2])


def test_without_a_layer_the_last_one_is_looked_at(cifar: Classifier) -> None:
    batch, targets = images(2), torch.tensor([0, 1])
    found = attribute(cifar, "gradient-x-activation", batch, targets)
    assert torch.equal(found.maps, attribute(cifar, "gradient-x-activation", batch, targets, "stage3.1").maps)


@pytest.mark.parametrize("kind", ["residual", "resnet18", "lite0"])
def test_a_batch_in_one_pass_gives_the_scores_of_the_net_and_the_maps_of_single_pictures(
    kind: str, classifiers: Classifiers
) -> None:
    classifier, size = classifiers[kind]
    batch, layer = images(3, size), None
    scores, found = predict_and_grad_cam(classifier, batch, 5, layer)
    torch.testing.assert_close(scores, classifier.net(batch))
    assert found.grids is not None
    assert found.maps.max() > 0
    for place in range(3):
        alone = attribute(classifier, "grad-cam", batch[place : place + 1], torch.tensor([5]), layer)
        assert alone.grids is not None
        torch.testing.assert_close(found.maps[place], alone.maps[0], rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(found.grids[place], alone.grids[0], rtol=1e-4, atol=1e-6)


def test_a_batch_without_a_class_gives_each_picture_the_map_of_its_predicted_class(cifar: Classifier) -> None:
    batch = 4 * images(12)
    scores, found = predict_and_grad_cam(cifar, batch, None, "stage3.0")
    predicted = scores.argmax(1)
    assert len(predicted.unique()) > 1
    expected = attribute(cifar, "grad-cam", batch, predicted, "stage3.0").maps
    torch.testing.assert_close(found.maps, expected)
    assert not torch.allclose(attribute(cifar, "grad-cam", batch, predicted.roll(1), "stage3.0").maps, expected)


class Kept(GradCAM):
    """Grad-CAM of another package, which keeps its coarse map as it is before it is rectified and scaled."""

    coarse: NDArray[np.float32]

    def get_cam_image(self, *args: Any, **options: Any) -> NDArray[np.float32]:
        self.coarse = super().get_cam_image(*args, **options)
        return self.coarse


def from_0_to_1(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return (values - values.min()) / (values.max() - values.min())


@pytest.mark.parametrize("layer", ["layer1.1", "layer2.0", "layer3.1", "layer4.1"])
def test_grad_cam_is_that_of_the_package_grad_cam(layer: str, resnet18: Classifier) -> None:
    batch = images(2, 128, seed=1)
    targets = with_some_cam(resnet18.net, layer, batch)
    found = attribute(resnet18, "grad-cam", batch, targets, layer)
    with Kept(resnet18.net, [resnet18.net.get_submodule(layer)]) as other:
        scaled = other(batch.clone().requires_grad_(), [ClassifierOutputTarget(int(target)) for target in targets])
        coarse = torch.from_numpy(other.coarse)
    assert coarse.min() < 0
    assert found.grids is not None
    assert close(found.grids, coarse.clamp_min(0))
    for place in range(2):  # what it shows: from 0 to 1, enlarged by OpenCV
        np.testing.assert_allclose(from_0_to_1(found.maps[place].numpy()), scaled[place], atol=2e-5)
    assert hooks_on(resnet18.net) == 0


def rise(net: nn.Module, batch: Tensor, targets: Tensor) -> Tensor:
    """Of each score from the mean colour to the picture."""
    scores = net(batch) - net(torch.zeros_like(batch))
    return scores.gather(1, targets[:, None])[:, 0]


@pytest.mark.parametrize(
    ("kind", "most"),
    [("residual", 0.1), ("without norms", 0.1), ("tanh", 0.001), ("resnet18", 1)],  # of the rise; 50 steps are few
)
def test_integrated_gradients_add_up_to_the_rise_of_the_score_within_the_told_delta(
    kind: str, most: float, classifiers: Classifiers
) -> None:
    classifier, size = classifiers[kind]
    batch, targets = images(2, size), torch.tensor([1, 7])
    found = attribute(classifier, "integrated-gradients", batch, targets)
    expected = rise(classifier.net, batch, targets)
    error = (found.maps.sum((1, 2)) - expected).abs()
    assert found.delta is not None
    assert float(error.max()) <= found.delta + 1e-4 * float(expected.abs().max())
    assert found.delta == pytest.approx(float(error.max()), abs=1e-4 * float(expected.abs().max()))
    assert found.delta < most * float(expected.abs().max())


def test_integrated_gradients_are_the_integral_by_gauss_and_legendre(races: Race) -> None:
    smooth = races(activation="tanh")  # at a kink of a ReLU, a rounding would decide
    batch, targets = images(1), torch.tensor([3])
    nodes, weights = np.polynomial.legendre.leggauss(50)
    expected = torch.zeros_like(batch)
    for node, weight in zip(nodes, weights, strict=True):
        expected += weight / 2 * gradient_of(smooth.net, float((1 + node) / 2) * batch, targets)
    found = attribute(smooth, "integrated-gradients", batch, targets).maps
    assert close(found, (expected * batch).sum(1), 1e-5)


def test_occlusion_is_the_mean_fall_of_the_score_over_the_grey_windows_that_hold_a_pixel(races: Race) -> None:
    classifier, image, target = races(depth=8), images(1), 4
    net = classifier.net
    falls, windows = torch.zeros(32, 32), torch.zeros(32, 32)
    for top in range(0, 25, 2):
        for left in range(0, 25, 2):
            grey = image.clone()
            grey[:, :, top : top + 8, left : left + 8] = 0
            falls[top : top + 8, left : left + 8] += (net(image) - net(grey))[0, target]
            windows[top : top + 8, left : left + 8] += 1
    found = attribute(classifier, "occlusion", image, torch.tensor([target])).maps[0]
    assert close(found, falls / windows, 1e-4)
    assert windows.min() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_saliency_is_the_largest_gradient_of_the_colours(kind: str, classifiers: Classifiers) -> None:
    classifier, size = classifiers[kind]
    batch, targets = images(2, size), torch.tensor([2, 9])
    gradient = gradient_of(classifier.net, batch, targets)
    assert close(attribute(classifier, "saliency", batch, targets).maps, gradient.abs().amax(1))
    assert close(attribute(classifier, "input-x-gradient", batch, targets).maps, (gradient * batch).sum(1))


@pytest.mark.parametrize(("kind", "layer"), [("residual", "stage2.1"), ("resnet18", "layer3.0"), ("lite0", "bn2")])
def test_gradient_x_activation_is_their_product_at_each_place(kind: str, layer: str, classifiers: Classifiers) -> None:
    classifier, size = classifiers[kind]
    batch, targets = images(2, size), torch.tensor([0, 4])
    activation, gradient = at_layer(classifier.net, layer, batch, targets)
    found = attribute(classifier, "gradient-x-activation", batch, targets, layer)
    expected = (activation * gradient).sum(1)
    assert found.grids is not None
    assert close(found.grids, expected)
    assert close(found.maps, enlarged(expected, size))


class GuidedRule(torch.autograd.Function):
    """A ReLU whose gradient passes where it is positive and so is the input (Springenberg et al. 2015, figure 1)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp_min(0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradients[0].clamp_min(0) * (x > 0)


class DeconvolutionRule(GuidedRule):
    """A ReLU whose gradient passes where it is positive, whatever the input was (figure 1 there)."""

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0].clamp_min(0)


class Ruled(nn.Module):
    def __init__(self, rule: type[GuidedRule]) -> None:
        super().__init__()
        self.rule = rule

    def forward(self, x: Tensor) -> Tensor:
        ruled: Tensor = self.rule.apply(x)
        return ruled


def with_rule(net: nn.Module, rule: type[GuidedRule]) -> nn.Module:
    """A copy of a net with another module for each ReLU."""
    changed = copy.deepcopy(net)
    for module in list(changed.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.ReLU):
                setattr(module, name, Ruled(rule))
    return changed


@pytest.mark.parametrize("kind", ["residual", "without norms", "resnet18"])
@pytest.mark.parametrize(("method", "rule"), [("guided-backprop", GuidedRule), ("deconvolution", DeconvolutionRule)])
def test_a_rule_for_relu_is_followed_at_every_relu(
    method: MethodName, rule: type[GuidedRule], kind: str, classifiers: Classifiers
) -> None:
    classifier, size = classifiers[kind]
    batch, targets = images(2, size), torch.tensor([3, 8])
    expected = gradient_of(with_rule(classifier.net, rule), batch, targets)
    assert close(attribute(classifier, method, batch, targets).maps, expected.sum(1), 1e-5)
    plain = gradient_of(classifier.net, batch, targets)
    assert not torch.allclose(expected, plain, atol=1e-3 * float(plain.abs().max()))


@hooks_are_set
@pytest.mark.parametrize(("kind", "layer"), [("residual", "stage2.1"), ("resnet18", "layer3.1")])
def test_guided_grad_cam_is_guided_backprop_times_grad_cam(kind: str, layer: str, classifiers: Classifiers) -> None:
    classifier, size = classifiers[kind]
    batch = images(2, size)
    targets = with_some_cam(classifier.net, layer, batch)
    found = attribute(classifier, "guided-grad-cam", batch, targets, layer)
    cam = grad_cam_by_hand(classifier.net, layer, batch, targets)
    guided = gradient_of(with_rule(classifier.net, GuidedRule), batch, targets).sum(1)
    assert found.grids is not None
    assert close(found.grids, cam)
    assert close(found.maps, guided * enlarged(cam, size), 1e-5)
    module = classifier.net.get_submodule(layer)
    other = GuidedGradCam(classifier.net, module).attribute(
        batch.clone().requires_grad_(), targets, interpolate_mode="bilinear"
    )
    assert close(found.maps, other.sum(1).detach(), 1e-5)


@pytest.mark.parametrize(("kind", "layer"), [("residual", "stage1.0"), ("tanh", "stage2.1"), ("resnet18", "layer4.0")])
def test_layer_conductance_is_that_of_captum(kind: str, layer: str, classifiers: Classifiers) -> None:
    classifier, size = classifiers[kind]
    batch, targets = images(3, size), torch.tensor([1, 2, 3])
    found = attribute(classifier, "layer-conductance", batch, targets, layer)
    module = classifier.net.get_submodule(layer)
    expected = LayerConductance(classifier.net, module).attribute(batch, 0, targets, n_steps=CONDUCTANCE_STEPS)
    assert found.grids is not None
    assert close(found.grids, expected.sum(1).detach(), 1e-5)
    assert close(found.maps, enlarged(expected.sum(1).detach(), size), 1e-5)


@pytest.mark.parametrize("layer", ["act", "stage2.1", "stage3.1"])
def test_with_many_steps_layer_conductance_adds_up_to_the_rise_of_the_score_at_every_layer(
    layer: str, races: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    smooth = races(activation="tanh")
    batch, targets = images(1), torch.tensor([1])
    expected, errors = rise(smooth.net, batch, targets), []
    for steps in (CONDUCTANCE_STEPS, 300):
        monkeypatch.setattr(methods, "CONDUCTANCE_STEPS", steps)
        found = attribute(smooth, "layer-conductance", batch, targets, layer).grids
        assert found is not None
        errors.append(float((found.sum((1, 2)) - expected).abs() / expected.abs()))
    assert errors[1] < 0.02
    assert errors[1] < errors[0] < 0.3  # the rule takes each gradient at the start of its step


@contextmanager
def passing(net: nn.Module) -> Iterator[list[Tensor]]:
    """All pictures that go through a net inside."""
    seen: list[Tensor] = []
    with forward_hooks([], [(net, lambda _module, inputs: seen.append(inputs[0].detach().clone()))]):
        yield seen


def test_smooth_grad_is_the_mean_gradient_at_noisy_copies(cifar: Classifier) -> None:
    image, targets = images(1), torch.tensor([6])
    with passing(cifar.net) as seen:
        found = attribute(cifar, "smooth-grad", image, targets).maps
    copies = torch.cat(seen)
    assert len(copies) == len(copies.unique(dim=0)) == 15
    noise = copies - image
    assert float(noise.std()) == pytest.approx(0.15 * float(image.max() - image.min()), rel=0.02)
    assert abs(float(noise.mean())) < 0.02
    gradients = gradient_of(cifar.net, copies, targets.expand(15))
    assert close(found, gradients.abs().mean(0, keepdim=True).amax(1), 1e-5)


def test_gradient_shap_is_the_mean_gradient_between_mean_colour_and_picture(cifar: Classifier) -> None:
    image, targets = images(1), torch.tensor([6])
    with passing(cifar.net) as seen:
        found = attribute(cifar, "gradient-shap", image, targets).maps
    points = torch.cat(seen)
    shares = (points * image).sum((1, 2, 3)) / (image * image).sum()
    torch.testing.assert_close(points, shares.view(-1, 1, 1, 1) * image, atol=1e-5, rtol=1e-5)
    assert 0 <= shares.min() < 0.3 < 0.7 < shares.max() <= 1
    assert len(shares.unique()) == 15
    gradients = gradient_of(cifar.net, points, targets.expand(15))
    assert close(found, (gradients * image).mean(0, keepdim=True).sum(1), 1e-5)


@pytest.mark.parametrize("kind", ["residual", "without norms", "plain", "tanh"])
def test_the_shares_of_deep_lift_add_up_to_the_rise_of_the_score(kind: str, classifiers: Classifiers) -> None:
    classifier, _ = classifiers[kind]
    batch, targets = images(3), torch.tensor([0, 5, 9])
    found = attribute(classifier, "deep-lift", batch, targets).maps
    expected = rise(classifier.net, batch, targets)
    torch.testing.assert_close(found.sum((1, 2)), expected, rtol=1e-3, atol=1e-4)
    plain = (gradient_of(classifier.net, batch, targets) * batch).sum((1, 2, 3))
    assert not torch.allclose(plain, expected, rtol=1e-2)  # of input x gradient it is not true


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_is_offered_gives_finite_maps_and_leaves_nothing_behind(
    method: MethodName, kind: str, classifiers: Classifiers
) -> None:
    classifier, size = classifiers[kind]
    batch, targets = images(1, size, seed=3), torch.tensor([4])
    seen: list[int] = []
    if method not in offered(classifier):
        with unchanged(classifier.net), pytest.raises(ValueError, match="is not offered"):
            attribute(classifier, method, batch, targets)
        return
    before = batch.clone()
    with unchanged(classifier.net), counted(classifier.net, seen.append):
        found = attribute(classifier, method, batch, targets)
    assert found.maps.shape == (1, size, size)
    assert found.maps.isfinite().all()
    assert not found.maps.requires_grad
    assert (found.grids is not None) == METHODS[method].layered
    if found.grids is not None:
        with outputs_of(classifier.net, [classifier.description.layers[-1].name]) as outputs:
            classifier.net(batch)
        assert found.grids.shape == (1, *next(iter(outputs.values())).shape[2:])
        assert not found.grids.requires_grad
    assert (found.delta is not None) == (method == "integrated-gradients")
    assert METHODS[method].signed or found.maps.min() >= 0
    assert sum(seen) == METHODS[method].forwards
    assert torch.equal(batch, before)
    assert (batch.requires_grad, batch.grad) == (False, None)


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_gives_each_picture_a_map_of_its_own_class(method: MethodName, cifar: Classifier) -> None:
    batch, targets = images(6), torch.tensor([0, 1, 2, 3, 4, 5])
    seen: list[int] = []
    with unchanged(cifar.net), counted(cifar.net, seen.append):
        found = attribute(cifar, method, batch, targets, "stage2.1")
    assert found.maps.shape == (6, 32, 32)
    assert sum(seen) == 6 * METHODS[method].forwards
    if method in SAMPLED:  # the samples of a batch are others
        assert len(found.maps.unique(dim=0)) == 6
        return
    for place in range(6):
        alone = attribute(cifar, method, batch[place : place + 1], targets[place : place + 1], "stage2.1").maps[0]
        torch.testing.assert_close(found.maps[place], alone, rtol=1e-3, atol=1e-4 * float(alone.abs().max()))


@pytest.mark.parametrize("layer", ["act", "stage1.1", "stage2.0", "stage3.0"])
@pytest.mark.parametrize("method", [method for method in METHODS if METHODS[method].layered])
def test_the_grid_of_a_layered_method_is_that_of_the_layer(method: MethodName, layer: str, cifar: Classifier) -> None:
    found = attribute(cifar, method, images(2), torch.tensor([1, 2]), layer)
    assert found.grids is not None
    assert found.grids.shape == (2, *cifar.description.layer(layer).grid)
    assert found.maps.shape == (2, 32, 32)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_question_has_the_same_answer_and_disturbs_no_random_numbers(
    method: MethodName, cifar: Classifier
) -> None:
    batch, targets = images(1), torch.tensor([2])
    torch.manual_seed(1)
    np.random.seed(1)
    torchs, numpys = torch.get_rng_state(), np.random.get_state()
    first = attribute(cifar, method, batch, targets).maps
    assert torch.equal(torch.get_rng_state(), torchs)
    assert str(np.random.get_state()) == str(numpys)
    torch.rand(7)
    np.random.rand(7)
    assert torch.equal(attribute(cifar, method, batch, targets).maps, first)


REFUSED: list[tuple[str, MethodName, str]] = [
    *(
        (kind, method, f"it only works on ReLU; this net has {other}, and would silently get its plain gradient.")
        for kind, other in (("lite0", "ReLU6"), ("tanh", "Tanh"))
        for method in GUIDED
    ),
    ("lite0", "deep-lift", "it has no rule for ReLU6, and would silently use the gradient."),
    (
        "resnet18",
        "deep-lift",
        "it needs a ReLU module of its own for each use; torchvision's blocks use one for all.",
    ),
]


@pytest.mark.parametrize(("kind", "method", "reason"), REFUSED)
def test_a_method_that_would_be_wrong_is_refused_with_the_reason(
    kind: str, method: MethodName, reason: str, classifiers: Classifiers
) -> None:
    classifier, size = classifiers[kind]
    with pytest.raises(ValueError, match="is not offered for ") as error:
        attribute(classifier, method, images(1, size), torch.tensor([0]))
    assert str(error.value) == (f"{METHODS[method].title} is not offered for {classifier.description.title}: {reason}")


def test_no_other_method_is_refused(classifiers: Classifiers, races: Race) -> None:
    refused = [(kind, method) for kind, (one, _) in classifiers.items() for method in one.description.refused]
    assert sorted(refused) == sorted((kind, method) for kind, method, _ in REFUSED)
    assert set(races(activation="sigmoid").description.refused) == set(GUIDED)


@hooks_are_set
@pytest.mark.parametrize("kind", ["lite0", "tanh"])
def test_guided_backprop_where_it_is_refused_would_be_the_plain_gradient(kind: str, classifiers: Classifiers) -> None:
    classifier, size = classifiers[kind]
    batch, targets = images(1, size), torch.tensor([504])[:1] % len(classifier.description.categories)
    silent = GuidedBackprop(classifier.net).attribute(batch.clone().requires_grad_(), targets)
    assert close(silent, gradient_of(classifier.net, batch, targets))


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks:UserWarning")
def test_deep_lift_where_it_is_refused_would_be_wrong_or_fail(classifiers: Classifiers) -> None:
    lite0, size = classifiers["lite0"]
    batch, targets = images(1, size), torch.tensor([504])
    silent = DeepLift(lite0.net).attribute(batch.clone().requires_grad_(), 0, targets)
    assert close(silent.detach(), gradient_of(lite0.net, batch, targets) * batch, 1e-5)
    resnet18, size = classifiers["resnet18"]
    with no_attributes_left(resnet18.net), pytest.raises(RuntimeError, match="used more than once"):
        DeepLift(resnet18.net).attribute(images(1, size).requires_grad_(), 0, targets)


def test_an_unknown_layer_is_refused_before_the_net_is_asked(cifar: Classifier) -> None:
    seen: list[int] = []
    with unchanged(cifar.net), counted(cifar.net, seen.append):
        with pytest.raises(ValueError, match=r"^residual-14 has no layer 'layer4\.1'; choose from act … "):
            attribute(cifar, "grad-cam", images(1), torch.tensor([0]), "layer4.1")
        with pytest.raises(ValueError, match=r"has no layer 'layer4\.1'"):
            predict_and_grad_cam(cifar, images(1), None, "layer4.1")
    assert seen == []


class Broken(Exception):
    """What a net raises in the middle."""


def break_forwards(module: nn.Module, _inputs: Any, _output: Tensor) -> None:
    raise Broken


def break_backwards(module: nn.Module, _inputs: Any, output: Tensor) -> None:
    def broken(_gradient: Tensor) -> None:
        raise Broken

    if output.requires_grad:
        output.register_hook(broken)


def is_left_as_it_was(classifier: Classifier, ask: Callable[[Tensor], object], size: int) -> None:
    """After an error the classifier is as before, and so are the pictures."""
    batch = images(1, size)
    with unchanged(classifier.net), pytest.raises((Broken, Stopped)):
        ask(batch)
    assert (batch.requires_grad, batch.grad) == (False, None)


def breaks_at(place: str, breaks: Callable[..., None]) -> list[MethodName]:
    """The methods that come to a place: without a gradient, or with one only behind their layer, some do not."""
    if breaks is break_forwards:
        return list(METHODS)
    early = place.startswith("stage1")
    return [name for name in METHODS if name != "occlusion" and not (early and METHODS[name].layered)]


@pytest.mark.parametrize(
    ("method", "place", "breaks"),
    [
        (method, place, breaks)
        for breaks in (break_forwards, break_backwards)
        for place in ("stage1.0.conv2", "stage3.1.act2", "classifier")
        for method in breaks_at(place, breaks)
    ],
)
def test_a_net_that_fails_in_the_middle_is_left_as_it_was(
    method: MethodName, place: str, breaks: Callable[..., None], cifar: Classifier
) -> None:
    def ask(batch: Tensor) -> None:
        with forward_hooks([(cifar.net.get_submodule(place), breaks)]):
            attribute(cifar, method, batch, torch.tensor([0]), "stage3.0")

    is_left_as_it_was(cifar, ask, 32)


@pytest.mark.parametrize("method", ["grad-cam", "guided-backprop", "guided-grad-cam", "layer-conductance"])
def test_a_resnet_that_fails_in_the_middle_is_left_as_it_was(method: MethodName, resnet18: Classifier) -> None:
    def ask(batch: Tensor) -> None:
        with forward_hooks([(resnet18.net.get_submodule("layer4.0.relu"), break_forwards)]):
            attribute(resnet18, method, batch, torch.tensor([0]), "layer3.1")

    is_left_as_it_was(resnet18, ask, 64)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_is_stopped_at_any_pass_leaves_nothing_behind_and_works_again(
    method: MethodName, cifar: Classifier
) -> None:
    seen: list[int] = []
    with counted(cifar.net, seen.append):
        before = attribute(cifar, method, images(1), torch.tensor([0])).maps
    assert seen

    for passes in range(len(seen)):

        def ask(batch: Tensor, passes: int = passes) -> None:
            with counted(cifar.net, StopAfter(passes).see):
                attribute(cifar, method, batch, torch.tensor([0]))

        is_left_as_it_was(cifar, ask, 32)
    assert torch.equal(attribute(cifar, method, images(1), torch.tensor([0])).maps, before)


def test_prediction_with_grad_cam_leaves_nothing_behind_also_when_it_is_stopped(cifar: Classifier) -> None:
    with unchanged(cifar.net):
        predict_and_grad_cam(cifar, images(2), None, None)

    def ask(batch: Tensor) -> None:
        with counted(cifar.net, StopAfter(0).see):
            predict_and_grad_cam(cifar, batch, None, None)

    is_left_as_it_was(cifar, ask, 32)


def test_what_is_set_on_modules_is_gone_and_what_was_there_stays() -> None:
    net = nn.Sequential(nn.ReLU(), nn.ReLU())
    net[0].old = 1

    def fail() -> None:
        with no_attributes_left(net):
            net[0].new = net[1].new = 2
            raise Broken

    with pytest.raises(Broken):
        fail()
    assert net[0].old == 1
    assert not any(hasattr(module, "new") for module in net)


def test_the_look_at_what_is_left_sees_hooks_modes_attributes_and_gradients() -> None:
    net = nn.Sequential(nn.Linear(2, 2)).eval().requires_grad_(False)
    changes: list[Callable[[], object]] = [
        lambda: net[0].register_forward_hook(lambda *_: None),
        lambda: net[0].register_forward_pre_hook(lambda *_: None),
        lambda: net.register_full_backward_hook(lambda *_: None),
        lambda: net[0].train(),
        lambda: setattr(net[0], "input", 1),
        lambda: net[0].requires_grad_(),
    ]
    for change in changes:
        before = state_of(net)
        assert state_of(net) == before
        change()
        assert state_of(net) != before
    assert hooks_on(net) == 3

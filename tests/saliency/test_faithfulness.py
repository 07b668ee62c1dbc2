import random

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_viz.attribution import FAITHFULNESS_PASSES, FAITHFULNESS_STEPS
from resnet_viz.saliency.classifiers import Classifier
from resnet_viz.saliency.faithfulness import ORDERS, area, curves
from resnet_viz.saliency.hooks import counted
from resnet_viz.saliency.methods import attribute
from tests.saliency.nets import bare, images, unchanged

SIDE = 28  # pixels: a step is one row's worth of them
STEPS = FAITHFULNESS_STEPS
Values = NDArray[np.float64]


def some_heat(side: int = SIDE) -> Tensor:
    return torch.rand(side, side, generator=torch.Generator().manual_seed(7))


class Linear(nn.Module):
    """Its probability of class 0 is 0.5 and the sum of all pixels times weights: linear in what it sees."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights)

    def forward(self, x: Tensor) -> Tensor:
        probability = 0.5 + (x * self.weights).sum((1, 2, 3))
        return torch.stack([probability, 1 - probability], dim=1).log()


def blurred(image: Values) -> Values:
    """By hand: three pixels wide with deviation 1, mirrored at the border."""
    side = np.exp(-0.5)
    kernel = np.array([side, 1, side]) / (1 + 2 * side)
    wide = np.pad(image, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    rows = sum(kernel[k] * wide[:, k : k + image.shape[1], :] for k in range(3))
    return np.asarray(sum(kernel[k] * rows[:, :, k : k + image.shape[2]] for k in range(3)))


def by_hand(image: Values, weights: Values, heat: Values) -> Values:
    """Both curves of one order, pixel by pixel: (2, steps + 1)."""
    order = sorted(np.ndindex(heat.shape), key=lambda place: -heat[place])
    drawn = []
    for start, end in ((image, np.zeros_like(image)), (blurred(image), image)):
        shown, curve = start.copy(), [0.5 + (start * weights).sum()]
        for step in range(STEPS):
            for row, column in order[step * SIDE : (step + 1) * SIDE]:
                shown[:, row, column] = end[:, row, column]
            curve.append(0.5 + (shown * weights).sum())
        drawn.append(curve)
    return np.array(drawn)


@pytest.fixture
def image() -> Tensor:
    return images(1, SIDE, seed=5)


@pytest.fixture
def linear() -> Classifier:
    return bare(Linear(1e-3 * images(1, SIDE, seed=6)[0]))


def weights_of(classifier: Classifier) -> Values:
    return next(classifier.net.parameters()).detach().double().numpy()


def test_the_curves_of_a_map_are_those_computed_pixel_by_pixel(linear: Classifier, image: Tensor) -> None:
    heat = some_heat()
    drawn = curves(linear, image, heat, target=0)
    assert drawn.shape == (3, 2, STEPS + 1)
    expected = by_hand(image[0].double().numpy(), weights_of(linear), heat.double().numpy())
    np.testing.assert_allclose(drawn[0], expected, atol=1e-5)
    assert np.ptp(expected) > 0.01
    other = by_hand(image[0].double().numpy(), weights_of(linear), -heat.double().numpy())
    assert not np.allclose(drawn[0], other, atol=1e-3)


def test_the_curves_of_the_other_class_are_what_is_left_to_1(linear: Classifier, image: Tensor) -> None:
    heat = some_heat()
    both = [curves(linear, image, heat, target=target) for target in (0, 1)]
    torch.testing.assert_close(both[0] + both[1], torch.ones_like(both[0]))


def test_a_constant_picture_of_a_net_that_reads_the_mean_falls_along_a_line() -> None:
    mean = bare(Linear(torch.full((3, SIDE, SIDE), 0.4 / (3 * SIDE * SIDE))))
    drawn = curves(mean, torch.ones(1, 3, SIDE, SIDE), some_heat(), target=0)
    line = torch.linspace(0.9, 0.5, STEPS + 1)
    torch.testing.assert_close(drawn[:, 0], line.expand(3, -1))  # whatever the order
    torch.testing.assert_close(drawn[:, 1], torch.full((3, STEPS + 1), 0.9))  # its blur is the picture itself
    torch.testing.assert_close(area(drawn), torch.tensor([[0.7, 0.9]]).expand(3, 2))


def test_all_orders_begin_and_end_alike(linear: Classifier, image: Tensor) -> None:
    drawn = curves(linear, image, some_heat(), target=0)
    blur = torch.from_numpy(blurred(image[0].double().numpy())).float()[None]
    whole, nothing, soft = (float(linear.net(shown)[0, 0].exp()) for shown in (image, torch.zeros_like(image), blur))
    ends = torch.tensor([[whole, nothing], [soft, whole]])
    torch.testing.assert_close(drawn[:, :, [0, -1]], ends.expand(3, 2, 2))
    assert nothing == 0.5
    assert len({round(value, 4) for value in (whole, nothing, soft)}) == 3
    assert not torch.allclose(drawn[0], drawn[1])
    assert not torch.allclose(drawn[1], drawn[2])


def test_the_third_order_goes_from_the_middle_outwards(linear: Classifier, image: Tensor) -> None:
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    distance = torch.from_numpy(x**2 + y**2)
    drawn = curves(linear, image, some_heat(), target=0)
    middle = curves(linear, image, -distance, target=0)[0]
    # Pixels that are equally far from the middle may change places.
    assert (drawn[2] - middle).abs().max() < 0.1 * (drawn[2].max() - drawn[2].min())
    assert (drawn[1] - middle).abs().max() > 0.2 * (drawn[2].max() - drawn[2].min())


def test_the_areas_are_those_of_numpys_trapezoids(linear: Classifier, image: Tensor) -> None:
    drawn = curves(linear, image, some_heat(), target=0)
    expected = np.trapezoid(drawn.double().numpy(), dx=1 / STEPS, axis=-1)
    np.testing.assert_allclose(area(drawn), expected, rtol=1e-5)
    assert area(drawn).shape == (len(ORDERS), 2)
    assert float(area(torch.tensor([0.0, 1.0, 0.0]))) == 0.5


def test_a_map_of_what_the_net_reads_beats_both_other_orders() -> None:
    pattern = torch.zeros(3, SIDE, SIDE)  # a board of squares off the middle, which a blur wipes out
    pattern[:, 2:10, 16:26] = 1 - 2 * ((torch.arange(8)[:, None] + torch.arange(10)) % 2).float()
    reads = bare(Linear(0.4 * pattern / pattern.abs().sum()))
    image = pattern[None] + 0.3 * images(1, SIDE)
    heat = pattern.abs().amax(0)
    map_, random_, centre = area(curves(reads, image, heat, target=0)).tolist()
    assert map_[0] < min(random_[0], centre[0]) - 0.1
    assert map_[1] > max(random_[1], centre[1]) + 0.1
    wrong = area(curves(reads, image, -heat, target=0))[0].tolist()
    assert wrong[0] > max(random_[0], centre[0])
    assert wrong[1] < min(random_[1], centre[1])


def test_the_same_map_has_the_same_curves_and_no_random_numbers_are_disturbed(cifar: Classifier) -> None:
    picture = images(1)
    heat = attribute(cifar, "grad-cam", picture, torch.tensor([4])).maps[0]
    torch.manual_seed(1)
    random.seed(1)
    before = torch.get_rng_state()
    with unchanged(cifar.net):
        first = curves(cifar, picture, heat, target=4)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    assert torch.equal(curves(cifar, picture, heat, target=4), first)


def test_equal_values_of_a_map_go_in_the_order_of_the_pixels(linear: Classifier, image: Tensor) -> None:
    flat = torch.zeros(SIDE, SIDE)
    falling = -torch.arange(SIDE * SIDE, dtype=torch.float32).view(SIDE, SIDE)
    drawn = [curves(linear, image, heat, target=0)[0] for heat in (flat, falling)]
    assert torch.equal(*drawn)


def test_ends_are_asked_once_and_batches_are_all_of_one_size(cifar: Classifier) -> None:
    seen: list[int] = []
    with counted(cifar.net, seen.append):
        curves(cifar, images(1), some_heat(32), target=0)
    assert sum(seen) == FAITHFULNESS_PASSES == 2 * 3 * (STEPS - 1) + 3
    assert len(set(seen)) == 1


def test_the_picture_and_the_map_are_left_as_they_were(cifar: Classifier) -> None:
    picture, heat = images(1), some_heat(32)
    kept = picture.clone(), heat.clone()
    curves(cifar, picture, heat, target=0)
    assert torch.equal(picture, kept[0])
    assert torch.equal(heat, kept[1])

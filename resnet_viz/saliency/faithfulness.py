"""Deletion and insertion (Petsiuk et al. 2018, RISE, section 3.3): does the net need the pixels that a map marks?

Deletion greys out the marked pixels first and watches the probability fall; insertion starts from a blurred picture
and puts the marked pixels back. A good map has a small area under the first curve and a large one under the second,
each against two orders that know nothing of the net: random, and from the centre outwards.
"""

from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as transforms

from resnet_viz.attribution import FAITHFULNESS_STEPS
from resnet_viz.saliency.classifiers import Classifier
from resnet_viz.seeds import generator

ORDERS = ("map", "random", "centre")
AT_ONCE = 11  # divides their number: each new size of a batch would build its kernels


def curves(classifier: Classifier, image: Tensor, heat: Tensor, target: int) -> Tensor:
    """Probability of a class along both curves for the three orders: (3, 2, steps + 1), deletion first.

    Args:
        image: normalised, (1, 3, H, W).
        heat: (H, W); the largest values go first.
    """
    orders = (heat.flatten(), _random(heat), _centre(heat))
    grey, blurred = torch.zeros_like(image), _blurred(image)  # zero is the mean colour
    masks = [list(_masks(order, image.shape[-2:])) for order in orders]

    def pictures() -> Iterator[Tensor]:
        for of_order in masks:
            yield from (torch.where(mask, grey, image) for mask in of_order)
            yield from (torch.where(mask, image, blurred) for mask in of_order)
        yield from (image, grey, blurred)  # the ends are the same for all orders: three pictures instead of twelve

    *inner, whole, nothing, blur = _probabilities(classifier, pictures(), target)
    middle = torch.stack(inner).view(len(orders), 2, FAITHFULNESS_STEPS - 1)
    first, last = torch.stack([whole, blur]), torch.stack([nothing, whole])  # of deletion and of insertion
    ends = [end.view(1, 2, 1).expand(len(orders), 2, 1) for end in (first, last)]
    return torch.cat([ends[0], middle, ends[1]], dim=2)


def area(curve: Tensor) -> Tensor:
    """Area under curves (…, steps + 1) over the share of pixels, 0 to 1, by trapezoids."""
    return (curve[..., 1:] + curve[..., :-1]).mean(-1) / 2


def _masks(order: Tensor, size: torch.Size) -> Iterator[Tensor]:
    """Boolean (1, 1, H, W): the first share of the pixels in an order, without none and all."""
    ranks = torch.empty_like(order, dtype=torch.long)
    ranks[order.argsort(descending=True, stable=True)] = torch.arange(len(order))
    for step in range(1, FAITHFULNESS_STEPS):
        yield (ranks < round(len(order) * step / FAITHFULNESS_STEPS)).view(1, 1, *size)


@torch.inference_mode()
def _probabilities(classifier: Classifier, images: Iterator[Tensor], target: int) -> Tensor:
    """Of one class for each picture; only a batch of them is in memory at a time."""
    found = []
    while batch := list(islice(images, AT_ONCE)):
        together = torch.cat(batch).contiguous(memory_format=torch.channels_last)
        found.append(classifier.net(together).softmax(1)[:, target])
    return torch.cat(found)


def _blurred(image: Tensor) -> Tensor:
    """RISE's blur, 11 pixels wide with deviation 5 at 224x224, and as much of a smaller picture."""
    half = max(1, image.shape[-1] // 44)
    blurred: Tensor = transforms.gaussian_blur(image, [2 * half + 1] * 2, [float(half)] * 2)
    return blurred


def _random(heat: Tensor) -> Tensor:
    return torch.rand(heat.numel(), generator=generator(0, "random order"))


def _centre(heat: Tensor) -> Tensor:
    """A Gaussian around the middle: photographs have their subject there."""
    height, width = heat.shape
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    return torch.exp(-2 * (x**2 + y**2)).flatten()

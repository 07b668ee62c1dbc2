from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from resnet_viz.config import DataConfig
from resnet_viz.data import Batches, TrainingData, load_data
from resnet_viz.data.batches import PAD, normalise
from resnet_viz.seeds import generator

BATCH = 16
SIZE = 70  # four batches of 16, and 6 images over
SEED = 5


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return load_data(DataConfig(name="shapes", train_size=SIZE, test_size=10), seed=0)


def batches(data: TrainingData, *, augment: bool = False, seed: int = SEED, size: int = BATCH) -> Batches:
    return Batches(data, size, seed, augment=augment, device=torch.device("cpu"))


def listed(data: TrainingData, epoch: int = 1, **given: Any) -> list[tuple[Tensor, Tensor]]:
    return list(batches(data, **given).epoch(epoch))


def equal(first: list[tuple[Tensor, Tensor]], second: list[tuple[Tensor, Tensor]]) -> bool:
    pairs = zip(first, second, strict=True)
    return all(torch.equal(a, b) for one, other in pairs for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("augment", [True, False])
def test_a_batch_is_float_and_channels_last(data: TrainingData, augment: bool) -> None:
    for images, labels in listed(data, augment=augment):
        assert (images.dtype, images.shape) == (torch.float32, (BATCH, 3, 32, 32))
        assert images.is_contiguous(memory_format=torch.channels_last)
        assert not images.is_contiguous()
        assert (labels.dtype, labels.shape) == (torch.int64, (BATCH,))


def test_the_last_partial_batch_is_dropped(data: TrainingData) -> None:
    assert len(listed(data)) == 4
    assert len(listed(data, size=SIZE)) == 1
    assert len(listed(data, size=SIZE + 1)) == 0


def test_normalised_images_have_mean_0_and_deviation_1(data: TrainingData) -> None:
    ((images, _),) = listed(data, size=SIZE)
    assert images.mean((0, 2, 3)).tolist() == pytest.approx([0] * 3, abs=1e-4)
    assert images.std((0, 2, 3)).tolist() == pytest.approx([1] * 3, abs=1e-3)
    assert (data.train_images / 255).mean((0, 2, 3)).tolist() != pytest.approx([0] * 3, abs=0.1)


def test_an_epoch_without_augmentation_has_every_image_once_with_its_label(data: TrainingData) -> None:
    ((images, labels),) = listed(data, size=SIZE)
    whole = normalise(data.train_images, data)
    found = [int((whole - image).abs().flatten(1).amax(1).argmin()) for image in images]
    assert sorted(found) == list(range(SIZE))
    assert found != list(range(SIZE))
    assert torch.equal(labels, data.train_labels[found])
    torch.testing.assert_close(images, whole[found])


@pytest.mark.parametrize("augment", [True, False])
def test_the_batches_depend_on_seed_and_epoch_alone(data: TrainingData, augment: bool) -> None:
    first = listed(data, augment=augment)
    torch.manual_seed(3)
    assert equal(listed(data, augment=augment), first)
    assert not equal(listed(data, epoch=2, augment=augment), first)
    assert not equal(listed(data, augment=augment, seed=SEED + 1), first)


def test_epochs_do_not_depend_on_those_before(data: TrainingData) -> None:
    source = batches(data, augment=True)
    first = list(source.epoch(1))
    second = list(source.epoch(2))
    assert equal(listed(data, epoch=2, augment=True), second)
    assert equal(list(source.epoch(1)), first)
    assert not equal(first, second)


def test_augmentation_does_not_change_the_order(data: TrainingData) -> None:
    plain, augmented = listed(data), listed(data, augment=True)
    assert all(torch.equal(one[1], other[1]) for one, other in zip(plain, augmented, strict=True))
    assert not torch.equal(plain[0][0], augmented[0][0])


def slow_epoch(data: TrainingData, epoch: int) -> list[np.ndarray[Any, Any]]:
    """Padded, cropped and flipped one image after the other, from the same draws."""
    order = torch.randperm(SIZE, generator=generator(SEED, f"order/{epoch}"))
    source = generator(SEED, f"augmentation/{epoch}")
    result = []
    for first in range(0, SIZE - BATCH + 1, BATCH):
        tops = torch.randint(0, 2 * PAD + 1, (BATCH, 1), generator=source).flatten().tolist()
        lefts = torch.randint(0, 2 * PAD + 1, (BATCH, 1), generator=source).flatten().tolist()
        flips = (torch.rand(BATCH, 1, generator=source) < 0.5).flatten().tolist()
        assert {True, False} == set(flips)
        images = []
        for index, top, left, flip in zip(order[first : first + BATCH].tolist(), tops, lefts, flips, strict=True):
            pixels = np.pad(data.train_images[index].numpy(), ((0, 0), (PAD, PAD), (PAD, PAD)))
            crop = pixels[:, top : top + 32, left : left + 32]
            images.append(crop[:, :, ::-1] if flip else crop)
        mean, std = (values.numpy()[:, None, None] for values in (data.mean, data.std))
        result.append((np.stack(images) / 255.0 - mean) / std)
    return result


@pytest.mark.parametrize("epoch", [1, 2])
def test_crop_and_flip_are_those_of_a_slow_oracle(data: TrainingData, epoch: int) -> None:
    fast = [images for images, _ in listed(data, epoch, augment=True)]
    for images, expected in zip(fast, slow_epoch(data, epoch), strict=True):
        np.testing.assert_allclose(images.numpy(), expected, rtol=1e-4, atol=1e-4)
        assert not np.allclose(images.flip(3).numpy(), expected, atol=1e-2)


def test_normalise_gives_what_a_net_sees(data: TrainingData) -> None:
    images = normalise(data.test_images, data)
    expected = (data.test_images / 255 - data.mean.view(3, 1, 1)) / data.std.view(3, 1, 1)
    torch.testing.assert_close(images, expected, rtol=1e-4, atol=1e-4)
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert not torch.allclose(images, data.test_images.float())

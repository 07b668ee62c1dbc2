import time

import torch
from torch import Tensor

from resnet_viz.config import SHAPES_CLASSES
from resnet_viz.data.shapes import CHUNK, draw, open_shapes
from resnet_viz.seeds import generator


def training_images(seed: int, size: int) -> Tensor:
    return open_shapes(seed, size, 10).train.images(torch.arange(size))


def test_the_set_depends_on_its_seed_alone() -> None:
    torch.manual_seed(0)
    first = training_images(7, 40)
    torch.manual_seed(1)
    assert torch.equal(training_images(7, 40), first)
    assert not torch.equal(training_images(8, 40), first)


def test_an_image_is_the_same_whatever_the_size_of_the_set() -> None:
    small, large = training_images(0, 30), training_images(0, CHUNK + 30)
    assert torch.equal(large[:30], small)
    assert not torch.equal(large[CHUNK:], small)


def test_an_image_is_the_same_whatever_else_is_asked_for() -> None:
    split = open_shapes(0, 2 * CHUNK, 10).train
    few = split.images(torch.tensor([CHUNK + 3, 2]))
    assert torch.equal(few, split.images(torch.arange(2 * CHUNK))[[CHUNK + 3, 2]])
    assert not torch.equal(few[0], few[1])


def test_there_are_ten_classes_of_equal_size() -> None:
    dataset = open_shapes(0, 200, 50)
    assert dataset.classes == SHAPES_CLASSES
    assert dataset.train.labels.bincount().tolist() == [20] * 10
    assert dataset.test.labels.bincount().tolist() == [5] * 10
    assert len(set(SHAPES_CLASSES)) == 10


def test_every_class_draws_a_shape_of_its_own() -> None:
    """One picture a class from the same draws: only what the label decides is different."""
    pictures = [draw(torch.tensor([label]), generator(0, "a picture")).float() for label in range(10)]
    for label, picture in enumerate(pictures):
        assert picture.shape == (1, 3, 32, 32)
        assert all((picture - other).abs().mean() > 3 for other in pictures[:label])
    again = draw(torch.tensor([3]), generator(0, "a picture")).float()
    assert torch.equal(again, pictures[3])


def test_training_and_test_images_differ() -> None:
    dataset = open_shapes(0, 50, 50)
    train, test = dataset.train.images(torch.arange(50)), dataset.test.images(torch.arange(50))
    assert torch.equal(dataset.train.labels, dataset.test.labels)
    assert not any(torch.equal(one, other) for one in train for other in test)


def test_more_than_2000_images_are_drawn_a_second() -> None:
    seconds = []
    for seed in range(3):
        start = time.process_time()  # of the processor, so that other work on the machine does not count
        training_images(seed, 2 * CHUNK)
        seconds.append(time.process_time() - start)
    assert 2 * CHUNK / min(seconds) > 2000

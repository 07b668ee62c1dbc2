"""Batches from images in memory: shuffled, cropped, flipped and normalised as whole tensors."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from resnet_viz.data.subset import TrainingData
from resnet_viz.seeds import generator

PAD = 4  # pixels a side (He et al. 2015, section 4.2)


class Batches:
    """The training batches of an experiment. Order and augmentation have generators of their own.

    The padding is black, as in torchvision's RandomCrop; the paper pads after subtracting the mean.
    """

    def __init__(self, data: TrainingData, batch_size: int, seed: int, *, augment: bool, device: torch.device) -> None:
        self.labels = data.train_labels.to(device)
        self.batch_size = batch_size
        self.seed = seed
        self.augment = augment
        self.device = device
        self.mean = (data.mean * 255).to(device)  # (3,), of 255
        self.scale = 1 / (data.std * 255).to(device)
        pad = PAD if augment else 0
        padded = functional.pad(data.train_images, (pad, pad, pad, pad))
        self.images = padded.permute(0, 2, 3, 1).contiguous().to(device)  # (N, 32+2p, 32+2p, 3) uint8

    def epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Normalised images (B, 3, 32, 32) in channels_last and labels (B,); the last partial batch is dropped."""
        order = torch.randperm(len(self.labels), generator=generator(self.seed, f"order/{epoch}"))
        source = generator(self.seed, f"augmentation/{epoch}")
        for first in range(0, len(order) - self.batch_size + 1, self.batch_size):
            picked = order[first : first + self.batch_size].to(self.device)
            pixels = self._crop_and_flip(picked, source) if self.augment else self.images[picked]
            yield self._normalise(pixels), self.labels[picked]

    def _crop_and_flip(self, picked: Tensor, source: torch.Generator) -> Tensor:
        n, size = len(picked), self.images.shape[1] - 2 * PAD
        top = torch.randint(0, 2 * PAD + 1, (n, 1), generator=source)
        left = torch.randint(0, 2 * PAD + 1, (n, 1), generator=source)
        flip = torch.rand(n, 1, generator=source) < 0.5
        along = torch.arange(size)
        rows = (top + along).to(self.device)  # (B, 32)
        columns = (left + torch.where(flip, along.flip(0), along)).to(self.device)  # (B, 32)
        return self.images[picked[:, None, None], rows[:, :, None], columns[:, None, :]]  # (B, 32, 32, 3)

    def _normalise(self, pixels: Tensor) -> Tensor:
        return ((pixels.float() - self.mean) * self.scale).permute(0, 3, 1, 2)  # (B, 3, 32, 32), channels_last


def normalise(images: Tensor, data: TrainingData) -> Tensor:
    """Images (N, 3, 32, 32) uint8 as a net sees them: float, channels_last, not augmented."""
    mean, scale = (data.mean * 255).view(3, 1, 1), (1 / (data.std * 255)).view(3, 1, 1)
    return ((images.float() - mean) * scale).contiguous(memory_format=torch.channels_last)

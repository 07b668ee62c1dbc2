"""The textbook loop that the trainer is compared with, written as tutorials write it.

A Dataset that makes a PIL image of each item, as torchvision's CIFAR10 does, and runs torchvision transforms on it; a
DataLoader with worker processes; eager fp32 in NCHW; plain torch.optim.SGD; loss and accuracy read at every step.

The net is the same ResNet-20 with the same weights, in contiguous_format. The package's zero-padded shortcut gives
channels_last by intent, which in an NCHW net means two copies between the formats a pass; that would be unfair, so it
is replaced here by the usual NCHW one (same values, no parameters). Threads and flush-denormal are the same as ours.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from resnet_viz.config import TrainConfig
from resnet_viz.data import TrainingData
from resnet_viz.net_config import NetConfig
from resnet_viz.nets import build_net
from resnet_viz.nets.blocks import ZeroPad


class PillowImages(Dataset[tuple[Tensor, int]]):
    """Training images, one at a time, through PIL and torchvision transforms."""

    def __init__(self, data: TrainingData) -> None:
        self.images: NDArray[np.uint8] = data.train_images.permute(0, 2, 3, 1).contiguous().numpy()  # (N, 32, 32, 3)
        self.labels: list[int] = data.train_labels.tolist()
        self.transform = transforms.Compose([
            transforms.RandomCrop(32, padding=4),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(data.mean.tolist(), data.std.tolist()),
        ])  # fmt: skip

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image: Tensor = self.transform(Image.fromarray(self.images[index]))  # (3, 32, 32)
        return image, self.labels[index]


class NchwZeroPad(nn.Module):
    """Option A as NCHW code has it: subsample, pad the channels."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.padding = (0, 0, 0, 0, before, after)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x[:, :, :: self.stride, :: self.stride], self.padding)


def textbook_net(config: NetConfig, seed: int = 0) -> nn.Module:
    """The package's net with the same weights, all NCHW."""
    net = build_net(config, seed).to(memory_format=torch.contiguous_format)
    for block in net.blocks():
        if isinstance(block.shortcut, ZeroPad):
            block.shortcut = NchwZeroPad(block.shortcut.before, block.shortcut.after, block.shortcut.stride)
    return net


def textbook_loop(
    config: NetConfig, train: TrainConfig, data: TrainingData, device: torch.device, workers: int
) -> Iterator[float]:
    """Train without end, epoch after epoch; gives the running accuracy after each step. Close it to end the workers."""
    net = textbook_net(config).to(device)
    optimizer = torch.optim.SGD(
        net.parameters(), lr=train.learning_rate, momentum=train.momentum, weight_decay=train.weight_decay
    )
    loader = DataLoader(
        PillowImages(data), train.batch_size, shuffle=True, drop_last=True, num_workers=workers,
        persistent_workers=workers > 0,
    )  # fmt: skip
    while True:
        running_loss, correct, seen = 0.0, 0, 0
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            optimizer.zero_grad()
            scores = net(images)
            loss = functional.cross_entropy(scores, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            correct += (scores.argmax(1) == labels).sum().item()
            seen += len(labels)
            yield correct / seen

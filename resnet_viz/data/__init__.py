"""The images of an experiment: CIFAR from its files, or the procedural set; subsets, batches, augmentation."""

from resnet_viz.data.batches import Batches
from resnet_viz.data.subset import TrainingData, load_data

__all__ = ["Batches", "TrainingData", "load_data"]

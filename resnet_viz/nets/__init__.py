"""The networks of the lesson: the paper's CIFAR nets, plain and residual, from one block class, and later variants."""

from resnet_viz.nets.cifar import CifarNet, build_net

__all__ = ["CifarNet", "build_net"]

"""Looking inside a net: what is borrowed (hooks, modes) is given back."""

from resnet_viz.probes.gradients import GradientProbe, gradient_probe, row_names

__all__ = ["GradientProbe", "gradient_probe", "row_names"]

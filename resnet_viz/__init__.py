"""resnet-viz: why residual connections made depth possible, measured on networks that train in front of you."""

__version__ = "0.1.0"

"""How many parameters the CIFAR nets of He et al. 2015 have: arithmetic, no net is built."""

WIDTHS = (16, 32, 64)  # channels of the three stages (section 4.2)
CLASSES = 10


def parameter_count(depth: int) -> int:
    """Parameters of ResNet-`depth` with parameter-free shortcuts (option A), which plain-`depth` has as well.

    A 3x3 convolution has no bias; the batch norm after it has a scale and a shift for each channel.

    Args:
        depth: weighted layers, 6n+2.
    Raises:
        ValueError: no such depth.
    """
    blocks, rest = divmod(depth - 2, 6)
    if rest or blocks < 1:
        raise ValueError(f"depth must be 6n+2 with n at least 1, such as 20 or 56; got {depth}")
    layers = [(3, WIDTHS[0])]
    channels = WIDTHS[0]
    for width in WIDTHS:
        layers += [(channels, width)] + [(width, width)] * (2 * blocks - 1)
        channels = width
    convolutions = sum(9 * inputs * outputs + 2 * outputs for inputs, outputs in layers)
    return convolutions + (channels + 1) * CLASSES

"""What a count of the nets of the family tells, and how their blocks are wired. Imports no torch."""

from typing import Literal

from resnet_viz.net_config import Shortcut, Value

NodeKind = Literal["input", "convolution", "norm", "activation", "sum", "output"]


class Counts(Value):
    """What a net, or a part of it, costs for one image."""

    layers: int  # weighted: convolutions and linear layers; a projection on a shortcut is not one, as in the paper
    parameters: int  # all that is learned: weights, biases, scales and shifts of norms
    multiply_adds: int  # of convolutions and matrix products
    activation_bytes: int  # of what convolutions, norms, ReLUs, pools and linear layers give, in float32


class Stage(Counts):
    """A part of a net that works at one map size."""

    name: str  # stem, stage 1, …, head
    size: int  # pixels a side of what its last weighted layer gives
    channels: int  # of the same


class Member(Counts):
    """One net of the family."""

    name: str
    shortcut: Shortcut
    resolution: int  # pixels a side of its images
    stages: tuple[Stage, ...]
    # With the stride of a bottleneck in its first 1x1 convolution; None where there is no bottleneck.
    first_stride_multiply_adds: int | None = None


class Node(Value):
    """One operation of a block."""

    kind: NodeKind
    words: str  # as the paper writes it, such as "3x3 conv, 64"


class Diagram(Value):
    """One block as its module computes it. Nodes are in the order of the computation."""

    title: str
    shortcut: Shortcut
    parameters: int
    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]  # places of two nodes: from, to


class Counted(Value):
    """The whole answer."""

    members: tuple[Member, ...]
    diagrams: tuple[Diagram, ...]

    def member(self, name: str) -> Member:
        """The net of this name. Raises KeyError."""
        return {member.name: member for member in self.members}[name]

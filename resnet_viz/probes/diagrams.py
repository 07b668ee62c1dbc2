"""The blocks of the family as graphs of what their modules compute, traced by torch.fx."""

import operator
from collections.abc import Mapping

import torch
from torch import fx, nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from resnet_viz.family import Diagram, Node
from resnet_viz.net_config import NetConfig, Shortcut
from resnet_viz.nets.preactivation import PreActivationBlock
from resnet_viz.probes.chains import LATER
from resnet_viz.probes.family import WithoutShortcut


class NoWord(LookupError):
    """A block does something for which the lesson has no word; the sentence says where to give it one."""


def diagrams() -> tuple[Diagram, ...]:
    """Blocks as they stand in ResNet-34 and ResNet-50, without their shortcut, and after He et al. 2016."""
    with torch.device("meta"):
        projection = nn.Sequential(nn.Conv2d(64, 128, 1, stride=2, bias=False), nn.BatchNorm2d(128))
        return (
            traced("Plain block", "none", WithoutShortcut(BasicBlock(64, 64))),
            traced("Basic block", "A", BasicBlock(64, 64)),
            traced("Bottleneck", "A", Bottleneck(256, 64)),
            traced(
                "Pre-activation block", "A", PreActivationBlock(64, 64, 1, NetConfig(block="pre-activation"), LATER)
            ),
            traced("Projection block", "B", BasicBlock(64, 128, 2, projection)),
        )


def traced(title: str, shortcut: Shortcut, block: nn.Module) -> Diagram:
    """The graph of one block.

    Raises:
        NoWord: the block does something for which the lesson has no word.
    """
    graph = fx.symbolic_trace(block).graph
    modules = dict(block.named_modules())
    for node in graph.nodes:
        if isinstance(modules.get(str(node.target)), nn.Identity):  # nothing to draw: its input goes on unchanged
            node.replace_all_uses_with(node.all_input_nodes[0])
            graph.erase_node(node)
    places = {node: place for place, node in enumerate(graph.nodes)}
    return Diagram(
        title=title, shortcut=shortcut, parameters=sum(weight.numel() for weight in block.parameters()),
        nodes=tuple(_operation(node, modules) for node in places),
        edges=tuple((places[source], place) for node, place in places.items() for source in node.all_input_nodes),
    )  # fmt: skip


def _operation(node: fx.Node, modules: Mapping[str, nn.Module]) -> Node:
    if node.op == "placeholder":
        return Node(kind="input", words="x")
    if node.op == "output":
        return Node(kind="output", words="y")
    if node.target in (operator.add, operator.iadd):  # torchvision writes `out += identity`
        return Node(kind="sum", words="+")
    match modules.get(str(node.target)):
        case nn.Conv2d(kernel_size=(kernel, _), out_channels=channels, stride=(stride, _)):
            # The paper's way of writing it (figure 3); a stride of 2 is "/2".
            return Node(kind="convolution", words=f"{kernel}x{kernel} conv, {channels}{', /2' if stride == 2 else ''}")
        case nn.BatchNorm2d():
            return Node(kind="norm", words="BN")
        case nn.ReLU():
            return Node(kind="activation", words="ReLU")
    raise NoWord(f"the lesson has no word for {node.target}: give it one in probes/diagrams.py")

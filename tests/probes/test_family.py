import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from resnet_viz.control import Stopped, Unattended
from resnet_viz.family import Counted, Diagram, Member
from resnet_viz.net_config import NetConfig
from resnet_viz.net_questions import Family
from resnet_viz.nets import CifarNet
from resnet_viz.probes import answers, family
from resnet_viz.probes.diagrams import NoWord, diagrams, traced


@pytest.fixture(scope="module")
def counted() -> Counted:
    told = answers.answer(Family(), lambda done, total: None, Unattended()).told
    return Counted.model_validate(told)


def count(net: nn.Module, resolution: int) -> Member:
    return family.counted(family.Recipe("a net", "A", resolution, lambda: net))


@pytest.mark.parametrize(
    ("name", "parameters", "multiply_adds"),
    [  # as torchvision states them of its nets, and the option-A counts of the CIFAR nets
        ("ResNet-18", 11_689_512, 1.814e9), ("ResNet-34", 21_797_672, 3.664e9), ("ResNet-50", 25_557_032, 4.089e9),
        ("ResNet-101", 44_549_160, 7.801e9), ("ResNet-152", 60_192_808, 11.514e9),
        ("Wide ResNet-50-2", 68_883_240, 11.398e9), ("VGG-16", 138_357_544, 15.47e9), ("VGG-19", 143_667_240, 19.632e9),
        ("residual-20", 269_722, 40.55e6), ("residual-56", 853_018, 125.49e6), ("residual-110", 1_727_962, 252.89e6),
    ],
)  # fmt: skip
def test_counts_are_the_published_ones(counted: Counted, name: str, parameters: int, multiply_adds: float) -> None:
    member = counted.member(name)
    assert member.parameters == parameters
    assert member.multiply_adds == pytest.approx(multiply_adds, rel=2e-4)


def test_depth_is_the_number_in_the_name_and_parts_add_up_to_the_whole(counted: Counted) -> None:
    assert len(counted.members) == 15
    for member in counted.members:
        assert str(member.layers) == member.name.removesuffix("-2").split("-")[1]
        for name in ("layers", "parameters", "multiply_adds", "activation_bytes"):
            assert sum(getattr(stage, name) for stage in member.stages) == getattr(member, name)


def test_stages_have_the_maps_and_channels_of_the_paper(counted: Counted) -> None:
    stages = [(stage.name, stage.size, stage.channels, stage.layers) for stage in counted.member("ResNet-50").stages]
    assert stages == [
        ("stem", 112, 64, 1), ("stage 1", 56, 256, 9), ("stage 2", 28, 512, 12), ("stage 3", 14, 1024, 18),
        ("stage 4", 7, 2048, 9), ("head", 1, 1000, 1),
    ]  # fmt: skip
    assert [stage.size for stage in counted.member("VGG-16").stages] == [224, 112, 56, 28, 14, 1]
    assert [stage.size for stage in counted.member("plain-20").stages] == [32, 32, 16, 8, 1]
    assert counted.member("VGG-16").stages[-1].multiply_adds == 512 * 7 * 7 * 4096 + 4096 * 4096 + 4096 * 1000


def test_plain_costs_what_residual_does_but_for_projections(counted: Counted) -> None:
    for depth in (20, 56, 110):
        plain, residual = counted.member(f"plain-{depth}"), counted.member(f"residual-{depth}")
        assert plain.model_dump(exclude={"name", "shortcut"}) == residual.model_dump(exclude={"name", "shortcut"})
    projections = sum(channels * 2 * channels + 2 * 2 * channels for channels in (64, 128, 256))  # with their norms
    assert counted.member("ResNet-34").parameters - counted.member("plain-34").parameters == projections


def test_the_stride_in_the_first_convolution_makes_it_smaller(counted: Counted) -> None:
    """By hand: the first 1x1 of three stages then works on a quarter of the pixels."""
    net = counted.member("ResNet-50")
    saved = sum(
        channels * channels // 2 * (size**2 - (size // 2) ** 2)
        for channels, size in ((256, 56), (512, 28), (1024, 14))
    )  # fmt: skip
    assert net.first_stride_multiply_adds == net.multiply_adds - saved
    assert counted.member("ResNet-34").first_stride_multiply_adds is None


def test_counting_leaves_a_net_as_it_was() -> None:
    with torch.device("meta"):
        net = ResNet(Bottleneck, [1, 1, 1, 1])
    first = count(net, 32)
    assert first.first_stride_multiply_adds != first.multiply_adds
    assert count(net, 32) == first
    assert not any(module._forward_hooks for module in net.modules())


def test_activations_are_those_that_one_counts_by_hand() -> None:
    """ResNet-8: three outputs in the stem, six a block, the pool and the classifier; the addition is none."""
    with torch.device("meta"):
        net = CifarNet(NetConfig(depth=8))
    numbers = 3 * 16 * 32**2 + 6 * (16 * 32**2 + 32 * 16**2 + 64 * 8**2) + 64 + 10
    assert count(net, 32).activation_bytes == 4 * numbers


def test_without_its_shortcut_a_block_forgets_its_input() -> None:
    block = BasicBlock(4, 4).eval()
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        block.bn2.weight.zero_()
        assert torch.equal(block(x), functional.relu(x))
        assert not family.WithoutShortcut(block)(x).any()


def test_counting_can_be_stopped() -> None:
    class Stopping(Unattended):
        def check(self) -> None:
            raise Stopped

    with pytest.raises(Stopped):
        answers.answer(Family(), lambda done, total: None, Stopping())


def drawn(title: str) -> Diagram:
    return next(diagram for diagram in diagrams() if diagram.title == title)


def test_the_basic_block_is_traced_with_its_shortcut_as_an_edge_to_the_plus() -> None:
    block = drawn("Basic block")
    assert [node.words for node in block.nodes] == [
        "x", "3x3 conv, 64", "BN", "ReLU", "3x3 conv, 64", "BN", "+", "ReLU", "y",
    ]  # fmt: skip
    column = {(place, place + 1) for place in range(8)}
    assert set(block.edges) - column == {(0, 6)}
    assert block.parameters == 2 * 9 * 64 * 64 + 4 * 64


def test_the_others_differ_from_it_as_they_should() -> None:
    plain, bottleneck, projection = drawn("Plain block"), drawn("Bottleneck"), drawn("Projection block")
    assert all(node.kind != "sum" for node in plain.nodes)
    assert plain.parameters == drawn("Basic block").parameters
    convolutions = [node.words for node in bottleneck.nodes if node.kind == "convolution"]
    assert convolutions == ["1x1 conv, 64", "3x3 conv, 64", "1x1 conv, 256"]
    assert "1x1 conv, 128, /2" in [node.words for node in projection.nodes]
    plus = [node.kind for node in projection.nodes].index("sum")
    assert {projection.nodes[start].words for start, end in projection.edges if end == plus} == {"BN"}
    order = [node.kind for node in drawn("Pre-activation block").nodes]
    assert order == ["input", *("norm", "activation", "convolution") * 2, "sum", "output"]


def test_the_pre_activation_block_adds_its_input_as_it_is() -> None:
    block = drawn("Pre-activation block")
    plus = [node.kind for node in block.nodes].index("sum")
    assert {block.nodes[start].kind for start, end in block.edges if end == plus} == {"input", "convolution"}
    assert block.parameters == drawn("Basic block").parameters


def test_an_operation_without_a_word_is_refused_by_name() -> None:
    class Odd(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.exp(x)

    with pytest.raises(NoWord, match="exp"):
        traced("odd", "none", Odd())

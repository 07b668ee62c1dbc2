"""The two terms of a residual sum, blocks switched off, and the hooks that both are made of."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resnet_viz.control import Stopped
from resnet_viz.net_config import NetConfig
from resnet_viz.nets.blocks import Block
from resnet_viz.saliency.branches import split, switched_off
from resnet_viz.saliency.classifiers import Classifier
from resnet_viz.saliency.hooks import counted, forward_hooks, outputs_of
from tests.saliency.conftest import Race
from tests.saliency.nets import StopAfter, bare, hooks_on, images, unchanged

Classifiers = dict[str, tuple[Classifier, int]]
TARGET = 3
KINDS = (  # and resnet50, in tests of its own
    "residual", "projected", "without norms", "tanh", "pre-activation", "bottleneck", "stochastic", "resnet18", "lite0",
)  # fmt: skip


@pytest.fixture
def kinds(classifiers: Classifiers, races: Race) -> Classifiers:
    made = {
        "projected": races(shortcut="B"),
        "all projected": races(shortcut="C"),
        "pre-activation": races(block="pre-activation"),
        "bottleneck": races(block="bottleneck", depth=20, shortcut="B"),
        "stochastic": races(survival=0.5),
        "scaled": races(skip_scale=0.5),
        "scaled projection": races(skip_scale=0.5, shortcut="B"),
        "zero norm": races(branch_init="zero-norm"),
        "gated": races(gate_bias=-1.0),
    }
    return {**classifiers, **{kind: (classifier, 32) for kind, classifier in made.items()}}


def adding(classifier: Classifier) -> list[str]:
    return [layer.name for layer in classifier.description.layers if layer.adds]


def switchable(classifier: Classifier) -> list[str]:
    return [layer.name for layer in classifier.description.layers if layer.switchable]


@pytest.mark.parametrize(
    ("kind", "blocks", "add", "switch"),
    [
        ("residual", 6, 6, 4),  # of three stages of two blocks, two begin with other dimensions
        ("without norms", 6, 6, 4),
        ("projected", 6, 6, 4),
        ("all projected", 6, 6, 0),
        ("plain", 6, 0, 0),
        ("pre-activation", 6, 6, 4),
        ("bottleneck", 6, 6, 3),  # every stage begins with other dimensions
        ("stochastic", 6, 6, 4),
        ("scaled", 6, 6, 0),  # x / 2 is not x
        ("gated", 6, 0, 0),  # a weighed mean is not a sum
        ("resnet18", 8, 8, 5),  # the first stage keeps its 64 channels
        ("lite0", 16, 9, 9),  # where neither size nor channels change
    ],
)
def test_blocks_add_and_can_be_switched_off_as_the_architecture_says(
    kind: str, blocks: int, add: int, switch: int, kinds: Classifiers
) -> None:
    classifier, _ = kinds[kind]
    names = [layer.name for layer in classifier.description.layers if "." in layer.name]
    assert (len(names), len(adding(classifier)), len(switchable(classifier))) == (blocks, add, switch)
    assert classifier.branches.keys() == set(adding(classifier))
    assert set(switchable(classifier)) <= set(adding(classifier))


def test_resnet50_adds_in_16_blocks_and_12_can_be_switched_off(resnet50: Classifier) -> None:
    assert len(adding(resnet50)) == 3 + 4 + 6 + 3
    assert set(adding(resnet50)) - set(switchable(resnet50)) == {f"layer{stage}.0" for stage in (1, 2, 3, 4)}
    assert len(switchable(resnet50)) == 12


def at_the_sum(classifier: Classifier, image: Tensor, layer: str) -> tuple[Tensor, Tensor]:
    """A block's sum (1, C, h, w) and its mean gradients (1, C, 1, 1), by hooks on what follows the sum."""
    branch = classifier.branches[layer]
    sums: list[Tensor] = []
    gradients: dict[int, Tensor] = {}

    def keep(total: Tensor) -> None:
        place = len(sums)
        sums.append(total.detach().clone())
        total.register_hook(lambda gradient: gradients.setdefault(place, gradient))

    handle = (
        branch.relu.register_forward_pre_hook(lambda _module, inputs: keep(inputs[0]))
        if branch.relu is not None
        else branch.block.register_forward_hook(lambda _module, _inputs, output: keep(output))
    )
    classifier.net(image.clone().requires_grad_())[0, TARGET].backward()
    handle.remove()
    return sums[-1], gradients[len(sums) - 1].mean((2, 3), keepdim=True)  # of the three calls of one ReLU the last


def check_split(classifier: Classifier, size: int) -> None:
    """At each block that adds: two terms that make the whole, which is Grad-CAM, and one that is no shadow of it."""
    image = images(1, size)
    for layer in adding(classifier):
        with unchanged(classifier.net):
            parts = split(classifier, image, layer, TARGET)
        largest = parts.total.abs().max()
        assert largest > 0
        assert (parts.skip + parts.residual - parts.total).abs().max() <= 1e-5 * largest
        assert parts.relative_error <= 1e-5
        total, weights = at_the_sum(classifier, image, layer)
        assert (parts.total - (weights * total).sum(1)[0]).abs().max() <= 1e-5 * largest
        assert parts.skip.abs().max() > 0
        assert parts.residual.abs().max() > 0
        assert not torch.allclose(parts.skip, parts.residual)
        assert not any(part.requires_grad for part in (parts.total, parts.skip, parts.residual))
    assert (image.requires_grad, image.grad) == (False, None)


@pytest.mark.parametrize("kind", [*KINDS, "scaled", "scaled projection", "zero norm"])
def test_skip_and_residual_make_grad_cam_at_the_sum_of_every_block_that_adds(kind: str, kinds: Classifiers) -> None:
    check_split(*kinds[kind])


def test_skip_and_residual_make_grad_cam_at_the_sum_of_every_block_of_resnet50(resnet50: Classifier) -> None:
    check_split(resnet50, 64)


@pytest.mark.parametrize(
    ("kind", "layer"),
    [
        ("residual", "stage1.1"),
        ("projected", "stage2.0"),
        ("pre-activation", "stage3.1"),
        ("bottleneck", "stage2.0"),
        ("resnet18", "layer3.0"),
        ("lite0", "blocks.3.1"),
    ],
)
def test_the_skip_part_is_weighed_by_the_gradient_at_the_sum_and_made_of_what_the_shortcut_gives(
    kind: str, layer: str, kinds: Classifiers
) -> None:
    classifier, size = kinds[kind]
    image, branch, kept = images(1, size), classifier.branches[layer], {}
    shortcut = branch.shortcut

    def keep_input(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        kept["x"] = inputs[0].clone()

    def keep_end(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        kept["residual"] = output.clone()

    with forward_hooks([(branch.end, keep_end)], [(branch.block, keep_input)]):
        classifier.net(image)
    skip = kept["x"] if shortcut is None else shortcut(kept["x"])
    _, weights = at_the_sum(classifier, image, layer)
    parts = split(classifier, image, layer, TARGET)
    torch.testing.assert_close(parts.skip, (weights * skip).sum(1)[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(parts.residual, (weights * kept["residual"]).sum(1)[0], rtol=1e-4, atol=1e-5)


def one_block(shortcut: Any = "A", **changes: Any) -> Classifier:
    """The block of one channel that tests/nets computes by hand, then a mean over four pixels times 8 and -4."""
    block = Block(1, 1, 1, NetConfig(shortcut=shortcut, batch_norm=False, **changes))
    kernels = torch.zeros(2, 3, 3)
    kernels[0, 1, :2] = 1  # a pixel and its left neighbour
    kernels[1, :2, 1] = torch.tensor([-4.0, 1.0])  # a pixel less 4 times the one above
    head = nn.Linear(1, 2, bias=False)
    with torch.no_grad():
        for layer, kernel in zip((block.conv1, block.conv2), kernels, strict=True):
            layer.weight.copy_(kernel.view(1, 1, 3, 3))
            layer.bias.zero_()
        head.weight.copy_(torch.tensor([[8.0], [-4.0]]))
    return bare(nn.Sequential(block, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head))


X = torch.tensor([[1.0, -2.0], [3.0, 4.0]]).view(1, 1, 2, 2)


@pytest.mark.parametrize(("target", "weight"), [(0, 1.5), (1, -0.75)])
def test_a_block_is_split_into_the_values_computed_by_hand(target: int, weight: float) -> None:
    # F(x) = [[1, 0], [-1, 7]], so the sum is [[2, -2], [2, 11]]. Three of four pixels pass the last ReLU; the gradient
    # there is the head's weight over 4, and its mean 8 / 4 * 3 / 4 = 1.5 for class 0.
    parts = split(one_block(), X, "0", target)
    assert (parts.total / weight).tolist() == [[2, -2], [2, 11]]
    assert (parts.skip / weight).tolist() == [[1, -2], [3, 4]]
    assert (parts.residual / weight).tolist() == [[1, 0], [-1, 7]]
    assert parts.relative_error == 0


def test_a_scaled_skip_is_split_into_what_it_adds() -> None:
    # The sum is [[1.5, -1], [0.5, 9]]: again three of four pixels pass.
    parts = split(one_block(skip_scale=0.5), X, "0", 0)
    assert (parts.total / 1.5).tolist() == [[1.5, -1], [0.5, 9]]
    assert (parts.skip / 1.5).tolist() == [[0.5, -1], [1.5, 2]]
    assert (parts.residual / 1.5).tolist() == [[1, 0], [-1, 7]]


def test_a_branch_is_split_with_the_number_that_it_has_learnt() -> None:
    classifier = one_block(branch_init="skipinit")
    classifier.net.get_parameter("0.skipinit.alpha").data.fill_(0.5)
    parts = split(classifier, X, "0", 0)  # the sum is [[1.5, -2], [2.5, 7.5]]
    assert (parts.total / 1.5).tolist() == [[1.5, -2], [2.5, 7.5]]
    assert (parts.skip / 1.5).tolist() == [[1, -2], [3, 4]]
    assert (parts.residual / 1.5).tolist() == [[0.5, 0], [-0.5, 3.5]]


def test_switching_a_block_off_gives_the_values_computed_by_hand() -> None:
    classifier = one_block()
    assert classifier.net(X).tolist() == [[30, -15]]  # (2 + 0 + 2 + 11) / 4, times 8 and -4
    with switched_off(classifier, ["0"]):
        assert classifier.net(X).tolist() == [[16, -8]]  # (1 + 0 + 3 + 4) / 4
    assert classifier.net(X).tolist() == [[30, -15]]


def test_a_split_that_does_not_add_up_would_show(cifar: Classifier) -> None:
    block = cifar.branches["stage2.1"].block
    with forward_hooks([(block.get_submodule("add"), lambda _module, _inputs, output: 1.01 * output)]):
        assert split(cifar, images(1), "stage2.1", TARGET).relative_error > 1e-3
    assert split(cifar, images(1), "stage2.1", TARGET).relative_error < 1e-5


@pytest.mark.parametrize(
    ("kind", "layer"),
    [
        ("plain", "stage1.0"),
        ("gated", "stage1.1"),
        ("lite0", "blocks.0.0"),
        ("lite0", "bn2"),
        ("resnet18", "maxpool"),
        ("resnet18", "x"),
    ],
)
def test_what_does_not_add_is_not_split(kind: str, layer: str, kinds: Classifiers) -> None:
    classifier, size = kinds[kind]
    with unchanged(classifier.net), pytest.raises(ValueError, match="does not end in a residual addition") as error:
        split(classifier, images(1, size), layer, TARGET)
    assert str(error.value) == f"{layer} does not end in a residual addition; choose a block that does."


def without(classifier: Classifier, layers: list[str]) -> nn.Module:
    """A copy of the net with the ReLU of each block, or nothing where none follows the sum, in the block's place."""
    changed = copy.deepcopy(classifier.net)
    for layer in layers:
        relu = classifier.branches[layer].relu
        parent, _, place = layer.rpartition(".")
        changed.get_submodule(parent)[int(place)] = nn.Identity() if relu is None else copy.deepcopy(relu)
    return changed


def check_switched_off(classifier: Classifier, size: int, choices: list[list[str]]) -> None:
    batch = images(2, size)
    before = classifier.net(batch)
    for layers in choices:
        with switched_off(classifier, layers):
            off = classifier.net(batch)
        torch.testing.assert_close(off, without(classifier, layers)(batch), rtol=1e-5, atol=1e-6)
        assert not torch.allclose(off, before, rtol=1e-3)
        assert torch.equal(classifier.net(batch), before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_switched_off_is_the_relu_of_what_comes_in(kind: str, kinds: Classifiers) -> None:
    classifier, size = kinds[kind]
    blocks = switchable(classifier)
    with unchanged(classifier.net):
        check_switched_off(classifier, size, [*([block] for block in blocks), blocks[:2], blocks])


def test_blocks_of_resnet50_switched_off_are_the_relu_of_what_comes_in(resnet50: Classifier) -> None:
    with unchanged(resnet50.net):
        check_switched_off(resnet50, 64, [["layer1.1"], ["layer4.2"], switchable(resnet50)])


def test_switching_nothing_off_changes_nothing(cifar: Classifier) -> None:
    with switched_off(cifar, []):
        assert hooks_on(cifar.net) == 0


@pytest.mark.parametrize(
    ("kind", "layer"),
    [
        ("resnet18", "layer2.0"),  # a projection
        ("projected", "stage2.0"),
        ("residual", "stage2.0"),  # every second pixel, and zeros
        ("plain", "stage1.1"),
        ("scaled", "stage1.1"),
        ("gated", "stage1.1"),
        ("lite0", "blocks.1.0"),
        ("residual", "stage4.1"),
    ],
)
def test_a_block_whose_shortcut_is_not_the_identity_can_not_be_switched_off(
    kind: str, layer: str, kinds: Classifiers
) -> None:
    classifier, _ = kinds[kind]
    others = switchable(classifier)[:1]
    with (
        unchanged(classifier.net),
        pytest.raises(ValueError, match="can't be switched off") as error,
        switched_off(classifier, [*others, layer]),
    ):
        pytest.fail("it was switched off")
    assert str(error.value) == f"{layer} can't be switched off: its shortcut is not the identity."


class Broken(Exception):
    """What goes wrong in the middle."""


def broken(*_: Any) -> None:
    raise Broken


@pytest.mark.parametrize(
    ("kind", "layer"), [("residual", "stage2.1"), ("resnet18", "layer3.1"), ("lite0", "blocks.4.2")]
)
def test_an_error_in_the_middle_leaves_nothing_behind(kind: str, layer: str, kinds: Classifiers) -> None:
    classifier, size = kinds[kind]
    image, last = images(1, size), classifier.net.get_submodule(classifier.description.layers[-1].name)

    def fail(ask: Any) -> None:
        with forward_hooks([(last, broken)]):
            ask()

    def off() -> None:
        with switched_off(classifier, [layer]):
            classifier.net(image)

    def outputs() -> None:
        with outputs_of(classifier.net, [layer]):
            classifier.net(image)

    with unchanged(classifier.net):
        for ask in (lambda: split(classifier, image, layer, TARGET), off, outputs):
            with pytest.raises(Broken):
                fail(ask)
    assert (image.requires_grad, image.grad) == (False, None)


def test_a_split_that_is_stopped_leaves_nothing_behind(cifar: Classifier) -> None:
    def ask() -> None:
        with counted(cifar.net, StopAfter(0).see):
            split(cifar, images(1), "stage2.1", TARGET)

    with unchanged(cifar.net), pytest.raises(Stopped):
        ask()


def test_a_hook_that_can_not_be_set_takes_back_those_before_it() -> None:
    net = nn.Sequential(nn.ReLU())
    with pytest.raises(AttributeError), outputs_of(net, ["0", "1"]):
        pytest.fail("it was set")
    assert hooks_on(net) == 0


def test_outputs_are_copies_of_what_modules_gave_in_the_last_pass(resnet18: Classifier) -> None:
    names = ["layer1.0.bn2", "layer1.0"]  # the first is added to in place, the sum rectified in place
    with unchanged(resnet18.net), outputs_of(resnet18.net, names) as outputs:
        resnet18.net(images(1, 64, seed=1))
        resnet18.net(images(1, 64))
    pieces = resnet18.net
    x = pieces.maxpool(pieces.relu(pieces.bn1(pieces.conv1(images(1, 64)))))
    block = pieces.layer1[0]
    branch = block.bn2(block.conv2(block.bn1(block.conv1(x)).relu()))
    torch.testing.assert_close(outputs["layer1.0.bn2"], branch, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(outputs["layer1.0"], (branch + x).relu(), rtol=1e-5, atol=1e-5)


def test_passes_are_counted_in_pictures_and_before_they_run(cifar: Classifier) -> None:
    seen: list[int] = []
    with unchanged(cifar.net), counted(cifar.net, seen.append):
        cifar.net(images(3))
        cifar.net(images(1))
    cifar.net(images(2))
    assert seen == [3, 1]
    with counted(cifar.net, StopAfter(1).see), outputs_of(cifar.net, ["conv"]) as outputs:
        cifar.net(images(3))
        with pytest.raises(Stopped):
            cifar.net(images(5))
    assert len(outputs["conv"]) == 3

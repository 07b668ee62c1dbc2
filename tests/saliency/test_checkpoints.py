import json
import pickle
import random
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision import models

from resnet_viz.net_config import NetConfig
from resnet_viz.nets import build_net
from resnet_viz.questions import Model
from resnet_viz.saliency.checkpoints import WeightsRefused, load_state, read_about, read_state
from resnet_viz.saliency.loaders import load
from resnet_viz.weights import ABOUT, save_weights
from tests.saliency.nets import ABOUT as IMAGES
from tests.saliency.nets import CLASSES, race_file

STATE = {"a.weight": torch.arange(12.0).view(3, 4), "a.bias": torch.tensor([1.0, -2.0])}
UNREADABLE = (
    "{} is no file of weights that can be read safely: it is damaged, or holds more than tensors. "
    "Save the net's state_dict() with torch.save, or as safetensors."
)
NO_STATE = "{} holds no state dict: names and tensors. Save the net's state_dict()."
NO_RACE = (
    "{} is no net of a race that can be explained: it does not say how it was built. Run the race again."
)  # fmt: skip


def refused(path: Path, read: Callable[[Path], object] = read_state) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(WeightsRefused) as error:
        read(path)
    sentence = str(error.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def saved(path: Path, value: object, **options: Any) -> Path:
    torch.save(value, path, **options)
    return path


def in_safetensors(path: Path, state: dict[str, Tensor], **metadata: str) -> Path:
    save_file(state, path, metadata)
    return path


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "from before 1.6"])
def test_a_state_dict_of_torch_is_read(zipped: bool, tmp_path: Path) -> None:
    state = read_state(saved(tmp_path / "net.pth", STATE, _use_new_zipfile_serialization=zipped))
    assert list(state) == list(STATE)
    assert all(torch.equal(state[name], STATE[name]) for name in STATE)


def test_safetensors_are_read(tmp_path: Path) -> None:
    state = read_state(in_safetensors(tmp_path / "net.safetensors", STATE))
    assert state.keys() == STATE.keys()
    assert all(torch.equal(state[name], STATE[name]) for name in STATE)


class Runs:
    """Writes a file when it is read by pickle."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def bare_pickle(value: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(value, protocol=2))  # that of torch; of any other the reader would warn


@pytest.mark.parametrize("save", [torch.save, bare_pickle])
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "beside tensors"])
def test_a_pickle_that_runs_code_is_refused_and_nothing_runs(
    save: Callable[[object, Path], object], inside: bool, tmp_path: Path
) -> None:
    trace, path = tmp_path / "trace", tmp_path / "net.pth"
    code = Runs(trace)
    save({**STATE, "c": code} if inside else code, path)
    assert refused(path) == UNREADABLE.format("net.pth")
    assert not trace.exists()
    function, arguments = code.__reduce__()
    function(*arguments)
    assert trace.exists()  # it would have shown


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    assert refused(saved(tmp_path / "net.pth", nn.Linear(2, 2))) == UNREADABLE.format("net.pth")


@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
def test_a_text_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("Dear net,\nhow are you?\n")
    assert refused(path) == UNREADABLE.format(name)


@pytest.mark.parametrize("value", [[1, 2], [STATE], 3, STATE["a.weight"], {"epoch": 3}, {"state_dict": STATE}])
def test_anything_but_names_and_tensors_is_refused(value: object, tmp_path: Path) -> None:
    assert refused(saved(tmp_path / "net.pth", value)) == NO_STATE.format("net.pth")


def test_a_missing_file_is_refused_with_its_path(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pth", tmp_path):
        assert refused(path) == f"There is no file {path}. Correct the name."


FORMS = ("zip", "from before 1.6", "safetensors")


def in_form(form: str, folder: Path) -> Path:
    """The same tensors in one of the forms that are read."""
    if form == "safetensors":
        return in_safetensors(folder / "net.safetensors", STATE, **{ABOUT: "{}"})
    return saved(folder / "net.pth", STATE, _use_new_zipfile_serialization=form == "zip")


def sentences(path: Path, contents: Iterable[bytes]) -> list[str]:
    """What is said of those contents of a file that are refused."""
    said = []
    for content in contents:
        path.write_bytes(content)
        try:
            read_state(path)
        except WeightsRefused as error:
            said.append(str(error))
    return said


@pytest.mark.parametrize("form", FORMS)
def test_wherever_a_file_breaks_off_it_is_refused_in_one_sentence(form: str, tmp_path: Path) -> None:
    path = in_form(form, tmp_path)
    whole = path.read_bytes()
    said = sentences(path, (whole[:end] for end in range(len(whole))))
    assert set(said) == {UNREADABLE.format(path.name)}
    assert len(said) == len(whole)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol:UserWarning")
@pytest.mark.parametrize("form", FORMS)
def test_whatever_is_damaged_in_a_file_it_is_read_or_refused_in_one_sentence(form: str, tmp_path: Path) -> None:
    path, chance = in_form(form, tmp_path), random.Random(0)
    whole = path.read_bytes()

    def damaged() -> bytes:
        content = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(min(len(whole), 600))] = chance.randrange(256)
        return bytes(content)

    said = sentences(path, (damaged() for _ in range(400)))
    assert set(said) <= {UNREADABLE.format(path.name), NO_STATE.format(path.name)}
    assert len(said) > 100


def meta(name: str) -> nn.Module:
    with torch.device("meta"):
        return models.get_model(name, weights=None)


def mismatch(net: nn.Module, state: dict[str, Tensor]) -> str:
    """The sentence of a state dict that is not of a net, which it leaves as it was."""
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    with pytest.raises(WeightsRefused) as error:
        load_state(net, state, "some.pth", "ResNet-18")
    if not any(tensor.is_meta for tensor in before.values()):
        assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert "\n" not in str(error.value)
    return str(error.value)


def test_weights_of_a_deeper_net_are_refused_with_the_first_tensor_that_the_net_lacks() -> None:
    assert mismatch(meta("resnet18"), meta("resnet34").state_dict()) == (
        "some.pth is not of ResNet-18: the net has no tensor layer1.2.conv1.weight."
    )


def test_weights_of_a_shallower_net_are_refused_with_the_first_tensor_that_is_missing() -> None:
    assert mismatch(meta("resnet34"), meta("resnet18").state_dict()) == (
        "some.pth is not of ResNet-18: it has no tensor layer1.2.conv1.weight."
    )


def test_weights_of_other_shapes_are_refused_with_the_first_that_differs() -> None:
    assert mismatch(meta("resnet18"), meta("resnet50").state_dict()) == (
        "some.pth is not of ResNet-18: layer1.0.conv1.weight is 64x64x1x1 in the file and 64x64x3x3 in the net."
    )
    net = nn.BatchNorm2d(2)
    state = {**net.state_dict(), "num_batches_tracked": torch.zeros(3)}
    assert mismatch(net, state).endswith("num_batches_tracked is 3 in the file and a single number in the net.")


def test_a_net_is_left_as_it_was_when_only_its_last_tensor_does_not_fit() -> None:
    net = build_net(NetConfig(depth=8, width=4), seed=0)
    state = {**build_net(NetConfig(depth=8, width=4), seed=1).state_dict(), "classifier.bias": torch.zeros(7)}
    assert "classifier.bias is 7 in the file and 10 in the net" in mismatch(net, state)


def test_weights_that_fit_fill_the_net() -> None:
    net, other = (build_net(NetConfig(depth=8, width=4), seed=seed) for seed in (0, 1))
    assert not torch.equal(net.conv.weight, other.conv.weight)
    load_state(net, other.state_dict(), "some.pth", "a net")
    assert all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in net.state_dict().items())


def test_old_files_without_a_count_of_batches_fit() -> None:
    net = build_net(NetConfig(depth=8, width=4), seed=0)
    state = {name: tensor for name, tensor in net.state_dict().items() if not name.endswith("num_batches_tracked")}
    assert len(state) < len(net.state_dict())
    load_state(net, state, "some.pth", "a net")
    del state["norm.running_var"]
    assert "has no tensor norm.running_var" in mismatch(net, state)


def test_a_file_of_another_classifier_is_refused_by_the_loader(cifar_file: Path, resnet18_file: Path) -> None:
    def sentence(model: Model) -> str:
        return refused(resnet18_file, lambda _: load(model))

    file = resnet18_file.name
    assert sentence(Model(name="resnet34", weights=resnet18_file)) == (
        f"{file} is not of ResNet-34: it has no tensor layer1.2.conv1.weight."
    )
    assert sentence(Model(name="resnet50", weights=cifar_file)) == (
        "arm0.safetensors is not of ResNet-50: it has no tensor conv1.weight."
    )
    assert "is not of EfficientNet-Lite0: " in sentence(Model(name="efficientnet-lite0", weights=resnet18_file))
    assert sentence(Model(name="cifar-net", weights=resnet18_file)) == NO_RACE.format(file)


def test_the_file_of_a_race_says_how_the_net_was_built(tmp_path: Path) -> None:
    about = read_about(race_file(tmp_path, shortcut="B", depth=8))
    assert about.net == NetConfig(depth=8, width=4, shortcut="B")
    assert about.classes == CLASSES
    assert (about.mean, about.std) == (IMAGES["mean"], IMAGES["std"])


NET = NetConfig(depth=8, width=4).model_dump()
WHOLE: dict[str, Any] = {"net": NET, **IMAGES}
GARBAGE = {
    "no metadata": {},
    "another key": {"format": "pt"},
    "no JSON": {ABOUT: "net: residual-8"},
    "a list": {ABOUT: "[1]"},
    "a number": {ABOUT: "5"},
    "nothing": {ABOUT: "null"},
    **{f"without {key}": {ABOUT: json.dumps({k: v for k, v in WHOLE.items() if k != key})} for key in WHOLE},
    **{
        f"{key} {value}": {ABOUT: json.dumps({**WHOLE, key: value})}
        for key, value in [
            ("net", {**NET, "depth": 9}), ("net", {**NET, "colour": "red"}), ("net", [8]), ("classes", "disc"),
            ("classes", CLASSES[:9]), ("mean", [0.5, 0.5]), ("mean", [0.5, 0.5, float("nan")]), ("mean", "grey"),
            ("std", [0.2, 0.2, 0]), ("std", [0.2, 0.2, -1]),
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("metadata", GARBAGE.values(), ids=GARBAGE)
def test_safetensors_that_do_not_say_whose_they_are_are_no_net_of_a_race(
    metadata: dict[str, str], tmp_path: Path
) -> None:
    path = in_safetensors(tmp_path / "arm0.safetensors", STATE, **metadata)
    assert read_state(path).keys() == STATE.keys()
    assert refused(path, lambda path: load(Model(name="cifar-net", weights=path))) == NO_RACE.format(path.name)


def test_a_race_whose_file_is_missing_or_no_safetensors_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "arm0.safetensors", read_about) == NO_RACE.format("arm0.safetensors")
    assert refused(saved(tmp_path / "arm0.pth", STATE), read_about) == NO_RACE.format("arm0.pth")


def test_a_race_whose_tensors_are_not_of_the_net_that_it_names_is_refused(tmp_path: Path) -> None:
    net = build_net(NetConfig(depth=14, width=4))
    name = save_weights(net, tmp_path, 0, WHOLE)
    sentence = refused(tmp_path / name, lambda path: load(Model(name="cifar-net", weights=path)))
    assert re.fullmatch(r"arm0\.safetensors is not of residual-8: the net has no tensor stage1\.1\S+\.", sentence)

"""Classifiers to be questioned, loaded once: nets of races, random ResNets as torchvision's files, the real Lite0."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch
from torchvision import models

from resnet_viz.places import WEIGHTS_VARIABLE
from resnet_viz.questions import Model
from resnet_viz.saliency.catalogue import file_name
from resnet_viz.saliency.classifiers import Classifier, load
from tests.saliency.nets import picture, race_file, settled

Race = Callable[..., Classifier]


@pytest.fixture(scope="session")
def races(tmp_path_factory: pytest.TempPathFactory) -> Race:
    """Nets of races by their configuration, each made once: depth 14, width 4."""

    @cache
    def made(**changes: object) -> Classifier:
        return load(Model(name="cifar-net", weights=race_file(tmp_path_factory.mktemp("race"), **changes)))

    return made


@pytest.fixture(scope="session")
def cifar_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the net of a race."""
    return race_file(tmp_path_factory.mktemp("race"))


@pytest.fixture(scope="session")
def cifar(cifar_file: Path) -> Classifier:
    """The net of a race."""
    return load(Model(name="cifar-net", weights=cifar_file))


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for RESNET_VIZ_WEIGHTS."""
    return tmp_path_factory.mktemp("weights")


def _random_resnet(name: str, folder: Path) -> Path:
    """A ResNet with random weights, saved as torchvision's file."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = settled(models.get_model(name, weights=None), 64)
    path = folder / file_name(name)
    torch.save(net.state_dict(), path)
    return path


@pytest.fixture(scope="session")
def resnet18_file(weights_folder: Path) -> Path:
    return _random_resnet("resnet18", weights_folder)


@pytest.fixture(scope="session")
def resnet50_file(weights_folder: Path) -> Path:
    return _random_resnet("resnet50", weights_folder)


def _found_in(folder: Path, model: Model) -> Classifier:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(WEIGHTS_VARIABLE, str(folder))
        return load(model)


@pytest.fixture(scope="session")
def resnet18(resnet18_file: Path) -> Classifier:
    """A ResNet-18 with random weights, found in the folder that RESNET_VIZ_WEIGHTS names."""
    return _found_in(resnet18_file.parent, Model(name="resnet18"))


@pytest.fixture(scope="session")
def resnet50(resnet50_file: Path) -> Classifier:
    """A ResNet-50 with random weights, found in the folder that RESNET_VIZ_WEIGHTS names."""
    return _found_in(resnet50_file.parent, Model(name="resnet50"))


@pytest.fixture(scope="session")
def lite0() -> Classifier:
    """EfficientNet-Lite0 with the weights of its package."""
    return load(Model(name="efficientnet-lite0"))


@pytest.fixture(scope="session")
def classifiers(
    cifar: Classifier, races: Race, resnet18: Classifier, lite0: Classifier
) -> dict[str, tuple[Classifier, int]]:
    """One of each kind, with the size of the pictures of a test: the nets take any, and small ones are fast."""
    return {
        "residual": (cifar, 32),
        "without norms": (races(shortcut="B", batch_norm=False), 32),
        "plain": (races(shortcut="none"), 32),
        "tanh": (races(activation="tanh"), 32),
        "resnet18": (resnet18, 64),
        "lite0": (lite0, 64),
    }


@pytest.fixture(scope="session")
def some_picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return picture(tmp_path_factory.mktemp("pictures") / "noise.png")

"""What may be asked of a classifier, and what is answered: frozen values, checked once. Imports no torch.

A picture is a path to a file: the server names the files itself, the command line takes the user's own.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from resnet_viz.attribution import METHODS, MethodName
from resnet_viz.net_config import Value
from resnet_viz.net_questions import Chain, Family, Initial, Shatter, Stream

ModelName = Literal[
    "resnet18", "resnet34", "resnet50", "resnet50-v2", "resnet101", "resnet152", "efficientnet-lite0", "cifar-net"
]
TORCHVISION_MODELS: tuple[ModelName, ...] = (
    "resnet50", "resnet50-v2", "resnet18", "resnet34", "resnet101", "resnet152",
)  # fmt: skip
DEFAULT_MODEL: ModelName = "resnet50"  # with the paper's recipe, torchvision's weights V1
OFFLINE_MODEL: ModelName = "efficientnet-lite0"  # its weights come with a package
MODEL_TITLES: Mapping[ModelName, str] = {
    "resnet18": "ResNet-18",
    "resnet34": "ResNet-34",
    "resnet50": "ResNet-50",
    "resnet50-v2": "ResNet-50, weights V2",
    "resnet101": "ResNet-101",
    "resnet152": "ResNet-152",
    "efficientnet-lite0": "EfficientNet-Lite0",
    "cifar-net": "a net of a race",
}

MAX_PICTURE_BYTES = 10_000_000


class Model(Value):
    """A classifier: by name, with weights of its own where a file is given. A net of a race always has a file."""

    name: ModelName = DEFAULT_MODEL
    weights: Path | None = None

    @model_validator(mode="after")
    def _a_race_has_a_file(self) -> Self:
        if self.name == "cifar-net" and self.weights is None:
            raise ValueError("a net of a race needs the file of its weights")
        return self


class Catalogue(Value):
    """Told: models, a mapping of each name that torchvision has to its file, megabytes and accuracy in percent."""

    ask: Literal["catalogue"] = "catalogue"


class Describe(Value):
    """Load a classifier and tell what it is: a `Description`."""

    ask: Literal["describe"] = "describe"
    model: Model


class Look(Value):
    """What the classifier makes of a picture. Arrays: view (H, W, 3) uint8, probabilities (K,)."""

    ask: Literal["look"] = "look"
    model: Model
    image: Path


class Attribute(Value):
    """Maps of a method, in one batch.

    Told: refused (place -> sentence), notes, targets, delta (of Integrated Gradients: how far the shares are from the
    rise of the score). Arrays, over the n pictures that could be read: maps (n, H, W), grids (n, h, w) of a layered
    method, views (n, H, W, 3) uint8, probabilities (n, K).
    """

    ask: Literal["attribute"] = "attribute"
    model: Model
    images: tuple[Path, ...] = Field(min_length=1, max_length=64)
    method: MethodName = "grad-cam"
    layer: str | None = None  # of a layered method; None: the last one
    target: int | None = Field(None, ge=0)  # a class; None: the predicted one


class Split(Value):
    """Grad-CAM at the sum of a residual block, in its two parts.

    Told: relative_error of skip + residual against total. Arrays: total, skip, residual, each (h, w).
    """

    ask: Literal["split"] = "split"
    model: Model
    image: Path
    layer: str
    target: int = Field(ge=0)


class Surgery(Value):
    """Switch off blocks. Arrays: before, after: probabilities (K,); map_before, map_after: Grad-CAM (H, W)."""

    ask: Literal["surgery"] = "surgery"
    model: Model
    image: Path
    off: tuple[str, ...] = Field(min_length=1)
    target: int = Field(ge=0)


class Sweep(Value):
    """Switch off each block in turn. Told: blocks, probability of the class as it is (whole) and without each."""

    ask: Literal["sweep"] = "sweep"
    model: Model
    image: Path
    target: int = Field(ge=0)


class Faithfulness(Value):
    """Deletion and insertion of a map, of a random order and of a centre Gaussian.

    Told: orders (3), areas (3, 2). Arrays: curves (3, 2, steps + 1), deletion first.
    """

    ask: Literal["faithfulness"] = "faithfulness"
    model: Model
    image: Path
    method: MethodName = "grad-cam"
    layer: str | None = None
    target: int = Field(ge=0)


class Randomise(Value):
    """Re-initialise stage by stage, from the classifier down.

    Told: methods, stages, correlations: a row a stage, a value a method; null where a map has no contrast.
    """

    ask: Literal["randomise"] = "randomise"
    model: Model
    image: Path
    layer: str | None = None
    target: int = Field(ge=0)


NetQuestion = Initial | Shatter | Family | Chain | Stream
Question = Annotated[
    Catalogue | Describe | Look | Attribute | Split | Surgery | Sweep | Faithfulness | Randomise | NetQuestion,
    Field(discriminator="ask"),
]
QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


class Layer(Value):
    """A place in the net at which a map can be made."""

    name: str  # of the module, such as "layer4.2"
    title: str  # such as "stage 4, block 3"
    channels: int
    grid: tuple[int, int]  # (h, w)
    adds: bool  # ends in a residual addition
    switchable: bool  # and its shortcut is the identity, so the branch can be switched off


class Description(Value):
    """A classifier, as its loader found it."""

    title: str
    source: str  # where the weights come from
    facts: dict[str, Any]  # accuracy, parameters, as the weights' own object states them
    categories: tuple[str, ...]
    resolution: int  # pixels a side
    layers: tuple[Layer, ...]
    refused: dict[MethodName, str]  # methods that would be wrong on this net, and why
    forward_s: float  # seconds of one forward pass

    @property
    def methods(self) -> list[MethodName]:
        """Those that work on this net."""
        return [name for name in METHODS if name not in self.refused]

    def layer(self, name: str) -> Layer:
        """The layer of this name. Raises KeyError."""
        return next((layer for layer in self.layers if layer.name == name), None) or _no_layer(name)


def _no_layer(name: str) -> Layer:
    raise KeyError(name)

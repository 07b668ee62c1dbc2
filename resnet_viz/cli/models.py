"""`models download`."""

import click

from resnet_viz.cli.data import fetch
from resnet_viz.places import weights_folders
from resnet_viz.questions import DEFAULT_MODEL, TORCHVISION_MODELS, ModelName


@click.group()
def models() -> None:
    """The classifiers that can be explained."""


@models.command()
@click.argument("name", type=click.Choice(TORCHVISION_MODELS), default=DEFAULT_MODEL)
def download(name: ModelName) -> int:
    """Fetch torchvision's weights of a classifier into the cache, with their checksum."""
    return fetch(name, weights_folders()[-1])

"""`data status` and `data download`, and the progress of every download."""

import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from resnet_viz.config import TITLES, DatasetName
from resnet_viz.engine.downloads import Downloads, title_of
from resnet_viz.engine.launcher import LocalLauncher
from resnet_viz.places import cache_folder, find_dataset
from resnet_viz.questions import ModelName

LOOK_EVERY_S = 0.1


@click.group()
def data() -> None:
    """Where the images are."""


@data.command()
def status() -> None:
    """Say which data sets are on this machine, and where."""
    names: tuple[DatasetName, ...] = ("cifar10", "cifar100")
    for name in names:
        place = find_dataset(name)
        found = f"{place.folder} ({place.form})" if place else f"missing; python -m resnet_viz data download {name}"
        click.echo(f"{TITLES[name]:<20} {found}")
    click.echo(f"{TITLES['shapes']:<20} drawn when needed")
    click.echo(f"{'downloads go to':<20} {cache_folder()}")


@data.command()
@click.argument("name", type=click.Choice(["cifar10", "cifar100"]), default="cifar10")
def download(name: DatasetName) -> int:
    """Fetch CIFAR-10 or CIFAR-100 into the cache, with its checksum."""
    return fetch(name, cache_folder())


def fetch(name: DatasetName | ModelName, folder: Path) -> int:
    """Download into a folder of the cache, with a bar on stderr. Gives the exit code."""
    downloads, title = Downloads(LocalLauncher()), title_of(name)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    try:
        downloads.start(name)
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(f"fetching {title}", total=None)
            while (state := downloads.state) is not None and state.active:
                progress.update(task, completed=state.done, total=state.total or None)
                time.sleep(LOOK_EVERY_S)
    finally:
        downloads.close()
    if state is not None and state.message:
        click.echo(f"error: {state.message}", err=True)
        return 1
    click.echo(f"{title} is in {folder}")
    return 0

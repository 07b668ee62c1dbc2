"""What a person wrote of classifier, layer and class, as what a question needs; or a sentence that says what to write.

All raise click.UsageError for a bad option, and click.ClickException for what is not on this machine.
"""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from resnet_viz.attribution import METHODS, MethodName
from resnet_viz.cli.pictures import is_text, printable, say
from resnet_viz.engine.store import Store
from resnet_viz.places import has_weights, weights_name
from resnet_viz.questions import (
    DEFAULT_MODEL,
    MODEL_TITLES,
    OFFLINE_MODEL,
    Catalogue,
    Description,
    Model,
    ModelName,
    Question,
)

LISTED = 20  # layers that a sentence names in full
NEAR = 5  # names that a sentence offers instead of an unknown one

Tell = Callable[[Question], dict[str, Any]]  # the answer to a question


def choose_model(tell: Tell, name: ModelName | None, weights: Path | None, run: str | None) -> tuple[Model, str]:
    """The classifier, and what the results call it.

    Raises:
        NoSuchRun: the store has no run of this id.
    """
    if run is not None:
        if name is not None or weights is not None:
            raise click.UsageError("--run brings a net with its weights: leave out --model and --weights.")
        return _stored_net(run)
    if weights is not None and not is_text(str(weights)):
        raise click.UsageError(f"The name {printable(str(weights))} is not in UTF-8: rename the file.")
    if name is None:
        name = DEFAULT_MODEL if weights is not None else _default(tell)
    return Model(name=name, weights=weights), name


def _default(tell: Tell) -> ModelName:
    if has_weights(str(tell(Catalogue())["models"][DEFAULT_MODEL]["file"])):
        return DEFAULT_MODEL
    say(
        f"The weights of {MODEL_TITLES[DEFAULT_MODEL]} are not on this machine (python -m resnet_viz models download "
        f"fetches them): {MODEL_TITLES[OFFLINE_MODEL]} answers.",
        err=True,
    )
    return OFFLINE_MODEL


def _stored_net(named: str) -> tuple[Model, str]:
    """The net of ID[:ARM]."""
    run, _, written = named.partition(":")
    store = Store()
    try:
        arms = len(store.run(run).config.arms)
    finally:
        store.close()
    if (written or "0") not in map(str, range(arms)):
        raise click.UsageError(f"--run {printable(named)}: the arms of this run are 0 to {arms - 1}.")
    arm = int(written or 0)
    path = store.folder / run / weights_name(arm)
    if not path.is_file():
        raise click.ClickException(f"The run {run} has no weights of arm {arm}: only a finished run keeps them.")
    return Model(name="cifar-net", weights=path), f"{run}:{arm}"


def choose_layer(description: Description, method: MethodName, layer: str | None) -> str | None:
    """The layer at which the method looks; None if it looks at none."""
    if method in description.refused:
        reason = description.refused[method]
        raise click.UsageError(f"{METHODS[method].title} is not offered for {description.title}: {reason}.")
    names = [known.name for known in description.layers]
    if layer is not None and layer not in names:
        listed = ", ".join(names) if len(names) <= LISTED else f"{names[0]} … {names[-1]}"
        raise click.UsageError(f"{description.title} has no layer {printable(layer)!r}; choose from {listed}.")
    return (layer or names[-1]) if METHODS[method].layered else None


def choose_class(description: Description, target: str) -> int:
    """The class of this number or name."""
    title, names = description.title, description.categories
    if target.isdecimal():
        if target not in map(str, range(len(names))):
            raise click.UsageError(f"{title} has the classes 0 to {len(names) - 1}, not {target}.")
        return int(target)
    folded = [name.casefold() for name in names]
    found = [place for place, name in enumerate(names) if name == target]  # ImageNet has a Cardigan and a cardigan
    found = found or [place for place, name in enumerate(folded) if name == target.strip().casefold()]
    if len(found) > 1:
        listed = " and ".join(f"{place} ({names[place]})" for place in found)
        raise click.UsageError(f"{printable(target)!r} may be the classes {listed}: give the number.")
    if not found:
        near = get_close_matches(target.casefold(), dict.fromkeys(folded), NEAR)
        offered = ", ".join(names[folded.index(name)] for name in near)
        advice = f"near it: {offered}" if near else f"give a number from 0 to {len(names) - 1}"
        raise click.UsageError(f"{title} has no class {printable(target)!r}; {advice}.")
    return found[0]

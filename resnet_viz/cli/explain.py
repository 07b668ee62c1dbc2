"""`explain`: what a classifier sees in files and folders of pictures, and where."""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from resnet_viz.attribution import METHODS, MethodName
from resnet_viz.cli.choices import choose_class, choose_layer, choose_model
from resnet_viz.cli.pictures import Picture, Results, find_pictures, is_text, os_sentences
from resnet_viz.engine.explainer import Asking, Explainer
from resnet_viz.engine.launcher import LocalLauncher
from resnet_viz.questions import (
    DEFAULT_MODEL,
    OFFLINE_MODEL,
    TORCHVISION_MODELS,
    Attribute,
    Describe,
    Description,
    Question,
)

BATCH = 8  # pictures that the worker is given at a time, where each takes few passes; larger ones only cost memory
LOOK_EVERY_S = 0.5


@click.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@click.option(
    "--model", "name", type=click.Choice((*TORCHVISION_MODELS, OFFLINE_MODEL)),
    help=f"Default: {DEFAULT_MODEL} if its weights are here, else {OFFLINE_MODEL}.",
)  # fmt: skip
@click.option("--weights", type=click.Path(path_type=Path), metavar="FILE", help="Other weights of the model.")
@click.option("--run", metavar="ID[:ARM]", help="Instead of a model: the net of a stored run. ARM counts from 0.")
@click.option("--method", type=click.Choice(tuple(METHODS)), default="grad-cam", show_default=True)
@click.option("--layer", help="Of a method that looks at one layer. Default: the last one.")
@click.option("--target", metavar="CLASS", help="Number or name. Default: the predicted class of each picture.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write each map there, drawn and raw.")
@click.option("--json", "as_json", is_flag=True, help="One object a picture on stdout, and nothing else.")
def explain(
    images: tuple[str, ...], method: MethodName, layer: str | None, target: str | None, out: Path | None,
    as_json: bool, **which: Any,
) -> int:  # fmt: skip
    """Say what a classifier sees in pictures, and draw where. IMAGE is a file, or a folder of JPEG, PNG and WEBP."""
    pictures = find_pictures(images)
    if layer is not None and not METHODS[method].layered:
        raise click.UsageError(f"{METHODS[method].title} looks at no layer: leave out --layer.")
    explainer = Explainer(LocalLauncher())
    try:
        with _bar(as_json) as bar:
            task = bar.add_task("loading the model", total=len(pictures))
            model, title = choose_model(partial(_tell, explainer), **which)
            description = Description.model_validate(_tell(explainer, Describe(model=model)))
            layer = choose_layer(description, method, layer)
            place = None if target is None else choose_class(description, target)
            if out is not None:
                with os_sentences(out):
                    out.mkdir(parents=True, exist_ok=True)
            bar.update(task, description=METHODS[method].title)
            results = Results(description, title, method, layer, out, as_json, partial(bar.advance, task))
            question = partial(Attribute, model=model, method=method, layer=layer, target=place)
            _explain(explainer, question, pictures, results)
    finally:
        explainer.close()
    return int(results.failed)


def _bar(as_json: bool) -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Rich would send stdout to where the bar is: right if both are the same terminal, wrong if stdout goes to a file.
    return Progress(
        *columns, console=console, transient=True, disable=as_json or not console.is_terminal,
        redirect_stdout=sys.stdout.isatty(),
    )  # fmt: skip


def _explain(
    explainer: Explainer, question: Callable[..., Attribute], pictures: list[Picture], results: Results
) -> None:
    """Ask about each picture; `question` wants the images."""
    for picture in pictures:
        if not is_text(picture.given):
            results.refuse(picture, "Its name is not in UTF-8: rename the file.")
    known = [picture for picture in pictures if is_text(picture.given)]
    size = BATCH if METHODS[results.method].is_cheap else 1
    batches = [known[start : start + size] for start in range(0, len(known), size)]
    questions = (question(images=tuple(Path(picture.given) for picture in batch)) for batch in batches)
    for batch, asking in zip(batches, _answers(explainer, questions), strict=True):
        told, read = asking.told or {}, 0
        for place, picture in enumerate(batch):
            if str(place) in told["refused"]:
                results.refuse(picture, told["refused"][str(place)])
            else:
                arrays = {name: values[read] for name, values in asking.arrays.items()}
                results.add(picture, arrays, told["targets"][read], told["notes"][read])
                read += 1


def _answers(explainer: Explainer, questions: Iterable[Question]) -> Iterator[Asking]:
    """Answers in order. Before one is given the next question is asked, so that the worker need not wait."""
    asked: deque[Asking] = deque()
    for question in questions:
        asked.append(_ask(explainer, question))
        if len(asked) > 1:
            yield _answer(explainer, asked.popleft())
    for asking in asked:
        yield _answer(explainer, asking)


def _tell(explainer: Explainer, question: Question) -> dict[str, Any]:
    return _answer(explainer, _ask(explainer, question)).told or {}


def _ask(explainer: Explainer, question: Question) -> Asking:
    try:
        return explainer.ask(question)
    except OSError as error:
        raise click.ClickException(f"No program can be started that explains: {error.strerror or error}.") from error


def _answer(explainer: Explainer, asking: Asking) -> Asking:
    """Wait for an answer, which the explainer then forgets.

    Raises:
        click.ClickException: there is none; the sentence says why.
    """
    while (asking := explainer.wait(asking.id, LOOK_EVERY_S)).active:
        pass
    explainer.forget(asking.id)
    if not asking.answered:
        raise click.ClickException(asking.message or "There is no answer.")
    return asking

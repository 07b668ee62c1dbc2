"""`runs`: list, show, name, note, export and delete what was trained."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from resnet_viz.cli.train import result_table
from resnet_viz.config import TITLES
from resnet_viz.engine.library import MAX_RUNS, Library
from resnet_viz.engine.recorded import ENDING, NotToShip, write_recorded
from resnet_viz.engine.store import Store
from resnet_viz.exports import FORMATS, Exported, ExportError
from resnet_viz.exports.tables import TABLES
from resnet_viz.interventions import write_plan
from resnet_viz.runlog import RunLog

ENDINGS = {
    ENDING: "records", ".csv": "csv", ".json": "json", ".html": "html", ".sh": "command", ".py": "script",
}  # fmt: skip
EXPORTS = (*ENDINGS.values(), "tensorboard", "weights")


@click.group()
def runs() -> None:
    """Everything that was ever trained here."""


@runs.command("list")
@click.option("--limit", type=click.IntRange(1, MAX_RUNS), default=50, show_default=True)
@click.option("--search", default="", help="Words that are all in its name, note, nets, data set, status or device.")
def list_runs(limit: int, search: str) -> None:
    """The newest runs, those that come with the project among them."""
    found = Library(Store()).runs(search)
    if not found:
        click.echo("No run has all of these words. Leave some out, or `runs list` without --search.")
        return
    table = Table(Column("run", no_wrap=True), "name", "status", "origin", "nets", "data", "created (UTC)")
    for run in found[:limit]:
        table.add_row(
            run.id,
            escape(run.name),
            run.status,
            run.origin,
            " / ".join(run.config.labels),
            TITLES[run.config.data.name],
            run.created[:19].replace("T", " "),
        )
    Console().print(table)


@runs.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="One record a line.")
@click.option("--interventions", is_flag=True, help="What was changed, as train --interventions reads it.")
def show(run: str, as_json: bool, interventions: bool) -> None:
    """One run: its result, its configuration, where it ran."""
    store = Store()
    store.mark_interrupted()
    found = store.run(run)
    if as_json:
        for record in store.records(run):
            click.echo(record.model_dump_json())
        return
    log = RunLog(run, found.config, store.records(run))
    if interventions:
        click.echo(write_plan(log.interventions), nl=False)
        return
    if log.started:
        Console().print(result_table(log))
    where = f"{found.device}, {found.threads} threads, {found.precision}" if found.device else "never started"
    click.echo(f"{found.status} ({found.origin}), created {found.created}, ended {found.ended or '-'}; {where}")
    for text in filter(None, (found.name, found.note, found.message)):
        click.echo(text)
    click.echo(found.config.model_dump_json(indent=1))


@runs.command()
@click.argument("run", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write.")
@click.option(
    "--format",
    "form",
    type=click.Choice(EXPORTS),
    help=f"By default what the ending of OUT says: {', '.join(map(' '.join, ENDINGS.items()))}. "
    "Records are what ships with the project from resnet_viz/recorded/; tensorboard and weights are zip files.",
)
@click.option("--table", type=click.Choice([*TABLES]), help="Which one csv is; steps by default.")
def export(run: tuple[str, ...], out: Path, form: str | None, table: str | None) -> None:
    """Write a run to a file: records, tables, report, event files, weights, or how to run it again.

    Several runs (the seeds of one experiment, say) go into one csv, whose columns run and seed say whose a line is.
    """
    form = form or next((form for ending, form in ENDINGS.items() if out.name.endswith(ending)), None)
    if form is None:
        raise click.UsageError(f"The ending of {out.name} says no format: give --format, or end it in .csv or .html.")
    if table is not None and form != "csv":
        raise click.UsageError("--table chooses a table of csv: leave it out, or give --format csv.")
    if len(run) > 1 and form != "csv":
        raise click.UsageError("Several runs fit into a csv only: name one, or let OUT end in .csv.")
    form = table or "steps" if form == "csv" else form
    try:
        _write(Library(Store()), run, out, form)
    except OSError as error:
        raise click.BadParameter(str(error), param_hint="--out") from error
    except (ExportError, NotToShip) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{out}: {out.stat().st_size / 1000:.0f} kB")


def _write(library: Library, runs: Sequence[str], out: Path, form: str) -> None:
    exported = [_exported(library, run) for run in runs]
    if form in TABLES:
        out.write_bytes(TABLES[form](*exported).encode())
    elif form == "records":
        write_recorded(library.run(runs[0]), exported[0].records, out)
    else:
        out.write_bytes(FORMATS[form].content(exported[0]))


def _exported(library: Library, run: str) -> Exported:
    found = library.run(run)
    return Exported(found, tuple(library.records(run)), tuple(library.weights(found)))


@runs.command()
@click.argument("run")
@click.argument("name")
def rename(run: str, name: str) -> None:
    """Give a run a name; "" takes it away."""
    Library(Store()).rename(run, name)


@runs.command()
@click.argument("run")
@click.argument("text")
def note(run: str, text: str) -> None:
    """Give a run a note; "" takes it away."""
    Library(Store()).annotate(run, text)


@runs.command()
@click.argument("run")
def delete(run: str) -> None:
    """Remove a run that is over: its records and its weights."""
    Library(Store()).delete(run)
    click.echo(f"run {run} is deleted")

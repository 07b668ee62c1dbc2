"""`runs list`, `runs show` and `runs delete`."""

import shutil
from pathlib import Path

import click
from rich.console import Console
from rich.table import Column, Table

from resnet_viz.cli.train import result_table
from resnet_viz.config import TITLES
from resnet_viz.engine.recorded import ENDING, recorded, write_recorded
from resnet_viz.engine.store import Store
from resnet_viz.interventions import write_plan
from resnet_viz.runlog import RunLog


@click.group()
def runs() -> None:
    """Everything that was ever trained here."""


@runs.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def list_runs(limit: int) -> None:
    """The newest runs, newest first."""
    store = Store()
    store.mark_interrupted()
    found = [*store.list(limit), *recorded().values()]
    table = Table(Column("run", no_wrap=True), "status", "origin", "nets", "data", "created (UTC)")
    for run in found:
        table.add_row(
            run.id,
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
    if found.message:
        click.echo(found.message)
    click.echo(found.config.model_dump_json(indent=1))


@runs.command()
@click.argument("run")
@click.option("--out", type=click.Path(path_type=Path), required=True, help=f"File to write; ends in {ENDING}.")
def export(run: str, out: Path) -> None:
    """Write the records of a run to a file; in resnet_viz/recorded/ it ships with the project."""
    store = Store()
    try:
        write_recorded(store.run(run), store.records(run), out)
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="--out") from error
    click.echo(f"{out}: {out.stat().st_size / 1000:.0f} kB")


@runs.command()
@click.argument("run")
def delete(run: str) -> None:
    """Remove a run that is over: its records and its weights."""
    store = Store()
    store.mark_interrupted()
    store.delete(run)
    shutil.rmtree(store.folder / run, ignore_errors=True)
    click.echo(f"run {run} is deleted")

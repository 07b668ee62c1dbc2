"""`train`: an experiment without a browser, stored like any other."""

import queue
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, get_args

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table

from resnet_viz import config as limits
from resnet_viz import net_config as net_limits
from resnet_viz.charts.sentences import result_row
from resnet_viz.charts.verdict import footnote, verdict
from resnet_viz.config import DatasetName, ExperimentConfig, default_experiment
from resnet_viz.engine import groups
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import Store
from resnet_viz.interventions import Planned, read_plan
from resnet_viz.places import find_dataset
from resnet_viz.presets import PRESETS, with_arms
from resnet_viz.records import Failed, Finished, Record, Step
from resnet_viz.repeats import MAX_SEEDS
from resnet_viz.runlog import RunLog
from resnet_viz.spelling import FORM, KINDS

DEFAULT_ARMS = ("plain:56", "residual:56")
LOOK_EVERY_S = 0.5
Inbox = queue.SimpleQueue[Record | None]  # of records; None asks to stop. Its put is safe in a signal handler
EXIT_CODES = {"finished": 0, "stopped": 130}


@click.command()
@click.option(
    "--arm",
    "arms",
    multiple=True,
    metavar=FORM,
    help=f"One to four, by default {' and '.join(DEFAULT_ARMS)}; KIND is {', '.join(KINDS)}, MODIFIER is nobn, torch, "
    "preact, bottleneck, zeronorm, skipinit, gate-2, scale0.5, survival0.5 and others.",
)
@click.option("--preset", type=click.Choice([*PRESETS]), help="Nets and budget of a preset; other options change it.")
@click.option("--data", type=click.Choice(get_args(DatasetName)), help="Default: cifar10 if it is here, else shapes.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder that holds CIFAR.")
@click.option("--train-size", type=int, help="Training images.")
@click.option("--test-size", type=int, help="Test images.")
@click.option("--classes", help="Class names, separated by commas.")
@click.option("--augment/--no-augment", default=None, help="Crop and flip.")
@click.option("--width", type=int, help="Channels of the first stage, for arms that name none.")
@click.option("--batch-norm/--no-batch-norm", default=None)
@click.option("--init", type=click.Choice(get_args(net_limits.Init)))
@click.option("--activation", type=click.Choice(get_args(net_limits.Activation)))
@click.option("--epochs", type=int)
@click.option("--batch-size", type=int)
@click.option("--learning-rate", type=float, help="The peak of the schedule.")
@click.option("--momentum", type=float)
@click.option("--weight-decay", type=float)
@click.option("--schedule", type=click.Choice(get_args(limits.Schedule)))
@click.option("--warm-up/--no-warm-up", default=None, help="A tenth of the rate until the error is below 80 %.")
@click.option("--precision", type=click.Choice(get_args(limits.Precision)))
@click.option("--threads", type=int)
@click.option("--probe-every", type=int, help="Steps between gradient records; 0: none.")
@click.option("--seed", type=int)
@click.option(
    "--seeds",
    type=click.IntRange(1, MAX_SEEDS),
    default=1,
    help=f"Repeat with the seed, the next one, and so on: {MAX_SEEDS} at most. The verdict compares the nets.",
)
@click.option(
    "--interventions",
    type=click.File("rb"),
    help="File of changes to make while it goes, as runs show RUN --interventions writes it.",
)
@click.option("--json", "as_json", is_flag=True, help="One record a line on stdout, and nothing else.")
def train(
    arms: tuple[str, ...],
    preset: str | None,
    data: DatasetName | None,
    data_dir: Path | None,
    interventions: BinaryIO | None,
    seeds: int,
    as_json: bool,
    **options: Any,
) -> int:
    """Train one to four nets in lockstep on the same batches."""
    config = _experiment(arms, preset, data or _default_data(data_dir), options)
    plan = read_plan(interventions.read()) if interventions else ()
    records: Inbox = queue.SimpleQueue()
    manager = Manager(Store(), data_dir=data_dir, origin="cli", keep_warm=False, listener=records.put)
    try:
        manager.open()
        code = _follow(manager, _submit(manager, config, seeds, plan), records, as_json)
    finally:
        manager.close()
    if manager.notice:
        click.echo(f"error: {manager.notice}", err=True)
    return 1 if manager.notice else code


def _submit(manager: Manager, config: ExperimentConfig, seeds: int, plan: tuple[Planned, ...]) -> list[str]:
    """Ids of the runs, by seed; one alone belongs to no group."""
    if seeds == 1:
        return [manager.submit(config, "cli", plan)]
    return [run.id for run in groups.members(manager, groups.submit(manager, config, "cli", seeds, plan))]


def _default_data(data_dir: Path | None) -> DatasetName:
    if find_dataset("cifar10", data_dir) is not None:
        return "cifar10"
    click.echo("CIFAR-10 is not on this machine: training on shapes, a synthetic set.", err=True)
    return "shapes"


def _experiment(
    arms: tuple[str, ...], preset: str | None, data: DatasetName, options: dict[str, Any]
) -> ExperimentConfig:
    given = {name: value for name, value in options.items() if value is not None}
    if "classes" in given:
        given["classes"] = tuple(name.strip() for name in given["classes"].split(","))
    if preset is None:
        return with_arms(default_experiment(data, **given), arms or DEFAULT_ARMS)
    if arms:
        raise click.UsageError("--preset names the nets: leave out --arm.")
    return PRESETS[preset].experiment(data, **given)


def _follow(manager: Manager, runs: list[str], records: Inbox, as_json: bool) -> int:
    """Pass the records of one run after the other on, until all are over. Ctrl-C stops them all."""
    with _ctrl_c_says_none(records):
        told = groupby(_told(manager, runs, records), itemgetter(0))
        codes = [_pass_on(manager, run, (one for _, one in said if one is not None), as_json) for run, said in told]
    if len(runs) > 1 and not as_json:
        found = groups.snapshots(manager, runs)
        for line in filter(None, (*verdict(found), footnote(found))):
            click.echo(line)
    return max(codes)


def _told(manager: Manager, runs: list[str], records: Inbox) -> Iterator[tuple[str, Record | None]]:
    """Each record with its run, and None at the end of each run, in the order of the runs."""
    left = deque(runs)
    while left:
        try:
            record = records.get(timeout=LOOK_EVERY_S)
        except queue.Empty:
            while left and not manager.snapshot(left[0]).is_active and records.empty():
                yield left.popleft(), None  # its worker is gone, and said nothing; or it never had one
            continue
        if record is None:
            groups.stop(manager, runs)
            continue
        while record.run != left[0]:
            yield left.popleft(), None
        yield record.run, record
        if isinstance(record, Finished | Failed):
            yield left.popleft(), None


def _pass_on(manager: Manager, run: str, records: Iterable[Record], as_json: bool) -> int:
    """Show how far a run is, or print its records; then what came of it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    log = RunLog(run, manager.snapshot(run).config)  # from memory: a store that is locked for a while stops no training
    progress = Progress(*columns, console=Console(stderr=True), disable=as_json, transient=True)
    with progress:
        task = progress.add_task("starting", total=log.course.total_steps)
        for record in records:
            log.add(record)
            if as_json:
                sys.stdout.write(record.model_dump_json() + "\n")
                sys.stdout.flush()
            elif isinstance(record, Step):
                total = log.course.total_steps
                where = f"seed {log.config.seed}, step {record.step}/{total}"
                progress.update(task, completed=record.step, total=total, description=where)
    return _report(manager, run, log, as_json)


@contextmanager
def _ctrl_c_says_none(records: Inbox) -> Iterator[None]:
    """The first Ctrl-C puts None among the records; the second one ends the program at once."""

    def handler(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        records.put(None)

    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _report(manager: Manager, run: str, log: RunLog, as_json: bool) -> int:
    snapshot = manager.snapshot(run)
    if not as_json and log.started:
        Console().print(result_table(log))
    if not as_json:
        click.echo(f"run {run}: seed {snapshot.config.seed}, {snapshot.status}, {log.wall_s:.0f} s")
    if snapshot.message:
        click.echo(f"error: {snapshot.message}", err=True)
    return EXIT_CODES.get(snapshot.status, 1)


def result_table(log: RunLog) -> Table:
    """What came of each arm."""
    rows = [result_row(arm) for arm in log.snapshot().arms]
    table = Table(*(Column(name, justify="left" if name == "net" else "right") for name in rows[0]))
    for row in rows:
        table.add_row(*row.values())
    return table

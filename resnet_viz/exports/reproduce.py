"""How to make the same run again: a command line, and a script that uses the package.

Both name the threads and the precision that the run had: with them, the same machine gives the same numbers.
"""

import json
import shlex
from typing import Any

from resnet_viz.config import MAX_THREADS, DataConfig, ExperimentConfig, default_experiment
from resnet_viz.exports.run import Exported, ExportError
from resnet_viz.interventions import write_plan
from resnet_viz.net_config import Value
from resnet_viz.records import ACTIVE, Started, Status
from resnet_viz.runlog import Snapshot
from resnet_viz.spelling import spell

PROGRAM = ("python", "-m", "resnet_viz", "train")
PLAN_FILE = "changes.jsonl"
WIDTH = 120  # characters of a line of the script, if it can be
END = "END_OF_CHANGES"  # of the file within the command: no line of JSON is this word


def resolved(config: ExperimentConfig, started: Started | None) -> ExperimentConfig:
    """The configuration with what the machine made of `auto`; as it is while the run has not begun."""
    if started is None:
        return config
    found = {"precision": started.precision, "threads": started.threads}
    if started.threads > MAX_THREADS:  # of a machine so large, a configuration can only say "all"
        del found["threads"]
    return config.model_copy(update={"train": config.train.model_copy(update=found)})


def arguments(config: ExperimentConfig) -> list[str]:
    """The options of `train` that say an experiment: its nets, its data, its seed, and all that is not as usual.

    Raises:
        ExportError: the name of a class can't be written on a command line.
    """
    usual = default_experiment(config.data.name)
    words = [word for arm in config.arms for word in ("--arm", spell(arm, usual.arms[0]))]
    words += ["--data", config.data.name, *_changed(config.data, usual.data), *_changed(config.train, usual.train)]
    return [*words, "--seed", str(config.seed)]


def command_line(snapshot: Snapshot) -> str:
    """The command for a shell, with the file of what was changed before it where there is one.

    Raises:
        ExportError: the name of a class can't be written on a command line.
    """
    words = [*PROGRAM, *arguments(resolved(snapshot.config, snapshot.started))]
    if not snapshot.interventions:
        return shlex.join(words) + "\n"
    command = shlex.join([*words, "--interventions", PLAN_FILE])
    return f"cat > {PLAN_FILE} <<'{END}'\n{write_plan(snapshot.interventions)}{END}\n{command}\n"


def script(snapshot: Snapshot) -> str:
    """A Python program that prints the records of the same run, and keeps its weights."""
    config = resolved(snapshot.config, snapshot.started)
    versions = snapshot.started.versions if snapshot.started else {}
    made = ", ".join(f"{name} {version}" for name, version in versions.items())
    plan = "".join(f"    {_source(planned)},\n" for planned in snapshot.interventions)
    return _SCRIPT.format(
        run=snapshot.run,
        made=f"# It was made with {made}.\n" if made else "",
        more_imports=_PLAN_IMPORTS if plan else "",
        config=experiment_source(config),
        plan=f"plan = [\n{plan}]\n" if plan else "",
        steered="control=Rehearsed(Unattended(), plan), " if plan else "",
    )


def experiment_source(config: ExperimentConfig) -> str:
    """The configuration as Python."""
    nets = [_source(arm) for arm in config.arms]
    arms = f"    arms=({', '.join(nets)}{',' if len(nets) == 1 else ''}),\n"
    if len(arms) > WIDTH:
        arms = "\n        ".join(["    arms=(", *(f"{net}," for net in nets)]) + "\n    ),\n"
    return (
        f"ExperimentConfig(\n{arms}    data={_source(config.data)},\n"
        f"    train={_source(config.train)},\n    seed={config.seed},\n)"
    )


def limits_sentence(snapshot: Snapshot) -> str:
    """Where the repetition will differ from the run; empty where it will not."""
    all_diverged = all(arm.diverged_at is not None for arm in snapshot.arms)  # so does its repetition
    return "" if all_diverged else _LIMITS.get(snapshot.status, "").format(step=f"{snapshot.step:,}")


def command_text(run: Exported) -> str:
    """The command as a file."""
    return command_line(run.snapshot)


def script_text(run: Exported) -> str:
    """The script as a file."""
    return script(run.snapshot)


def _changed(value: Value, usual: Value) -> list[str]:
    """An option for each field that is not as usual; the set of images has its own."""
    words = []
    for field in type(value).model_fields:
        given = getattr(value, field)
        if given != getattr(usual, field) and (type(value), field) != (DataConfig, "name"):
            words += _option(field.replace("_", "-"), given)
    return words


def _option(name: str, given: Any) -> list[str]:
    match given:
        case bool():
            return [f"--{name}" if given else f"--no-{name}"]
        case tuple():
            if any("," in word or word != word.strip() for word in given):
                raise ExportError("A name of a class with a comma, or a space at its end, fits no command line.")
            return [f"--{name}", ",".join(given)]
        case _:
            return [f"--{name}", str(given)]  # of a float, the shortest text that gives it back


def _source(value: Value) -> str:
    """A call that makes the value: with what a reader wants to see, and what is not at its default."""
    fields = type(value).model_fields
    given = {name: getattr(value, name) for name in fields}
    said = [name for name, field in fields.items() if name in _ALWAYS or given[name] != field.default]
    return f"{type(value).__name__}({', '.join(f'{name}={_literal(given[name])}' for name in said)})"


def _literal(given: Any) -> str:
    """As Python reads it; text in the quotes of this project."""
    return json.dumps(given) if isinstance(given, str) else repr(given)


_ALWAYS = {"depth", "shortcut", "width", "name", "train_size", "test_size", "epochs", "batch_size", "learning_rate"}


_LIMITS: dict[Status, str] = {
    "stopped": "This run was stopped after step {step}. The repetition goes on to its end; until there its numbers are "
    "the same.",
    "interrupted": "This run broke off after step {step}. The repetition goes on to its end; until there its numbers "
    "are the same.",
    "failed": "This run failed after step {step}. The repetition may go on; until there its numbers are the same.",
    **dict.fromkeys(
        ACTIVE, "This run is still going: what is changed from now on is not in it. Look again when it is over."
    ),
}

_PLAN_IMPORTS = """\
from resnet_viz.control import Rehearsed, Unattended
from resnet_viz.interventions import Planned
"""

_SCRIPT = '''\
"""Makes run {run} of resnet-viz again. Start it in the folder of the project."""
{made}
from pathlib import Path

from resnet_viz.config import DataConfig, ExperimentConfig, NetConfig, TrainConfig
from resnet_viz.data import load_data
from resnet_viz.machine import resolve, set_up_threads
from resnet_viz.records import stamped
from resnet_viz.training import train
{more_imports}
config = {config}
{plan}set_up_threads(config.train.threads)  # before the first operation
images = load_data(config.data, config.seed)
records = train(config, images, resolve(config.train), {steered}weights_folder=Path("weights-{run}"))
for record in stamped("{run}", records):
    print(record.model_dump_json())
'''

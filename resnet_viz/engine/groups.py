"""Groups: one experiment over several seeds, as runs that share a group id and wait for each other in the queue."""

from collections.abc import Iterable

from resnet_viz.config import ExperimentConfig
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import NoSuchRun, new_id
from resnet_viz.engine.tables import Run
from resnet_viz.interventions import Planned, check
from resnet_viz.repeats import repeats
from resnet_viz.runlog import Snapshot


def submit(manager: Manager, config: ExperimentConfig, token: str, seeds: int, plan: Iterable[Planned] = ()) -> str:
    """Queue an experiment once for each seed; the same token and experiment give the same group. Gives the group's id.

    Args:
        plan: what is changed in each of them while it goes.
    Raises:
        ConfigError: so many seeds can't be, or the plan does not fit the experiment; nothing is begun.
        StoreError: the runs can't be stored. Those that could be are begun; the same call goes on from there.
        NoSuchRun: one that was begun by an earlier call is deleted.
    """
    first, *others = repeats(config, seeds)
    plan = check(config, plan)
    token = f"{token} {config.model_dump_json()}"  # a group is of one experiment, also where the form was changed since
    run = manager.submit(first, f"{token}.0", plan, new_id())
    group = manager.library.run(run).group_id  # of an earlier call, where the token is known
    assert group is not None
    for place, other in enumerate(others, start=1):
        manager.submit(other, f"{token}.{place}", plan, group)
    return group


def members(manager: Manager, group: str) -> list[Run]:
    """The runs of a group, by seed.

    Raises:
        NoSuchRun: there is no such group.
        StoreError: the store can't be read.
    """
    found = manager.library.group(group)
    if not found:
        raise NoSuchRun(f"There is no group {group!r} in the store. Its runs may have been deleted.")
    return found


def snapshots(manager: Manager, runs: Iterable[str]) -> list[Snapshot]:
    """The runs as they are now.

    Raises:
        NoSuchRun: one of them was deleted.
        StoreError: the store can't be read.
    """
    return [manager.snapshot(run) for run in runs]


def stop(manager: Manager, runs: Iterable[str]) -> None:
    """Drop those that wait and stop the one that runs: the last first, so that none begins in between."""
    for run in reversed(list(runs)):
        manager.steer(run, "stop")

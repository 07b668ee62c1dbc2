"""The library: every run of the store and every one that ships, to be found, named, noted, looked at again, deleted."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from resnet_viz import places
from resnet_viz.config import TITLES
from resnet_viz.engine.recorded import recorded, recorded_result
from resnet_viz.engine.store import Store, StoreError
from resnet_viz.engine.tables import MAX_NAME, MAX_NOTE, Run, by_age
from resnet_viz.records import Record
from resnet_viz.runlog import RunLog

MAX_RUNS = 1_000  # of the store, the newest, that are listed
FILLED_AT_ONCE = 20  # results that one look at the list computes, so that nobody waits for long
NETS_OF = 20  # of the newest runs, the nets are offered to be explained

log = logging.getLogger(__name__)


class Refused(StoreError):
    """The library does not do this to that run; the sentence says why. Nothing has changed."""


class Library:
    """Its public methods are safe from any thread, and wait for nothing but the store."""

    def __init__(
        self, store: Store, flush: Callable[[], None] = lambda: None, forget: Callable[[str], None] = lambda _: None
    ) -> None:
        """A view of a store.

        Args:
            flush: writes what this process has not yet stored.
            forget: is given the id of a run that is deleted.
        """
        self._store, self._flush, self._forget = store, flush, forget

    def newest(self, limit: int = MAX_RUNS) -> list[Run]:
        """The newest runs of the store, newest first, without those that ship."""
        self._store.mark_interrupted()
        return self._store.list(limit)

    def group(self, group: str) -> list[Run]:
        """The runs of a group, by seed; none where there is no such group."""
        self._store.mark_interrupted()
        return self._store.group(group)

    def runs(self, search: str = "") -> list[Run]:
        """Every run in which all the words are found, newest first, those that ship among them.

        Raises:
            StoreError: the store can't be read.
        """
        found = [run for run in [*self.newest(), *recorded().values()] if matches(run, search)]
        found.sort(key=by_age, reverse=True)
        return self._with_results(found)

    def run(self, run: str) -> Run:
        """One run.

        Raises:
            NoSuchRun: none has this id.
            StoreError: the store can't be read.
        """
        return self._with_results([self._store.run(run)])[0]

    def records(self, run: str) -> list[Record]:
        """All that a run has said until now.

        Raises:
            StoreError: the store can't be read.
        """
        self._flush()
        return list(self._store.records(run))

    def weights(self, run: Run) -> list[Path]:
        """The files of weights of a run that are kept, in the order of its arms."""
        names = map(places.weights_name, range(len(run.config.arms)))
        return [path for name in names if (path := self._store.folder / run.id / name).is_file()]

    def nets(self) -> list[tuple[Run, int, Path]]:
        """The nets of the newest runs whose weights are kept: run, arm, file."""
        return [
            (run, arm, path)
            for run in self.newest(NETS_OF)
            for arm in range(len(run.config.arms))
            if (path := self._store.folder / run.id / places.weights_name(arm)).is_file()
        ]

    def rename(self, run: str, name: str) -> None:
        """Give a run a name; an empty one takes it away.

        Raises:
            Refused: it is read-only, or the name is too long.
            NoSuchRun: none has this id.
        """
        name = " ".join(_printable(name).split())
        self._describe(run, name, MAX_NAME, "name")

    def annotate(self, run: str, note: str) -> None:
        """Give a run a note, lines and all; an empty one takes it away.

        Raises:
            Refused: it is read-only, or the note is too long.
            NoSuchRun: none has this id.
        """
        note = "\n".join(map(_printable, note.strip().splitlines()))
        self._describe(run, note, MAX_NOTE, "note")

    def delete(self, run: str) -> None:
        """Remove a run that is over: its records and its weights.

        Raises:
            StoreError: it is still going, or read-only.
            NoSuchRun: none has this id.
        """
        self._store.mark_interrupted()
        self._flush()  # what came later would have no run to belong to
        self._store.delete(run)
        self._forget(run)
        shutil.rmtree(self._store.folder / run, ignore_errors=True)  # an id of the store, never what a visitor typed

    def _describe(self, run: str, text: str, most: int, field: Literal["name", "note"]) -> None:
        if self._store.run(run).read_only:
            raise Refused(f"Run {run} is a recording that comes with the project: its {field} stays as it is.")
        if len(text) > most:
            raise Refused(f"A {field} has at most {most:,} characters, and this one has {len(text):,}. Shorten it.")
        self._store.describe(run, field, text)

    def _with_results(self, runs: list[Run]) -> list[Run]:
        """The same runs; what came of one that ended without saying so is read off its records."""
        lacking = [place for place, run in enumerate(runs) if run.result is None and not run.is_active]
        for place in lacking[:FILLED_AT_ONCE]:
            runs[place] = self._filled(runs[place])
        return runs

    def _filled(self, run: Run) -> Run:
        if run.id not in recorded():
            result = RunLog(run.id, run.config, self._store.records(run.id)).result()
            self._store.set_result(run.id, result)
            return replace(run, result=result)
        try:
            return replace(run, result=recorded_result(run.id))
        except OSError:  # the list is worth seeing without it; opening that run says what is wrong
            log.exception("recording %s", run.id)
            return run


def matches(run: Run, search: str) -> bool:
    """Whether each word is somewhere in what is known of a run, in capitals or not."""
    data = run.config.data.name
    told = [run.id, run.name, run.note, *run.config.labels, data, TITLES[data], run.status, run.device, run.origin]
    told += [f"seed {run.config.seed}", run.group_id]
    text = "\n".join(filter(None, told)).casefold()
    return all(word in text for word in search.casefold().split())


def _printable(text: str) -> str:
    """A line without what a terminal or a page would obey."""
    return "".join(character if character.isprintable() else " " for character in text)

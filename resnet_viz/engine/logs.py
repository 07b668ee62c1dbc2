"""The columns of runs in memory: those that this process runs, and those that were looked at lately."""

from collections import OrderedDict

from resnet_viz.config import ExperimentConfig
from resnet_viz.engine.store import Store
from resnet_viz.records import ACTIVE
from resnet_viz.runlog import RunLog

KEPT_LOGS = 32  # runs whose columns stay in memory


class Logs:
    """Not locked: its owner sees to that."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._logs: OrderedDict[str, RunLog] = OrderedDict()
        self._own: set[str] = set()  # runs whose records come in here, not from the store

    def __getitem__(self, run: str) -> RunLog:
        """The columns of a run that is in memory."""
        return self._logs[run]

    def is_active(self, run: str) -> bool:
        """Whether a run in memory goes on; one that was dropped from it is over."""
        return run in self._logs and self._logs[run].status in ACTIVE

    def begin(self, run: str, config: ExperimentConfig) -> None:
        """A run of this process, without records yet."""
        self._own.add(run)
        self._keep(RunLog(run, config))

    def is_own(self, run: str) -> bool:
        """Whether this process runs it."""
        return run in self._own

    def unfinished(self) -> list[str]:
        """The runs of this process that are not over."""
        return [run for run in self._own if self.is_active(run)]

    def latest(self, run: str) -> RunLog:
        """The columns of a run: from memory if it is run here, else brought up to date from the store.

        Raises:
            NoSuchRun: the store has none with this id.
            StoreError: the store can't be read.
        """
        if run in self._own and run in self._logs:
            return self._logs[run]
        known = self._logs.get(run)
        if known is None or known.status in ACTIVE:
            self._store.mark_interrupted()
            stored = self._store.run(run)
            known = known or RunLog(run, stored.config)
            for record in self._store.records(run, since=known.seq):
                known.add(record)
            known.status, known.message = stored.status, stored.message
            self._keep(known)
        return known

    def forget(self, run: str) -> None:
        """Drop the columns of a run that is deleted."""
        self._logs.pop(run, None)
        self._own.discard(run)

    def _keep(self, run_log: RunLog) -> None:
        self._logs[run_log.run] = run_log
        for run in list(self._logs):
            if len(self._logs) <= KEPT_LOGS:
                break
            if self._logs[run].status not in ACTIVE and run != run_log.run:
                del self._logs[run]
                self._own.discard(run)  # from now on it is read from the store

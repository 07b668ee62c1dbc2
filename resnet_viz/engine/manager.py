"""The manager: queues experiments, keeps a worker warm, follows what workers say, answers pages from memory."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from resnet_viz.config import ExperimentConfig
from resnet_viz.engine.downloads import Downloads
from resnet_viz.engine.explainer import Explainer
from resnet_viz.engine.launcher import Launcher, LocalLauncher, Worker
from resnet_viz.engine.library import Library
from resnet_viz.engine.logs import Logs
from resnet_viz.engine.protocol import Action, Ready, Steer, TrainJob, parse_line
from resnet_viz.engine.store import INTERRUPTED, Store
from resnet_viz.engine.writer import Writer
from resnet_viz.interventions import Change, Planned, check
from resnet_viz.records import Origin, Record, Status
from resnet_viz.runlog import Snapshot

STOP_GRACE_S = 5.0  # a worker that was asked to stop and does not is killed
CLOSE_GRACE_S = 3.0

log = logging.getLogger(__name__)


@dataclass
class _Job:
    """A worker and the run it was given; None while it waits."""

    worker: Worker
    run: str | None = None
    ready: bool = False
    stopping: bool = False


class Manager:
    """One training slot, first come first served.

    Its public methods are safe from any thread, and none but `close` waits for a worker.
    """

    def __init__(
        self,
        store: Store,
        launcher: Launcher | None = None,
        *,
        data_dir: Path | None = None,
        origin: Origin = "live",
        keep_warm: bool = True,
        listener: Callable[[Record], None] | None = None,
    ) -> None:
        """Not yet open.

        Args:
            data_dir: where CIFAR is looked for first.
            keep_warm: whether an idle worker waits for the next Start.
            listener: is given every record of this manager's runs, on a thread of the manager.
        """
        self._store = store
        self._launcher = launcher or LocalLauncher()
        self._data_dir, self._origin, self._keep_warm = data_dir, origin, keep_warm
        self._listener = listener
        self._lock = threading.RLock()
        self._writer = Writer(store)
        self._logs = Logs(store)
        self._tokens: dict[str, str] = {}
        self._queue: deque[str] = deque()
        self._plans: dict[str, tuple[Planned, ...]] = {}  # of runs that have not begun
        self._job: _Job | None = None
        self._readers: list[threading.Thread] = []
        self._closing = False
        self.library = Library(store, self._writer.flush, self._forget)
        self.downloads = Downloads(self._launcher)
        self.explainer = Explainer(self._launcher)

    # --- life

    def open(self) -> None:
        """Mark what an earlier server left behind, and begin to warm a worker."""
        self._store.mark_interrupted()
        if self._keep_warm:
            with self._lock:
                self._start_worker()

    def close(self) -> None:
        """End all workers; what still ran is marked interrupted."""
        with self._lock:
            self._closing = True
            unfinished = self._logs.unfinished()
            self._queue.clear()
            job, readers = self._job, list(self._readers)
        self.downloads.close()
        self.explainer.close()
        if job is not None:
            job.worker.close(CLOSE_GRACE_S)
        for reader in readers:
            reader.join()
        for run in unfinished:
            if self._logs.is_active(run):
                self._set_status(run, "interrupted", INTERRUPTED)
        self._writer.close()
        self._store.close()

    # --- what pages ask

    @property
    def notice(self) -> str | None:
        """What keeps records from being stored, if anything does."""
        return self._writer.notice

    @property
    def warm(self) -> bool:
        """Whether a worker waits, ready to start at once."""
        job = self._job
        return job is not None and job.ready and job.run is None

    def submit(
        self, config: ExperimentConfig, token: str, plan: Iterable[Planned] = (), group: str | None = None
    ) -> str:
        """Queue an experiment; the same token gives the same run, so five clicks make one. Gives the run's id.

        Args:
            plan: what is changed while it goes.
            group: names the runs that it belongs to.

        Raises:
            ConfigError: the plan does not fit the experiment.
            StoreError: the run can't be stored, so it is not begun.
        """
        plan = check(config, plan)
        with self._lock:
            if token not in self._tokens:
                run = self._store.create(config, self._origin, group)
                self._tokens[token] = run.id
                self._logs.begin(run.id, config)
                self._plans[run.id] = plan
                self._queue.append(run.id)
                self._dispatch()
            return self._tokens[token]

    def steer(self, run: str, action: Action | Change) -> None:
        """Pause, resume, step, stop or change a run; nothing happens to one that is over, or that another program runs.

        Raises:
            ConfigError: it can't be changed like this, or not now.
        """
        with self._lock:
            if isinstance(action, Change) and self.is_own(run):
                self._logs[run].ask(action)
            if action == "stop" and run in self._queue:
                self._queue.remove(run)
                del self._plans[run]
                self._set_status(run, "stopped")
            elif self._job is not None and self._job.run == run:
                self._job.worker.send(Steer(action=action))
                if action == "stop" and not self._job.stopping:
                    self._job.stopping = True
                    self._after(STOP_GRACE_S, self._job.worker)

    def snapshot(self, run: str) -> Snapshot:
        """The run as it is now.

        Raises:
            NoSuchRun: the store has none with this id.
            StoreError: the store can't be read.
        """
        with self._lock:
            snapshot = self._logs.latest(run).snapshot()
            if run in self._queue:
                behind = self._queue.index(run) + (self._job is not None and self._job.run is not None)
                return replace(snapshot, queued_behind=behind)
            return snapshot

    def is_own(self, run: str) -> bool:
        """Whether this manager runs it, and can steer it."""
        return self._logs.is_own(run)

    def _forget(self, run: str) -> None:
        with self._lock:
            self._logs.forget(run)

    # --- workers

    def _start_worker(self) -> None:
        if self._closing or self._job is not None:
            return
        job = self._job = _Job(self._launcher.start())
        reader = threading.Thread(target=self._read, args=(job,), name="worker reader", daemon=True)
        self._readers = [thread for thread in self._readers if thread.is_alive()] + [reader]
        reader.start()

    def _dispatch(self) -> None:
        """Give the first queued run to the waiting worker, warm or not."""
        self._start_worker()
        job = self._job
        if job is None or job.run is not None or not self._queue:
            return
        job.run = self._queue.popleft()
        config = self._logs[job.run].config
        plan, folder = self._plans.pop(job.run), self._store.folder / job.run
        job.worker.send(TrainJob(run=job.run, config=config, plan=plan, weights_folder=folder, data_dir=self._data_dir))

    def _read(self, job: _Job) -> None:
        """Follow one worker to its end. Runs in a thread of its own: pipes can't be selected on Windows."""
        started = time.monotonic()
        for line in job.worker.lines():
            try:
                said = parse_line(line)
            except ValidationError:
                log.warning("a worker broke off in the middle of a line: %.80r", line)
                break
            with self._lock:
                if isinstance(said, Ready):
                    job.ready = True
                    log.info("worker ready after %.1f s", time.monotonic() - started)
                else:
                    self._add(said)
        code = job.worker.close(CLOSE_GRACE_S)
        with self._lock:
            self._job = None
            if job.run is not None:
                self._settle(job, code)
            if self._queue or (job.run is not None and self._keep_warm):
                self._dispatch()  # a worker that died idle is not started again before it is needed

    def _add(self, record: Record) -> None:
        run_log = self._logs[record.run]
        before = run_log.status
        run_log.add(record)
        self._writer.add(record)
        if run_log.status != before:
            self._writer.set_status(record.run, run_log.status, run_log.message, run_log.result())
        if self._listener is not None:
            self._listener(record)

    def _settle(self, job: _Job, code: int) -> None:
        """A worker that ended before its run did."""
        assert job.run is not None
        if not self._logs.is_active(job.run):
            return
        if job.stopping:
            self._set_status(job.run, "stopped")
        elif code > 0:
            reason = job.worker.last_words or f"exit code {code}"
            self._set_status(
                job.run, "failed", f"The worker stopped with an error ({reason}). The log has the details."
            )
        else:
            self._set_status(job.run, "interrupted", INTERRUPTED if self._closing else _KILLED)

    def _set_status(self, run: str, status: Status, message: str | None = None) -> None:
        self._logs[run].status, self._logs[run].message = status, message
        self._writer.set_status(run, status, message, self._logs[run].result())

    def _after(self, seconds: float, worker: Worker) -> None:
        timer = threading.Timer(seconds, worker.kill)
        timer.daemon = True
        timer.start()


_KILLED = "The worker was ended from outside, perhaps for want of memory. Everything recorded until then is here."

"""Records on their way into the store: written in batches, kept and tried again when the store can't take them."""

import threading

from resnet_viz.engine.store import Store, StoreError
from resnet_viz.records import ArmResult, Record, Status

FLUSH_EVERY_S = 0.5  # so a killed server loses less than a second


class Writer:
    """The one thread of this process that writes records."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()  # of the buffers
        self._flushing = threading.Lock()  # keeps batches in order
        self._records: list[Record] = []
        self._statuses: dict[str, tuple[Status, str | None, tuple[ArmResult, ...]]] = {}
        self._notice: str | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    @property
    def notice(self) -> str | None:
        """Why the last write failed; None when all is well."""
        return self._notice

    def add(self, record: Record) -> None:
        with self._lock:
            self._records.append(record)

    def set_status(self, run: str, status: Status, message: str | None, result: tuple[ArmResult, ...]) -> None:
        """Note what becomes of a run, with what came of it until now."""
        with self._lock:
            self._statuses[run] = (status, message, result)

    def flush(self) -> None:
        """Write all that waits; what fails stays, and `notice` says why."""
        with self._flushing:
            with self._lock:
                batch, statuses = list(self._records), dict(self._statuses)
            try:
                if batch:
                    self._store.append(batch)
                with self._lock:
                    del self._records[: len(batch)]
                for run, said in statuses.items():
                    self._store.set_status(run, *said)
                    with self._lock:
                        if self._statuses.get(run) == said:
                            del self._statuses[run]
                self._notice = None
            except StoreError as error:
                self._notice = f"{error} What is not yet stored is kept in memory until then."

    def close(self) -> None:
        """Write what waits, once more, and end."""
        self._closing.set()
        self._thread.join()
        self.flush()

    def _loop(self) -> None:
        while not self._closing.wait(FLUSH_EVERY_S):
            self.flush()

"""The one door from pages to the engine. app.py opens it; tests put another manager behind it."""

import logging
import threading

import streamlit as st

from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import Store, StoreError

log = logging.getLogger(__name__)

_lock = threading.Lock()
_manager: Manager | None = None


def manager() -> Manager:
    """The manager of this server, opened on first use.

    Raises:
        StoreError: the store can't be opened; the next call tries again.
    """
    global _manager
    with _lock:
        if _manager is None:
            opened = Manager(Store())
            opened.open()
            _manager = opened
        return _manager


def manager_or_sentence() -> Manager | None:
    """The manager; None when the store can't be opened, which the page then says."""
    try:
        return manager()
    except StoreError as error:
        log.exception("store")
        st.error(str(error), icon=":material/error:")
        return None


def replace_manager(other: Manager | None) -> None:
    """Put another manager behind the door; None closes it."""
    global _manager
    with _lock:
        _manager = other


def close() -> None:
    """End the engine, if it was opened."""
    global _manager
    with _lock:
        closing, _manager = _manager, None
    if closing is not None:
        closing.close()

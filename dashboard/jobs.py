"""Fits run beside the page, in a bounded pool: the page stays free to change its mind.

A waiting job that nobody wants any more is dropped; one that runs is left to finish, and its
result is kept for whoever comes back. No streamlit here.
"""

import logging
import threading
import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from core.errors import CoreError
from dashboard.store import Store

log = logging.getLogger("shopscope")
#: Fits at a time over all sessions; more only fight for the same cores.
WORKERS = 2
_POOL = ThreadPoolExecutor(WORKERS, thread_name_prefix="fit")
_WAITING: weakref.WeakKeyDictionary[Store, dict[Hashable, Future[None]]] = (
    weakref.WeakKeyDictionary()
)
_LOCK = threading.Lock()

Task = tuple[Hashable, Callable[[], Any]]


def submit(store: Store, slot: Hashable, key: Hashable, compute: Callable[[], Any]) -> Future[None]:
    """Compute `key` into `store`; an older job in the same slot that still waits is dropped."""
    with _LOCK:
        slots = _WAITING.setdefault(store, {})
        if (older := slots.get(slot)) is not None:
            older.cancel()
        future = slots[slot] = _POOL.submit(_compute, store, key, compute)
    return future


def _compute(store: Store, key: Hashable, compute: Callable[[], Any]) -> None:
    with suppress(CoreError):  # remembered by the store, which says it again to the page
        store.get(key, compute)


def ahead(store: Store, tasks: Iterable[Task]) -> threading.Thread:
    """Compute `tasks` one after the other, so that pages find their results ready.

    Stops when the store is let go or cleared: its session ended or took other data.
    """
    thread = threading.Thread(
        target=_ahead, args=(weakref.ref(store), store.cleared, iter(tasks)), daemon=True
    )
    thread.start()
    return thread


def _ahead(reference: "weakref.ref[Store]", cleared: int, tasks: Iterator[Task]) -> None:
    for key, compute in tasks:
        with _ONE:
            store = reference()
            if store is None or store.cleared != cleared:
                return
            try:
                _compute(store, key, compute)
            except Exception as error:  # the page that asks for it will say so
                log.error("%s computing ahead", type(error).__name__)
            del store


_ONE = threading.Lock()

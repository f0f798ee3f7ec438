"""Fits run beside the page, in bounded pools: the page stays free to change its mind.

A session's older job in the same slot is dropped, even while it runs, if it can be stopped: nobody
wants it any more. No streamlit here.
"""

import logging
import threading
import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.errors import CoreError
from dashboard.store import Store
from dashboard.worker import POOL, WORKERS, StoppedError, Task

log = logging.getLogger("shopscope")
#: Fits in a process of their own, and what is computed here: neither waits for the other.
_FITS = ThreadPoolExecutor(WORKERS, thread_name_prefix="fit")
_HERE = ThreadPoolExecutor(WORKERS, thread_name_prefix="here")
_RUNNING: weakref.WeakKeyDictionary[Store, dict[Hashable, "Job"]] = weakref.WeakKeyDictionary()
_LOCK = threading.RLock()

Step = tuple[Hashable, Callable[[], Any]]


@dataclass(frozen=True, eq=False)
class Job:
    """A computation under way."""

    key: Hashable
    future: Future[None]
    compute: Callable[[], Any]

    def stop(self) -> None:
        """Drop it if it waits, end it if it runs in a process of its own."""
        if not self.future.cancel() and isinstance(self.compute, Task):
            self.compute.stop()


def submit(
    session: Store, store: Store, slot: Hashable, key: Hashable, compute: Callable[[], Any]
) -> Job:
    """Compute `key` into `store`; what the session asked before in the same slot is dropped."""
    with _LOCK:
        slots = _RUNNING.setdefault(session, {})
        older = slots.get(slot)
        if older is not None and older.key == key and not older.future.done():
            return older
        if older is not None:
            older.stop()
        pool = _FITS if isinstance(compute, Task) else _HERE
        job = slots[slot] = Job(key, pool.submit(_compute, store, key, compute), compute)
    job.future.add_done_callback(partial(_let_go, slots, slot))
    return job


def _let_go(slots: dict[Hashable, Job], slot: Hashable, future: Future[None]) -> None:
    """A job that is done must not hold on to what it worked on."""
    with _LOCK:
        if slot in slots and slots[slot].future is future:
            del slots[slot]


def _compute(store: Store, key: Hashable, compute: Callable[[], Any]) -> None:
    with suppress(CoreError):  # remembered by the store, which says it again to the page
        store.get(key, compute)


def close() -> None:
    """The program ends: what waits is dropped, and what runs in another process ends."""
    for pool in (_FITS, _HERE):
        pool.shutdown(wait=False, cancel_futures=True)
    POOL.close()


def ahead(store: Store, tasks: Iterable[Step]) -> threading.Thread:
    """Compute `tasks` one after the other, so that pages find their results ready.

    Stops when the store is let go or cleared: its session ended or took other data.
    """
    thread = threading.Thread(
        target=_ahead, args=(weakref.ref(store), store.cleared, iter(tasks)), daemon=True
    )
    thread.start()
    return thread


def _ahead(reference: "weakref.ref[Store]", cleared: int, tasks: Iterator[Step]) -> None:
    for key, compute in tasks:
        with _ONE:
            store = reference()
            if store is None or store.cleared != cleared:
                return
            try:
                _compute(store, key, compute)
            except StoppedError:  # the program ends
                return
            except Exception as error:  # the page that asks for it will say so
                log.error("%s computing ahead", type(error).__name__)
            del store


_ONE = threading.Lock()

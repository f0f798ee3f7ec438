"""Results of one session, under one byte budget for the whole process. No streamlit here.

Results live in the session's own state, not in Streamlit's session-scoped cache: that one is
emptied at every dropped connection, so a one-second blip would train every model again.
"""

import sys
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from core.errors import CoreError

#: Bytes that the results of all sessions may hold together.
MAX_BYTES = 1 << 30
#: Results that one session may hold.
MAX_RESULTS = 64


def size_of(thing: object, depth: int = 6, seen: set[int] | None = None) -> int:
    """Bytes that `thing` holds, roughly: frames and arrays exactly, containers by their members.

    What several members share is counted once.
    """
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    if isinstance(thing, pl.DataFrame | pl.Series):
        return int(thing.estimated_size())
    if isinstance(nbytes := getattr(thing, "nbytes", None), int):
        return nbytes
    members = _members(thing) if depth else []
    own = sys.getsizeof(thing)
    if len(members) > 1000:
        sample = members[:: len(members) // 500]
        return own + sum(size_of(m, depth - 1, seen) for m in sample) * len(members) // len(sample)
    return own + sum(size_of(member, depth - 1, seen) for member in members)


def _members(thing: object) -> list[object]:
    if isinstance(thing, str | bytes | type):
        return []
    if isinstance(thing, Mapping):
        return [*thing.keys(), *thing.values()]
    if isinstance(thing, list | tuple | set | frozenset):
        return list(thing)
    if all(hasattr(thing, name) for name in ("data", "indices", "indptr")):
        return [getattr(thing, name) for name in ("data", "indices", "indptr")]
    return list(vars(thing).values()) if hasattr(thing, "__dict__") else []


@dataclass(slots=True)
class _Outcome:
    value: Any
    error: CoreError | None
    size: int
    used: float

    def burden(self) -> float:
        """Bytes times the seconds they have lain unused."""
        return self.size * (time.monotonic() - self.used)

    def get(self) -> Any:  # noqa: ANN401
        self.used = time.monotonic()
        if self.error is not None:
            raise self.error.with_traceback(None)
        return self.value


@dataclass(eq=False)
class Store:
    """Key -> outcome, least recently used out first; one computation per key at a time."""

    max_results: int = MAX_RESULTS
    outcomes: OrderedDict[Hashable, _Outcome] = field(default_factory=OrderedDict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    flights: dict[Hashable, threading.Lock] = field(default_factory=dict)
    cleared: int = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self.outcomes

    def get(self, key: Hashable, compute: Callable[[], Any]) -> Any:  # noqa: ANN401
        """The outcome under `key`, computed once however many ask; a CoreError is an outcome."""
        with self.lock:
            flight = self.flights.setdefault(key, threading.Lock())
        with flight:
            if (outcome := self.outcomes.get(key)) is None:
                outcome = _compute(compute, size_of(key))
                self._put(key, outcome)
        with self.lock:
            self.flights.pop(key, None)
            if key in self.outcomes:
                self.outcomes.move_to_end(key)
        return outcome.get()

    def _put(self, key: Hashable, outcome: _Outcome) -> None:
        with self.lock:
            self.outcomes[key] = outcome
            while len(self.outcomes) > self.max_results:
                self.outcomes.popitem(last=False)

    def size(self) -> int:
        """Bytes held."""
        with self.lock:
            return sum(outcome.size for outcome in self.outcomes.values())

    def heaviest(self) -> tuple[float, Hashable] | None:
        """(burden, key) of the result that would go first."""
        with self.lock:
            return max(
                ((outcome.burden(), key) for key, outcome in self.outcomes.items()),
                key=lambda pair: pair[0],
                default=None,
            )

    def drop(self, key: Hashable) -> None:
        """Let the result under `key` go."""
        with self.lock:
            self.outcomes.pop(key, None)

    def clear(self) -> None:
        """Let everything go."""
        with self.lock:
            self.cleared += 1
            self.outcomes.clear()


def _compute(compute: Callable[[], Any], own: int) -> _Outcome:
    """own: bytes of the key, which may hold the keys of many customers."""
    try:
        value, error = compute(), None
    except CoreError as raised:
        value, error = None, raised.with_traceback(None)
    return _Outcome(value, error, own + size_of(value), time.monotonic())


class Budget:
    """All stores of the process together stay under `max_bytes`.

    What goes first has the largest space-time product: one large model, not the ten small results
    that were used just before it.

    Source: Smith (1981), Long term file migration, CACM 24(8).
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self.stores: weakref.WeakSet[Store] = weakref.WeakSet()
        self.lock = threading.Lock()

    def watch(self, store: Store) -> None:
        """Count `store` towards the budget from now on."""
        with self.lock:
            self.stores.add(store)

    def total(self) -> int:
        """Bytes that all stores hold."""
        return sum(store.size() for store in list(self.stores))

    def enforce(self) -> int:
        """Let results go until the rest fits; how many went."""
        gone = 0
        with self.lock:
            while self.total() > self.max_bytes and (found := self._heaviest()):
                store, key = found
                store.drop(key)
                gone += 1
        return gone

    def _heaviest(self) -> tuple[Store, Hashable] | None:
        found = [(heaviest, store) for store in self.stores if (heaviest := store.heaviest())]
        if sum(len(store.outcomes) for store in self.stores) <= 1 or not found:
            return None  # the one result that a page is showing stays
        (_, key), store = max(found, key=lambda pair: pair[0][0])
        return store, key

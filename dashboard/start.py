"""What a session starts on: nothing, the demo shop, or files named on the command line."""

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from core.dataset import Dataset
from dashboard import state
from dashboard.i18n import t
from dashboard.workspace import Workspace

#: Set by the launcher: {"demo": bool, "data": [path, ...]}.
START = "SHOPSCOPE_START"


def asked() -> dict[str, Any]:
    """What the command line asked for."""
    return dict(json.loads(os.environ.get(START) or "{}"))


def launched() -> bool:
    """Whether the launcher started this app; tests and bare scripts do without background work."""
    return START in os.environ


def home() -> str:
    """The page a session opens on: the overview if it starts on data."""
    return "overview" if asked().get("demo") or asked().get("data") else "data"


def begin() -> None:
    """Give a new session its dataset; the demo shop follows the language."""
    if not state.remembered("begun"):
        state.remember("begun", True)
        if asked().get("demo"):
            open_demo("medium")
        elif asked().get("data"):
            state.keep(named(tuple(asked()["data"])))
    shop, language = state.remembered("demo") or (None, None)
    if shop and language != state.language():
        open_demo(shop)


def open_demo(size: str) -> None:
    """Make the demo shop this session's dataset, in its language."""
    state.remember("uploads", [])
    state.remember("demo", (size, state.language()))
    state.keep(demo(size, state.language()))


def open_journey() -> None:
    """Make The Complete Journey this session's dataset."""
    state.remember("uploads", [])
    state.remember("demo", None)
    state.keep(journey())


def has_journey() -> bool:
    """Whether The Complete Journey is installed."""
    from sample_data import completejourney

    return completejourney.installed()


def is_shared(dataset: Dataset) -> bool:
    """Whether every session opens these data, a demo or the command line's: they share results."""
    return dataset.fingerprint in _SHARED


def demo(size: str, language: str) -> Dataset:
    """The demo shop, read once per process as any export is: it is nobody's data."""
    with _READING:  # the session that comes while it is read waits for it
        return _demo(size, language)


@cache
def _demo(size: str, language: str) -> Dataset:
    from sample_data.generate import orders_path, stock_path

    name = size if language == "en" else f"{size}-{language}"
    with state.speaking(language):
        title = t("Demo shop")
    return _shared(replace(_read((orders_path(name), stock_path(name))), name=title))


@cache
def journey() -> Dataset:
    """The Complete Journey, if its package is installed; read once per process."""
    from sample_data import completejourney

    return _shared(_read(completejourney.write(_workspace().folder / "complete_journey.parquet")))


@cache
def named(paths: tuple[str, ...]) -> Dataset:
    """The files named on the command line, read once per process."""
    return _shared(_read([Path(path) for path in paths]))


def _shared(dataset: Dataset) -> Dataset:
    _SHARED.add(dataset.fingerprint)
    return dataset


def _read(paths: Sequence[Path]) -> Dataset:
    from core.intake.load import Upload, load

    return load([Upload(path.name, path) for path in paths], folder=_workspace().folder)


@cache
def _workspace() -> Workspace:
    """What is read once per process lies here; it goes when the process ends."""
    return Workspace()


_READING = threading.Lock()
_SHARED: set[str] = set()

"""The app that `dashboard.front` loads, and what it imports and computes before it is asked."""

import asyncio
import gc
import logging
import re
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

# Streamlit imports Plotly, a third of its own time, where it can: here the first chart does.
sys.modules["plotly"] = None  # type: ignore[assignment]
import streamlit as st  # noqa: E402
from streamlit import delta_generator  # noqa: E402
from streamlit.runtime import Runtime  # noqa: E402
from streamlit.web import bootstrap, cli  # noqa: E402

from dashboard.workspace import sweep  # noqa: E402

del sys.modules["plotly"]
# It compiles a pattern of all emoji, in a tenth of a second, for the first option in Chinese: an
# option may begin with an icon. Ours never do.
NO_EMOJI = SimpleNamespace(ALL_EMOJIS=frozenset(), EMOJI_EXTRACTION_REGEX=re.compile("(?!)"))
sys.modules["streamlit.emojis"] = cast("Any", NO_EMOJI)
# With the first element it would look up every loaded module, to see if a console loaded it.
delta_generator._use_warning_has_been_displayed = True

APP = Path(__file__).with_name("app.py")
#: Seconds between two looks at what can be let go.
TIDY = 60.0


def load() -> st.App:
    """The app; Streamlit's options are read as its own command reads them: STREAMLIT_* first."""
    options = cli.main_run.make_context("run", [str(APP)]).params
    bootstrap.load_config_options(
        {name: value for name, value in options.items() if name not in ("target", "args")}
    )
    for name in ("uvicorn.error", "uvicorn.access"):  # Streamlit gave the root logger a handler
        logging.getLogger(name).setLevel(logging.WARNING)
    return st.App(APP, lifespan=lifespan)


def warm() -> None:
    """Import what the first page needs and read the demo while the browser still connects."""
    from dashboard import cache, shell, start  # noqa: F401

    if start.asked().get("demo"):
        cache.demo_ahead(start.demo("medium", "en"))


def settle() -> None:
    """What `dashboard.__main__` set aside for a start holds no longer.

    What is loaded by now is never garbage: collecting need not walk it.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    sys.setswitchinterval(0.005)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Warm up beside the first requests; tidy up from then on."""
    threading.Thread(target=_begin, daemon=True, name="warm").start()
    tidying = asyncio.create_task(_tidy())
    yield
    tidying.cancel()
    from dashboard import jobs  # loaded by now: a start must not wait for it

    jobs.close()


async def _tidy() -> None:
    while True:
        await asyncio.sleep(TIDY)
        release()


def release() -> None:
    """Let go of the sessions whose readers left: Streamlit does it when the next reader leaves.

    Their objects refer to each other, and garbage is not collected at every click (see config.toml:
    that took most of a click's time), so it is done here. A session that began while the app still
    warmed up lies among what `settle` froze: when one goes, that is walked too.
    """
    storage = getattr(Runtime.instance(), "_session_mgr", None)
    parked = getattr(getattr(storage, "_session_storage", None), "_cache", None)
    gone = parked is not None and bool(parked.expire())
    if gone:
        gc.unfreeze()
    gc.collect()
    if gone:
        gc.freeze()


def _begin() -> None:
    try:
        warm()
    finally:
        settle()
    sweep()

"""The app that `dashboard.front` loads: Streamlit with the packaged settings, and its warming up."""

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from streamlit.web import bootstrap, cli

APP = Path(__file__).with_name("app.py")


def load() -> st.App:
    """The app; Streamlit's options are read as its own command reads them: STREAMLIT_* first."""
    options = cli.main_run.make_context("run", [str(APP)]).params
    bootstrap.load_config_options(
        {name: value for name, value in options.items() if name not in ("target", "args")}
    )
    return st.App(APP, lifespan=lifespan)


def warm() -> None:
    """Import what the first page needs and read the demo while the browser still connects.

    Streamlit collects garbage after every run: what is loaded by now need not be walked.
    """
    from dashboard import cache, shell, start  # noqa: F401

    if start.asked().get("demo"):
        cache.demo_ahead(start.demo("medium", "en"))
    gc.collect()
    gc.freeze()
    gc.enable()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Warm up beside the first requests."""
    threading.Thread(target=warm, daemon=True, name="warm").start()
    yield

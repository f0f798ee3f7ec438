"""The analyses, each a module of one shape: NEEDS, Config, Result, run(dataset, config).

They are imported where they are used: some pull in heavy libraries.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import polars as pl

from core.dataset import Dataset
from core.finding import Action, Finding
from core.needs import Needs
from core.options import Options

#: What the command line calls an analysis -> its module in this package.
MODULES: Mapping[str, str] = {
    "overview": "overview",
    "segments": "segments",
    "cohorts": "cohorts",
    "lifetime_value": "lifetime_value",
    "rules": "association_rules",
    "recommendations": "recommendations",
    "churn": "churn",
    "inventory": "inventory",
    "sales_forecast": "sales_forecast",
}


class Result(Protocol):
    """What every analysis answers with; each adds tidy frames of its own.

    config: the options in force, what auto chose filled in.
    evidence: a frame in `core.evidence.SCHEMA`; empty where nothing is predicted.
    """

    @property
    def config(self) -> Options: ...  # noqa: D102
    @property
    def evidence(self) -> pl.DataFrame: ...  # noqa: D102

    def explain(self) -> list[Finding]:
        """Say what the result means, most important first, cautions marked."""

    def actions(self) -> list[Action]:
        """What is worth doing about it this week, in money."""

    def files(self) -> dict[str, pl.DataFrame]:
        """File name without ending -> the table that `shopscope analyse` writes there."""


class Analysis(Protocol):
    """A module of this package."""

    NEEDS: Needs
    Config: type[Options]
    run: Callable[[Dataset, Any], Result]


def load(name: str) -> Analysis:
    """The analysis that the command line calls `name`."""
    return cast("Analysis", importlib.import_module(f"{__name__}.{MODULES[name]}"))

"""Fixtures shared by every test."""

import importlib
import importlib.util
import os
from functools import cache
from pathlib import Path

import pytest

from core.analyses import MODULES
from core.dataset import Dataset
from core.intake.load import Upload, load

ANALYSES = [
    importlib.import_module(f"core.analyses.{name}")
    for name in MODULES.values()
    if importlib.util.find_spec(f"core.analyses.{name}")
]
#: The real export that development is measured on; not part of the project.
REAL_EXPORT = Path(__file__).parents[2] / "shared" / "data" / "online_retail.csv.gz"


@pytest.fixture(params=ANALYSES, ids=lambda module: module.__name__.rpartition(".")[2])
def analysis(request):
    """Each analysis in turn: a new one is covered by being in MODULES."""
    return request.param


@cache
def demo_shop(size: str, folder: Path) -> Dataset:
    """The demo shop, written as `shopscope sample` writes it and read as a user's file is."""
    from sample_data.generate import write

    paths = write(size, folder / f"{size}.csv")
    return load([Upload(path.name, path) for path in paths])


@pytest.fixture(scope="session")
def shops(tmp_path_factory):
    """name -> the demo shop of that size, read through intake."""
    folder = tmp_path_factory.mktemp("shops")
    return lambda size: demo_shop(size, folder)


@pytest.fixture(scope="session")
def small(shops) -> Dataset:
    return shops("small")


@pytest.fixture(scope="session")
def medium(shops) -> Dataset:
    return shops("medium")


@pytest.fixture(scope="session")
def answered(shops):
    """(analysis, size) -> its result with default options, computed once."""

    @cache
    def result(analysis, size="medium"):
        return analysis.run(shops(size), analysis.Config())

    return result


@pytest.fixture(scope="session")
def real_export() -> Path:
    if not REAL_EXPORT.exists():
        pytest.skip("the real export is not on this machine")
    return REAL_EXPORT


@pytest.fixture
def own_environment():
    """What the launcher sets in the environment goes with the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)

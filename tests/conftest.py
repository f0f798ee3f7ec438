"""Fixtures shared by every test."""

import hashlib
import importlib
import importlib.util
import os
import pickle
import re
from contextlib import contextmanager
from datetime import datetime
from functools import cache, partial
from pathlib import Path

import cloudpickle
import numpy as np
import polars as pl
import pytest

from core.analyses import MODULES
from core.dataset import Dataset
from core.intake.load import Upload, load
from dashboard.cache import key_of
from dashboard.store import Store

try:
    import fcntl
except ImportError:  # Windows: two workers may compute the same
    fcntl = None

ANALYSES = [
    importlib.import_module(f"core.analyses.{name}")
    for name in MODULES.values()
    if importlib.util.find_spec(f"core.analyses.{name}")
]
#: The real export that development is measured on; not part of the project.
REAL_EXPORT = Path(__file__).parents[2] / "shared" / "data" / "online_retail.csv.gz"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """One worker for the browser suite: it builds the wheel and serves the shops once.

    The tests of one page follow each other, so that what it looked like is seen again. Groups of
    pytest-xdist 3.8 would do, but it writes them where pytest 9 does not read.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Grouped(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            if nodeid.startswith("tests/browser/"):
                return "browser"
            page = re.match(r"tests/pages/test_pages\.py::\w+\[(\w+)", nodeid)
            return page[1] if page else nodeid

    return Grouped(config, log)


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


class Kept(Store):
    """The results of a run of tests: what one worker has computed, the others read."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def get(self, key, compute):
        return super().get(key, partial(self._once, key, compute))

    def _once(self, key, compute):
        name = hashlib.sha256(repr(key).encode()).hexdigest()
        file = self.folder / name
        with alone(self.folder / f"{name}.lock"):
            if not file.exists():
                file.write_bytes(cloudpickle.dumps(compute()))
        return pickle.loads(file.read_bytes())


@contextmanager
def alone(lock: Path):
    """One worker at a time."""
    with lock.open("w") as held:
        if fcntl is not None:
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """One store of results for all tests on the same data, as one session would have."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    (shared / "results").mkdir(exist_ok=True)
    return Kept(shared / "results")


@pytest.fixture(scope="session")
def answered(shops, results):
    """(analysis, size) -> its result with default options."""

    def result(analysis, size="medium"):
        shop, config = shops(size), analysis.Config()
        key = key_of(analysis.run, shop, config)
        return results.get(key, partial(analysis.run, shop, config))

    return result


@pytest.fixture(scope="session")
def launched():
    """Recommendations for tea and coffee drinkers, who are sold new teas and coffees at the end.

    t9 is in the list of products and was never sold; ten customers have one order only.
    """
    from core.analyses import recommendations

    rng = np.random.default_rng(1)
    lines = []
    for n in range(120):
        kind = "tea" if n % 2 else "coffee"
        for order in range(4):
            product = f"{kind} blend {rng.integers(8)}"
            lines.append((f"{n}-{order}", f"c{n:03}", product, int(rng.integers(98))))
        if n < 100:
            lines.append((f"new-{n}", f"c{n:03}", f"{kind} blend new {n // 10}", 90 + n % 9))
    lines += [(f"n{n}", f"n{n}", f"tea blend {n % 8}", 95) for n in range(10)]
    columns = ["order_id", "customer_id", "product_id", "day"]
    frame = pl.DataFrame(lines, schema=columns, orient="row").with_columns(
        quantity=pl.lit(1.0), ordered_at=pl.lit(datetime(2024, 1, 1)) + pl.duration(days="day")
    )
    table = pl.DataFrame({"product_id": ["t9"], "product_name": ["tea blend rare"]})
    dataset = Dataset("shop", "shop", frame.drop("day").lazy(), {"products": table})
    return recommendations.run(dataset, recommendations.Config(test_days=10))


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

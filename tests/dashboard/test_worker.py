"""Heavy fits in a process of their own: answers and refusals come back, a stopped one ends."""

import importlib
import os
import pickle
import threading
import time
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from core.dataset import Dataset
from core.errors import MissingColumnsError
from dashboard import worker
from dashboard.worker import Pool, StoppedError, Task


@pytest.fixture
def pool(monkeypatch):
    """One worker, ended afterwards."""
    pool = Pool(1)
    only = pool.free[0]
    monkeypatch.setattr(worker, "POOL", pool)
    yield pool
    only.retire()
    if only.timer is not None:
        only.timer.cancel()


def test_it_computes_elsewhere_and_keeps_the_process(pool):  # noqa: ARG001
    first, second = Task(os.getpid)(), Task(os.getpid)()
    assert first == second != os.getpid()


def test_a_process_that_grew_gives_way_to_a_fresh_one(pool):
    size = (worker.PEAK + 50) * 2**20
    assert Task(eval, f"len(b'x' * {size})")() == size
    assert pool.free[0].process is None
    assert Task(os.getpid)() != os.getpid()


def test_a_large_server_does_not_make_its_workers_large(pool):
    held = b"x" * ((worker.PEAK + 50) * 2**20)
    first, second = Task(os.getpid)(), Task(os.getpid)()
    assert first == second
    assert len(held) > 0
    assert pool.free[0].process is not None


def test_data_go_there_and_a_refusal_comes_back_in_words(pool):  # noqa: ARG001
    dataset = Dataset("x", "x", pl.DataFrame({"order_id": ["a"]}).lazy())
    with pytest.raises(MissingColumnsError) as raised:
        Task(Dataset.require, dataset, {"quantity"})()
    assert raised.value.values["missing"] == ["quantity"]


def test_a_result_that_holds_functions_arrives(pool):  # noqa: ARG001
    assert Task(eval, "lambda n: n + 1")()(2) == 3


def test_what_cannot_be_sent_is_computed_here(pool):  # noqa: ARG001
    assert Task(lambda: os.getpid())() == os.getpid()


def test_a_stopped_computation_ends_and_the_next_one_runs(pool):
    task, raised = Task(time.sleep, 60), []

    def run():
        with pytest.raises(StoppedError) as error:
            task()
        raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while task.worker is None or task.worker.process is None:
        time.sleep(0.01)
    begun = time.monotonic()
    task.stop()
    thread.join(5)
    assert raised
    assert time.monotonic() - begun < 2
    assert Task(partial(int, "7"))() == 7
    assert len(pool.free) == 1


def test_what_was_stopped_before_its_turn_never_starts(pool):
    task = Task(os.getpid)
    task.stop()
    with pytest.raises(StoppedError):
        task()
    assert pool.free[0].process is None


class TwoWordsError(Exception):
    """An error that pickle cannot make again: SciPy's ArpackNoConvergence is one."""

    def __init__(self, one, two):
        super().__init__(one + two)


def refuse():
    raise TwoWordsError("a", "b")


def refuse_a_lock():
    raise ValueError(threading.Lock())


@pytest.mark.parametrize("refusal", [refuse, refuse_a_lock])
def test_an_error_that_cannot_be_sent_goes_by_its_name(pool, refusal, monkeypatch):  # noqa: ARG001
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    sent = getattr(importlib.import_module(Path(__file__).stem), refusal.__name__)
    with pytest.raises(RuntimeError, match=r"TwoWordsError|ValueError"):
        Task(sent)()
    assert Task(int, "7")() == 7  # nothing is left over for whoever comes next


def test_who_stops_too_late_stops_nobody_else(pool):
    for number in range(20):
        worker = pool.take()
        worker.compute(pickle.dumps((int, (str(number),))))
        worker.stop()
        pool.give(worker)
        assert Task(int, "7")() == 7
        worker.timer.cancel()

"""What the cache promises: one run per analysis, dataset and config; bounded; never stale."""

import gc
import threading
import time
import weakref
from functools import partial

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.errors import NotEnoughDataError
from dashboard.store import Budget, Store, size_of


def script():
    import polars as pl
    import streamlit as st

    from core.dataset import Dataset
    from core.options import Options
    from dashboard.cache import cached

    runs = st.session_state["counted"]

    def run(dataset, config):  # noqa: ARG001
        runs.append(1)
        return dataset.lines.collect()["n"].sum()

    run.__module__ = st.session_state["module"]
    lines = pl.DataFrame({"n": st.session_state["numbers"]}).lazy()
    dataset = Dataset("x", st.session_state["fingerprint"], lines)
    st.session_state["sum"] = cached(run, dataset, Options())


def session(fingerprint="one", module="core.analyses.a", numbers=(1, 2)):
    app = AppTest.from_function(script)
    app.session_state["fingerprint"] = fingerprint
    app.session_state["module"] = module
    app.session_state["numbers"] = list(numbers)
    app.session_state["counted"] = []
    return app.run()


def test_a_rerun_reuses_the_result():
    assert len(session().run().session_state["counted"]) == 1


@pytest.mark.parametrize(("key", "value"), [("fingerprint", "two"), ("module", "core.analyses.b")])
def test_another_dataset_or_analysis_is_another_result(key, value):
    app = session()
    app.session_state[key] = value
    assert len(app.run().session_state["counted"]) == 2


def test_a_changed_middle_row_is_seen():
    """Streamlit's own cache hashes about twenty rows of a frame and would answer 4950 twice."""
    app = session(numbers=range(100))
    app.session_state["numbers"] = [*range(50), 1000, *range(51, 100)]
    app.session_state["fingerprint"] = "changed"
    assert app.run().session_state["sum"] == 4950 - 50 + 1000


def test_one_flight_for_many_who_ask():
    store, ran = Store(), []

    def compute():
        ran.append(1)
        time.sleep(0.05)
        return 7

    threads = [threading.Thread(target=store.get, args=("key", compute)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ran) == 1


def test_too_little_data_is_remembered_and_said_again():
    store, ran = Store(), []

    def compute():
        ran.append(1)
        raise NotEnoughDataError("There are no order lines to work on.")

    for _ in range(2):
        with pytest.raises(NotEnoughDataError):
            store.get("key", compute)
    assert len(ran) == 1


def test_an_unexpected_error_is_not_remembered():
    store, answers = Store(), [ZeroDivisionError(), 3]

    def compute():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(ZeroDivisionError):
        store.get("key", compute)
    assert store.get("key", compute) == 3


def test_the_least_recently_used_goes_first():
    store = Store(max_results=2)
    for key in ("a", "b", "a", "c"):
        store.get(key, lambda: 1)
    assert list(store.outcomes) == ["a", "c"]


def test_the_budget_holds_over_all_sessions():
    frame = pl.DataFrame({"n": range(1000)})
    budget, stores = Budget(max_bytes=20_000), [Store(), Store()]
    for number, store in enumerate(stores * 3):
        budget.watch(store)
        store.get(number, lambda: frame.clone())
        budget.enforce()
    assert budget.total() <= 20_000
    assert sum(len(store.outcomes) for store in stores) == 2


def test_one_large_result_goes_before_the_small_ones_used_before_it():
    budget, store = Budget(max_bytes=100_000), Store()
    budget.watch(store)
    for key, rows in (("small", 10), ("large", 50_000), ("last", 10)):
        store.get(key, lambda rows=rows: pl.DataFrame({"n": range(rows)}))
        time.sleep(0.01)
    assert budget.enforce() == 1
    assert list(store.outcomes) == ["small", "last"]


def test_a_session_that_ends_leaves_nothing_behind():
    budget, store = Budget(), Store()
    budget.watch(store)
    store.get("key", lambda: 1)
    del store
    gc.collect()
    assert len(budget.stores) == 0


def test_size_counts_frames_inside_a_result():
    class Result:
        def __init__(self):
            self.frames = {"a": pl.DataFrame({"n": range(10_000)})}

    assert size_of(Result()) >= 80_000


def test_what_two_members_share_is_counted_once():
    frame = pl.DataFrame({"n": range(10_000)})
    assert size_of([frame, frame]) < 2 * size_of(frame)


def slow_script():
    import time

    import streamlit as st

    from core.dataset import Dataset
    from core.options import Options
    from dashboard import cache

    cache.PATIENCE = 0.05

    def run(dataset, config):  # noqa: ARG001
        time.sleep(0.4)
        return 7

    run.__module__ = "core.analyses.slow"
    dataset = Dataset("x", "slow", None)
    st.session_state["key"] = cache.key_of(run, dataset, Options())
    st.write(str(cache.cached(run, dataset, Options())))


class Asked:
    """A result that counts what it is asked."""

    def __init__(self):
        self.asked = []

    def best(self, n=1):
        self.asked.append(n)
        return ["a", "b", "c"][:n]


def asking_script():
    import streamlit as st

    from dashboard.cache import derived

    result = st.session_state["result"]
    st.session_state["answers"] = [derived(result.best), derived(result.best, 2)]


def test_what_follows_from_a_result_is_asked_once_and_goes_with_it():
    from dashboard import jobs

    app, result = AppTest.from_function(asking_script), Asked()
    app.session_state["result"] = result
    app.run()
    assert app.run().session_state["answers"] == [["a"], ["a", "b"]]
    assert result.asked == [1, 2]
    assert not any(slots for slots in jobs._RUNNING.values())
    seen = weakref.ref(result)
    del app, result
    gc.collect()
    assert seen() is None


def test_what_a_question_names_counts_towards_the_budget_too():
    store = Store()
    store.get(("alike", tuple(f"customer {n}" for n in range(10_000))), lambda: 1)
    assert store.size() > 80_000


def test_a_slow_computation_shows_its_result_where_a_quick_answer_stands():
    """Else the next click would move what is below: folds would close, charts be drawn anew."""
    app = AppTest.from_function(slow_script, default_timeout=20).run()
    assert app.markdown[-1].value == "7"
    places = [at for at, drawn in app.main.children.items() if drawn.type == "markdown"]
    app.run()
    assert [at for at, drawn in app.main.children.items() if drawn.type == "markdown"] == places


def test_what_was_stopped_is_offered_again():
    app = AppTest.from_function(slow_script, default_timeout=20).run()
    app.session_state["results"].clear()
    app.session_state["stopped"] = app.session_state["key"]
    app.run()
    assert [info.value[:8] for info in app.info] == ["Stopped."]
    assert not app.markdown
    app.button(key="compute.stopped").click().run()
    assert app.markdown[-1].value == "7"


def test_a_waiting_fit_that_nobody_wants_is_dropped():
    from dashboard import jobs

    store, gate, ran = Store(), threading.Event(), []
    others = [Store() for _ in range(jobs.WORKERS)]
    busy = [jobs.submit(other, other, "slot", n, gate.wait) for n, other in enumerate(others)]
    first = jobs.submit(store, store, "slot", "first", lambda: ran.append("first"))
    second = jobs.submit(store, store, "slot", "second", lambda: ran.append("second"))
    gate.set()
    second.future.result(5)
    assert first.future.cancelled()
    assert ran == ["second"]
    assert all(job.future.result(5) is None for job in busy)


def test_a_session_never_drops_what_another_asked_of_the_shared_demo():
    from dashboard import jobs

    shared, gate, ran = Store(), threading.Event(), []
    others = [Store() for _ in range(jobs.WORKERS)]
    for n, other in enumerate(others):
        jobs.submit(other, other, "slot", n, gate.wait)
    sessions = [Store(), Store()]
    waiting = [
        jobs.submit(session, shared, "slot", n, partial(ran.append, n))
        for n, session in enumerate(sessions)
    ]
    gate.set()
    for job in waiting:
        job.future.result(5)
    assert sorted(ran) == [0, 1]


def test_computing_ahead_stops_when_other_data_comes():
    from dashboard import jobs

    store, ran = Store(), []

    def first():
        ran.append("first")
        store.clear()

    jobs.ahead(store, [("a", first), ("b", lambda: ran.append("second"))]).join(5)
    assert ran == ["first"]

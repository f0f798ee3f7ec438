"""Elements of one run reach the browser together, in order, and never much later."""

import asyncio
import gc
import time

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.batches import HOLD, Batches

ELEMENTS = 3


def element(number: int) -> dict[str, object]:
    message = ForwardMsg()
    message.delta.new_element.markdown.body = str(number)
    return {"type": "websocket.send", "bytes": message.SerializeToString()}


def running(*, now: bool) -> dict[str, object]:
    message = ForwardMsg()
    message.session_status_changed.script_is_running = now
    return {"type": "websocket.send", "bytes": message.SerializeToString()}


BEGIN, END = running(now=True), running(now=False)


def sent(*messages: dict[str, object], kind: str = "websocket", wait: float = 0.0) -> list:
    """[(seconds since the start, message)] as they leave; the run goes on for `wait` seconds."""
    begun, left = time.perf_counter(), []

    async def app(_scope, _receive, send):
        for message in messages:
            await send(message)
            await asyncio.sleep(0)
        left.append((time.perf_counter() - begun, "returned"))
        await asyncio.sleep(wait)

    async def send(message):
        await asyncio.sleep(0)  # as a connection that is busy
        left.append((time.perf_counter() - begun, message))

    asyncio.run(Batches(app)({"type": kind}, None, send))
    return left


def order(left: list) -> list:
    return [message for _, message in left]


def test_elements_wait_for_the_end_of_their_run():
    elements = [element(n) for n in range(ELEMENTS)]
    assert order(sent(BEGIN, *elements, END)) == [BEGIN, *elements, END, "returned"]
    assert order(sent(BEGIN, *elements)) == ["returned"]


def test_a_run_that_takes_long_says_so_before_it_ends():
    elements = [element(n) for n in range(ELEMENTS)]
    left = sent(*elements, wait=HOLD + 0.5)
    assert order(left) == ["returned", *elements]
    assert HOLD <= left[1][0] < HOLD + 0.5


def test_a_spinner_does_not_wait():
    message = ForwardMsg()
    message.delta.new_transient.elements.add().spinner.text = "Computing …"
    spinner = {"type": "websocket.send", "bytes": message.SerializeToString()}
    assert order(sent(element(1), spinner, element(2))) == [element(1), spinner, "returned"]


def test_two_runs_stay_in_order_and_other_messages_pass_after_what_was_held():
    first, second = element(1), element(2)
    close = {"type": "websocket.close"}
    assert order(sent(first, END, second, close)) == [first, END, second, close, "returned"]


def test_requests_are_not_held():
    assert order(sent(element(1), kind="http")) == [element(1), "returned"]


def test_a_reader_who_left_ends_the_wait_in_silence(caplog):
    async def app(_scope, _receive, send):
        await send(element(1))
        await asyncio.sleep(HOLD + 0.05)

    async def gone(_message):
        raise ConnectionError

    asyncio.run(Batches(app)({"type": "websocket"}, None, gone))
    gc.collect()
    assert not caplog.records

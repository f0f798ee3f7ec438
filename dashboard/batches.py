"""What a click changes reaches the browser at once.

Streamlit sends an element as soon as it is made, and the browser lays the page out anew for what
has come so far: five to ten times for one click. Here they wait for each other.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from dashboard.front import Message, Receive, Send

#: Seconds that an element waits at most: what takes longer, a fit, says so before it is over.
HOLD = 0.06
#: Bytes; the message that ends a run is the only one of interest here and far shorter than this.
SHORT = 200


class Batches:
    """Passes on what `app` sends over a WebSocket when the run that made it is over."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "websocket":
            send = Held(send)
        await self.app(scope, receive, send)


class Held:
    """An ASGI `send` that holds messages back until one ends a run, or for `HOLD` seconds."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.messages: list[Message] = []
        self.order = asyncio.Lock()
        self.waiting: asyncio.Task[None] | None = None

    async def __call__(self, message: Message) -> None:
        """Send, now or soon, in the order of the calls."""
        self.messages.append(message)
        if message["type"] != "websocket.send" or _ends_run(message.get("bytes") or b""):
            await self._release()
        elif self.waiting is None or self.waiting.done():
            self.waiting = asyncio.create_task(self._later())

    async def _later(self) -> None:
        await asyncio.sleep(HOLD)
        with suppress(OSError):  # the reader has left: the next message that is not held says so
            await self._release()

    async def _release(self) -> None:
        async with self.order:
            while self.messages:
                await self.send(self.messages.pop(0))


def _ends_run(content: bytes) -> bool:
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg  # the app is loaded by now

    if len(content) > SHORT:
        return False
    message = ForwardMsg.FromString(content)
    told = message.WhichOneof("type") == "session_status_changed"
    return bool(told and not message.session_status_changed.script_is_running)

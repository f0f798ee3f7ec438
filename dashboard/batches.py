"""What a click changes reaches the browser at once.

Streamlit sends an element as soon as it is made, and the browser renders the page anew for what has
come so far, again and again. Here they wait for each other.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from dashboard.front import Message, Receive, Send

#: Seconds that an element waits at most: what takes longer, a fit, says so before it is over.
HOLD = 0.06
#: Bytes; what must not wait is far shorter than this.
SHORT = 1000


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
    """An ASGI `send` that holds messages back until one must not wait, or for `HOLD` seconds."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.messages: list[Message] = []
        self.order = asyncio.Lock()
        self.waiting: asyncio.Task[None] | None = None

    async def __call__(self, message: Message) -> None:
        """Send, now or soon, in the order of the calls."""
        self.messages.append(message)
        if message["type"] != "websocket.send" or _urgent(message.get("bytes") or b""):
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


def _urgent(content: bytes) -> bool:
    """Whether it says that nothing runs any more, or is a spinner."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg  # the app is loaded by now

    if len(content) > SHORT:
        return False
    message = ForwardMsg.FromString(content)
    kind = message.WhichOneof("type")
    if kind == "delta":
        return bool(message.delta.WhichOneof("type") == "new_transient")
    return bool(
        kind == "session_status_changed" and not message.session_status_changed.script_is_running
    )

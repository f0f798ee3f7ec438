"""The app behind its security headers: what `python -m dashboard` serves.

The content security policy keeps the page from loading anything from another host: even an image
that hostile text in an export would name.
"""

import base64
import gc
import hashlib
import re
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

# `streamlit run` puts this folder, not the repository, on sys.path.
if (root := str(Path(__file__).parents[1])) not in sys.path:
    sys.path.insert(0, root)

import streamlit as st
from starlette.middleware import Middleware

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.S)


def policy(html: str) -> str:
    """The content security policy; Streamlit's own inline script is allowed by its hash."""
    digests = (
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in INLINE_SCRIPT.findall(html)
    )
    scripts = " ".join(f"'sha256-{digest}'" for digest in digests)
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: 'wasm-unsafe-eval' {scripts}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' ws: wss:",
            "worker-src 'self' blob:",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        ]
    )


def headers() -> list[tuple[bytes, bytes]]:
    """What every answer carries."""
    html = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    return [
        (b"content-security-policy", policy(html).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-frame-options", b"DENY"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    ]


class SecurityHeaders:
    """Adds `headers` to every answer."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app, self.headers = app, headers()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on; its answer gets the headers."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self.headers]
            await send(message)

        await self.app(scope, receive, guarded if scope["type"] == "http" else send)


def warm() -> None:
    """Import what the first page needs and read the demo while the browser still starts.

    Streamlit collects garbage after every run: what is loaded by now need not be walked.
    """
    from dashboard import cache, start

    if start.asked().get("demo"):
        cache.demo_ahead(start.demo("medium", "en"))
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Warm up beside the first requests."""
    threading.Thread(target=warm, daemon=True, name="warm").start()
    yield


app = st.App(
    Path(__file__).with_name("app.py"),
    lifespan=lifespan,
    middleware=[Middleware(SecurityHeaders)],
)

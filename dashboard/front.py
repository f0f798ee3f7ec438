"""What answers first: the app's assets at once, everything else as soon as the app is loaded.

Importing Streamlit takes most of a start. Meanwhile the browser fetches and parses its scripts,
which are served here with the standard library alone. The content security policy keeps the page
from loading anything from another host: even an image that hostile text in an export would name.
"""

import asyncio
import base64
import hashlib
import re
import signal
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.S)
#: A page's own address: one word, as `dashboard.navigation` makes them; one is a login's way back.
PAGE = re.compile(r"/(?!oauth2callback$)\w*")
UPLOADS = "/_stcore/upload_file/"
KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".json": "application/json",
}
#: Says where the server is, which Streamlit would look for below every page; and the language, then
#: what `dashboard.shell` tells of it by a style: the reader may switch.
HERE = """<script>
window.__streamlit = {BACKEND_BASE_URL: new URL("./", location.href).href};
document.documentElement.lang = (new URLSearchParams(location.search).get("lang")
    || navigator.language).slice(0, 2) === "zh" ? "zh" : "en";
new MutationObserver(() => {
    const root = document.documentElement, said = document.querySelector("style[lang]");
    if (said && said.lang !== root.lang) root.lang = said.lang;
}).observe(document, {childList: true, subtree: true});
</script>"""
#: What the first pages need and Streamlit would ask for one after the other.
EARLY = ("Checkbox", "ButtonGroup", "FileUploader", "DataFrame", "PlotlyChart")


def static() -> Path:
    """Streamlit's own scripts and fonts, found without importing it."""
    spec = find_spec("streamlit")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "static"


def index() -> str:
    """The page that loads the app."""
    html = (static() / "index.html").read_text(encoding="utf-8")
    scripts = [next((static() / "static" / "js").glob(f"{name}.*.js"), None) for name in EARLY]
    early = "".join(
        f'<link rel="modulepreload" fetchpriority="low" crossorigin href="./static/js/{file.name}">'
        for file in scripts
        if file is not None
    )
    html = html.replace("<title>Streamlit</title>", "<title>Shopscope</title>")
    return html.replace("<head>", f"<head>{HERE}", 1).replace("</head>", f"{early}</head>", 1)


def policy(html: str) -> str:
    """The content security policy; the page's own inline scripts are allowed by their hash."""
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


class SecurityHeaders:
    """Adds what every answer must carry."""

    def __init__(self, app: Callable[..., Awaitable[None]], html: str) -> None:
        self.app = app
        self.headers = [
            (b"content-security-policy", policy(html).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"x-frame-options", b"DENY"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        ]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on; its answer gets the headers."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self.headers]
            await send(message)

        await self.app(scope, receive, guarded if scope["type"] == "http" else send)


class Door:
    """Refuses uploads of a session that is not let in: they would fill the memory all the same."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        path, gate = str(scope.get("path", "")), sys.modules.get("dashboard.gate")
        if scope["type"] == "http" and path.startswith(UPLOADS) and gate is not None:
            session = path.removeprefix(UPLOADS).partition("/")[0]
            if not gate.is_in(session):
                await _answer(send, 403, [])
                return
        await self.app(scope, receive, send)


class Front:
    """Serves assets from the first moment; what `load` makes answers all other requests.

    load: imports and returns the `st.App`; runs in a thread while assets are served.
    home: the page that the bare address leads to.
    """

    def __init__(self, load: Callable[[], Any], html: str, home: str) -> None:
        self.load, self.html, self.root = load, html.encode(), static()
        self.home = home.encode()
        self.app: asyncio.Future[Any] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer with an asset, or pass the request on once the app is there."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"] == "/":
            query = scope["query_string"]
            there = b"./" + self.home + (b"?" + query if query else b"")
            await _answer(send, 307, [(b"location", there)])
        elif scope["type"] == "http" and (asset := self._asset(scope)) is not None:
            content, kind, keep = asset
            headers = [(b"content-type", kind.encode()), (b"cache-control", keep.encode())]
            await _answer(send, 200, headers, content, body=scope["method"] == "GET")
        else:
            assert self.app is not None
            await (await asyncio.shield(self.app))(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.app, closing = asyncio.get_running_loop().create_future(), asyncio.Event()
        running = asyncio.create_task(self._run(closing))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        closing.set()
        await asyncio.wait([running])
        await send({"type": "lifespan.shutdown.complete"})

    async def _run(self, closing: asyncio.Event) -> None:
        assert self.app is not None
        try:
            app = await asyncio.to_thread(self.load)
            async with app.lifespan()(None):
                self.app.set_result(app)
                await closing.wait()
        except BaseException as error:
            if not self.app.done():
                self.app.set_exception(error)
                signal.raise_signal(signal.SIGTERM)  # without the app there is nothing to serve
            raise

    def _asset(self, scope: Message) -> tuple[bytes, str, str] | None:
        """(content, its kind, how long it may be kept); None: not ours to answer."""
        path = scope["path"]
        if scope["method"] not in ("GET", "HEAD"):
            return None
        if PAGE.fullmatch(path):
            return self.html, "text/html; charset=utf-8", "no-cache"
        try:
            file = (self.root / path.lstrip("/")).resolve()
            known = path.startswith("/static/") and file.is_relative_to(self.root / "static")
            if not known or file.suffix not in KINDS or not file.is_file():
                return None
        except (OSError, ValueError):  # no file can have this name
            return None
        return file.read_bytes(), KINDS[file.suffix], "public, immutable, max-age=31536000"


async def _answer(
    send: Send,
    status: int,
    headers: list[tuple[bytes, bytes]],
    content: bytes = b"",
    *,
    body: bool = True,
) -> None:
    length = (b"content-length", str(len(content)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": content if body else b""})

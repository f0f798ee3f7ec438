"""What answers first: headers that keep a page at home, assets before the app is there."""

import asyncio
import base64
import hashlib
import subprocess
import sys
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dashboard.front import Front, SecurityHeaders, index, policy, static

ROOT = Path(__file__).parents[2]
#: A session whose objects refer to each other, there before the app is warm, then left for good.
LEFT = """
import weakref
from types import SimpleNamespace as Part
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from dashboard import server

class Session(Part):
    pass

storage, session = MemorySessionStorage(ttl_seconds=0), Session(id="first")
session.itself, seen = session, weakref.ref(session)
manager = Part(_session_storage=storage)
server.Runtime = Part(instance=lambda: Part(_session_mgr=manager))
server.settle()
storage.save(Part(session=session))
del session
print(seen() is not None)
server.release()
print(seen() is None)
"""

#: A program that is told to end while fits run, wait, and are computed ahead.
BUSY = """
import asyncio, time
from dashboard import jobs, server
from dashboard.store import Store
from dashboard.worker import Task

async def run():
    async with server.lifespan(None):
        for n in range(4):
            jobs.submit(store, store, n, n, Task(time.sleep, 60))
        jobs.ahead(store, [(n, Task(time.sleep, 60)) for n in "ab"])
        await asyncio.sleep(1)

store = Store()
asyncio.run(run())
print("ended")
"""


def sent(kind="http"):
    """The messages that pass through the middleware for one answer."""
    messages = []

    async def application(_scope, _receive, send):
        await send({"type": "http.response.start", "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body"})

    async def keep(message):
        messages.append(message)

    asyncio.run(SecurityHeaders(application, "")({"type": kind}, None, keep))
    return messages


def test_every_answer_carries_the_policy():
    headers = dict(sent()[0]["headers"])
    assert headers[b"a"] == b"b"
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"referrer-policy"] == b"no-referrer"


def test_web_sockets_are_left_alone():
    assert dict(sent("websocket")[0]["headers"]) == {b"a": b"b"}


def test_only_streamlits_own_inline_script_may_run():
    script = "start()"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    said = policy(f'<script src="a.js"></script><script type="module">{script}</script>')
    assert f"'sha256-{digest}'" in said
    assert "'unsafe-inline'" not in said.split("script-src")[1].split(";")[0]
    assert "img-src 'self' data: blob:" in said


class Slow:
    """An app that counts its requests; `load` gives it when `gate` opens."""

    def __init__(self):
        self.gate, self.asked, self.alive = threading.Event(), [], []

    def load(self):
        assert self.gate.wait(5)
        return self

    @asynccontextmanager
    async def running(self, _app):
        self.alive.append(True)
        yield
        self.alive.append(False)

    def lifespan(self):
        return self.running

    async def __call__(self, scope, receive, send):  # noqa: ARG002
        self.asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})


def serving(behaviour):
    """Run `behaviour(front, slow, get)` between startup and shutdown."""

    async def run():
        slow = Slow()
        front = Front(slow.load, index(), "data")
        said, done = asyncio.Queue(), []

        async def get(path, method="GET", query=b""):
            found = []

            async def keep(message):
                found.append(message)

            scope = {"type": "http", "path": path, "method": method, "query_string": query}
            await front(scope, None, keep)
            return found[0], found[-1].get("body", b"")

        async def noted(message):
            done.append(message["type"])

        life = asyncio.create_task(front({"type": "lifespan"}, said.get, noted))
        await said.put({"type": "lifespan.startup"})
        while not done:
            await asyncio.sleep(0)
        try:
            await behaviour(front, slow, get)
        finally:
            slow.gate.set()
            await said.put({"type": "lifespan.shutdown"})
            await life
        assert slow.alive == [True, False]

    asyncio.run(asyncio.wait_for(run(), 20))


def test_assets_are_there_before_the_app():
    async def behaviour(_front, slow, get):
        script = next((static() / "static" / "js").glob("index.*.js"))
        start, body = await get(f"/static/js/{script.name}")
        assert start["status"] == 200
        assert body == script.read_bytes()
        _, page = await get("/segments")
        assert b"<title>Shopscope</title>" in page
        waiting = asyncio.create_task(get("/_stcore/health"))
        await asyncio.sleep(0.05)
        assert not slow.asked
        slow.gate.set()
        await waiting
        assert slow.asked == ["/_stcore/health"]

    serving(behaviour)


def test_the_bare_address_leads_to_the_first_page_and_keeps_the_query():
    async def behaviour(_front, _slow, get):
        start, _ = await get("/", query=b"lang=zh")
        assert start["status"] == 307
        assert dict(start["headers"])[b"location"] == b"./data?lang=zh"

    serving(behaviour)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../index.html",
        "/static/js/../../../__init__.py",
        "/static/js/\0.js",
        f"/static/js/{'x' * 300}.js",
    ],
)
def test_nothing_outside_the_assets_is_served_from_disk(path):
    async def behaviour(_front, slow, get):
        slow.gate.set()
        await get(path)
        assert slow.asked == [path]

    serving(behaviour)


def test_the_page_says_where_its_server_is():
    assert "BACKEND_BASE_URL" in index()
    assert policy(index()).count("'sha256-") == 2


def test_a_session_that_began_while_the_app_warmed_up_goes_too():
    done = subprocess.run(
        [sys.executable, "-c", LEFT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True"]


def test_a_login_finds_its_way_back():
    """Whom another host vouches for comes back to an address of Streamlit's, no page's."""

    async def behaviour(_front, slow, get):
        slow.gate.set()
        await get("/oauth2callback", query=b"code=1")
        assert slow.asked == ["/oauth2callback"]

    serving(behaviour)


def test_no_fit_outlives_the_program():
    done = subprocess.run(
        [sys.executable, "-c", BUSY], cwd=ROOT, capture_output=True, text=True, timeout=20,
        check=True,
    )  # fmt: skip
    assert done.stdout == "ended\n"
    assert done.stderr == ""

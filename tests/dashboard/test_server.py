"""The headers that keep a page from loading anything from elsewhere."""

import asyncio
import base64
import hashlib

from dashboard.server import SecurityHeaders, policy


def sent(kind="http"):
    """The messages that pass through the middleware for one answer."""
    messages = []

    async def application(_scope, _receive, send):
        await send({"type": "http.response.start", "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body"})

    async def keep(message):
        messages.append(message)

    asyncio.run(SecurityHeaders(application)({"type": kind}, None, keep))
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

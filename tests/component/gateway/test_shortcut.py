"""A usual request takes the shortcut past the app's middleware, and is answered as every other one is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hazelgate import Catalog
from hazelgate.gateway.app import create_app
from hazelgate.gateway.server import configuration
from hazelgate.gateway.settings import Settings
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster
from tests.support.served import port_of, started

QUERY = json.dumps({"query": "{ __typename }"}).encode()


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[int]:
    app = create_app(settings, cluster=MemoryCluster(Processor(Catalog.load(settings.domain))))
    async with started(uvicorn.Server(configuration(settings, app))) as server:
        yield port_of(server)


def post(body: bytes, *more: str) -> bytes:
    head = ("POST /graphql HTTP/1.1", "Host: localhost", "Content-Type: application/json", "X-Request-Id: r1", *more)
    return ("\r\n".join(head) + f"\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


async def said(port: int, *pieces: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a request that comes in these pieces."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        return await answer_in(reader)
    finally:
        writer.close()


async def answer_in(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    async with asyncio.timeout(10):
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        del headers["date"]
        return int(status.split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


LONG = json.dumps({"query": "{ __typename }", "variables": {"a": "x" * 3_000}}).encode()


@pytest.mark.parametrize(
    ("body", "status"),
    [(QUERY, 200), (b"{", 400), (b'{"query": "{ nothing }"}', 200), (b"[]", 400), (b"x" * 3_000, 413), (LONG, 413)],
)
@pytest.mark.parametrize("more", [(), ("Accept: text/html",), ("Connection: close",), ("Accept-Encoding: gzip",)])
async def test_the_answer_is_that_of_the_app(body: bytes, status: int, more: tuple[str, ...]) -> None:
    """A request of a page takes the long way: only what CORS adds may differ."""
    async with serving(Settings(port=0, max_body_bytes=2_048)) as port:
        short = await said(port, post(body, *more))
        long = await said(port, post(body, *more, "Origin: http://localhost"))
    for name in ("access-control-allow-origin", "access-control-expose-headers", "vary"):
        long[1].pop(name)
    assert short[1].pop("vary") == "accept, accept-encoding" or short[0] == 413
    assert short == long
    assert short[0] == (406 if more == ("Accept: text/html",) else status)
    assert short[1]["x-frame-options"] == "deny"


async def test_a_body_may_come_in_pieces() -> None:
    async with serving(Settings(port=0)) as port:
        request = post(QUERY)
        status, _, body = await said(port, request[:40], request[40:-5], request[-5:])
        assert (status, body) == (200, b'{"data":{"__typename":"Query"}}')


async def test_requests_that_come_together_are_answered_in_their_order() -> None:
    async with serving(Settings(port=0)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(QUERY) + post(b"{") + post(QUERY))
        assert [(await answer_in(reader))[0] for _ in range(3)] == [200, 400, 200]
        writer.close()


async def test_a_client_that_waits_for_continue_gets_it() -> None:
    async with serving(Settings(port=0)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = post(QUERY, "Expect: 100-continue")
        writer.write(request[: -len(QUERY)])
        async with asyncio.timeout(10):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(QUERY)
        assert (await answer_in(reader))[0] == 200
        writer.close()


@pytest.mark.parametrize("header", ["Host: evil.example", "Sec-Fetch-Site: cross-site"])
async def test_a_request_that_is_to_be_refused_is_refused(header: str) -> None:
    """Of two hosts the last one counts."""
    async with serving(Settings(port=0)) as port:
        status, headers, _ = await said(port, post(QUERY, header))
        assert status in (403, 421)
        assert headers["x-content-type-options"] == "nosniff"


async def test_a_long_answer_is_whole() -> None:
    async with serving(Settings(port=0)) as port:
        aliases = " ".join(f"a{number}: __schema {{ types {{ name }} }}" for number in range(2))
        status, _, body = await said(port, post(json.dumps({"query": f"{{ {aliases} }}"}).encode()))
        assert status == 200
        assert len(body) > 2_048
        assert set(json.loads(body)["data"]) == {"a0", "a1"}


LONG_BODY = 3_000_000
BEGUN = post(b"")[: -len("0\r\n\r\n")] + b"%d\r\n\r\n" % LONG_BODY + b'{"query": "'
REST = b"a" * (LONG_BODY - len(b'{"query": "'))


async def test_a_body_that_says_it_is_too_long_is_refused_before_it_is_there() -> None:
    """A client that sends all of it before it reads gets the answer, too."""
    async with serving(Settings(port=0)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(BEGUN)
        status, headers, body = await answer_in(reader)
        assert (status, headers["connection"]) == (413, "close")
        assert b"BODY_TOO_LARGE" in body
        writer.write(REST)
        async with asyncio.timeout(10):
            await writer.drain()
            assert await reader.read() == b""
        assert (await said(port, BEGUN + REST))[2] == body
        writer.close()


async def test_the_rest_of_a_refused_body_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte of ten megabytes was copied twice, while all others waited."""
    parsed: list[int] = []
    monkeypatch.setattr(HttpToolsProtocol, "on_body", lambda _, body: parsed.append(len(body)))
    async with serving(Settings(port=0)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(BEGUN)
        await answer_in(reader)
        writer.write(REST)
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        assert sum(parsed) == LONG_BODY - len(REST)
        writer.close()


async def test_the_rest_of_a_refused_body_has_its_time() -> None:
    """The connection closes then, and no second answer comes behind the first."""
    async with serving(Settings(port=0, body_timeout_seconds=0.2)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(BEGUN)
        assert (await answer_in(reader))[0] == 413
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()

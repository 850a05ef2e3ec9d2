"""Clients that are slow, say nothing, or say too much, on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from hazelgate import Catalog
from hazelgate.gateway.app import create_app
from hazelgate.gateway.door.unfinished import SPARED_SECONDS
from hazelgate.gateway.server import bounded_http
from hazelgate.gateway.settings import Settings
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster
from tests.support.served import client_of, serving
from tests.support.until import eventually

POST = b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
QUERY = b'{"query": "{ __typename }"}'
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Door:
    """A served gateway, and the connections that a test has opened to it."""

    http: httpx.AsyncClient
    port: int
    opened: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self, *said: bytes) -> Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.opened.append(writer)
        for each in said:
            writer.write(each)
        return reader, writer

    async def refused(self, reason: str) -> int:
        """How many were refused for this reason."""
        text = (await self.http.get("/metrics")).text
        [line] = [
            each for each in text.splitlines() if each.startswith(f'hazelgate_refused_total{{reason="{reason}"}}')
        ]
        return int(float(line.split()[-1]))

    async def answers(self) -> bool:
        response = await self.http.post("/graphql", content=QUERY, headers={"content-type": "application/json"})
        return response.text == '{"data":{"__typename":"Query"}}'


@asynccontextmanager
async def door(settings: Settings) -> AsyncIterator[Door]:
    cluster = MemoryCluster(Processor(Catalog.load(settings.domain)))
    app = create_app(settings, cluster=cluster)
    async with serving(app, bounded_http(settings, app.state.refusals)) as server, client_of(server) as http:
        made = Door(http, server.servers[0].sockets[0].getsockname()[1])
        try:
            yield made
        finally:
            for writer in made.opened:
                writer.close()


async def ending(reader: asyncio.StreamReader) -> bytes:
    """All that is answered until the connection closes."""
    async with asyncio.timeout(20):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def test_a_header_that_never_ends_is_not_kept() -> None:
    """Two hundred megabytes of one header were."""
    async with door(Settings()) as gateway:
        reader, writer = await gateway.connect(POST, b"x-long: ")
        for _ in range(64):
            writer.write(b"x" * 1_024)
            await asyncio.sleep(0)
        await ending(reader)  # who still writes may miss the answer
        assert await gateway.refused("header-size") == 1
        assert await gateway.answers()


async def test_headers_that_are_too_long_at_once_are_refused() -> None:
    async with door(Settings()) as gateway:
        reader, _ = await gateway.connect(POST, b"x-long: " + b"x" * 40_000 + b"\r\ncontent-length: 2\r\n\r\n{}")
        assert b" 431 " in (await ending(reader)).partition(b"\r\n")[0]
        assert await gateway.answers()


async def test_too_many_headers_are_refused() -> None:
    async with door(Settings()) as gateway:
        reader, _ = await gateway.connect(POST, b"".join(b"x-%d: y\r\n" % each for each in range(101)), b"\r\n")
        assert b" 431 " in (await ending(reader)).partition(b"\r\n")[0]


async def test_headers_that_do_not_come_in_time_end_the_connection() -> None:
    async with door(Settings(header_timeout_seconds=0.2)) as gateway:
        reader, _ = await gateway.connect(POST)
        assert b" 408 " in (await ending(reader)).partition(b"\r\n")[0]
        assert await gateway.refused("header-time") == 1


async def test_a_connection_that_says_nothing_is_closed_without_a_word() -> None:
    async with door(Settings(header_timeout_seconds=0.2)) as gateway:
        reader, _ = await gateway.connect()
        assert await ending(reader) == b""


async def test_a_body_that_does_not_come_in_time_ends_the_connection() -> None:
    async with door(Settings(body_timeout_seconds=0.2)) as gateway:
        reader, _ = await gateway.connect(POST, b"content-length: 27\r\n\r\n", QUERY[:5])
        assert b" 408 " in (await ending(reader)).partition(b"\r\n")[0]
        assert await gateway.refused("body-time") == 1
        assert await gateway.answers()


async def test_a_second_request_of_a_connection_has_its_time_too() -> None:
    """Also where it begins before a kept connection is closed for being idle."""
    async with door(Settings(header_timeout_seconds=0.5)) as gateway:
        reader, writer = await gateway.connect(POST, b"content-length: %d\r\n\r\n" % len(QUERY), QUERY)
        assert b" 200 " in await reader.readuntil(b"\r\n")
        writer.write(POST)
        assert b" 408 " in await ending(reader)


async def test_a_request_in_pieces_is_answered_and_the_connection_kept() -> None:
    async with door(Settings()) as gateway:
        reader, writer = await gateway.connect()
        for _ in range(2):
            for piece in (POST[:30], POST[30:], b"content-length: %d\r\n\r\n" % len(QUERY), QUERY[:9], QUERY[9:]):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
            assert b" 200 " in await reader.readuntil(b"\r\n")
            await reader.readuntil(b'"Query"}}')


async def test_connections_without_a_request_do_not_lock_others_out() -> None:
    """Eleven hundred of one address did, with no line in the log. The oldest go; each is counted."""
    async with door(Settings(max_unfinished_requests_per_address=16)) as gateway:
        for _ in range(60):
            await gateway.connect(b"POST /gra")
        await asyncio.sleep(SPARED_SECONDS)
        await gateway.connect(b"POST /gra")

        async def refused() -> bool:
            return await gateway.refused("half-open") >= 40

        await eventually(refused)
        assert await gateway.answers()


async def test_all_addresses_together_have_a_bound() -> None:
    async with door(Settings(max_unfinished_requests=8)) as gateway:
        for _ in range(20):
            await gateway.connect()
        await asyncio.sleep(SPARED_SECONDS)
        await gateway.connect()

        async def refused() -> bool:
            return await gateway.refused("half-open") >= 11

        await eventually(refused)
        assert await gateway.answers()


async def test_a_crowd_that_comes_at_once_is_spared() -> None:
    """Honest clients whose requests are not read yet, as after a stall."""
    async with door(Settings(max_unfinished_requests_per_address=4)) as gateway:
        crowd = [await gateway.connect() for _ in range(40)]
        for _, writer in crowd:
            writer.write(POST + b"content-length: %d\r\n\r\n" % len(QUERY) + QUERY)
        for reader, _ in crowd:
            assert b" 200 " in await reader.readuntil(b"\r\n")

"""`hazelgate dev --domain bookings`, and a client of it: nothing here that a wheel does not offer."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
import websockets

FOLDER = Path(__file__).parent
URL_VARIABLE = "BOOKINGS_URL"
"""Names a gateway that serves the domain already, as `http://127.0.0.1:8000`."""
PATIENCE_SECONDS = 180.0
STOP_SECONDS = 20.0

Json = dict[str, Any]
_fresh = itertools.count()


def fresh(prefix: str) -> str:
    """An id that no other test has."""
    return f"{prefix}-{next(_fresh)}-{uuid.uuid4().hex[:8]}"


def at(hour: int, minute: int = 0, day: int = 5) -> str:
    """A time to come."""
    return datetime(2090, 1, day, hour, minute, tzinfo=UTC).isoformat()


class House:
    """A client of the gateway."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self._http = http
        self.environ: dict[str, str] = {}
        """What commands need to find the cluster; empty where another serves."""

    async def post(self, query: str, **variables: Any) -> Json:
        """The answer to an operation."""
        response = await self._http.post(f"{self.url}/graphql", json={"query": query, "variables": variables})
        answer: Json = response.json()
        return answer

    async def data(self, query: str, **variables: Any) -> Json:
        """The data of an operation that has no errors."""
        answer = await self.post(query, **variables)
        assert "errors" not in answer, answer
        data: Json = answer["data"]
        return data

    async def error(self, query: str, **variables: Any) -> Json:
        """The only error of an operation."""
        answer = await self.post(query, **variables)
        [error] = answer["errors"]
        found: Json = error
        return found

    async def mutate(self, name: str, fields: str = "", options: Json | None = None, /, **given: Any) -> Json:
        """What comes of a mutation; `fields` are of its payload."""
        type_name = f"{name[:1].upper()}{name[1:]}Input"
        query = f"""
        mutation($input: {type_name}!, $options: EventOptions) {{
          result: {name}(input: $input, options: $options) {{
            __typename {fields}
            ... on EventError {{ code message eventId }}
            ... on EventRejected {{ problems {{ path code message params }} }}
          }}
        }}
        """
        result: Json = (await self.data(query, input=given, options=options))["result"]
        return result

    async def open_room(self, **given: Any) -> str:
        """The id of a new room."""
        made = {"roomId": fresh("room"), "name": "Blue", "seats": 4, **given}
        assert (await self.mutate("openRoom", **made))["__typename"] == "RoomPayload"
        return str(made["roomId"])

    async def join(self, **given: Any) -> str:
        """The id of a new member."""
        made = {"memberId": fresh("member"), "name": "Ada", **given}
        assert (await self.mutate("joinHouse", **made))["__typename"] == "MemberPayload"
        return str(made["memberId"])

    async def book(self, room: str, member: str, starts_at: str, ends_at: str, **given: Any) -> str:
        """The id of a new booking."""
        made = {"bookingId": fresh("booking"), "roomId": room, "memberId": member, **given}
        result = await self.mutate("book", **made, startsAt=starts_at, endsAt=ends_at)
        assert result["__typename"] == "BookingPayload", result
        return str(made["bookingId"])

    @asynccontextmanager
    async def following(self, query: str, **variables: Any) -> AsyncIterator[Following]:
        """A subscription that counts."""
        url = f"{self.url.replace('http', 'ws', 1)}/graphql"
        async with websockets.connect(url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]) as socket:
            await socket.send('{"type":"connection_init"}')
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            payload = {"query": query, "variables": variables}
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            following = Following(socket)
            await following.settle()
            yield following


class Following:
    """What a subscription delivers."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._held: list[Json] = []

    async def settle(self) -> None:
        """Until the server has handled what was sent so far: it has answered a ping."""
        await self._socket.send('{"type":"ping"}')
        while (message := json.loads(await self._socket.recv()))["type"] != "pong":
            self._held.append(message)

    async def next(self) -> Json:
        """The next value of the subscription's field."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            message = self._held.pop(0) if self._held else json.loads(await self._socket.recv())
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        [value] = message["payload"]["data"].values()
        found: Json = value
        return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house() -> AsyncIterator[House]:
    """The house, open for all tests: use ids of your own."""
    async with httpx.AsyncClient(trust_env=False, timeout=60.0) as http:
        url = os.environ.get(URL_VARIABLE)
        if url is not None:
            yield House(url, http)
            return
        async with _dev(http) as house:
            yield house


@asynccontextmanager
async def _dev(http: httpx.AsyncClient) -> AsyncIterator[House]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    house = House(f"http://127.0.0.1:{port}", http)
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / "hazelgate",
        "dev",
        f"--port={port}",
        "--domain=bookings",
        cwd=FOLDER,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line := (await process.stdout.readline()).decode(errors="replace").strip():
                lines.append(line)
                if "export HAZELGATE_" in line:
                    pairs = line.partition("export ")[2].split()
                    house.environ = dict(pair.split("=", 1) for pair in pairs)
                if line.startswith("ready"):
                    break
        assert process.returncode is None, "\n".join(lines)
        reading = asyncio.create_task(process.stdout.read())
        yield house
        reading.cancel()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.wait(), STOP_SECONDS)

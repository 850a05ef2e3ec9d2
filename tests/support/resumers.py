"""
Readers of `events` that lose their connection again and again, and gateways that are killed under them.

Each reader keeps its last cursor and nothing else, and goes on with any gateway. So what it has got at the end says
whether a cursor is a promise.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import websockets

from tests.support.processes import Child, free_port

DOCUMENT = """
subscription($after: String, $types: [String!]) {
  events(after: $after, types: $types) {
    __typename
    ... on EventNotice { cursor event { eventId aggregateId sequence } }
    ... on Discontinuity { cursor reason }
  }
}
"""
_AGAIN_SECONDS = 0.05
_SILENT_SECONDS = 2.0
"""A reader that hears nothing for so long looks whether it has all."""


class Served:
    """A gateway in a process of its own: `kill` and `start` it as often as you like."""

    def __init__(self, cluster_name: str, members: Sequence[str], log: Path, **environ: str) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "hazelgate.operations.cli", "serve", f"--port={self.port}"]
        command += [f"--members={','.join(members)}", f"--cluster-name={cluster_name}"]
        self.process = Child(command, ready="Uvicorn running on", log=log, environ=environ)

    @property
    def url(self) -> str:
        """Of its websocket."""
        return f"ws://127.0.0.1:{self.port}/graphql"

    async def cursor(self) -> str:
        """`streamCursor`, as soon as it has one."""
        async with httpx.AsyncClient(timeout=30) as http:
            while True:
                answer = await http.post(f"http://127.0.0.1:{self.port}/graphql", json={"query": "{ streamCursor }"})
                found = (answer.json().get("data") or {}).get("streamCursor")
                if found is not None:
                    return str(found)
                await asyncio.sleep(_AGAIN_SECONDS)


@dataclass
class Reader:
    """
    One reader.

    Args:
        cursor: Where it begins.
        types: Of which events; all, where left out.
        most: After at most so many events it breaks its connection off.
    """

    gateways: Sequence[Served]
    chance: random.Random
    cursor: str
    types: list[str] | None = None
    most: int = 500
    got: Counter[str] = field(default_factory=Counter)
    """How often each event came, by its id."""
    disorders: int = 0
    """Events of an aggregate that did not come as its next."""
    gaps: list[str] = field(default_factory=list)
    """The reasons of discontinuities."""
    breaks: int = 0
    """How often its connection ended."""
    _sequences: dict[str, int] = field(default_factory=dict)

    async def read(self, expected: asyncio.Future[set[str]]) -> None:
        """Until it has all that is expected, once that is known. Who waits for it sets the time."""
        while not (expected.done() and expected.result() <= self.got.keys()):
            try:
                await self._connection(self.chance.randrange(1, self.most), expected)
            except (OSError, TimeoutError, websockets.WebSocketException):
                await asyncio.sleep(_AGAIN_SECONDS)
            self.breaks += 1

    async def _connection(self, most: int, expected: asyncio.Future[set[str]]) -> None:
        url = self.chance.choice(self.gateways).url
        subprotocol = websockets.Subprotocol("graphql-transport-ws")
        async with asyncio.timeout(10):
            socket = await websockets.connect(url, subprotocols=[subprotocol], compression=None)
        try:
            await socket.send('{"type":"connection_init"}')
            variables = {"after": self.cursor, "types": self.types}
            payload = {"query": DOCUMENT, "variables": variables}
            async with asyncio.timeout(10):
                await socket.recv()
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            for _ in range(most):
                async with asyncio.timeout(_SILENT_SECONDS if expected.done() else 60):
                    message = json.loads(await socket.recv())
                if message["type"] != "next":
                    return
                self._take(message["payload"]["data"]["events"])
        finally:
            socket.transport.abort()  # as a network does

    def _take(self, told: dict[str, Any]) -> None:
        self.cursor = told["cursor"]
        if told["__typename"] == "Discontinuity":
            self.gaps.append(told["reason"])
            return
        event = told["event"]
        self.got[event["eventId"]] += 1
        before = self._sequences.get(event["aggregateId"], 0)
        self.disorders += event["sequence"] != before + 1
        self._sequences[event["aggregateId"]] = event["sequence"]

    def missed(self, expected: set[str]) -> int:
        """How many of these never came."""
        return len(expected - self.got.keys())

    @property
    def repeated(self) -> int:
        """How often an event came that had come before."""
        return self.got.total() - len(self.got)


async def kill_at_random(gateways: Sequence[Served], chance: random.Random, pause_seconds: float) -> int:
    """Kill a gateway, start it again, and so on; how often, once it is cancelled."""
    kills = 0
    try:
        while True:
            await asyncio.sleep(pause_seconds * (0.5 + chance.random()))
            victim = chance.choice(gateways).process
            await asyncio.to_thread(victim.kill)
            kills += 1
            await asyncio.to_thread(victim.start)
    except asyncio.CancelledError:
        return kills

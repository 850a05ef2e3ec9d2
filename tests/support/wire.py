"""A websocket of the gateway as uvicorn serves it, down to the bytes, with a transport in place of a network."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import Any

from uvicorn import Config
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from hazelgate.gateway.websocket_protocol import DirectWebsocketProtocol
from tests.support.gateway import Gateway, Json


class Wire(asyncio.Transport):
    """
    What lies between the server and its client. The client reads when the test says so.

    Args:
        high_water_bytes: The transport is congested while more than that waits in it.
    """

    def __init__(self, high_water_bytes: int) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self._high_water_bytes = high_water_bytes
        self._paused = False
        self._chunks: deque[bytes] = deque()
        self.protocol: DirectWebsocketProtocol
        self.buffered_bytes = 0
        self.most_buffered_bytes = 0
        self.closed = False
        self.aborted = False

    def write(self, data: Any) -> None:
        self._chunks.append(bytes(data))
        self.buffered_bytes += len(data)
        self.most_buffered_bytes = max(self.most_buffered_bytes, self.buffered_bytes)
        if self.buffered_bytes > self._high_water_bytes and not self._paused:
            self._paused = True
            self.protocol.pause_writing()

    @property
    def chunk_count(self) -> int:
        """How many writes the client has not read."""
        return len(self._chunks)

    def read(self) -> bytes:
        """What was written as one, or nothing."""
        if not self._chunks:
            return b""
        chunk = self._chunks.popleft()
        self.buffered_bytes -= len(chunk)
        if self._paused and self.buffered_bytes <= self._high_water_bytes // 4:
            self._paused = False
            self.protocol.resume_writing()
        return chunk

    def get_write_buffer_size(self) -> int:
        return self.buffered_bytes

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self.aborted = True
        self.close()


class WireClient:
    """
    The client's end. Unlike `tests.support.gateway.Websocket` it sees frames.

    Args:
        compresses: Whether client and server agree on compression.
    """

    def __init__(self, gateway: Gateway, *, high_water_bytes: int = 65_536, compresses: bool = False) -> None:
        config = Config(gateway.app, log_config=None, ws_ping_interval=None, ws_per_message_deflate=compresses)
        self.wire = Wire(high_water_bytes)
        self.server = DirectWebsocketProtocol(config, ServerState(), {})
        self.wire.protocol = self.server
        self._client = ClientProtocol(
            parse_uri("ws://gateway/graphql"),
            subprotocols=[Subprotocol("graphql-transport-ws")],
            extensions=[ClientPerMessageDeflateFactory()] if compresses else None,
        )

    async def open(self) -> WireClient:
        """Shake hands, and be acknowledged."""
        self.server.connection_made(self.wire)
        self._client.send_request(self._client.connect())
        await self.flush()
        await self._until_open()
        await self.send({"type": "connection_init"})
        assert await self.receive() == {"type": "connection_ack"}
        return self

    async def _until_open(self) -> None:
        async with asyncio.timeout(5):
            while self._client.handshake_exc is None and self._client.state.name != "OPEN":
                self._client.receive_data(self.wire.read())
                self._client.events_received()
                await asyncio.sleep(0)
        assert self._client.handshake_exc is None, self._client.handshake_exc

    async def send(self, message: Json) -> None:
        """A message."""
        await self.send_all(message)

    async def send_all(self, *messages: Json) -> None:
        """Several messages that arrive as one piece."""
        for message in messages:
            self.queue(message)
        await self.flush()

    def queue(self, message: Json) -> None:
        """Send a message with the next `flush`."""
        self._client.send_text(json.dumps(message).encode())

    async def flush(self) -> None:
        """Send what was queued, in one piece."""
        self.server.data_received(b"".join(self._client.data_to_send()))
        await asyncio.sleep(0)

    @property
    def has_compression(self) -> bool:
        """Whether both have agreed on it."""
        return bool(self._client.extensions)

    @property
    def close_code(self) -> int | None:
        """The code of the server's close frame, where one was read."""
        return self._client.close_rcvd.code if self._client.close_rcvd is not None else None

    async def subscribe(self, operation_id: str, query: str, **variables: Any) -> None:
        """Start an operation, and return once it counts."""
        payload = {"query": query, "variables": variables}
        await self.send({"type": "subscribe", "id": operation_id, "payload": payload})
        await rest()

    def read(self) -> list[Json]:
        """All messages that have come so far, read to the last byte; reading makes room for more."""
        found = []
        while data := self.wire.read():
            self._client.receive_data(data)
            for event in self._client.events_received():
                assert isinstance(event, Frame)
                assert event.opcode in (Opcode.TEXT, Opcode.CLOSE), event
                if event.opcode is Opcode.TEXT:
                    assert event.fin
                    found.append(json.loads(bytes(event.data)))
        return found

    async def receive(self) -> Json:
        """The only message that is there, or comes next."""
        async with asyncio.timeout(5):
            while not (found := self.read()):
                await asyncio.sleep(0)
        [message] = found
        return message

    async def leave(self) -> None:
        """The client is gone."""
        self.wire.abort()
        await rest()


async def rest() -> None:
    """Until the gateway has done what it can do without the network: nothing in it waits for a clock."""
    for _ in range(50):
        await asyncio.sleep(0)

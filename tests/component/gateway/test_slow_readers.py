"""Clients that don't read, over a real network: the others don't notice."""

from __future__ import annotations

import json
import socket

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from hazelgate import Catalog
from hazelgate.gateway.app import create_app
from hazelgate.gateway.settings import Settings
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster
from tests.support.served import client_of, serving
from tests.support.until import eventually

# Each event many times over, so that few fill what the kernel takes for a client.
EVENTS = f"""subscription {{ events {{ ... on EventNotice {{ event {{ aggregateId {
    " ".join(f"d{number}: data" for number in range(100))
} }} }} ... on Discontinuity {{ reason }} }} }}"""
SUBSCRIBE = json.dumps({"id": "1", "type": "subscribe", "payload": {"query": EVENTS}})
PROTOCOL = Subprotocol("graphql-transport-ws")
CUSTOMERS, AT_ONCE = 400, 20


def creations(start: int) -> str:
    fields = (
        f'c{number}: createCustomer(input: {{customerId: "c{number}", name: "Ada", email: "c{number}@example.org", '
        f'address: "{"x" * 400}"}}) {{ __typename }}'
        for number in range(start, start + AT_ONCE)
    )
    return f"mutation {{ {' '.join(fields)} }}"


async def test_a_client_that_never_reads_loses_its_socket_and_the_others_get_everything() -> None:
    cluster = MemoryCluster(Processor(Catalog.load("hazelgate.domain")))
    app = create_app(Settings(websocket_stall_timeout_seconds=0.5), cluster=cluster)
    async with serving(app) as server, client_of(server) as http:
        url = f"ws://127.0.0.1:{http.base_url.port}/graphql"
        deaf = socket.create_connection(("127.0.0.1", http.base_url.port or 0))
        async with (
            connect(url, subprotocols=[PROTOCOL], sock=deaf, max_queue=1, ping_interval=None) as never_reads,
            connect(url, subprotocols=[PROTOCOL], max_size=None) as reads,
        ):
            for client in (never_reads, reads):
                await client.send('{"type":"connection_init"}')
                await client.recv()
                await client.send(SUBSCRIBE)
                await client.send('{"type":"ping"}')
                assert json.loads(await client.recv()) == {"type": "pong"}
            got = []
            for start in range(0, CUSTOMERS, AT_ONCE):
                response = await http.post("/graphql", json={"query": creations(start)})
                assert "errors" not in response.json(), response.text[:500]
                for _ in range(AT_ONCE):
                    message = json.loads(await reads.recv())
                    got.append(message["payload"]["data"]["events"]["event"]["aggregateId"])
            assert got == [f"c{number}" for number in range(CUSTOMERS)]

            async def is_closed() -> bool:
                return "hazelgate_websockets_stalled_total 1.0" in (await http.get("/metrics")).text

            await eventually(is_closed)
            assert "hazelgate_websockets 1.0" in (await http.get("/metrics")).text

"""The gateway on a cluster in memory, and clients that talk to it without a network."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.types import ASGIApp

from hazelgate import Catalog
from hazelgate.gateway.app import create_app
from hazelgate.gateway.settings import Settings
from hazelgate.projector.process import Processor
from hazelgate.testing.memory import MemoryCluster
from tests.support.lossy import LossyCluster

Json = dict[str, Any]


@dataclass
class Gateway:
    """A running gateway."""

    app: Starlette
    cluster: MemoryCluster
    http: httpx.AsyncClient

    async def post(self, query: str, **variables: Any) -> Json:
        """The answer to an operation, its status being 200."""
        response = await self.http.post("/graphql", json={"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        body: Json = response.json()
        return body

    async def data(self, query: str, **variables: Any) -> Json:
        """The data of an operation that has no errors."""
        body = await self.post(query, **variables)
        assert "errors" not in body, body
        data: Json = body["data"]
        return data

    async def error(self, query: str, **variables: Any) -> Json:
        """The only error of an operation."""
        body = await self.post(query, **variables)
        [error] = body["errors"]
        found: Json = error
        return found

    @asynccontextmanager
    async def websocket(
        self, *, init: bool = True, subprotocol: str = "graphql-transport-ws"
    ) -> AsyncIterator[Websocket]:
        """A websocket, already initialised unless told otherwise."""
        socket = Websocket(self.app, subprotocol)
        await socket.open()
        try:
            if init:
                await socket.send({"type": "connection_init"})
                assert await socket.receive() == {"type": "connection_ack"}
            yield socket
        finally:
            await socket.leave()


@asynccontextmanager
async def running_gateway(settings: Settings | None = None, *, beside: Gateway | None = None) -> AsyncIterator[Gateway]:
    """
    A gateway, the shop's unless the settings name another domain; ready, its cluster empty.

    Args:
        beside: Another gateway, whose cluster it shares.
    """
    settings = settings or Settings()
    cluster = MemoryCluster(Processor(Catalog.load(settings.domain))) if beside is None else beside.cluster
    app = create_app(settings, cluster=cluster if beside is None else _Shared(cluster))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http,
    ):
        yield Gateway(app, cluster, http)


class _Shared(LossyCluster):
    """A cluster that goes on when one of its gateways ends."""

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass


class Closed(Exception):
    """The server closed the websocket."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Websocket:
    """The client's end of a websocket to an ASGI app."""

    def __init__(self, app: ASGIApp, subprotocol: str, headers: Mapping[str, str] | None = None) -> None:
        self._app = app
        self._headers = [(name.encode(), text.encode()) for name, text in (headers or {}).items()]
        self._subprotocols = [subprotocol]
        self._to_server: asyncio.Queue[Json] = asyncio.Queue()
        self._from_server: asyncio.Queue[Json] = asyncio.Queue()
        self._serving: asyncio.Future[None] | None = None
        self.may_send = asyncio.Event()
        """Cleared, the server waits with its next frame, as for a client that does not read."""
        self.may_send.set()

    async def open(self) -> None:
        accepted = await self.knock()
        assert accepted["type"] == "websocket.accept", accepted

    async def knock(self) -> Json:
        """Ask for the websocket; the server's answer, whatever it is."""
        scope: Json = {"type": "websocket", "path": "/graphql", "headers": self._headers}
        scope |= {"subprotocols": self._subprotocols}
        scope |= {"query_string": b"", "root_path": "", "scheme": "ws"}

        async def send(message: Any) -> None:
            await self.may_send.wait()
            self._from_server.put_nowait(dict(message))

        self._to_server.put_nowait({"type": "websocket.connect"})
        self._serving = asyncio.ensure_future(self._app(scope, self._to_server.get, send))
        return await self._from_server.get()

    async def send(self, message: Json | str) -> None:
        """A message, or a text that may be none."""
        text = message if isinstance(message, str) else json.dumps(message)
        self._to_server.put_nowait({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        self._to_server.put_nowait({"type": "websocket.receive", "bytes": data})

    async def receive(self, timeout: float = 5.0) -> Json:
        """
        The server's next message.

        Raises:
            Closed: It was the last.
        """
        async with asyncio.timeout(timeout):
            message = await self._from_server.get()
        if message["type"] == "websocket.close":
            raise Closed(message["code"], message.get("reason", ""))
        assert message.get("bytes") is None, "graphql-ws closes with 4004 on binary frames"
        body: Json = json.loads(message["text"])
        return body

    @property
    def waiting(self) -> int:
        """How many messages have come and were not received."""
        return self._from_server.qsize()

    async def subscribe(self, operation_id: str, query: str, **variables: Any) -> None:
        """Start an operation."""
        payload = {"query": query, "variables": variables}
        await self.send({"type": "subscribe", "id": operation_id, "payload": payload})

    async def settle(self) -> None:
        """Until the server has handled all that was sent so far: it has answered a ping."""
        await self.send({"type": "ping"})
        held: list[Json] = []
        while True:
            message = await self._from_server.get()
            if message.get("text") == '{"type":"pong"}':
                break
            held.append(message)
        for message in held:
            self._from_server.put_nowait(message)

    async def leave(self) -> None:
        """The client is gone."""
        self.may_send.set()
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1000})
        if self._serving is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._serving


CREATE_CUSTOMER = """
mutation($input: CreateCustomerInput!, $options: EventOptions) {
  createCustomer(input: $input, options: $options) {
    __typename
    ... on CustomerPayload { receipt { eventId sequence status } customer { customerId name } }
    ... on EventError { code message eventId }
    ... on EventRejected { problems { path message } }
    ... on SequenceConflict { expectedSequence actualSequence }
    ... on PipelineOverloaded { retryAfterMs }
  }
}
"""


async def create_customer(gateway: Gateway, customer_id: str, name: str = "Ada", **options: Any) -> Json:
    """The result of createCustomer."""
    given = {"customerId": customer_id, "name": name, "email": f"{customer_id}@example.org"}
    data = await gateway.data(CREATE_CUSTOMER, input=given, options=options or None)
    result: Json = data["createCustomer"]
    return result


async def rename_customer(gateway: Gateway, customer_id: str, name: str) -> None:
    """Let updateCustomer succeed."""
    query = "mutation($input: UpdateCustomerInput!) { updateCustomer(input: $input) { __typename } }"
    data = await gateway.data(query, input={"customerId": customer_id, "name": name})
    assert data["updateCustomer"]["__typename"] == "CustomerPayload"


CREATE_PRODUCT = """
mutation($input: CreateProductInput!) {
  createProduct(input: $input) { ... on ProductPayload { product { productId } } ... on EventError { message } }
}
"""


async def create_product(
    gateway: Gateway, product_id: str, price: str = "1.50", quantity: int = 10, name: str = "Pen"
) -> None:
    """A product that there was not before."""
    given = {
        "productId": product_id,
        "sku": f"SKU-{product_id}",
        "name": name,
        "price": price,
        "quantityOnHand": quantity,
    }
    data = await gateway.data(CREATE_PRODUCT, input=given)
    assert data["createProduct"] == {"product": {"productId": product_id}}


CREATE_ORDER = """
mutation($input: CreateOrderInput!, $options: EventOptions) {
  createOrder(input: $input, options: $options) {
    __typename
    ... on OrderPayload {
      receipt { eventId }
      order { orderId totalAmount customer { name } items { name priceAtOrder } }
    }
    ... on EventError { message }
  }
}
"""


async def create_order(gateway: Gateway, order_id: str, customer_id: str, **quantities: int) -> Json:
    """The result of createOrder."""
    items = [{"productId": product_id, "quantity": quantity} for product_id, quantity in quantities.items()]
    data = await gateway.data(CREATE_ORDER, input={"orderId": order_id, "customerId": customer_id, "items": items})
    result: Json = data["createOrder"]
    return result

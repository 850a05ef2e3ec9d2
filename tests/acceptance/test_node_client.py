"""The npm package `graphql-ws`, with which most web clients subscribe."""

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

from hazelgate.client.views.frontiers import Frontier
from tests.acceptance.conftest import NODE_TESTS
from tests.acceptance.dev_stack import DevStack
from tests.support.until import PATIENCE_SECONDS, eventually

Json = dict[str, Any]

CREATE_CUSTOMER = """mutation ($id: ID!) {
  createCustomer(input: {customerId: $id, name: "Ada Berg", email: "ada@example.com"}) { __typename }
}"""
SUBSCRIPTION = """subscription { events(types: ["CustomerCreated"]) {
  ... on EventNotice { cursor event { eventType aggregateId sequence data } }
} }"""


async def test_events_reach_a_graphql_ws_client(dev: DevStack, node: Path) -> None:
    """Over graphql-transport-ws, each with its cursor."""
    client = await asyncio.create_subprocess_exec(
        str(node),
        str(NODE_TESTS / "subscribe.mjs"),
        dev.graphql_url.replace("http", "ws"),
        SUBSCRIPTION,
        "3",
        stdout=asyncio.subprocess.PIPE,
    )
    assert client.stdout is not None
    assert await asyncio.wait_for(client.stdout.readline(), PATIENCE_SECONDS) == b"connected\n"
    printed = asyncio.create_task(client.stdout.read())
    customers = itertools.count()

    async def the_client_has_ended() -> bool:
        await dev.ask(CREATE_CUSTOMER, {"id": f"for-graphql-ws-{next(customers)}"})
        return printed.done()

    await eventually(the_client_has_ended)
    assert await client.wait() == 0
    notices = [json.loads(line)["data"]["events"] for line in (await printed).splitlines()]
    assert [notice["event"]["eventType"] for notice in notices] == ["CustomerCreated"] * 3
    places = [Frontier.parse("after", notice["cursor"]) for notice in notices]
    for one, other in itertools.pairwise(places):
        assert one != other
        assert one.base <= other.base
        assert all(position <= other.ahead.get(lane, position) for lane, position in one.ahead.items())
    assert all(notice["event"]["data"]["name"] for notice in notices)


LIVE = """subscription { live(throttleMs: 20) {
  customer(customerId: "%s") { name }
  customers(filter: { customerId: { in: ["%s"] } }) { totalCount edges { node { customerId } } }
} }"""


async def test_a_live_query_reaches_a_graphql_ws_client(dev: DevStack, node: Path) -> None:
    """At once, and again when an entry that it shows is there."""
    customer = "live-for-graphql-ws"
    client = await asyncio.create_subprocess_exec(
        str(node),
        str(NODE_TESTS / "subscribe.mjs"),
        dev.graphql_url.replace("http", "ws"),
        LIVE % (customer, customer),
        "0",
        stdout=asyncio.subprocess.PIPE,
    )
    assert client.stdout is not None

    async def line() -> Json:
        assert client.stdout is not None
        told = json.loads(await asyncio.wait_for(client.stdout.readline(), PATIENCE_SECONDS))
        live: Json = told["data"]["live"]
        return live

    try:
        assert await asyncio.wait_for(client.stdout.readline(), PATIENCE_SECONDS) == b"connected\n"
        assert await line() == {"customer": None, "customers": {"totalCount": 0, "edges": []}}
        await dev.ask(CREATE_CUSTOMER, {"id": customer})
        shown = {"totalCount": 1, "edges": [{"node": {"customerId": customer}}]}
        # Its fields are read one after the other: others' customers may have had it run while this one came.
        while await line() != {"customer": {"name": "Ada Berg"}, "customers": shown}:
            pass
    finally:
        client.kill()
        await client.wait()

"""Queries, mutations, subscriptions and fields of a user, in a running gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import validate_schema

from hazelgate.api.loading import TAKEN_PATHS, load_api
from hazelgate.gateway.graphql.executable_schema import graphql_schema
from hazelgate.gateway.settings import Settings
from hazelgate.sourcing.loading import load_catalog
from tests.support.descriptions import undescribed
from tests.support.gateway import Gateway, running_gateway

DOMAIN = "tests.unit.api.desk"
OPEN = """mutation($input: OpenTicketInput!) {
  openTicket(input: $input) { ... on TicketPayload { ticket { ticketId } } ... on EventError { message } }
}"""


@pytest.fixture
async def desk() -> AsyncIterator[Gateway]:
    """The desk, without tickets."""
    async with running_gateway(Settings(domain=DOMAIN)) as gateway:
        yield gateway


async def open_ticket(desk: Gateway, ticket_id: str, **given: Any) -> None:
    data = {"ticketId": ticket_id, "title": "It hums", "contact": {"name": "Ada", "channel": "PHONE"}, **given}
    assert (await desk.data(OPEN, input=data))["openTicket"] == {"ticket": {"ticketId": ticket_id}}


def test_the_schema_is_valid_and_says_what_everything_is() -> None:
    schema = graphql_schema(load_catalog(DOMAIN), load_api(DOMAIN), federation=True)
    assert validate_schema(schema) == []
    assert list(undescribed(schema)) == []
    assert schema.query_type is not None
    report = schema.query_type.fields["report"]
    assert report.description == "What is known of a ticket."
    assert str(report.args["ticketId"].type) == "ID!"
    assert schema.query_type.fields["chosen"].args["shout"].description == "In capitals."


async def test_a_type_of_strawberry_holds_an_entry_with_all_that_is_derived(desk: Gateway) -> None:
    await open_ticket(desk, "t1")
    await open_ticket(desk, "t1-twin", title="Other")
    query = """{ report(ticketId: "t1") {
      at mood
      first { id title priority contact { name channel } revision { version } loud(times: 2) twin { title }
              history { edges { node { eventType } } } }
      again { title }
    } }"""
    report = (await desk.data(query))["report"]
    node = report["first"].pop("id")
    assert report == {
        "at": "2026-01-02T00:00:00.000000Z",
        "mood": "GOOD",
        "first": {
            "title": "It hums",
            "priority": "LOW",
            "contact": {"name": "Ada", "channel": "PHONE"},
            "revision": {"version": 1},
            "loud": "IT HUMSIT HUMS",
            "twin": {"title": "Other"},
            "history": {"edges": [{"node": {"eventType": "TicketOpened"}}]},
        },
        "again": {"title": "It hums"},
    }
    assert (await desk.data("query($id: ID!) { node(id: $id) { ... on Ticket { loud } } }", id=node))["node"] == {
        "loud": "IT HUMS"
    }
    assert (await desk.data('{ report(ticketId: "none") { first { title } again { title } } }'))["report"] == {
        "first": None,
        "again": None,
    }


async def test_an_input_holds_members_of_the_domain_s_enums(desk: Gateway) -> None:
    await open_ticket(desk, "t1")
    await open_ticket(desk, "t2", priority="HIGH")
    query = "query($ids: [ID!]!, $choice: Choice!) { chosen(ids: $ids, choice: $choice, shout: true) { title } }"
    ids = ["t2", "none", "t1"]
    for choice, count in (
        ({"priority": "LOW"}, 1),
        ({"priority": "HIGH", "channels": ["PHONE"]}, 1),
        ({"priority": "HIGH", "channels": ["MAIL"]}, 0),
    ):
        chosen = (await desk.data(query, ids=ids, choice=choice))["chosen"]
        assert chosen == [{"title": "IT HUMS"}] * count


async def test_enums_and_values_go_in_and_out(desk: Gateway) -> None:
    query = "{ a: nextPriority b: nextPriority(priority: HIGH) example(channel: PHONE) { name channel } }"
    assert await desk.data(query) == {"a": "HIGH", "b": "LOW", "example": {"name": "Ada", "channel": "PHONE"}}


async def test_reads_of_one_moment_are_gathered(desk: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        await open_ticket(desk, f"t{number}")
    reads: list[int] = []
    read = desk.cluster.read

    async def noted(map_name: str, keys: Any) -> Any:
        reads.append(len(keys))
        return await read(map_name, keys)

    monkeypatch.setattr(desk.cluster, "read", noted)
    await desk.data("{ tickets { edges { node { twin { title } again: twin { title } } } } }")
    assert reads == [4]


async def test_a_mutation_submits_events_and_reads_what_came_of_them(desk: Gateway) -> None:
    query = 'mutation { openUrgently(ticketId: "t1", title: "Fire") { title priority revision { version } } }'
    assert (await desk.data(query))["openUrgently"] == {
        "title": "Fire",
        "priority": "HIGH",
        "revision": {"version": 2},
    }
    refused = await desk.error('mutation { openUrgently(ticketId: "t 1", title: "Fire") { title } }')
    assert refused["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_subscription_pushes_entries_as_they_are_then(desk: Gateway) -> None:
    await open_ticket(desk, "t1")
    async with desk.websocket() as socket:
        await socket.subscribe("1", "subscription { urgent { ticketId priority revision { version } } }")
        await socket.settle()
        await open_ticket(desk, "t2")
        await desk.data('mutation { ticketRaised(input: {ticketId: "t1"}) { __typename } }')
        message = await socket.receive()
        assert message["payload"]["data"]["urgent"] == {
            "ticketId": "t1",
            "priority": "HIGH",
            "revision": {"version": 2},
        }
        await desk.data('mutation { ticketRaised(input: {ticketId: "t1"}) { __typename } }')
        again = await socket.receive()
        assert again["payload"]["data"]["urgent"]["revision"] == {"version": 3}


async def test_nobody_has_said_who_asks(desk: Gateway) -> None:
    assert await desk.data("{ unknownIdentity }") == {"unknownIdentity": True}


async def test_an_entry_made_by_hand_shows_its_fields_and_has_no_revision(desk: Gateway) -> None:
    answer = await desk.post("{ unsaved { title history { edges { cursor } } } }")
    assert answer["data"]["unsaved"] == {"title": "New", "history": {"edges": []}}
    error = await desk.error("{ unsaved { title revision { version } } }")
    assert error["extensions"]["code"] == "NOT_STORED"


async def test_a_route_has_the_context_and_middleware_is_around_everything(desk: Gateway) -> None:
    await open_ticket(desk, "t1")
    exported = await desk.http.get("/export/t1")
    assert (exported.json(), exported.headers["x-stamp"]) == ({"title": "It hums"}, "desk")
    assert (await desk.http.get("/export/none")).json() is None
    assert (await desk.http.get("/health")).headers["x-stamp"] == "desk"
    assert (await desk.http.get("/")).text == "front page"


async def test_the_paths_that_can_not_be_taken_are_those_that_are_served(desk: Gateway) -> None:
    own = {"/export/{ticket_id}", "/"}
    assert {route.path for route in desk.app.routes} - own == set(TAKEN_PATHS)  # type: ignore[attr-defined]


async def test_without_an_api_the_schema_is_derived_alone() -> None:
    async with running_gateway(Settings(domain="tests.unit.resolvers.derived.shelf")) as gateway:
        assert (await gateway.http.get("/health")).headers.get("x-stamp") is None
        assert (await gateway.http.get("/")).status_code == 307

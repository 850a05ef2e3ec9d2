"""What a function of the API may ask of its context."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.requests import HTTPConnection

from hazelgate import View
from hazelgate.api import Context, context_of
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.inbox import Gap
from hazelgate.gateway.settings import Settings
from hazelgate.operations.domain_check import check_domain
from hazelgate.sourcing.errors import EventRejected, InvalidArgument, PipelineUnavailable, SequenceConflict
from tests.support.gateway import Gateway, running_gateway
from tests.unit.api.desk import Contact, Ticket, TicketOpened, TicketRaised

DOMAIN = "tests.unit.api.desk"


@pytest.fixture
async def desk() -> AsyncIterator[Gateway]:
    async with running_gateway(Settings(domain=DOMAIN)) as gateway:
        yield gateway


@pytest.fixture
def context(desk: Gateway) -> Context:
    """As a route gets it."""
    return context_of(HTTPConnection({"type": "http", "app": desk.app}))


def opened(ticket_id: str) -> TicketOpened:
    return TicketOpened(ticket_id=ticket_id, title="It hums", contact=Contact(name="Ada"))


async def test_entries_come_in_the_order_of_their_keys(context: Context) -> None:
    for ticket_id in ("t1", "t2"):
        await context.handle_event(opened(ticket_id))
    found = await context.reads.get_many(Ticket, ["t2", "none", "t1", "t2"])
    assert [None if each is None else each.ticket_id for each in found] == ["t2", None, "t1", "t2"]
    assert found[0] == Ticket(ticket_id="t2", title="It hums", contact=Contact(name="Ada"))


async def test_a_class_that_is_no_view_and_a_key_that_is_none_are_refused(context: Context) -> None:
    class Other(View):
        name: str

    with pytest.raises(TypeError, match="Other is no view of the domain; these are: Ticket"):
        await context.reads.get(Other, "t1")
    with pytest.raises(InvalidArgument, match="key: not an id"):
        await context.reads.get(Ticket, "t 1")


async def test_what_is_asked_of_an_event_goes_along(context: Context) -> None:
    first = await context.handle_event(opened("t1"), event_id="e1", correlation_id="c1")
    assert (first.event_id, first.correlation_id, first.sequence) == ("e1", "c1", 1)
    assert (await context.handle_event(opened("t1"), event_id="e1")).sequence == 1, "a retry changes nothing"
    with pytest.raises(SequenceConflict):
        await context.handle_event(TicketRaised(ticket_id="t1"), expected_sequence=0)
    with pytest.raises(EventRejected):
        await context.handle_event(opened("t 1"))


async def test_a_read_after_a_write_shows_it(context: Context) -> None:
    await context.handle_event(opened("t1"))
    before = await context.reads.get(Ticket, "t1")
    await context.handle_event(TicketRaised(ticket_id="t1"))
    after = await context.reads.get(Ticket, "t1")
    assert before is not None
    assert after is not None
    assert (before.priority.name, after.priority.name) == ("LOW", "HIGH")


class Interrupted:
    """A feed that misses something at once."""

    async def subscribe(self, _: Any) -> AsyncIterator[Gap]:
        yield Gap(cursor="1", reason="the connection was lost")


async def test_a_subscriber_to_events_is_told_what_it_has_missed(desk: Gateway) -> None:
    request = desk.app.state.hazelgate.context()

    class Lossy:
        catalog, handler, reads, feed = request.catalog, request.handler, request.reads, cast(Feed, Interrupted())
        rights = request.rights

    with pytest.raises(PipelineUnavailable, match="events were missed: the connection was lost; subscribe again"):
        async for _ in Context(Lossy()).events(TicketRaised):
            pass


def test_the_files_that_are_watched_have_those_of_the_api() -> None:
    """So `hazelgate dev --reload` takes a change of them in."""
    assert {"__init__.py", "api.py"} <= {Path(path).name for path in check_domain(DOMAIN).files if "desk" in path}


async def test_a_live_query_follows_what_a_field_reads(desk: Gateway, context: Context) -> None:
    query = 'subscription { live(throttleMs: 20) { report(ticketId: "t1") { first { title } } } }'
    async with desk.websocket() as socket:
        await socket.subscribe("1", query)
        assert (await socket.receive())["payload"] == {"data": {"live": {"report": {"first": None}}}}
        await context.handle_event(opened("t1"))
        shown = {"report": {"first": {"title": "It hums"}}}
        assert (await socket.receive())["payload"] == {"data": {"live": shown}}

"""Whatever can be added."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated

import strawberry
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hazelgate import Id, replace
from hazelgate.api import Context, Info, context_of, extend, mutation, query, subscription
from tests.unit.api.desk import Channel, Contact, Priority, Ticket, TicketOpened, TicketRaised


@strawberry.enum(description="How it feels.")
class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


@strawberry.type(description="What is known of the people who wait.")
class Report:
    at: datetime = strawberry.field(description="When it was made.")
    first: Ticket | None = strawberry.field(description="The ticket that was asked for.")
    mood: Mood = strawberry.field(description="How it feels.")

    @strawberry.field
    async def again(self, info: Info) -> Ticket | None:
        return None if self.first is None else await info.context.reads.get(Ticket, self.first.ticket_id)


@strawberry.input(description="Which tickets are meant.")
class Choice:
    priority: Priority = strawberry.field(description="Of this priority.")
    channels: list[Channel] | None = strawberry.field(default=None, description="From these.")


@query
async def report(context: Context, ticket_id: Id) -> Report:
    """
    What is known of a ticket.

    Only this paragraph is no description.
    """
    ticket = await context.reads.get(Ticket, ticket_id)
    return Report(at=datetime(2026, 1, 2, tzinfo=UTC), first=ticket, mood=Mood.GOOD)


@query
async def chosen(
    context: Context,
    ids: list[Id],
    choice: Choice,
    shout: Annotated[bool, strawberry.argument(description="In capitals.")] = False,
) -> list[Ticket]:
    """Those that fit."""
    found = [each for each in await context.reads.get_many(Ticket, ids) if each is not None]
    assert isinstance(choice.priority, Priority)
    assert all(isinstance(each, Channel) for each in choice.channels or ())
    found = [each for each in found if each.priority is choice.priority]
    if choice.channels is not None:
        found = [each for each in found if each.contact.channel in choice.channels]
    return [replace(each, title=each.title.upper()) for each in found] if shout else found


@query
def next_priority(priority: Priority | None = None) -> Priority:
    return Priority.LOW if priority is Priority.HIGH else Priority.HIGH


@query
def example(channel: Channel) -> Contact:
    """A value of the domain."""
    return Contact(name="Ada", channel=channel)


@query
def unknown_identity(context: Context) -> bool:
    """Whether nobody has said who asks."""
    return context.identity is None


@query
async def unsaved() -> Ticket:
    """A ticket that is in no view."""
    return Ticket(ticket_id="unsaved", title="New", contact=Contact(name="Ada"))


@mutation
async def open_urgently(context: Context, ticket_id: Id, title: str) -> Ticket | None:
    """Two events, and the ticket as it is then."""
    assert await context.reads.get(Ticket, ticket_id) is None
    await context.handle_event(TicketOpened(ticket_id=ticket_id, title=title, contact=Contact(name="Ada")))
    receipt = await context.handle_event(TicketRaised(ticket_id=ticket_id), expected_sequence=1)
    assert receipt.sequence == 2
    return await context.reads.get(Ticket, ticket_id)


@subscription
async def urgent(context: Context) -> AsyncIterator[Ticket]:
    """Tickets that begin to matter."""
    async for event in context.events(TicketRaised):
        ticket = await context.reads.get(Ticket, event.ticket_id)
        if ticket is not None:
            yield ticket


@extend(Ticket)
def loud(ticket: Ticket, times: int = 1) -> str:
    """Its title in capitals."""
    return ticket.title.upper() * times


@extend(Ticket)
async def twin(ticket: Ticket, context: Context) -> Ticket | None:
    """The ticket behind this one."""
    return await context.reads.get(Ticket, f"{ticket.ticket_id}-twin")


async def export(request: Request) -> Response:
    ticket = await context_of(request).reads.get(Ticket, request.path_params["ticket_id"])
    return JSONResponse(None if ticket is None else {"title": ticket.title})


class Stamp:
    """Marks every answer."""

    def __init__(self, app: ASGIApp, word: str) -> None:
        self._app, self._word = app, word.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-stamp", self._word))
            await send(message)

        await self._app(scope, receive, stamped)


routes = [Route("/export/{ticket_id}", export), Route("/", lambda request: Response("front page"))]
middleware = [Middleware(Stamp, word="desk")]

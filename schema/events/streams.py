"""What subscriptions deliver about events of any kind."""

from typing import Annotated

import strawberry

from hazelgate.schema.connections import cursor_of
from hazelgate.schema.events.records import EventRecord

LOG_ORDER = "cursor"
"""The order of the whole log. A subscription's cursors are those of `Query.events`."""


@strawberry.type
class EventNotice:
    cursor: str
    event: EventRecord


@strawberry.type(
    description="What lies between two cursors can't be delivered any more: read the views again, go on from here."
)
class Discontinuity:
    cursor: str
    reason: str


EventStream = Annotated[EventNotice | Discontinuity, strawberry.union("EventStream")]


def log_cursor(cursor: str) -> str:
    """A record's place in the log as clients get it."""
    return cursor_of(LOG_ORDER, cursor)

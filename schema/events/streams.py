"""What subscriptions deliver about events of any kind."""

from typing import Annotated, NamedTuple

import strawberry

from hazelgate.client.following.inbox import frontier_at
from hazelgate.client.views.frontiers import Frontier
from hazelgate.schema.events.records import EventRecord


class Place(NamedTuple):
    """
    Where something that a subscription delivers stands. Not in the schema: who sends it has to know.

    Args:
        cursor: Of its event in the log.
        frontier: How far its reader has come with it: what the cursor for clients is made of.
        number: Of its event among all that this process has heard; None: it concerns every subscriber.
        entry: The key of the entry whose newest state it is; None: nothing that comes later can replace it.
    """

    cursor: str
    number: int | None = None
    entry: str | None = None
    frontier: Frontier | None = None

    @property
    def text(self) -> str:
        """The cursor, as clients get it."""
        return frontier_at(self.cursor, self.frontier).text


def _cursor(root: "EventNotice") -> str:
    return root.place.text


@strawberry.type(description="An event that a subscription delivers.")
class EventNotice:
    cursor: str = strawberry.field(
        resolver=_cursor, description="For `after` of a later query or subscription."
    )  # made when it is asked for
    event: EventRecord = strawberry.field(description="The event.")
    place: strawberry.Private[Place]


@strawberry.type(
    description="What lies between two cursors can't be delivered any more: read the views again, go on from here."
)
class Discontinuity:
    cursor: str = strawberry.field(description="Where the stream goes on.")
    reason: str = strawberry.field(description="Why something was left out.")
    place: strawberry.Private[Place]


EventStream = Annotated[
    EventNotice | Discontinuity, strawberry.union("EventStream", description="Events, and gaps between them.")
]

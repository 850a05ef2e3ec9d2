"""What subscriptions deliver about events of any kind."""

from typing import Annotated

import strawberry

from hazelgate.schema.events.records import EventRecord


@strawberry.type(description="An event that a subscription delivers.")
class EventNotice:
    cursor: str = strawberry.field(description="For `after` of a later query or subscription.")
    event: EventRecord = strawberry.field(description="The event.")


@strawberry.type(
    description="What lies between two cursors can't be delivered any more: read the views again, go on from here."
)
class Discontinuity:
    cursor: str = strawberry.field(description="Where the stream goes on.")
    reason: str = strawberry.field(description="Why something was left out.")


EventStream = Annotated[
    EventNotice | Discontinuity, strawberry.union("EventStream", description="Events, and gaps between them.")
]

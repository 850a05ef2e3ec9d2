"""What the catalog knows of event types."""

from collections.abc import Collection
from typing import Any, cast

import strawberry
from strawberry.scalars import JSON

from hazelgate.sourcing.catalog import EventSpec


@strawberry.type(description="What the catalog knows of an event type.")
class EventTypeInfo:
    event_type: str = strawberry.field(description="Its name.")
    version: int = strawberry.field(description="The version of its schema today.")
    aggregate_type: str = strawberry.field(
        description="The type of the aggregates whose history such events belong to."
    )
    description: str = strawberry.field(description="What it says of itself.")
    json_schema: JSON = strawberry.field(description="JSON Schema of the payload.")
    updates: list[str] = strawberry.field(description="Names of the views that it updates.")
    readable_versions: list[int] = strawberry.field(description="Versions that can still be read.")

    @classmethod
    def of(cls, spec: EventSpec, schema: Any, views: Collection[str]) -> "EventTypeInfo":
        """What is told to those who see these fields and views."""
        return cls(
            event_type=spec.name,
            version=spec.version,
            aggregate_type=spec.aggregate,
            description=spec.description,
            json_schema=cast(JSON, schema),
            updates=[each for each in spec.updates if each in views],
            readable_versions=list(spec.readable_versions),
        )

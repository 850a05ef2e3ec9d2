"""Global object identification, pages, and where a view entry stands."""

from datetime import datetime
from typing import NamedTuple

import strawberry

from hazelgate.client.views.cursors import decode_opaque, encode_opaque


class GlobalId(NamedTuple):
    """What a node's `id` says: opaque to clients, `<GraphQL type>:<key>` to us."""

    type_name: str
    key: str

    def encode(self) -> str:
        return encode_opaque(f"{self.type_name}:{self.key}")

    @classmethod
    def decode(cls, text: str) -> "GlobalId | None":
        """What the id says, None where this server can't have given it out."""
        type_name, colon, key = (decode_opaque(text) or "").partition(":")
        return cls(type_name, key) if type_name and colon and key else None


@strawberry.interface(description="Whatever has an id that is unique over all types.")
class Node:
    id: strawberry.ID = strawberry.field(description="Global object identification (Relay).")


@strawberry.type(description="Whether a list goes on beyond a page.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more behind the page.")
    has_previous_page: bool = strawberry.field(description="Whether there is more before the page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge; null where there is none.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge; null where there is none.")


@strawberry.type(description="Where a view entry stands.")
class Revision:
    version: int = strawberry.field(description="Grows by one with every event applied to this entry.")
    caused_by: strawberry.ID = strawberry.field(description="The event that changed it last.")
    updated_at: datetime = strawberry.field(description="When that event was received.")

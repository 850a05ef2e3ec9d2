"""A view's entries as a resolver meets them: what the projection made, and where it stands."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec
import strawberry
from graphql import GraphQLError

from hazelgate.schema.connections import bad_input
from hazelgate.schema.context import Info
from hazelgate.schema.nodes import Revision
from hazelgate.sourcing.envelope import EntryMeta
from hazelgate.sourcing.ids import ID_DESCRIPTION, is_id

V = TypeVar("V", bound=msgspec.Struct)


class _MetaOnly(msgspec.Struct, frozen=True):
    meta: EntryMeta = msgspec.field(name="_meta")


_decode_meta = msgspec.json.Decoder(_MetaOnly).decode


@dataclass(frozen=True, slots=True)
class Entry(Generic[V]):
    """One entry of a view."""

    meta: EntryMeta
    view: V

    @property
    def revision(self) -> Revision:
        return Revision(
            version=self.meta.version,
            caused_by=strawberry.ID(self.meta.caused_by),
            updated_at=self.meta.updated_at,  # type: ignore[arg-type]  # the scalar takes the canonical text
        )


@dataclass(frozen=True)
class ViewType(Generic[V]):
    """A view by the name of its map, and what its entries are made of."""

    name: str
    cls: type[V]
    _decoder: msgspec.json.Decoder[V] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_decoder", msgspec.json.Decoder(self.cls))

    def decode(self, raw: bytes | None) -> Entry[V] | None:
        """The entry; None where there is none, or none yet because its first event is in the dead-letter queue."""
        if raw is None:
            return None
        meta = _decode_meta(raw).meta
        return None if meta.absent else Entry(meta, self._decoder.decode(raw))

    async def load(self, info: Info, key: str) -> Entry[V] | None:
        """The entry of this key, together with whatever else the request reads just now."""
        return self.decode(await info.context.reads.load(self.name, key))


def require_id(argument: str, value: str) -> str:
    """
    The id, if it can be one.

    Raises:
        GraphQLError: Nothing can have that id; asking the cluster for it would be a wrong key at best.
    """
    if not is_id(value):
        raise malformed_id(argument)
    return value


def malformed_id(argument: str) -> GraphQLError:
    return bad_input(argument, f"not an id: {ID_DESCRIPTION}")

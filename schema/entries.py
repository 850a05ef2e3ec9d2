"""A view's entries as GraphQL's types are made of them: what the projection made, and where it stands."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec
import strawberry

from hazelgate.schema.nodes import Revision
from hazelgate.schema.scalars import stored_instant
from hazelgate.sourcing.envelope import EntryMeta

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
            updated_at=stored_instant(self.meta.updated_at),
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

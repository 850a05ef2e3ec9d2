"""
Which part of an entry's JSON is decoded, and what it has to be like.

A selection becomes a Struct with those fields alone: msgspec skips the rest, and refuses what the API would not take as
it stands. A number in place of a text, a null or a field that is missing where the API allows none: all of that is the
executor's, which says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Optional

import msgspec

from hazelgate.resolvers.plans.deviations import Unplannable
from hazelgate.resolvers.plans.selections import EnumShape, ScalarShape
from hazelgate.sourcing.model.fields import FieldSpec, ListOf

META = "_meta"
"""Where an entry's JSON says how it stands."""
IN_META = {"version": "version", "caused_by": "causedBy", "updated_at": "updatedAt"}
"""Where the attributes of a Revision stand in there."""

_INT = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
_EXACT_FLOAT = Annotated[float, msgspec.Meta(gt=-(2**53), lt=2**53)]
_ENCODABLE_INT = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]

SCALAR_TYPES: dict[str, Any] = {
    "ID": str,
    "String": str,
    "Decimal": str,
    "DateTime": str,
    "Date": str,
    "Boolean": bool,
    "Int": _INT,
    "Float": _EXACT_FLOAT,  # a whole number beyond it may not be exact as a float
    "Long": _ENCODABLE_INT | _EXACT_FLOAT,  # the scalar passes on either as it is
    "JSON": Any,
}
"""What a value in an entry's JSON has to be so that the scalar of this name gives it out as it is."""


class Read:
    """How one value is read. Several selections may ask for it; the strictest counts."""

    __slots__ = ("attribute", "default", "fields", "item", "leaf", "required")

    def __init__(self, attribute: str = "") -> None:
        self.attribute = attribute
        self.required = False
        self.leaf: Any = None
        self.item: Read | None = None
        self.fields: Reads | None = None
        self.default: str | None = None

    def scalar(self, shape: ScalarShape | EnumShape) -> None:
        """It is a scalar or an enum."""
        self._be(_leaf_of(shape))

    def text(self) -> None:
        """It is a text."""
        self._be(str)

    def constant(self, value: str) -> None:
        """It is in no entry, and in every answer."""
        self._be(Literal[value])
        self.default = value

    def present(self) -> None:
        """It is there, whatever it is."""
        self.required = True

    def items(self) -> Read:
        """It is a list; how its items are read."""
        if self.item is None:
            self.item = Read()
        return self.item

    def values(self) -> Reads:
        """It is an object; how its fields are read."""
        if self.fields is None:
            self.fields = Reads()
        return self.fields

    def _be(self, leaf: Any) -> None:
        if self.leaf is not None and self.leaf != leaf:
            raise Unplannable("one field is read as two things")
        self.leaf = leaf

    @property
    def type(self) -> Any:
        """The type that msgspec is to decode."""
        kinds = sum(each is not None for each in (self.leaf, self.item, self.fields))
        if kinds == 0 and self.required:
            return Any
        if kinds != 1:
            raise Unplannable("one field is read as two things")
        made: Any
        if self.fields is not None:
            made = self.fields.struct()
        else:
            made = self.leaf if self.item is None else list[self.item.type]  # type: ignore[name-defined]
        return made if self.required or self.leaf is Any else Optional[made]  # noqa: UP045  (made at run time)


class Reads:
    """The fields that are read of one object, by their names in JSON. Each gets an attribute of its own."""

    def __init__(self) -> None:
        self._by_source: dict[str, Read] = {}

    def of(self, source: str) -> Read:
        """How a field is read."""
        found = self._by_source.get(source)
        if found is None:
            found = self._by_source[source] = Read(f"f{len(self._by_source)}")
        return found

    def along(self, path: Sequence[FieldSpec]) -> tuple[str, ...]:
        """Read the texts to which a path leads, through lists; the attributes on the way."""
        here, names = self, []
        for place, step in enumerate(path):
            read = here.of(step.name)
            names.append(read.attribute)
            held = step.type
            while isinstance(held, ListOf):
                read, held = read.items(), held.item
            if place + 1 < len(path):
                here = read.values()
            else:
                read.text()
        return tuple(names)

    @property
    def any_required(self) -> bool:
        """Whether nothing but a real entry can be decoded: an absent one has no fields but its `_meta`."""
        return any(each.required for source, each in self._by_source.items() if source != META)

    def struct(self) -> type[msgspec.Struct]:
        """The Struct that has these fields."""
        fields: list[Any] = []
        for source, read in self._by_source.items():
            default: Any = msgspec.NODEFAULT
            if read.default is not None:
                default = read.default
            elif not read.required:
                default = None
            fields.append((read.attribute, read.type, msgspec.field(name=source, default=default)))
        return msgspec.defstruct("Selected", fields, kw_only=True, gc=False)


def _leaf_of(shape: ScalarShape | EnumShape) -> Any:
    if isinstance(shape, ScalarShape):
        if shape.name not in SCALAR_TYPES:
            raise Unplannable(f"scalar {shape.name}")
        return SCALAR_TYPES[shape.name]
    values = [stored for stored, _ in shape.names]
    for kind in (str, int):
        if all(type(each) is kind for each in values):
            return Literal[tuple(values)]
    raise Unplannable(f"enum {shape.name}: its values are neither texts nor whole numbers")

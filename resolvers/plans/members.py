"""
What of a plan the members do: they select of many entries, where bytes of an entry are bytes of the answer.

docs/explanation/performance.md has the figures by which this was chosen.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hazelgate.resolvers.plans.selections import (
    Constant,
    EnumShape,
    ListShape,
    ObjectShape,
    ScalarShape,
    Selection,
    Shape,
    StoredField,
)

FEWEST_ENTRIES = 10
"""Of fewer, what a member saves a gateway is less than what it costs the member."""

_KINDS = {
    "ID": "text",
    "String": "text",
    "Decimal": "text",
    "DateTime": "text",
    "Date": "text",
    "Boolean": "boolean",
    "Int": "int",
    "Float": "float",
    "Long": "long",
}


def selection_text(selection: Selection) -> str:
    """A selection that `writing.copied` takes, as members read it (docs/reference/protocol.md, "SelectEntries")."""
    return msgspec.json.encode(_fields(selection)).decode()


def _fields(selection: Selection) -> list[Any]:
    fields: list[Any] = []
    for each in selection.fields:
        match each:
            case Constant(name, value):
                fields.append([name, "constant", False, value])
            case StoredField(name, _, shape):
                fields.append([name, *_value(shape)])
            case _:
                raise AssertionError("a selection that is copied has no such field")
    return fields


def _value(shape: Shape) -> list[Any]:
    match shape:
        case ScalarShape(name, optional):
            return [_KINDS[name], optional]
        case EnumShape(_, names, optional):
            return ["enum", optional, [stored for stored, _ in names]]
        case ListShape(item, optional):
            return ["list", optional, _value(item)]
        case ObjectShape(selection, optional):
            return ["object", optional, _fields(selection)]

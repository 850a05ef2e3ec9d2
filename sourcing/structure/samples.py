"""
Examples of a type's JSON, made from the type: what the golden files hold where nobody has given a real event.

A text with a pattern is tried with a few words that patterns usually allow; where none fits, the field says what does:
`Annotated[str, Meta(pattern=…, examples=["A-1"])]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hazelgate.sourcing.errors import CatalogError, InvalidEvent
from hazelgate.sourcing.structure.decoding import Decoder
from hazelgate.sourcing.structure.types import Kind, Type, fields_of

_WORDS = (
    "example",
    "a-1",
    "A-1",
    "ada@example.org",
    "2026-01-01T00:00:00.000000Z",
    "2026-01-01",
    "00000000-0000-7000-8000-000000000001",
    "1",
    "1.00",
    "A",
    "AA",
    "AAA",
    "https://example.org/",
    "+491701234567",
    "12:00:00",
    "P1D",
    "eA==",
    "",
)
_NUMBERS = (1, 0, 2, 10, 100, 1_000, -1, 0.5)


def full(cls: type[msgspec.Struct]) -> dict[str, Any]:
    """
    JSON of this class with every field in it.

    Raises:
        CatalogError: No example can be made up for a field; it says which, and how to give one.
    """
    return _struct(cls, cls.__name__, everything=True)


def least(cls: type[msgspec.Struct]) -> dict[str, Any]:
    """The same with the required fields alone."""
    return _struct(cls, cls.__name__, everything=False)


def _struct(cls: type[msgspec.Struct], path: str, *, everything: bool, depth: int = 0) -> dict[str, Any]:
    tag = cls.__struct_config__.tag
    made: dict[str, Any] = {} if tag is None else {cls.__struct_config__.tag_field or "type": tag}
    for field in fields_of(cls):
        if field.required or (everything and depth < 4):
            made[field.json_name] = _value(field.type, f"{path}.{field.name}", everything, depth)
    return made


def _value(type_: Type, path: str, everything: bool, depth: int) -> Any:
    for candidate in _candidates(type_, path, everything, depth):
        if _fits(type_.hint, candidate):
            return candidate
    raise CatalogError(f"no example of {path} comes to mind; give one in its type: Annotated[…, Meta(examples=[…])]")


def _fits(hint: Any, candidate: Any) -> bool:
    holder = msgspec.defstruct("Holder", [("value", hint)])
    try:
        Decoder(holder).convert({"value": candidate})
    except InvalidEvent:
        return False
    return True


def _candidates(type_: Type, path: str, everything: bool, depth: int) -> Iterator[Any]:
    for meta in type_.metas:
        yield from meta.examples or ()
    if type_.kind is Kind.EITHER:
        for option in type_.parts:
            yield from _candidates(option, path, everything, depth)
    elif type_.kind is Kind.STRUCT:
        yield _struct(type_.bare, path, everything=everything, depth=depth + 1)
    elif type_.kind in (Kind.LIST, Kind.SET):
        fewest = max((meta.min_length or 0 for meta in type_.metas), default=0)
        if depth >= 4 and fewest == 0:
            yield []
        yield [_value(type_.item, f"{path}[]", everything, depth + 1)] * max(1, fewest)
    elif type_.kind is Kind.TUPLE:
        yield [_value(each, f"{path}[]", everything, depth + 1) for each in type_.parts]
    elif type_.kind is Kind.MAP:
        yield {"key": _value(type_.item, f"{path}.*", everything, depth + 1)}
    else:
        yield from _leaves(type_.checked_by_msgspec)
    if type_.nullable:
        yield None


def _leaves(hint: Any) -> Iterator[Any]:
    schema: dict[str, Any] = msgspec.json.schema(hint)
    definitions = schema.get("$defs", {})
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    yield from schema.get("enum", ())
    for bound in ("minimum", "maximum"):
        if bound in schema:
            yield schema[bound]
    yield from (True, *_NUMBERS) if schema.get("type") == "boolean" else _NUMBERS
    fewest = schema.get("minLength", 0)
    yield from _WORDS
    yield "x" * fewest
    yield {}

"""JSON Schema of a class, fields that can be left out among them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

_LEFT_OUT: dict[str, Any] = {"not": {}}
"""No value is like this: where a field is left out there is none."""


def json_schema(cls: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a class."""
    made: dict[str, Any] = _without_left_out(msgspec.json.schema(cls, schema_hook=_hook))
    return made


def with_fields(schema: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The JSON Schema of a class with some of its fields, and of what these refer to."""
    defined: dict[str, Any] = schema["$defs"]
    root: str = schema["$ref"].rpartition("/")[2]
    whole = defined[root]
    shown: dict[str, Any] = {
        **whole,
        "properties": {name: each for name, each in whole["properties"].items() if name in names},
        "required": [name for name in whole.get("required", ()) if name in names],
    }
    kept = {root: shown}
    waiting = list(_referred(shown))
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = defined[name]
            waiting += _referred(defined[name])
    return {**schema, "$defs": kept}


def _referred(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from _referred(each)
    elif isinstance(schema, dict):
        for name, each in schema.items():
            if name == "$ref":
                yield str(each).rpartition("/")[2]
            else:
                yield from _referred(each)


def _hook(cls: type) -> dict[str, Any]:
    if cls is msgspec.UnsetType:
        return _LEFT_OUT
    raise NotImplementedError


def _without_left_out(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_left_out(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    options = schema.get("anyOf")
    if options is None or _LEFT_OUT not in options:
        return {name: _without_left_out(each) for name, each in schema.items()}
    rest = {name: each for name, each in schema.items() if name != "anyOf"}
    others = [_without_left_out(each) for each in options if each != _LEFT_OUT]
    return {**others[0], **rest} if len(others) == 1 else {"anyOf": others, **rest}

"""What is selected of entries, as a member selects it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

_parse = msgspec.json.Decoder(dict[str, Any]).decode
_HEAD = b'{"_meta":{'
_EXACT = 2**53
_INT_END = 2**31
_LONG_END = 10**18


class _OtherwiseError(Exception):
    """A value is not as the selection has it."""


def select_entries(entries: Iterable[bytes | None], selection: str) -> bytes | None:
    """What is selected of each, as one JSON list; None where one is otherwise."""
    fields = msgspec.json.decode(selection)
    try:
        return msgspec.json.encode([_entry(each, fields) for each in entries])
    except (_OtherwiseError, msgspec.DecodeError):
        return None


def _entry(raw: bytes | None, fields: list[Any]) -> Any:
    if raw is None:
        return None
    if not raw.startswith(_HEAD):
        raise _OtherwiseError
    data = _parse(raw)
    try:
        return _object(data, fields)
    except _OtherwiseError:
        if data["_meta"].get("absent") is True:
            return None
        raise


def _object(data: dict[str, Any], fields: list[Any]) -> dict[str, Any]:
    return {name: _value(data.get(name), *told) for name, *told in fields}


def _value(value: Any, kind: str, optional: bool, of: Any = None) -> Any:
    if kind == "constant":
        return of
    if value is None and optional:
        return None
    if kind == "list" and isinstance(value, list):
        return [_value(each, *of) for each in value]
    if kind == "object" and isinstance(value, dict):
        return _object(value, of)
    if not _is(value, kind, of):
        raise _OtherwiseError
    return value


def _is(value: Any, kind: str, of: Any) -> bool:
    is_float = type(value) is float and abs(value) < _EXACT
    match kind:
        case "text":
            return isinstance(value, str)
        case "enum":
            return isinstance(value, str) and value in of
        case "boolean":
            return isinstance(value, bool)
        case "int":
            return type(value) is int and -_INT_END <= value < _INT_END
        case "long":
            return is_float or (type(value) is int and abs(value) < _LONG_END)
        case "float":
            return is_float
    return False

"""
From JSON to a frozen value, or to the list of everything that is wrong with it.

msgspec decodes and stops at the first problem. So the good case costs one decode and the compiled checks. Only data
with a problem is walked slowly, field by field, to report every problem with its path.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from hazelgate.sourcing.errors import FieldProblem, InvalidEvent
from hazelgate.sourcing.structure.types import Kind, Type, fields_of, type_of

T = TypeVar("T", bound=msgspec.Struct)
Path = tuple[str, ...]
Passes = Callable[[Any], bool]

_NUL = b"\\u0000"
_BACKSLASH = ord("\\")
_MISSING = object()


class _NoNumber:
    """Stands for NaN and Infinity: JSON has no such numbers."""


class Decoder(Generic[T]):
    """
    Decodes one class from JSON.

    Args:
        cls: The class.
        decode: The function that decodes, where msgspec alone does not.
    """

    def __init__(self, cls: type[T], decode: Callable[[bytes | msgspec.Raw], T] | None = None) -> None:
        self.cls = cls
        self._decode = decode or msgspec.json.Decoder(cls).decode
        self._passes = _compile(type_of(cls))

    def decode(self, raw: bytes | msgspec.Raw) -> T:
        """
        Raises:
            InvalidEvent: With every problem there is.
        """
        try:
            value = self._decode(raw)
            if (self._passes is None or self._passes(value)) and not has_nul(bytes(raw)):
                return value
        except (ValueError, RecursionError, msgspec.MsgspecError) as error:
            raise InvalidEvent(self._problems(bytes(raw)) or [FieldProblem((), _plain(str(error)))]) from None
        problems = self._problems(bytes(raw))
        if problems:
            raise InvalidEvent(problems)
        return value

    def convert(self, data: object) -> T:
        """The same from parsed JSON."""
        try:
            raw = msgspec.json.encode(data)
        except (ValueError, TypeError, RecursionError, msgspec.MsgspecError) as error:
            problems = [] if isinstance(error, RecursionError) else find_problems(data, self.cls)
            raise InvalidEvent(problems or [FieldProblem((), _plain(str(error)))]) from None
        return self.decode(raw)

    def _problems(self, raw: bytes) -> list[FieldProblem]:
        try:
            return find_problems(parse_leniently(raw), self.cls)
        except (ValueError, RecursionError) as error:
            return [FieldProblem((), f"is not valid JSON: {_plain(str(error))}")]


def has_nul(raw: bytes) -> bool:
    """Whether JSON may have the character NUL in a text. Most has no backslash at all, and one byte is found fast."""
    return _BACKSLASH in raw and _NUL in raw


def parse_leniently(raw: bytes) -> Any:
    """
    JSON with things in it that are none, so that they can be pointed at: NaN, halves of surrogate pairs.

    Raises:
        ValueError, RecursionError: It is not JSON at all, or nested too deeply.
    """
    return json.loads(raw, parse_constant=lambda _: _NoNumber())


def find_problems(value: Any, cls: type[msgspec.Struct]) -> list[FieldProblem]:
    """Everything that keeps a parsed value from being a `cls`. Fields of type `Raw` are not looked into."""
    return list(_walk(value, type_of(cls), ()))


def find_text_problems(value: Any, path: tuple[str, ...]) -> list[FieldProblem]:
    """Everything in a parsed value of no particular type that no store can keep."""
    return list(_walk_text(value, path))


def _compile(type_: Type, within: tuple[type, ...] = ()) -> Passes | None:
    """A function that says whether all `Check`s within a value of this type hold; None where there are none."""
    parts = [check.holds for check in type_.checks]
    inner = _compile_parts(type_, within)
    if inner is not None:
        parts.append(inner)
    passes = _all_of(parts)
    if passes is not None and type_.nullable:
        some = passes
        return lambda value: value is None or some(value)
    return passes


def _compile_parts(type_: Type, within: tuple[type, ...]) -> Passes | None:
    """The same for what a value consists of."""
    if type_.kind is Kind.STRUCT:
        return _compile_struct(type_.bare, within)
    if type_.kind in (Kind.LIST, Kind.SET, Kind.MAP):
        item = _compile(type_.item, within)
        if item is None:
            return None
        each = item
        if type_.kind is Kind.MAP:
            return lambda values: all(map(each, values.values()))
        return lambda values: all(map(each, values))
    if type_.kind is Kind.TUPLE:
        found = [(place, _compile(part, within)) for place, part in enumerate(type_.parts)]
        positions = [(place, passes) for place, passes in found if passes is not None]
        return (lambda values: all(passes(values[place]) for place, passes in positions)) if positions else None
    return None  # nobody can tell any more which of several alternatives it was


def _compile_struct(cls: type[msgspec.Struct], within: tuple[type, ...]) -> Passes | None:
    if cls in within:
        return lambda value: _passes_of(cls)(value)
    found = [(field.name, _compile(field.type, (*within, cls))) for field in fields_of(cls)]
    fields = [(name, passes) for name, passes in found if passes is not None]
    return (lambda value: all(passes(getattr(value, name)) for name, passes in fields)) if fields else None


@cache
def _passes_of(cls: type[msgspec.Struct]) -> Passes:
    """Of a class that contains itself: compiled once more when the first of its values within a value is looked at."""
    return _compile(type_of(cls)) or (lambda _: True)


def _all_of(parts: list[Passes]) -> Passes | None:
    if len(parts) <= 1:
        return parts[0] if parts else None
    return lambda value: all(part(value) for part in parts)


def _walk(value: Any, type_: Type, path: Path) -> Iterator[FieldProblem]:
    if value is None and type_.nullable:
        return
    found = list(_walk_parts(value, type_, path))
    yield from found or _walk_whole(value, type_, path)


def _walk_parts(value: Any, type_: Type, path: Path) -> Iterator[FieldProblem]:
    """The problems of everything that the value consists of."""
    if type_.kind is Kind.STRUCT:
        yield from _walk_struct(value, type_.bare, path)
    elif type_.kind in (Kind.LIST, Kind.SET) and isinstance(value, (list, tuple)):
        yield from _walk_items(value, type_, path)
    elif type_.kind is Kind.MAP and isinstance(value, dict):
        for name, each in value.items():
            yield from _walk(each, type_.item, (*path, printable(str(name))))
    elif type_.kind is Kind.TUPLE and isinstance(value, (list, tuple)):
        for index, (each, part) in enumerate(zip(value, type_.parts, strict=False)):
            yield from _walk(each, part, (*path, str(index)))


def _walk_struct(value: Any, cls: type[msgspec.Struct], path: Path) -> Iterator[FieldProblem]:
    if not isinstance(value, dict):
        yield FieldProblem(path, f"must be an object, is {_kind(value)}")
        return
    fields = {field.json_name: field for field in fields_of(cls)}
    for encoded, field in fields.items():
        given = value.get(encoded, _MISSING)
        if given is not _MISSING:
            yield from _walk(given, field.type, (*path, encoded))
        elif field.required:
            yield FieldProblem((*path, encoded), "is required")
    if cls.__struct_config__.forbid_unknown_fields:
        for name in value:
            if name not in fields:
                yield FieldProblem((*path, printable(str(name))), "is no field of it")


def _walk_items(values: Sequence[Any], type_: Type, path: Path) -> Iterator[FieldProblem]:
    for index, each in enumerate(values):
        yield from _walk(each, type_.item, (*path, str(index)))
    for meta in type_.metas:
        least, most = meta.min_length, meta.max_length
        if (least is not None and len(values) < least) or (most is not None and len(values) > most):
            yield FieldProblem(path, _length_message(least, most, len(values)))


def _walk_whole(value: Any, type_: Type, path: Path) -> Iterator[FieldProblem]:
    """The problem of a value whose parts are right."""
    if isinstance(value, _NoNumber):
        yield FieldProblem(path, "must be a number; NaN and Infinity are none")
        return
    # A struct and a list are right when their parts are; a field of type Raw takes anything.
    walked = type_.kind is Kind.STRUCT or (type_.kind is Kind.LIST and isinstance(value, (list, tuple)))
    if type_.bare is msgspec.Raw or (walked and not type_.checks):
        return
    try:
        converted = msgspec.convert(value, type_.checked_by_msgspec)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        yield FieldProblem(path, _leaf_message(type_.metas, str(error)))
        return
    for check in type_.checks:
        if not check.holds(converted):
            yield FieldProblem(path, check.message)
            return
    if not walked:
        yield from _walk_text(value, path)


def _walk_text(value: Any, path: Path) -> Iterator[FieldProblem]:
    """Texts anywhere below must be Unicode that every store can keep."""
    if isinstance(value, str):
        if "\0" in value:
            yield FieldProblem(path, "must not contain the character NUL")
        elif any("\ud800" <= character <= "\udfff" for character in value):
            yield FieldProblem(path, "must be valid Unicode; it has half of a surrogate pair")
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _walk_text(name, path)
            yield from _walk_text(each, (*path, printable(str(name))))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _walk_text(each, (*path, str(index)))
    elif isinstance(value, _NoNumber):
        yield FieldProblem(path, "must be a number; NaN and Infinity are none")


def _leaf_message(metas: Sequence[msgspec.Meta], error: str) -> str:
    description = next((meta.description for meta in metas if meta.description), None)
    if description is not None:
        return f"must be {description}"
    return _plain(error)


def _length_message(least: int | None, most: int | None, actual: int) -> str:
    if least is not None and most is not None:
        return f"must have {least} to {most} items, has {actual}"
    return f"must have at least {least} items, has {actual}" if least is not None else f"must have at most {most}"


def _kind(value: Any) -> str:
    names = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return "null" if value is None else names.get(type(value), "something else")


def _plain(message: str) -> str:
    message = printable(message).split(" - at `$")[0].replace("`", "")
    return message[:1].lower() + message[1:]


def printable(text: str) -> str:
    """A text from anywhere, cut to a length and without what no store can keep."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")[:200]

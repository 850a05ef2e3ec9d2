"""
From JSON to a frozen value, or to the list of everything that is wrong with it.

msgspec decodes and stops at the first problem. So the good case costs one decode and the compiled checks, and only data
with a problem is walked slowly, field by field, to report all of them with their paths.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from hazelgate.sourcing.declaring.values import Check
from hazelgate.sourcing.errors import FieldProblem, InvalidEvent

T = TypeVar("T", bound=msgspec.Struct)
Path = tuple[str, ...]
Passes = Callable[[Any], bool]

_NUL = b"\\u0000"
_BACKSLASH = ord("\\")
_MISSING = object()


class _NoNumber:
    """What NaN and Infinity are read as: JSON has no such numbers."""


class Decoder(Generic[T]):
    """
    Decodes one class from JSON.

    Args:
        cls: The class.
        decode: What does it, where not msgspec alone does.
    """

    def __init__(self, cls: type[T], decode: Callable[[bytes | msgspec.Raw], T] | None = None) -> None:
        self.cls = cls
        self._decode = decode or msgspec.json.Decoder(cls).decode
        self._passes = _compile(cls)

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
    return list(_walk(value, cls, ()))


def find_text_problems(value: Any, path: tuple[str, ...]) -> list[FieldProblem]:
    """Everything in a parsed value of no particular type that no store can keep."""
    return list(_walk_text(value, path))


def _compile(hint: Any) -> Passes | None:
    """A function that says whether all `Check`s within a value of this type hold; None where there are none."""
    origin = get_origin(hint)
    if origin is Annotated:
        base, *extras = get_args(hint)
        parts = [check.holds for check in extras if isinstance(check, Check)]
        inner = _compile(base)
        if inner is not None:
            parts.append(inner)
        return _all_of(parts)
    if origin in (Union, types.UnionType):
        options = [_compile(option) for option in get_args(hint) if option is not type(None)]
        if len(options) == 1 and options[0] is not None:
            some = options[0]
            return lambda value: value is None or some(value)
        return None
    if origin in (list, tuple, Sequence):
        item = _compile(get_args(hint)[0])
        return None if item is None else lambda values: all(map(item, values))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint, include_extras=True)
        fields = [(name, passes) for name in hint.__struct_fields__ if (passes := _compile(hints[name])) is not None]
        if not fields:
            return None
        return lambda value: all(passes(getattr(value, name)) for name, passes in fields)
    return None


def _all_of(parts: list[Passes]) -> Passes | None:
    if len(parts) <= 1:
        return parts[0] if parts else None
    return lambda value: all(part(value) for part in parts)


def _walk(value: Any, hint: Any, path: Path) -> Iterator[FieldProblem]:
    extras: list[Any] = []
    while get_origin(hint) is Annotated:
        hint, *more = get_args(hint)
        extras += more
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        if value is None and len(options) < len(get_args(hint)):
            return
        if len(options) == 1:
            yield from _walk(value, Annotated[(options[0], *extras)] if extras else options[0], path)
            return
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield from _walk_struct(value, hint, path)
    elif origin in (list, tuple, Sequence) and isinstance(value, (list, tuple)):
        yield from _walk_items(value, get_args(hint)[0], extras, path)
    else:
        yield from _walk_leaf(value, hint, extras, path)


def _walk_struct(value: Any, cls: type[msgspec.Struct], path: Path) -> Iterator[FieldProblem]:
    if not isinstance(value, dict):
        yield FieldProblem(path, f"must be an object, is {_kind(value)}")
        return
    hints = get_type_hints(cls, include_extras=True)
    fields = {field.encode_name: field for field in msgspec.structs.fields(cls)}
    for encoded, field in fields.items():
        given = value.get(encoded, _MISSING)
        if given is not _MISSING:
            yield from _walk(given, hints[field.name], (*path, encoded))
        elif field.required:
            yield FieldProblem((*path, encoded), "is required")
    if cls.__struct_config__.forbid_unknown_fields:
        for name in value:
            if name not in fields:
                yield FieldProblem((*path, printable(str(name))), "is no field of it")


def _walk_items(values: Sequence[Any], item: Any, extras: list[Any], path: Path) -> Iterator[FieldProblem]:
    for index, each in enumerate(values):
        yield from _walk(each, item, (*path, str(index)))
    for meta in extras:
        if isinstance(meta, msgspec.Meta):
            least, most = meta.min_length, meta.max_length
            if (least is not None and len(values) < least) or (most is not None and len(values) > most):
                yield FieldProblem(path, _length_message(least, most, len(values)))


def _walk_leaf(value: Any, hint: Any, extras: list[Any], path: Path) -> Iterator[FieldProblem]:
    if isinstance(value, _NoNumber):
        yield FieldProblem(path, "must be a number; NaN and Infinity are none")
        return
    metas = [meta for meta in extras if isinstance(meta, msgspec.Meta)]
    if hint is msgspec.Raw:
        return
    try:
        converted = msgspec.convert(value, Annotated[(hint, *metas)] if metas else hint)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        yield FieldProblem(path, _leaf_message(metas, str(error)))
        return
    for check in extras:
        if isinstance(check, Check) and not check.holds(converted):
            yield FieldProblem(path, check.message)
            return
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


def _leaf_message(metas: list[msgspec.Meta], error: str) -> str:
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

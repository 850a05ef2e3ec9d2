"""
What an event's data may look like, as a value that can be kept and compared: its shape.

A shape is JSON, near to JSON Schema but without words: the fields and which of them are required, types, bounds, and
the message of each `Check`. `changes` says what became of a shape, and which of it old events don't survive.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from hazelgate.sourcing.declaring.values import Check

Shape = dict[str, Any]

_WORDS = ("title", "description", "examples", "default")
_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("pattern", "multipleOf")


def shape_of(cls: type[msgspec.Struct]) -> Shape:
    """The shape of an event's data in today's version."""
    return _shape(cls, ())


def _shape(hint: Any, within: tuple[type, ...]) -> Shape:
    metas: list[msgspec.Meta] = []
    checks: list[str] = []
    while get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        metas += [extra for extra in extras if isinstance(extra, msgspec.Meta)]
        checks += [extra.message for extra in extras if isinstance(extra, Check)]
    shape = _bare_shape(hint, metas, within)
    return {**shape, "checks": sorted(checks)} if checks else shape


def _bare_shape(hint: Any, metas: list[msgspec.Meta], within: tuple[type, ...]) -> Shape:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        options = [_shape(Annotated[(option, *metas)] if metas else option, within) for option in arguments
                   if option is not type(None)]  # fmt: skip
        if len(options) == 1:
            return {**options[0], "nullable": True}
        either: Shape = {"type": "either", "options": sorted(options, key=str)}
        return {**either, "nullable": True} if type(None) in arguments else either
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        if hint in within:
            return {"type": "object", "again": hint.__name__}
        return _struct_shape(hint, (*within, hint))
    many = origin in (list, set, frozenset, Sequence) or (origin is tuple and arguments[1:] == (...,))
    if many:
        return {**_leaf(list, metas), "type": "array", "items": _shape(arguments[0], within)}
    if origin is dict:
        return {**_leaf(dict, metas), "type": "object", "values": _shape(arguments[1], within)}
    return _leaf(hint, metas)


def _struct_shape(cls: type[msgspec.Struct], within: tuple[type, ...]) -> Shape:
    hints = get_type_hints(cls, include_extras=True)
    fields = {}
    for field in msgspec.structs.fields(cls):
        shape = _shape(hints[field.name], within)
        if field.required:
            shape["required"] = True
        elif field.default is not msgspec.NODEFAULT:
            shape["default"] = msgspec.to_builtins(field.default)
        else:
            shape["default"] = msgspec.to_builtins(field.default_factory())
        fields[field.encode_name] = shape
    shape = {"type": "object", "fields": fields}
    return shape if cls.__struct_config__.tag is None else {**shape, "tag": cls.__struct_config__.tag}


def _leaf(hint: Any, metas: list[msgspec.Meta]) -> Shape:
    schema: Shape = msgspec.json.schema(Annotated[(hint, *metas)] if metas else hint)
    definitions = schema.pop("$defs", {})
    reference = schema.pop("$ref", None)
    if reference is not None:
        schema = {**definitions[reference.rpartition("/")[2]], **schema}
    return {name: value for name, value in schema.items() if name not in _WORDS}


@dataclass(frozen=True)
class Change:
    """One difference between two shapes, at a dotted path; `[]` goes through a list."""

    path: str
    what: str
    compatible: bool

    def __str__(self) -> str:
        return f"{self.path or 'the data'} {self.what}"


def changes(old: Shape, new: Shape) -> list[Change]:
    """What became of a shape. Compatible is what leaves every old event readable, with the same meaning."""
    return list(_changes(old, new, ""))


def _changes(old: Shape, new: Shape, path: str) -> Iterator[Change]:
    if _kind(old) != _kind(new):
        yield Change(path, f"is {_kind(new)}, was {_kind(old)}", False)
        return
    yield from _field_changes(old, new, path)
    yield from _bound_changes(old, new, path)
    if "fields" in old and "fields" in new:
        yield from _struct_changes(old["fields"], new["fields"], path)
    for name, step in (("items", "[]"), ("values", ".*")):
        if name in old and name in new:
            yield from _changes(old[name], new[name], path + step)
    if old.get("options") != new.get("options"):
        gone = [option for option in old.get("options", ()) if option not in new.get("options", ())]
        yield Change(path, "takes other alternatives", not gone)


def _kind(shape: Shape) -> str:
    kind = "one of a list" if "enum" in shape else str(shape.get("type", "anything"))
    extra = shape.get("format") or shape.get("contentEncoding") or shape.get("tag") or shape.get("again")
    inner = "map" if "values" in shape else None
    return " ".join(str(each) for each in (kind, extra, inner) if each is not None)


def _field_changes(old: Shape, new: Shape, path: str) -> Iterator[Change]:
    """What a field is, apart from its type: required, nullable, with a default."""
    if not old.get("required") and new.get("required"):
        yield Change(path, "is required, and was optional", False)
    elif old.get("required") and not new.get("required"):
        yield Change(path, "is optional, and was required", True)
    elif old.get("default", None) != new.get("default", None):
        was, now = (msgspec.json.encode(each.get("default")).decode() for each in (old, new))
        yield Change(path, f"is {now} by default, was {was}: older events without it would read otherwise", False)
    if old.get("nullable") and not new.get("nullable"):
        yield Change(path, "may not be null, and might", False)
    elif new.get("nullable") and not old.get("nullable"):
        yield Change(path, "may be null, and might not", True)


def _bound_changes(old: Shape, new: Shape, path: str) -> Iterator[Change]:
    for names, is_lower in ((_LOWER_BOUNDS, True), (_UPPER_BOUNDS, False)):
        for name in names:
            was, now = old.get(name), new.get(name)
            if was != now:
                tighter = now is not None and (was is None or (now > was) == is_lower)
                yield Change(path, f"has {name} {_shown(now)}, had {_shown(was)}", not tighter)
    for name in _EXACT:
        was, now = old.get(name), new.get(name)
        if was != now:
            yield Change(path, f"has {name} {_shown(now)}, had {_shown(was)}", now is None)
    gone = [value for value in old.get("enum", ()) if value not in new.get("enum", ())]
    if gone:
        yield Change(path, f"may no longer be {', '.join(map(repr, gone))}", False)
    came = [value for value in new.get("enum", ()) if value not in old.get("enum", ())]
    if came:
        yield Change(path, f"may be {', '.join(map(repr, came))} too", True)
    for message in sorted({*new.get("checks", ())} - {*old.get("checks", ())}):
        yield Change(path, f"has a new check: {message}", False)
    for message in sorted({*old.get("checks", ())} - {*new.get("checks", ())}):
        yield Change(path, f"has lost a check: {message}", True)


def _shown(bound: Any) -> str:
    return "none" if bound is None else str(bound)


def _struct_changes(old: dict[str, Shape], new: dict[str, Shape], path: str) -> Iterator[Change]:
    for name, shape in old.items():
        below = f"{path}.{name}" if path else name
        if name in new:
            yield from _changes(shape, new[name], below)
            continue
        alike = [other for other in new if other not in old and _kind(new[other]) == _kind(shape)]
        renamed = f" (is it {alike[0]} now?)" if len(alike) == 1 else ""
        yield Change(below, f"is gone{renamed}", False)
    for name, shape in new.items():
        if name not in old:
            below = f"{path}.{name}" if path else name
            required = shape.get("required", False)
            yield Change(below, "is new and required" if required else "is new and optional", not required)

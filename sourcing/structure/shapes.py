"""
The shape of an event's data: everything that it may look like, as a value to be kept and compared.

A shape is JSON, near to JSON Schema but without words: the fields and which of them are required, types, bounds, and
the message of each `Check`. `changes` names the differences of two shapes, and says which ones old events survive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from hazelgate.sourcing.structure.types import Kind, Type, fields_of, type_of

Shape = dict[str, Any]

_WORDS = ("title", "description", "examples", "default")
_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("pattern", "multipleOf")


def shape_of(cls: type[msgspec.Struct]) -> Shape:
    """The shape of an event's data in today's version."""
    return _shape(type_of(cls), ())


def _shape(type_: Type, within: tuple[type, ...]) -> Shape:
    shape = _shape_of_value(type_, within)
    if type_.nullable:
        shape = {**shape, "nullable": True}
    return {**shape, "checks": sorted(check.message for check in type_.checks)} if type_.checks else shape


def _shape_of_value(type_: Type, within: tuple[type, ...]) -> Shape:
    """The shape of what is not null."""
    if type_.kind is Kind.EITHER:
        return {"type": "either", "options": sorted((_shape(each, within) for each in type_.parts), key=str)}
    if type_.kind is Kind.STRUCT:
        if type_.bare in within:
            return {"type": "object", "again": type_.bare.__name__}
        return _struct_shape(type_.bare, (*within, type_.bare))
    if type_.kind in (Kind.LIST, Kind.SET):
        return {**_leaf(list, type_.metas), "type": "array", "items": _shape(type_.item, within)}
    if type_.kind is Kind.MAP:
        return {**_leaf(dict, type_.metas), "type": "object", "values": _shape(type_.item, within)}
    return _leaf(type_.bare, type_.metas)


def _struct_shape(cls: type[msgspec.Struct], within: tuple[type, ...]) -> Shape:
    fields = {}
    for field in fields_of(cls):
        shape = _shape(field.type, within)
        if field.required:
            shape["required"] = True
        else:
            shape["default"] = None if field.default is msgspec.UNSET else msgspec.to_builtins(field.default)
        fields[field.json_name] = shape
    shape = {"type": "object", "fields": fields}
    return shape if cls.__struct_config__.tag is None else {**shape, "tag": cls.__struct_config__.tag}


def _leaf(hint: Any, metas: Sequence[msgspec.Meta]) -> Shape:
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
    """The differences of two shapes. A compatible one leaves every old event readable, with the same meaning."""
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
    """Differences of a field apart from its type: required, nullable, with a default."""
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

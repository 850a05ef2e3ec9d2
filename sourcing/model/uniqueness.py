"""
`unique=` of events: a view that no API shows and a guard, made of what is declared.

No two aggregates of a type hold one value. The view has two kinds of entries. A value's entry names all aggregates
that have ever said the value. An aggregate's entry has the value that it holds now. So each fold needs its event alone,
in whatever order events of several aggregates come, and a value that its aggregate has given up is free again.

The guard reads the value's entry, then the entries of those that it names. Its event feeds the view, so all of them are
claimed until the event is stored.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any

import msgspec

from hazelgate.sourcing.declaring.indexes import By
from hazelgate.sourcing.declaring.registry import (
    EventRegistration,
    FoldRegistration,
    GuardRegistration,
    Registration,
    ViewRegistration,
)
from hazelgate.sourcing.declaring.values import Event, Read, View, replace
from hazelgate.sourcing.errors import CatalogError, Rejected
from hazelgate.sourcing.model.fields import FieldType, Scalar, fields_of
from hazelgate.sourcing.model.names import upper_first

VIEWS = "unique-"
"""So the names of these views begin."""
CONTESTED = "contested"
"""The index by which the values are found that several aggregates have said."""
NOT_UNIQUE = "NOT_UNIQUE"
"""The code of a refusal: another aggregate holds the value."""

_ALLOWED = frozenset({Scalar.ID, Scalar.STRING, Scalar.INT, Scalar.LONG, Scalar.DATE})
"""Values that are equal where their JSON is. `1.0` and `1.00` are equal as numbers, and two texts."""

_encode = msgspec.json.Encoder().encode


class Uniqueness(View):
    """A value that was said, with all who have ever said it; or an aggregate, with the value that it holds."""

    key: str
    said_by: tuple[str, ...] = ()
    contested: bool = False
    holds: str | None = None


def with_uniqueness(registered: Iterable[Registration]) -> list[Registration]:
    """
    What was registered, and behind it the views, folds and guards that `unique=` and `frees=` stand for.

    The guards come last, so that they see the event as the user's guards have completed it.

    Raises:
        CatalogError: They name no field, a field whose values can't be compared, or nothing that could be freed.
    """
    found = list(registered)
    events = [each for each in found if isinstance(each, EventRegistration)]
    spaces: dict[tuple[str, str], ViewRegistration] = {}
    for each in events:
        for field, space in _checked(each):
            if (each.aggregate, space) not in spaces:
                spaces[each.aggregate, space] = _view(each, field, space)
    added: list[Registration] = list(spaces.values())
    for each in events:
        for space in each.frees:
            _check_freed(each, space, [name for aggregate, name in spaces if aggregate == each.aggregate])
            if all(space != taken for _, taken in each.unique):
                added.append(_frees(each, spaces[each.aggregate, space]))
        for field, space in each.unique:
            added += _takes(each, field, spaces[each.aggregate, space])
    return found + added


def _checked(each: EventRegistration) -> Iterator[tuple[str, str]]:
    where = f"event {each.name!r}"
    fields = {field.python_name: field for field in fields_of(each.cls)} if each.unique else {}
    taken: dict[str, str] = {}
    for name, space in each.unique:
        field = fields.get(name)
        if field is None:
            raise CatalogError(f"{where} has {name!r} in `unique`; {each.cls.__name__} has no such field")
        if name == each.key:
            raise CatalogError(f"{where} has {name!r} in `unique`, which is the aggregate's id; that is unique anyhow")
        if not _can_be_unique(field.type):
            raise CatalogError(
                f"{where} has {name!r} in `unique`, whose values can't be told apart by their text; "
                "take a text, an id, a whole number, a date or an enum"
            )
        if not space.isidentifier():
            raise CatalogError(f"{where} calls what {name!r} shares {space!r}; give it a name, as 'email'")
        if taken.setdefault(space, name) != name:
            raise CatalogError(f"{where} has {taken[space]!r} and {name!r} in `unique` as {space!r}; name them apart")
        yield name, space


def _can_be_unique(held: FieldType) -> bool:
    if isinstance(held, Scalar):
        return held in _ALLOWED
    return isinstance(held, type) and issubclass(held, Enum)


def _check_freed(each: EventRegistration, space: str, known: list[str]) -> None:
    if space not in known:
        raise CatalogError(
            f"event {each.name!r} has {space!r} in `frees`; no event of {each.aggregate} has that in `unique`"
            + (f", these are: {', '.join(known)}" if known else "")
        )


@cache
def _class(name: str, doc: str) -> type[View]:
    """One class for each view: catalogs that are made again share it."""
    made: type[View] = types.new_class(
        name, (Uniqueness,), exec_body=lambda body: body.update({"__module__": __name__, "__doc__": doc})
    )
    return made


def _view(each: EventRegistration, field: str, space: str) -> ViewRegistration:
    doc = f"Which {each.aggregate} holds which `{space}`: no two hold one. Made of `unique=`; keys are digests."
    cls = _class(f"Unique{upper_first(each.aggregate)}{upper_first(space)}", doc)
    return ViewRegistration(
        each.module,
        f"{VIEWS}{each.aggregate}-{space}",
        cls,
        "key",
        {CONTESTED: By("contested")},
        api=False,
        derived=True,
    )


def _digest(kind: str, content: bytes) -> str:
    return f"{kind}-{hashlib.blake2b(content, digest_size=20).hexdigest()}"


def _holder_of(each: EventRegistration) -> Callable[[Event], str]:
    key = each.key

    def holder(event: Event) -> str:
        return _digest("holder", getattr(event, key).encode())

    return holder


def _value_of(field: str) -> Callable[[Event], str | None]:
    """The key of the value's entry; None where the event says no value."""

    def value(event: Event) -> str | None:
        said = getattr(event, field)
        return None if said is None or said is msgspec.UNSET else _digest("value", _encode(said))

    return value


def _takes(each: EventRegistration, field: str, view: ViewRegistration) -> Iterator[Registration]:
    """
    The fold and the guard of one event type and field.

    None says no value, so nothing changes. Where the field can be left out, too, null clears it: the value is free.
    """
    cls, value_of, holder_of = view.cls, _value_of(field), _holder_of(each)
    freed = view.name.rpartition("-")[2] in each.frees
    cleared = next(one.can_be_left_out for one in fields_of(each.cls) if one.python_name == field)

    def keys(event: Event) -> list[str]:
        value = value_of(event)
        if value is not None:
            return [value, holder_of(event)]
        return [holder_of(event)] if freed or (cleared and getattr(event, field) is None) else []

    def fold(entry: Any, event: Event, key: str) -> View:
        value, holder = value_of(event), holder_of(event)
        if entry is None:
            entry = cls(key=key)
        if key == holder:
            taken: View = replace(entry, holds=value)
            return taken
        if holder in entry.said_by:
            return entry  # type: ignore[no-any-return]
        said: View = replace(entry, said_by=(*entry.said_by, holder), contested=bool(entry.said_by))
        return said

    def own(event: Event) -> str | None:
        return None if value_of(event) is None else holder_of(event)

    def others(event: Event, said: Uniqueness | None) -> list[str]:
        holder = holder_of(event)
        return [] if said is None else [each for each in said.said_by if each != holder]

    def is_unique(
        event: Event, said: Uniqueness | None, own: Uniqueness | None, others: Mapping[str, Uniqueness]
    ) -> None:
        value = value_of(event)
        if value is None or (own is not None and own.holds == value):
            return
        if any(other.holds == value for other in others.values()):
            raise Rejected(field, "is taken already; it has to be unique", code=NOT_UNIQUE)

    yield FoldRegistration(each.module, f"{view.name} of {each.name}", view.name, each.cls, keys, fold)
    reads = {"said": Read(cls, value_of), "own": Read(cls, own), "others": Read(cls, others, after="said")}
    yield GuardRegistration(each.module, f"{view.name} of {each.name}", each.cls, reads, is_unique)


def _frees(each: EventRegistration, view: ViewRegistration) -> FoldRegistration:
    cls = view.cls

    def fold(entry: Any, event: Event, key: str) -> View:
        freed: View = cls(key=key) if entry is None else replace(entry, holds=None)
        return freed

    return FoldRegistration(each.module, f"{view.name} of {each.name}", view.name, each.cls, _holder_of(each), fold)

"""Rows: from a rule of the domain to a filter in the one language of filters, and that filter at work on one entry."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import msgspec

from hazelgate.client.reading.filters import Filter, condition, matches
from hazelgate.client.views.filtering import filter_of
from hazelgate.client.views.names import PYTHON
from hazelgate.sourcing.declaring.access import Claim, RowRule, Rows
from hazelgate.sourcing.errors import CatalogError, InvalidArgument
from hazelgate.sourcing.identity import Identity
from hazelgate.sourcing.model.views import ViewSpec

Allows = Callable[[bytes], bool]
"""Whether an entry, as raw JSON, may be seen."""

_parse = msgspec.json.Decoder(dict[str, Any]).decode
_SAMPLES: Sequence[Any] = ("x", 1, True, "1", datetime(2026, 1, 1, tzinfo=UTC), ["x"], [1], ["1"])
_MOST_TRIED = 3


class _MissingClaim(Exception):
    """The caller's token lacks a claim that a rule names."""


def as_filter(rows: Rows) -> Mapping[str, Any]:
    """A rule as a filter in Python's names; claims stand in it where values will be."""
    if not isinstance(rows, RowRule):
        return rows
    made: dict[str, Any] = {"is_null": True} if rows.value is None else {"eq": rows.value}
    for name in reversed(rows.path.removeprefix("-").split(".")):
        made = {name: made}
    return made


def claims_in(rows: Rows) -> list[str]:
    """The claims that a rule names."""
    return [each.name for each in _claims(as_filter(rows))]


def filter_for(view: ViewSpec, rows: Rows, identity: Identity | None) -> Filter | None:
    """
    The filter of a rule for one caller; None where the rule gives it nothing: its token lacks a claim of the rule, or
    has one that the field can't be compared with.
    """
    try:
        given = _filled(as_filter(rows), lambda name: None if identity is None else identity.claim(name))
        return filter_of(view, given, "rows", PYTHON)
    except (_MissingClaim, InvalidArgument):
        return None


def check_rows(view: ViewSpec, rows: Rows, where: str) -> None:
    """
    Hold a rule against what it is about.

    Raises:
        CatalogError: It is no filter of the view, whatever a token says.
    """
    tree = as_filter(rows)
    names = list(dict.fromkeys(each.name for each in _claims(tree)))
    if len(names) > _MOST_TRIED:
        return
    problem: InvalidArgument | None = None
    for values in itertools.product(_SAMPLES, repeat=len(names)):
        tried = dict(zip(names, values, strict=True))
        try:
            filter_of(view, _filled(tree, tried.get), "rows", PYTHON)
            return
        except InvalidArgument as error:
            problem = problem or error
    raise CatalogError(f"{where}: {problem}")


def nothing_of(view: ViewSpec) -> Filter:
    """The filter that no entry passes. An index answers it at once: no key is a blank."""
    return condition((view.key_name,), "eq", " ")


def fixed_paths(rows: Rows) -> frozenset[tuple[str, ...]]:
    """The paths, in Python's names, that a rule sets to one value each."""
    found: list[tuple[str, ...]] = []

    def look(given: Mapping[str, Any], path: tuple[str, ...]) -> None:
        for name, operand in given.items():
            if name == "eq":
                found.append(path)
            elif name == "and" and not path and isinstance(operand, Sequence):
                for each in operand:
                    look(each, path)
            elif name not in ("or", "not", "some", "every", "none") and isinstance(operand, Mapping):
                look(operand, (*path, name))

    look(as_filter(rows), ())
    return frozenset(found)


def checker_of(tree: Filter) -> Allows:
    """
    What says of one entry whether it passes.

    The usual rule compares one text: then that text alone is read of the entry.
    """
    if tree.get("op") == "eq" and tree.get("as", "text") == "text" and isinstance(tree["value"], str):
        return _text_checker(tree["path"], tree["value"])
    return lambda raw: matches(tree, _parse(raw))


def _text_checker(path: Sequence[str], wanted: str) -> Allows:
    held: Any = str | None
    for name in reversed(path):
        held = msgspec.defstruct("Part", [("part", held, msgspec.field(name=name, default=None))], gc=False)
        top, held = held, held | None
    decode = msgspec.json.Decoder(top).decode
    get = attrgetter(".".join(["part"] * len(path)))

    def allows(raw: bytes) -> bool:
        try:
            return bool(get(decode(raw)) == wanted)
        except (msgspec.MsgspecError, AttributeError):  # another kind of value stands there, or nothing above it
            return False

    return allows


def _claims(given: Any) -> Iterator[Claim]:
    if isinstance(given, Claim):
        yield given
    elif isinstance(given, Mapping):
        for each in given.values():
            yield from _claims(each)
    elif isinstance(given, (list, tuple)):
        for each in given:
            yield from _claims(each)


def _filled(given: Any, value_of: Callable[[str], Any]) -> Any:
    if isinstance(given, Claim):
        value = value_of(given.name)
        if value is None:
            raise _MissingClaim(given.name)
        return value
    if isinstance(given, Mapping):
        return {name: _filled(each, value_of) for name, each in given.items()}
    if isinstance(given, (list, tuple)):
        return [_filled(each, value_of) for each in given]
    return given

"""The fields in which two values of JSON differ, by the path to each. Bounded: there may be a million."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import msgspec

MOST_FIELDS = 20
"""As many are told of one entry; of the others, how many there are."""
_MOST_COUNTED = 10_000
_WHOLE = ""
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Absent:
    """Stands for a value that is not there: null is one that is."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT = Absent()


class FieldDifference(msgspec.Struct, frozen=True):
    """
    One field that differs.

    Args:
        path: Like `items[0].name`; empty for the whole value.
        one: The field's value in the one; `ABSENT` where it has none.
        other: The same in the other.
    """

    path: str
    one: Any
    other: Any


def differing_fields(one: Any, other: Any, most: int = MOST_FIELDS) -> tuple[list[FieldDifference], int]:
    """The first fields that differ, and how many more do. Values that differ as a whole count as one field."""
    found = itertools.islice(_differing(one, other, _WHOLE), _MOST_COUNTED)
    first = list(itertools.islice(found, most))
    return first, sum(1 for _ in found)


def _differing(one: Any, other: Any, path: str) -> Iterator[FieldDifference]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys([*one, *other]):
            yield from _differing(one.get(name, ABSENT), other.get(name, ABSENT), _below(path, name))
    elif isinstance(one, list) and isinstance(other, list):
        for at in range(max(len(one), len(other))):
            yield from _differing(_at(one, at), _at(other, at), f"{path}[{at}]")
    elif not _is_same(one, other):
        yield FieldDifference(path, one, other)


def _is_same(one: Any, other: Any) -> bool:
    """Python takes true for 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _at(values: list[Any], at: int) -> Any:
    return values[at] if at < len(values) else ABSENT


def _below(path: str, name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        return f"{path}[{msgspec.json.encode(name).decode()}]"
    return f"{path}.{name}" if path else name

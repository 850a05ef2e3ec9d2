"""How callers write the names of fields, operators and sorts: as the API has them, or as Python has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import msgspec

from hazelgate.sourcing.model.fields import FieldSpec, ListOf, fields_of
from hazelgate.sourcing.model.indexes import IndexSpec
from hazelgate.sourcing.model.names import constant
from hazelgate.sourcing.model.views import ViewSpec

_OPERATORS = (
    "eq",
    "ne",
    "in",
    "gt",
    "gte",
    "lt",
    "lte",
    "startsWith",
    "contains",
    "eqIgnoreCase",
    "startsWithIgnoreCase",
    "containsIgnoreCase",
    "isNull",
)
_CAPITAL = re.compile(r"(?=[A-Z])")


@dataclass(frozen=True)
class Names:
    """
    One way of writing.

    Args:
        field: The name of a field.
        operators: By what is written, the operator of the API.
        path: A path of JSON's names in a view's entries, dotted.
        sort: The order that an index gives.
    """

    field: Callable[[FieldSpec], str]
    operators: Mapping[str, str]
    path: Callable[[ViewSpec, Sequence[str]], str]
    sort: Callable[[ViewSpec, IndexSpec], str]

    def operator(self, of_api: str) -> str:
        """An operator of the API as it is written."""
        return next(written for written, operator in self.operators.items() if operator == of_api)


def python_path(view: ViewSpec, path: Sequence[str]) -> str:
    """A path of JSON's names as a dotted one of Python's: `customer.customer_id`."""
    found: list[str] = []
    inside: object = view.cls
    for name in path:
        while isinstance(inside, ListOf):
            inside = inside.item
        if not (isinstance(inside, type) and issubclass(inside, msgspec.Struct)):
            found.append(name)
            continue
        field = next(each for each in fields_of(inside) if each.name == name)
        found.append(field.python_name)
        inside = field.type
    return ".".join(found)


API = Names(
    field=attrgetter("name"),
    operators={each: each for each in _OPERATORS},
    path=lambda _, path: ".".join(path),
    sort=lambda _, index: constant(index.name),
)
"""`placedAt`, `startsWith`, and a sort by the name of its index, `PLACED_AT`."""

PYTHON = Names(
    field=attrgetter("python_name"),
    operators={_CAPITAL.sub("_", each).lower(): each for each in _OPERATORS},
    path=python_path,
    sort=lambda view, index: python_path(view, index.parts[0].path),
)
"""`placed_at`, `starts_with`, and a sort by its field, `placed_at`."""

"""The operations with which GraphiQL opens: a query, a mutation and a subscription of this domain, ready to be run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from enum import Enum
from typing import Any

import msgspec

from hazelgate.schema.derived.names import ViewNames
from hazelgate.sourcing.catalog import Catalog, EventSpec, ViewSpec
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.model.fields import FieldSpec, FieldType, ListOf, Scalar, fields_of
from hazelgate.sourcing.structure.samples import full

_DEEPEST = 2


def starting_operations(catalog: Catalog) -> list[str]:
    """
    Documents of one operation each, for the first view and the first mutation that it has.

    A domain without views in the API has no query, and one without mutations has none.
    """
    shown = [view for view in catalog.views.values() if view.in_api]
    answering = [spec for spec in catalog.specs.values() if spec.mutation is not None]
    mutation = next((spec for spec in answering if spec.creates), answering[0] if answering else None)
    answered = mutation.answers.view if mutation is not None and mutation.answers is not None else None
    first = next((view for view in shown if view.name == answered), shown[0] if shown else None)
    made = []
    if first is not None:
        made.append(_query(first))
    if mutation is not None:
        with contextlib.suppress(CatalogError):  # no example comes to mind: then nobody is shown one
            made.append(_mutation(catalog, mutation))
    if first is not None:
        made.append(_subscription(first))
    return made


def _query(view: ViewSpec) -> str:
    return _document(
        f"# The first entries of {view.many}.",
        f"query {_title(view.many)} {{",
        f"  {view.many}(first: 5) {{",
        "    totalCount",
        "    edges {",
        "      node {",
        *_selection(view.fields, 4),
        "      }",
        "    }",
        "  }",
        "}",
    )


def _mutation(catalog: Catalog, spec: EventSpec) -> str:
    data = full(spec.cls)
    if spec.creates:  # the id is made where it is left out: so that it can be run again
        data.pop(spec.key_name, None)
    given = {field.name: field for field in spec.input_fields if field.name in data}
    arguments = ", ".join(f"{name}: {_literal(field.type, data[name])}" for name, field in given.items())
    view = catalog.views.get(spec.answers.view) if spec.answers is not None else None
    payload = ["    ... on EventPayload { receipt { eventId sequence } }"]
    if view is not None and view.in_api:
        names = ViewNames(view)
        payload = [
            f"    ... on {names.payload} {{",
            "      receipt { eventId sequence }",
            f"      {view.one} {{",
            *_selection(view.fields, 4),
            "      }",
            "    }",
        ]
    return _document(
        f"# {spec.description or spec.name}",
        f"mutation {_title(spec.mutation or '')} {{",
        f"  {spec.mutation}(input: {{ {arguments} }}) {{",
        "    __typename",
        *payload,
        "    ... on EventError { code message }",
        "  }",
        "}",
    )


def _subscription(view: ViewSpec) -> str:
    names = ViewNames(view)
    return _document(
        f"# Each change of {view.many}, pushed as it happens. Leave it running, and run the mutation in another tab.",
        f"subscription {_title(names.changed_field)} {{",
        f"  {names.changed_field} {{",
        f"    ... on {names.change} {{",
        "      change",
        "      causedBy { eventType sequence }",
        f"      {names.change_entry} {{",
        *_selection(view.fields, 4),
        "      }",
        "    }",
        "    ... on Discontinuity { reason }",
        "  }",
        "}",
    )


def _selection(fields: tuple[FieldSpec, ...], depth: int, nested: int = 0) -> Iterator[str]:
    """The fields, with those of values in them; values far inside are left out."""
    for field in fields:
        held = field.type
        while isinstance(held, ListOf):
            held = held.item
        if field.hidden:
            continue
        if isinstance(held, Scalar) or issubclass(held, Enum):
            yield f"{'  ' * depth}{field.name}"
        elif nested < _DEEPEST:
            yield f"{'  ' * depth}{field.name} {{"
            yield from _selection(fields_of(held), depth + 1, nested + 1)
            yield f"{'  ' * depth}}}"


def _literal(held: FieldType, value: Any) -> str:
    """A value as GraphQL writes it."""
    if value is None:
        return "null"
    if isinstance(held, ListOf):
        return f"[{', '.join(_literal(held.item, each) for each in value)}]"
    if isinstance(held, Scalar):
        if held is Scalar.JSON and isinstance(value, dict):
            return "{}"
        return _text(str(value)) if held in (Scalar.DECIMAL, Scalar.ID) else _text(value)
    if issubclass(held, Enum):
        return held(value).name
    given = {field.name: field for field in fields_of(held) if field.name in value and not field.filled}
    return f"{{ {', '.join(f'{name}: {_literal(field.type, value[name])}' for name, field in given.items())} }}"


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]


def _document(*lines: str) -> str:
    return "\n".join([*lines, ""])

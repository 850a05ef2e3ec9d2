"""A catalog as a page for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

import msgspec

from hazelgate.operations.documents.catalog import CatalogPages, EventPage, ViewPage
from hazelgate.sourcing.model.fields import FieldSpec, FieldType, ListOf, Scalar, fields_of


def markdown(pages: CatalogPages, title: str) -> str:
    """The page."""
    parts = [f"# {title}", "", "## Event types", ""]
    for event in pages.events:
        parts += _event(event)
    parts += ["## Views", ""]
    for view in pages.views:
        parts += _view(view)
    return "\n".join(parts).rstrip() + "\n"


def _event(page: EventPage) -> Iterator[str]:
    spec = page.spec
    yield from (f"### {spec.name}", "", spec.description, "")
    facts = [
        ("Aggregate", f"`{spec.aggregate}`, by `{spec.key_name}`"),
        ("Version", ", ".join([str(spec.version), *(f"{version} is lifted" for version in page.upcasters)])),
        ("Mutation", f"`{spec.mutation}`" if spec.mutation else "none"),
        ("Guards", _names(f"`{name}`" + (f" reads {_names(reads)}" if reads else "") for name, reads in page.guards)),
        *([("Unique", _names(f"`{name}`" for _, name in spec.unique))] if spec.unique else []),
        *([("Frees", _names(f"`{name}`" for name in spec.frees))] if spec.frees else []),
        ("Updates", _names(f"`{view}`" for view in page.updates)),
        ("Topic", f"`{page.topic}`"),
    ]
    yield from _table(("", ""), facts)
    if page.boundaries:
        rows = [(f"`{guard}`", f"`{view}`", how.value) for guard, view, how in page.boundaries]
        yield from _table(("Guard", "Reads", "Held until the event is stored"), rows)
    yield from _fields(fields_of(spec.cls))
    yield from ("```json", msgspec.json.format(msgspec.json.encode(page.example), indent=2).decode(), "```", "")


def _view(page: ViewPage) -> Iterator[str]:
    spec = page.spec
    yield from (f"### {spec.type_name}", "", spec.description, "")
    facts = [
        ("Map", f"`{spec.name}`, by `{spec.key_name}`"),
        ("In the API", f"`{spec.one}`, `{spec.many}`" if spec.in_api else "no"),
        ("Fed by", _names(f"`{name}`" for name in page.fed_by)),
        ("Indexes", _names(f"`{name}` ({', '.join(fields)})" for name, fields in page.indexes)),
        ("Links", _names(f"`{link.name}` to `{link.target}`" for link in spec.links)),
    ]
    yield from _table(("", ""), facts)
    yield from _fields(spec.fields)


def _fields(fields: Iterable[FieldSpec]) -> Iterator[str]:
    rows = [
        (f"`{field.name}`", _type(field.type) + (", or null" if field.optional else ""), field.description or "")
        for field in fields
    ]
    yield from _table(("Field", "Type", ""), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _type(held: FieldType) -> str:
    if isinstance(held, Scalar):
        return held.value
    if isinstance(held, ListOf):
        return f"list of {_type(held.item)}"
    if issubclass(held, Enum):
        return " or ".join(f"`{member.value}`" for member in held)
    return held.__name__


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"

"""
What a catalog consists of, as one value: event types with their schemas, guards, views, upcasters and topics.

Markdown, JSON Schema and AsyncAPI are made of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from hazelgate.sourcing.catalog import Catalog, EventSpec, ViewSpec
from hazelgate.sourcing.model.boundaries import Boundary
from hazelgate.sourcing.structure.samples import full


@dataclass(frozen=True)
class EventPage:
    """
    One event type.

    Args:
        example: Data that it could have.
        guards: The functions that decide on it, and the views that each reads.
        boundaries: Which of those reads hold until the event is stored, and why: guard, view, how.
        updates: The views that it is folded into.
        upcasters: The versions that are lifted to today's.
        topic: The Hazelcast topic on which it is published.
    """

    spec: EventSpec
    schema: dict[str, Any]
    example: Any
    guards: tuple[tuple[str, tuple[str, ...]], ...]
    boundaries: tuple[tuple[str, str, Boundary], ...]
    updates: tuple[str, ...]
    upcasters: tuple[int, ...]
    topic: str


@dataclass(frozen=True)
class ViewPage:
    """One view, and the event types that feed it."""

    spec: ViewSpec
    fed_by: tuple[str, ...]
    indexes: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class CatalogPages:
    """All of a catalog, in the order of its registration."""

    events: tuple[EventPage, ...]
    views: tuple[ViewPage, ...]

    @classmethod
    def of(cls, catalog: Catalog) -> CatalogPages:
        """What a catalog consists of."""
        return cls(
            tuple(_event(catalog, spec) for spec in catalog.specs.values()),
            tuple(_view(catalog, view) for view in catalog.views.values()),
        )


def _event(catalog: Catalog, spec: EventSpec) -> EventPage:
    names = {view.cls: view.name for view in catalog.views.values()}
    guards = [
        (guard.name.rpartition(".")[2], tuple(names[read.view] for read in guard.reads.values()))
        for guard in catalog.guards
        if guard.cls is spec.cls
    ]
    return EventPage(
        spec=spec,
        schema=spec.json_schema(),
        example=_example(catalog, spec),
        guards=tuple(guards),
        boundaries=tuple(
            (guard.name.rpartition(".")[2], names[read.view], catalog.boundaries.of(guard, read))
            for guard in catalog.guards
            if guard.cls is spec.cls
            for read in guard.reads.values()
        ),
        updates=spec.updates,
        upcasters=tuple(version for version in spec.readable_versions if version != spec.version),
        topic=f"events.{spec.name}",
    )


def _example(catalog: Catalog, spec: EventSpec) -> Any:
    """As it is written: a price, for one, reads from a number and is written as a text."""
    return msgspec.json.decode(catalog.encode(catalog.decode(spec.name, None, full(spec.cls))))


def _view(catalog: Catalog, view: ViewSpec) -> ViewPage:
    feeding = [catalog.spec(fold.cls).name for fold in catalog.folds if fold.view == view.name]
    indexes = tuple((index.name, tuple(index.declared)) for index in view.indexes.values())
    return ViewPage(view, tuple(dict.fromkeys(feeding)), indexes)

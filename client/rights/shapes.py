"""
What roles see of a domain, whoever has them.

A shape is a catalog with less in it: views and fields that the roles may not read are in no API, mutations that they
may not use have no name. A schema that is derived from it can't even be asked for the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from types import MappingProxyType
from typing import Any

import msgspec

from hazelgate.client.rights.rows import check_rows, claims_in, fixed_paths
from hazelgate.sourcing.catalog import Catalog, EventSpec, ViewSpec
from hazelgate.sourcing.declaring.access import ANONYMOUS, AUTHENTICATED, OPERATOR, Grant
from hazelgate.sourcing.errors import camel
from hazelgate.sourcing.model.access import NAMEABLE
from hazelgate.sourcing.model.fields import field_at, fields_of
from hazelgate.sourcing.model.indexes import IndexSpec
from hazelgate.sourcing.model.views import LinkSpec

_EVERY_EVENT = (Grant(OPERATOR),)
"""The readers of events that name none."""


class Reach(Enum):
    """Whose part of the cluster a caller sees."""

    WHOLE = auto()
    """All of it: there are no tenants."""
    TENANT = auto()
    """Its tenant's. Pipelines, dead letters, rebuilds and snapshots are those of all tenants, and not for it."""
    OVERSIGHT = auto()
    """That of all tenants, as an operator: stored events, and what keeps the cluster going. No entry, no new event."""


@dataclass(frozen=True)
class Readable:
    """
    What roles may read of a view or of an event type.

    Args:
        rows: The rules of which one has to hold; None: all rows.
        fields: By Python's names; None: all.
    """

    rows: tuple[Any, ...] | None
    fields: frozenset[str] | None


@dataclass(frozen=True, eq=False)
class Shape:
    """
    What some roles see of a domain, and what they may do.

    Args:
        catalog: As these roles see it.
        views: By name, those that they may read.
        events: By name, the event types of which they may read some.
        submitted: By the name of an event type, the rules of which one has to hold for a new event.
    """

    roles: frozenset[str]
    catalog: Catalog
    views: Mapping[str, Readable]
    events: Mapping[str, Readable]
    submitted: Mapping[str, tuple[Grant, ...]]
    reach: Reach = Reach.WHOLE

    @property
    def is_operator(self) -> bool:
        """Whether pipelines, dead letters, rebuilds and snapshots may be seen and mended."""
        return OPERATOR in self.roles and self.reach is not Reach.TENANT

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that the roles may read or do."""
        return not (self.views or self.events or self.submitted or self.is_operator)


def shape_of(catalog: Catalog, roles: Collection[str], reach: Reach = Reach.WHOLE) -> Shape:
    """What these roles see of a domain."""
    held = frozenset(roles)
    if reach is Reach.OVERSIGHT:
        catalog = _without_access(catalog)
    views = {view.name: readable_by(view.access, held) for view in catalog.views.values()}
    readable = {name: found for name, found in views.items() if found is not None}
    events = {spec.name: readable_by(spec.readers or _EVERY_EVENT, held) for spec in catalog.specs.values()}
    submitted = {
        spec.name: grants
        for spec in catalog.specs.values()
        if (grants := tuple(each for each in spec.access if each.role in held))
    }
    event_rights = {name: found for name, found in events.items() if found is not None}
    seen = {view.name: _seen(catalog, view, readable, bool(event_rights)) for view in catalog.views.values()}
    specs = {
        spec.name: spec if spec.name in submitted else replace(spec, mutation=None) for spec in catalog.specs.values()
    }
    return Shape(
        held, catalog.seen_as(MappingProxyType(seen), MappingProxyType(specs)), readable, event_rights, submitted, reach
    )


def _without_access(catalog: Catalog) -> Catalog:
    """The domain with no right to an entry or a new event, whoever asks."""
    return catalog.seen_as(
        MappingProxyType({name: replace(view, access=()) for name, view in catalog.views.items()}),
        MappingProxyType({name: replace(spec, access=()) for name, spec in catalog.specs.items()}),
    )


def roles_named(catalog: Catalog) -> frozenset[str]:
    """Every role that some rule of a domain names, and the operators'."""
    grants = [grant for view in catalog.views.values() for grant in view.access]
    grants += [grant for spec in catalog.specs.values() for grant in (*spec.access, *spec.readers)]
    return frozenset(each.role for each in grants) | {OPERATOR, AUTHENTICATED, ANONYMOUS}


def claims_named(catalog: Catalog) -> frozenset[str]:
    """Every claim that some rule of a domain names."""
    grants = [grant for view in catalog.views.values() for grant in view.access]
    grants += [grant for spec in catalog.specs.values() for grant in spec.readers]
    return frozenset(name for each in grants if each.rows is not None for name in claims_in(each.rows))


def check_rules(catalog: Catalog) -> None:
    """
    Hold all rules about rows against what they are about.

    Raises:
        CatalogError: A rule is no filter of its view or event.
    """
    for view in catalog.views.values():
        for grant in view.access:
            if grant.rows is not None:
                check_rows(view, grant.rows, f"access of {view.cls.__name__} for {grant.role!r}")
    for spec in catalog.specs.values():
        for grant in spec.readers:
            if grant.rows is not None:
                check_rows(as_view(spec), grant.rows, f"readers of {spec.cls.__name__} for {grant.role!r}")


def as_view(spec: EventSpec) -> ViewSpec:
    """An event type as if its data were entries: rules about both are one language."""
    made: Any = spec.cls
    return ViewSpec(
        spec.name, made, spec.key, {}, spec.name, spec.name, spec.name, None, False, (), (), None, spec.readers
    )


def readable_by(grants: Sequence[Grant], roles: frozenset[str]) -> Readable | None:
    """
    What roles may read by these rules; None where it is nothing.

    A caller with several roles gets the rows of all of their rules, and the fields that all of these rules give. A rule
    that another one includes does not count.
    """
    held = [each for each in grants if each.role in roles]
    chosen = [each for place, each in enumerate(held) if not _is_included(held, place)]
    if not chosen:
        return None
    rows = None if any(each.rows is None for each in chosen) else tuple(each.rows for each in chosen)
    fields: frozenset[str] | None = None
    for each in chosen:
        if each.fields is not None:
            fields = frozenset(each.fields) if fields is None else fields & frozenset(each.fields)
    return Readable(rows, fields)


def _is_included(grants: Sequence[Grant], place: int) -> bool:
    return any(
        _includes(other, grants[place]) and (not _includes(grants[place], other) or at < place)
        for at, other in enumerate(grants)
        if at != place
    )


def _includes(one: Grant, other: Grant) -> bool:
    """Whether a rule gives at least as much as another one, as far as that is plain."""
    if one.rows is not None and (other.rows is None or one.rows is not other.rows):
        return False
    return one.fields is None or (other.fields is not None and set(other.fields) <= set(one.fields))


def _seen(catalog: Catalog, view: ViewSpec, readable: Mapping[str, Readable], reads_events: bool) -> ViewSpec:
    """A view as these readers see it."""
    right = readable.get(view.name)
    if right is None or not view.in_api:
        return replace(view, in_api=False, links=())
    withheld = frozenset[str]()
    if right.fields is not None:
        shown = {view.key, *right.fields}
        withheld = frozenset(each.python_name for each in fields_of(view.cls) if each.python_name not in shown)
        withheld |= {each for each in NAMEABLE if each not in shown}
    if not reads_events:
        withheld |= {"history"}
    named = None if right.fields is None else {camel(each) for each in right.fields}
    hidden_parts = {name: _is_hidden(view, index, right) for name, index in view.indexes.items()}
    indexes = {name: index for name, index in view.indexes.items() if not hidden_parts[name]}
    return replace(
        view,
        indexes=MappingProxyType(
            {
                name: replace(index, hidden=index.hidden or _shows(view, index, withheld))
                for name, index in indexes.items()
            }
        ),
        sort=view.sort if view.sort is not None and _sorts(view, indexes, withheld) else None,
        computed=tuple(each for each in view.computed if named is None or each.name in named),
        links=tuple(each for each in view.links if _leads(catalog, view, each, named, readable)),
        withheld=withheld,
    )


def _sorts(view: ViewSpec, indexes: Mapping[str, IndexSpec], withheld: frozenset[str]) -> bool:
    assert view.sort is not None
    index = indexes.get(view.sort[0])
    return index is not None and not _shows(view, index, withheld)


def _top(cls: type[msgspec.Struct], path: Sequence[str]) -> str:
    """The Python name of the field with which a path of JSON's names begins."""
    return next(each.python_name for each in fields_of(cls) if each.name == path[0])


def _shows(view: ViewSpec, index: IndexSpec, withheld: frozenset[str]) -> bool:
    """Whether an index is over a field that is withheld: nothing is sorted by it then."""
    return any(_top(view.cls, part.path) in withheld for part in index.parts)


def _is_hidden(view: ViewSpec, index: IndexSpec, right: Readable) -> bool:
    """
    Whether an index can't be walked for these readers: cursors hold the sort keys, and so what is in its fields.

    A part that the rule sets to one value tells its reader nothing.
    """
    if right.fields is None:
        return False
    fixed: frozenset[tuple[str, ...]] = frozenset()
    if right.rows is not None and len(right.rows) == 1:
        fixed = frozenset(
            tuple(each.name for each in field_at(view.cls, ".".join(path), view.name))
            for path in fixed_paths(right.rows[0])
        )
    shown = {view.key, *right.fields}
    return any(_top(view.cls, part.path) not in shown and part.path not in fixed for part in index.parts)


def _leads(
    catalog: Catalog, view: ViewSpec, link: LinkSpec, named: set[str] | None, readable: Mapping[str, Readable]
) -> bool:
    """Whether a link is shown: it is allowed, and so are its target and, of a list, the field that it goes by."""
    right = readable.get(link.target)
    if right is None:
        return False
    if link.owner is view.cls and named is not None and link.name not in named:
        return False
    if link.index is None:
        return True
    target = catalog.views[link.target]
    if right.fields is None:
        return True
    return _top(target.cls, target.indexes[link.index].parts[0].path) in {target.key, *right.fields}

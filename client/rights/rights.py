"""
One caller's rights: the one place that says what may be read and done.

Reads of views ask for a `Limit`, reads of stored events for `may_read`, whatever field, link or stream they are for.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec

from hazelgate.client.reading.filters import Filter, condition, matches
from hazelgate.client.rights.rows import Allows, checker_of, filter_for, nothing_of
from hazelgate.client.rights.shapes import Reach, Readable, Shape, as_view
from hazelgate.client.views.lists import EntryList
from hazelgate.sourcing.catalog import Catalog, EventSpec, ViewSpec
from hazelgate.sourcing.declaring.upcasting import Json
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import EventRecord
from hazelgate.sourcing.errors import Forbidden
from hazelgate.sourcing.identity import METADATA, Identity, identity_in
from hazelgate.sourcing.structure.json_schema import with_fields

logger = logging.getLogger(__name__)

_encode = msgspec.json.Encoder(order="sorted").encode
_parse = msgspec.json.Decoder().decode


@dataclass(frozen=True)
class Limit:
    """
    Some entries of a view, and no others.

    Args:
        tree: What they are like, for the planner.
        allows: The same, for one entry that was read by its key.
    """

    tree: Filter
    allows: Allows

    def seen(self, raw: bytes | None) -> bytes | None:
        """An entry; None where there is none, or none that the caller may see."""
        return raw if raw is not None and self.allows(raw) else None


class Rights:
    """
    What one caller may see and do. This one may do everything: no identities are known.

    Args:
        catalog: The whole domain.
    """

    is_limited = False
    """Whether there is anything that the caller may not see or do."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        """The domain as the caller sees it."""
        self.identity: Identity | None = None

    @property
    def key(self) -> Hashable:
        """Equal for callers that see the same."""
        return None

    @property
    def tenant(self) -> str:
        """Whose part of the cluster the caller sees; empty: there are no tenants, or it oversees all."""
        return ""

    @property
    def reach(self) -> Reach:
        """How much of the cluster that is."""
        return Reach.WHOLE

    @property
    def is_operator(self) -> bool:
        """Whether pipelines, dead letters, rebuilds and snapshots may be seen and mended."""
        return True

    @property
    def metadata(self) -> dict[str, Any] | None:
        """What the caller's events say of it; None: nothing."""
        return None

    def view_of_type(self, type_name: str) -> ViewSpec | None:
        """The view whose entries have this type in the caller's API; None where there is none."""
        return self.catalog.view_of_type(type_name)

    def limit(self, view: str) -> Limit | None:
        """The entries of a view that the caller may see; None: all. Of any other map, all."""
        return None

    def require_view(self, view: ViewSpec) -> None:
        """
        Raises:
            Forbidden: The caller may see nothing of the view.
        """

    def list_of(self, view: ViewSpec, tree: Filter | None, sort: tuple[str, bool] | None) -> EntryList:
        """The list of what passes a filter, among the entries that the caller may see."""
        return EntryList.of(view, tree, sort)

    def within(self, view: str, tree: Filter | None) -> Filter | None:
        """A filter, narrowed to the entries that the caller may see."""
        return tree

    def event_types(self) -> list[str]:
        """The event types of which the caller may know: it may read some of their events, or submit one."""
        return list(self.catalog.event_types)

    def readable_types(self) -> list[str]:
        """The event types of which the caller may read some events."""
        return list(self.catalog.event_types)

    def may_read(self, record: EventRecord) -> bool:
        """Whether the caller may see a stored event."""
        return True

    def may_read_all(self, event_type: str) -> bool:
        """Whether the caller may see every event of a type."""
        return True

    def has_submitted(self, record: EventRecord) -> bool:
        """Whether a stored event is the caller's own."""
        return False

    def events(self) -> Filter | None:
        """What records of the store are like that the caller may see; None: anything."""
        return None

    def shown(self, event_type: str, data: bytes) -> bytes:
        """The fields of an event's data that the caller may see."""
        return data

    def json_schema(self, spec: EventSpec) -> Json:
        """JSON Schema of an event type's data: of the fields that the caller may see."""
        return spec.json_schema()

    def require_submission(self, event_type: str) -> None:
        """
        Raises:
            Forbidden: The caller may submit no event of this type, whatever is in it.
        """

    def require_event(self, event: Event) -> None:
        """
        Raises:
            Forbidden: The caller may not submit this event.
        """


class LimitedRights(Rights):
    """
    The rights of a caller with an identity, or of one without where identities are known.

    Args:
        whole: The whole domain.
        shape: What its roles see.
        kept_claims: Those that events keep of it.
        is_own: Whether two callers never see the same, as functions of a user's API know who asks.
    """

    is_limited = True

    def __init__(
        self,
        whole: Catalog,
        shape: Shape,
        identity: Identity | None,
        kept_claims: frozenset[str] = frozenset(),
        *,
        is_own: bool = False,
    ) -> None:
        super().__init__(shape.catalog)
        self.whole = whole
        self.shape = shape
        self.identity = identity
        self._kept_claims = kept_claims
        self._is_own = is_own
        self._limits: dict[str, Limit | None] = {}
        self._lists: dict[tuple[str, tuple[str, bool] | None], EntryList] = {}
        """Those that nobody has filtered, by view and sort: they are planned once."""
        self._of_events: dict[str, Filter | None] = {}

    @cached_property
    def key(self) -> Hashable:
        """Equal for callers that see the same."""
        limits = {name: None if (found := self.limit(name)) is None else found.tree for name in self.shape.views}
        events = {name: self._event_tree(name) for name in self.shape.events}
        own = self.identity if self._is_own else None
        return self.tenant, self.reach, tuple(sorted(self.shape.roles)), _encode([limits, events, own])

    @property
    def tenant(self) -> str:
        return "" if self.identity is None else self.identity.tenant

    @property
    def reach(self) -> Reach:
        return self.shape.reach

    @property
    def is_operator(self) -> bool:
        return self.shape.is_operator

    @cached_property
    def metadata(self) -> dict[str, Any] | None:
        """What the caller's events say of it: the claims that rules name, and no others."""
        if self.identity is None:
            return None
        claims = {name: value for name in sorted(self._kept_claims) if (value := self.identity.claim(name)) is not None}
        return {METADATA: msgspec.to_builtins(msgspec.structs.replace(self.identity, claims=claims))}

    # ------------------------------------------------------------ views

    def limit(self, view: str) -> Limit | None:
        if view not in self._limits:
            self._limits[view] = self._limit(view)
        return self._limits[view]

    def _limit(self, name: str) -> Limit | None:
        view = self.whole.views.get(name)
        if view is None:
            return None
        right = self.shape.views.get(name)
        tree = nothing_of(view) if right is None else self._tree(view, right)
        if tree is None:
            return None
        return Limit(tree, checker_of(tree))

    def _tree(self, view: ViewSpec, right: Readable) -> Filter | None:
        """What rows are like that the caller may see; None: anything."""
        if right.rows is None:
            return None
        found = [tree for rows in right.rows if (tree := filter_for(view, rows, self.identity)) is not None]
        if not found:
            return nothing_of(view)
        return found[0] if len(found) == 1 else {"or": found}

    def require_view(self, view: ViewSpec) -> None:
        if view.name not in self.shape.views:
            raise Forbidden(
                f"{self._roles()} allow no reading of {view.many}; allow one where {view.name!r} is declared"
            )

    def list_of(self, view: ViewSpec, tree: Filter | None, sort: tuple[str, bool] | None) -> EntryList:
        if tree is not None:
            return self._list_of(view, tree, sort)
        found = self._lists.get((view.name, sort))
        if found is None:
            found = self._lists[view.name, sort] = self._list_of(view, tree, sort)
        return found

    def _list_of(self, view: ViewSpec, tree: Filter | None, sort: tuple[str, bool] | None) -> EntryList:
        made = EntryList.of(view, self.within(view.name, tree), sort, permitted_by=self)
        # Errors name the fields that the caller has named, and no others.
        return replace(made, tree=tree, tenant=self.tenant)

    def within(self, view: str, tree: Filter | None) -> Filter | None:
        limit = self.limit(view)
        if limit is None:
            return tree
        return limit.tree if tree is None else {"and": [limit.tree, tree]}

    # ------------------------------------------------------------ events

    def event_types(self) -> list[str]:
        return [name for name in self.catalog.event_types if name in self.shape.events or name in self.shape.submitted]

    def readable_types(self) -> list[str]:
        return [name for name in self.catalog.event_types if name in self.shape.events]

    def may_read(self, record: EventRecord) -> bool:
        right = self.shape.events.get(record.event_type)
        if right is None:
            # Of a type that the domain has no more, no rule says anything.
            return self.is_operator and record.event_type not in self.whole.specs
        if right.rows is None:
            return True
        tree = self._event_tree(record.event_type)
        # In another version a field of that name may be another thing.
        if tree is None or record.event_version != self.whole.specs[record.event_type].version:
            return False
        return matches(tree, _parse(record.data))

    def may_read_all(self, event_type: str) -> bool:
        right = self.shape.events.get(event_type)
        return right is not None and right.rows is None

    def has_submitted(self, record: EventRecord) -> bool:
        submitter = identity_in(record.metadata)
        return submitter is not None and self.identity is not None and submitter.subject == self.identity.subject

    def _event_tree(self, event_type: str) -> Filter | None:
        """What the data of readable events are like; None: anything."""
        if event_type not in self._of_events:
            right = self.shape.events[event_type]
            self._of_events[event_type] = self._tree(as_view(self.whole.specs[event_type]), right)
        return self._of_events[event_type]

    def events(self) -> Filter | None:
        whole = [name for name, right in self.shape.events.items() if right.rows is None]
        choices: list[Filter] = [condition(["eventType"], "in", whole)] if whole else []
        if self.is_operator:
            choices.append({"not": condition(["eventType"], "in", list(self.whole.specs))})
        for name, right in self.shape.events.items():
            tree = self._event_tree(name)
            if right.rows is not None and tree is not None:
                of_type = condition(["eventType"], "eq", name)
                version = condition(["eventVersion"], "eq", self.whole.specs[name].version, "number")
                choices.append({"and": [of_type, version, _below("data", tree)]})
        return {"or": choices} if choices else condition(["eventType"], "eq", "")

    def _shown_names(self, event_type: str) -> set[str] | None:
        """The fields of an event's data that the caller may see, in JSON's names; None: all."""
        right = self.shape.events.get(event_type)
        if right is None or right.fields is None:
            return None
        spec = self.whole.specs[event_type]
        return {each.name for each in as_view(spec).fields if each.python_name in {spec.key, *right.fields}}

    def json_schema(self, spec: EventSpec) -> Json:
        names = None if spec.name in self.shape.submitted else self._shown_names(spec.name)
        return spec.json_schema() if names is None else with_fields(spec.json_schema(), names)

    def shown(self, event_type: str, data: bytes) -> bytes:
        names = self._shown_names(event_type)
        if names is None:
            return data
        return msgspec.json.encode({name: value for name, value in _parse(data).items() if name in names})

    def require_submission(self, event_type: str) -> None:
        if event_type not in self.shape.submitted:
            raise Forbidden(
                f"{self._roles()} allow no event {event_type[:200]!r}, or there is none; eventCatalog lists yours"
            )

    def require_event(self, event: Event) -> None:
        spec = self.whole.spec(event)
        self.require_submission(spec.name)
        for grant in self.shape.submitted[spec.name]:
            if grant.when is None:
                return
            try:
                if grant.when(event, self.identity):
                    return
            except Exception:  # a rule is the user's code: its fault denies
                logger.exception("the rule of %s for %r failed; it allows nothing", spec.name, grant.role)
        raise Forbidden(f"{self._roles()} do not allow this {spec.name}: a rule of the domain says which")

    def _roles(self) -> str:
        roles = ", ".join(sorted(self.shape.roles))
        return f"your roles ({roles})"


def _below(name: str, tree: Filter) -> Filter:
    """A filter of what stands under a field."""
    for each in ("and", "or"):
        if each in tree:
            return {each: [_below(name, one) for one in tree[each]]}
    if "not" in tree:
        return {"not": _below(name, tree["not"])}
    return {**tree, "path": [name, *tree["path"]]}

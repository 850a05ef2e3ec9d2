"""The functions behind derived fields, made for each view and event once when the schema is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLFieldResolver

from hazelgate.client.following.revisions import Discretion, read_with
from hazelgate.client.reading.filters import condition
from hazelgate.client.reads import available
from hazelgate.client.views.entries import Entry, require_key
from hazelgate.client.views.pages import MAX_PAGE
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.derived import aggregates, past, writing
from hazelgate.resolvers.derived.entries import load, load_all
from hazelgate.resolvers.derived.federation import load_entities
from hazelgate.resolvers.derived.lists import EdgePage, count_list, list_of, read_list
from hazelgate.resolvers.meanings import (
    Answered,
    Computed,
    EntriesById,
    EntryPages,
    EntryRevision,
    Figures,
    Held,
    History,
    LinkByIndex,
    LinkByKey,
    NodeId,
    OneEntry,
    Submits,
    TotalCount,
    means,
)
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.derived.names import ViewNames
from hazelgate.schema.nodes import GlobalId, Revision
from hazelgate.schema.scalars import stored_instant
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.model.events import EventSpec
from hazelgate.sourcing.model.fields import field_at
from hazelgate.sourcing.model.views import ComputedSpec, LinkSpec, ViewSpec

Resolve = GraphQLFieldResolver
Subscribe = Callable[..., Any]


class DerivedResolvers:
    """
    What reads and writes behind the fields that are derived from a catalog (`schema.derived.behind.Behind`).

    Args:
        changed: Makes the subscription to a view.
        live: The subscription to a query.
        whole: The whole domain, where `catalog` is what some roles see of it.
    """

    def __init__(
        self,
        catalog: Catalog,
        changed: Callable[[ViewSpec], Subscribe],
        live: Subscribe,
        whole: Catalog | None = None,
    ) -> None:
        self._catalog = catalog
        self._whole = whole or catalog
        self._changed = changed
        self._live = live

    def one(self, view: ViewSpec) -> Resolve:
        """The root field of one entry."""
        key_name = view.key_name

        async def resolve(_: Any, info: Info, **arguments: Any) -> Entry | None:
            key = require_key(arguments[key_name], key_name)
            as_of, token = arguments.get("asOf"), arguments.get("minRevision")
            if token is not None:
                cluster = available(info.context.cluster)
                rights = info.context.rights
                limit = rights.limit(view.name)
                may = Discretion(
                    event=lambda record: rights.may_read(record) or rights.has_submitted(record),
                    entry=lambda entry: limit is None or limit.allows(entry),
                )
                raw = await read_with(cluster, info.context.catalog, view.name, key, token, may)
                entry = Entry.of(view, raw)
                if as_of is None:
                    return entry
            if as_of is not None:
                return await past.as_it_was(info, view, key, as_of)
            return await load(info, view, key)

        return means(OneEntry(view), resolve)

    def by_id(self, view: ViewSpec) -> Resolve:
        """The root field of several entries by their keys."""
        argument = ViewNames(view).by_id_argument

        async def resolve(_: Any, info: Info, **arguments: Any) -> list[Entry | None]:
            keys = arguments[argument]
            if len(keys) > MAX_PAGE:
                raise bad_input(argument, f"at most {MAX_PAGE:,} ids, these are {len(keys):,}")
            for key in keys:
                require_key(key, argument)
            return await load_all(info, view, keys)

        return means(EntriesById(view, argument), resolve)

    def many(self, view: ViewSpec) -> Resolve:
        """The root field of entries in pages."""

        async def resolve(_: Any, info: Info, **arguments: Any) -> EdgePage:
            return await read_list(info, list_of(info.context.rights, view, arguments), arguments)

        return means(EntryPages(view), resolve)

    def total_count(self) -> Resolve:
        """How many entries a list has on all pages."""

        async def resolve(page: EdgePage, info: Info) -> int:
            return await count_list(info, page.entries)

        return means(TotalCount(), resolve)

    def aggregate(self, view: ViewSpec) -> Resolve:
        """The root field of figures over entries."""

        async def resolve(_: Any, info: Info, **arguments: Any) -> list[dict[str, Any]]:
            named = {"filter": arguments.get("filter"), "group_by": arguments.get("groupBy")}
            return await aggregates.aggregate(info, view, named)

        return means(Figures(view), resolve)

    def node_id(self, view: ViewSpec) -> Resolve:
        """The global id of an entry."""

        def resolve(node: Entry, _: Info) -> str:
            return GlobalId(view.type_name, node.key).encode()

        return means(NodeId(view), resolve)

    def revision(self) -> Resolve:
        """Where an entry stands."""

        def resolve(node: Entry, info: Info) -> Revision | Awaitable[Revision]:
            meta = node.data.get("_meta")
            return stored(node, info) if meta is None else shown(meta)

        async def stored(node: Entry, info: Info) -> Revision:
            found = await load(info, node.view, node.key)
            if found is None:
                raise GraphQLError(
                    f"{node.view.one}: no entry with this key is stored", extensions={"code": "NOT_STORED"}
                )
            return shown(found.data["_meta"])

        def shown(meta: dict[str, Any]) -> Revision:
            return Revision(
                version=meta["version"], caused_by=meta["causedBy"], updated_at=stored_instant(meta["updatedAt"])
            )

        return means(EntryRevision(), resolve)

    def history(self, view: ViewSpec) -> Resolve:
        """The events that formed an entry."""

        async def resolve(node: Entry, info: Info, **arguments: Any) -> Any:
            return await past.history(info, view, node.key, arguments)

        return means(History(view), resolve)

    def field(self, name: str) -> Resolve:
        """A field that an entry, a value or a page holds by its name in the API."""

        def resolve(source: Any, _: Info) -> Any:
            held = source if isinstance(source, dict) else source.data
            return held.get(name)

        return means(Held(name), resolve)

    def computed(self, view: ViewSpec, field: ComputedSpec) -> Resolve:
        """A field that is worked out from an entry."""
        function = field.function

        def resolve(node: Entry, _: Info) -> Any:
            return function(node.value)

        return means(Computed(view, field), resolve)

    def link(self, view: ViewSpec, link: LinkSpec) -> Resolve:
        """A field that leads to entries of another view."""
        target = self._catalog.views[link.target]
        if link.index is not None:
            return self._link_by_index(view, target, link.index)
        fields = field_at(link.owner, link.key or "", link.name)
        path = [each.name for each in fields]

        async def to_one(source: Any, info: Info) -> Entry | None:
            keys = list(_keys_at(source if isinstance(source, dict) else source.data, path))
            return await load(info, target, keys[0]) if keys else None

        async def to_many(source: Any, info: Info) -> list[Entry | None]:
            keys = list(_keys_at(source if isinstance(source, dict) else source.data, path))
            return await load_all(info, target, keys)

        return means(LinkByKey(target, fields, link.many), to_many if link.many else to_one)

    def _link_by_index(self, view: ViewSpec, target: ViewSpec, index: str) -> Resolve:
        # Those who may not walk an index may follow a link that goes by it, where they see the field.
        path = self._whole.views[target.name].indexes[index].parts[0].path

        async def resolve(node: Entry, info: Info, **arguments: Any) -> EdgePage:
            entries = list_of(info.context.rights, target, arguments, condition(path, "eq", node.key))
            return await read_list(info, entries, arguments)

        return means(LinkByIndex(view, target, path), resolve)

    def mutation(self, event: EventSpec) -> Resolve:
        """The mutation that submits an event."""
        answers = event.answers
        view = None if answers is None else self._catalog.views[answers.view]
        shown = view if view is not None and view.in_api else None
        submits = Submits(event, shown, "" if shown is None else ViewNames(shown).payload)

        async def resolve(begun: Any, info: Info, **arguments: Any) -> Any:
            if isinstance(begun, writing.Outcome):  # a plan has submitted the event already
                return begun.result()
            return await writing.submitted(info, submits, arguments)

        return means(submits, resolve)

    def answer(self, event_view: ViewSpec) -> Resolve:
        """The entry that a mutation answers with."""

        def resolve(payload: writing.PayloadNode, info: Info) -> Awaitable[Any]:
            return writing.answered(info, payload)

        return means(Answered(event_view), resolve)

    def changed(self, view: ViewSpec) -> Subscribe:
        """The subscription to a view."""
        return self._changed(view)

    def live(self) -> Subscribe:
        """The subscription to a query."""
        return self._live

    def entities(self, views: Sequence[ViewSpec]) -> Resolve:
        """Entries of several views by representations of them (Apollo Federation)."""
        by_type = {view.type_name: view for view in views}

        async def resolve(_: Any, info: Info, **arguments: Any) -> Any:
            return await load_entities(info, by_type, arguments["representations"])

        return resolve

    def type_name(self) -> Callable[..., Any]:
        """Which type of a union or an interface a value is of."""

        def resolve(value: Any, _info: Any, _type: Any) -> str:
            name: str = getattr(value, "type_name", None) or type(value).__strawberry_definition__.name
            return name

        return resolve


def _keys_at(value: Any, path: Sequence[str]) -> Iterator[str]:
    """The keys to which a path of JSON's names leads, through lists; none where something on the way is null."""
    if isinstance(value, list):
        for item in value:
            yield from _keys_at(item, path)
    elif value is not None:
        if path:
            yield from _keys_at(value.get(path[0]), path[1:])
        else:
            yield value

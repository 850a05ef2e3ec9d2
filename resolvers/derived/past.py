"""The events that formed an entry, and the entry as it was at an instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from graphql import GraphQLError

from hazelgate.client.reading.filters import Filter, condition
from hazelgate.client.reading.histories import entry_as_of, read_histories
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.projector.past import Lineage
from hazelgate.resolvers.context import Info
from hazelgate.resolvers.reading.histories import records_page
from hazelgate.resolvers.reading.pages import Page
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.derived.entries import EntryNode
from hazelgate.schema.events.records import EventConnection
from hazelgate.sourcing import clock
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord
from hazelgate.sourcing.model.views import ViewSpec
from hazelgate.sourcing.sort_keys import after

_PAGE = 1_000
_decode_record = msgspec.json.Decoder(EventRecord).decode


async def records_of(info: Info, view: ViewSpec, key: str) -> list[EventRecord]:
    """
    The events that may have formed an entry, in the order of storing.

    They are read by key where it is known which aggregates feed the entry: its own, or those that the view is
    declared to be `fed_by`. Otherwise the log is searched, up to a bound.

    Raises:
        GraphQLError: The log is too long to be searched.
    """
    lineage = Lineage(info.context.catalog, view.name)
    aggregates = lineage.own_aggregates(key)
    if aggregates is None and view.fed_by is not None:
        aggregates = [(kind, each) for each in await _feeding(info, view, key) for kind in lineage.aggregate_types]
    if aggregates is None:
        found = await _search(info, view, lineage, key)
    else:
        read = info.context.reads.load_many
        found = [record for history in await read_histories(read, aggregates) for record in history]
    return sorted((each for each in found if lineage.may_form(each, key)), key=lambda record: record.cursor)


async def _feeding(info: Info, view: ViewSpec, key: str) -> list[str]:
    """The ids of the aggregates that feed an entry, as an index of another view has them."""
    assert view.fed_by is not None
    target = info.context.catalog.views[view.fed_by.view]
    index = target.indexes[view.fed_by.index]
    prefix = index.prefix([key])
    found: list[str] = []
    each: KeyRange | None = KeyRange(prefix, after(prefix))
    while each is not None:
        page = await info.context.reads.query(
            EntryQuery(map_name=target.name, index=index.name, ranges=(each,), limit=_PAGE)
        )
        nodes = [EntryNode.of(target, entry.entry) for entry in page.entries]
        found += [node.key for node in nodes if node is not None]
        last = page.entries[-1].index_value if len(page.entries) == _PAGE else None
        each = None if last is None else KeyRange(f"{last}\0", after(prefix))
    return found


async def _search(info: Info, view: ViewSpec, lineage: Lineage, key: str) -> list[EventRecord]:
    choices: list[Filter] = []
    for event_type, path in lineage.paths():
        of_type = condition(["eventType"], "eq", event_type)
        choices.append(of_type if path is None else {"and": [of_type, _leads_to(["data", *path.split(".")], key)]})
    found: list[EventRecord] = []
    start: str | None = None
    while True:
        page = await info.context.reads.query(
            EntryQuery(
                map_name=EVENT_STORE,
                index="cursor",
                ranges=(KeyRange(start),),
                limit=_PAGE,
                filter={"or": choices},
            )
        )
        if page.exceeded:
            raise GraphQLError(
                f"{view.one}: the log is too long to be searched for the events that formed an entry; "
                f"say which aggregates feed the view, with {view.name!r}.fed_by(…) in the domain",
                extensions={"code": "BAD_USER_INPUT"},
            )
        found += [_decode_record(each.entry) for each in page.entries]
        if len(page.entries) < _PAGE:
            return found
        start = f"{page.entries[-1].index_value}\0"


def _leads_to(path: list[str], key: str) -> Filter:
    """A condition that an event's data leads to the key: as it is written today, or in a way that is not known."""
    return {"or": [condition(path, "eq", key), condition(path, "isNull", True)]}


async def history(info: Info, node: EntryNode, arguments: dict[str, Any]) -> EventConnection:
    """
    The events that formed an entry, oldest first, in pages.

    Raises:
        GraphQLError: A page that is none, or as `records_of` says.
    """
    order = f"history:{node.view.name}:{node.key}"
    page = Page.of(order, *(arguments.get(name) for name in ("first", "after", "last", "before")))
    lineage = Lineage(info.context.catalog, node.view.name)
    records = await records_of(info, node.view, node.key)
    if lineage.own_aggregates(node.key) is None:
        records = [each for each in records if lineage.forms(each, node.key)]
    return records_page(page, order, records)


async def as_it_was(info: Info, view: ViewSpec, key: str, as_of: datetime) -> EntryNode | None:
    """
    The entry as it was at an instant; None where there was none.

    Raises:
        GraphQLError: The instant has no time zone, or as `records_of` says.
    """
    try:
        until = clock.instant(as_of)
    except ValueError:
        raise bad_input("asOf", "has no time zone; end it with Z or an offset like +02:00") from None
    histories: dict[tuple[str, str], list[EventRecord]] = {}
    for record in await records_of(info, view, key):
        histories.setdefault((record.aggregate_type, record.aggregate_id), []).append(record)
    read = info.context.reads.load_many
    found = await entry_as_of(read, info.context.catalog, view.name, key, histories.values(), until)
    return None if found is None else EntryNode.of(view, view.encode(*found))

"""The events that formed an entry, and the entry as it was at an instant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from hazelgate.client.reading.filters import Filter, condition
from hazelgate.client.reading.histories import Aggregate, read_histories, steps_until
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.client.views.entries import Entry
from hazelgate.client.views.pages import Window
from hazelgate.client.views.reads import Reads
from hazelgate.projector.past import Lineage, Step
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord
from hazelgate.sourcing.errors import InvalidArgument
from hazelgate.sourcing.ids import plain_id, prefix_of
from hazelgate.sourcing.model.views import ViewSpec
from hazelgate.sourcing.sort_keys import after, of_tenant

Search = Callable[[Reads, ViewSpec, Lineage, str], Awaitable[list[EventRecord]]]
"""How the log is searched for the events that may have formed an entry, where nothing says whose they are."""

_PAGE = 1_000
_decode_record = msgspec.json.Decoder(EventRecord).decode


def history_order(view: ViewSpec, key: str) -> str:
    """What a cursor of an entry's history says of where it is from."""
    return f"history:{view.name}:{key}"


def within(window: Window, records: Sequence[EventRecord]) -> tuple[list[EventRecord], bool]:
    """What a window shows of records that are in the order of storing, and whether they go on in its direction."""
    found = [
        each
        for each in records
        if (window.after is None or each.cursor > window.after)
        and (window.before is None or each.cursor < window.before)
    ]
    first = max(0, len(found) - window.size) if window.backward else 0
    return found[first : first + window.size], len(found) > window.size


async def history(reads: Reads, catalog: Catalog, view: ViewSpec, key: str) -> list[EventRecord]:
    """
    The events that formed an entry, oldest first.

    Raises:
        InvalidArgument: The log is too long to be searched for them.
    """
    lineage = Lineage(catalog, view.name)
    records = await _records_of(reads, catalog, view, key, _search)
    if lineage.own_aggregates(key) is None:
        records = [each for each in records if lineage.forms(each, key)]
    return records


async def as_it_was(reads: Reads, catalog: Catalog, view: ViewSpec, key: str, until: str) -> Entry | None:
    """
    The entry as it was at an instant; None where there was none.

    Args:
        until: The instant, as stored: six decimals and Z.

    Raises:
        InvalidArgument: The log is too long to be searched for the events that formed it.
    """
    found = entry_after(view, await steps(reads, catalog, view, key, until))
    return None if found is None else Entry.of(view, found)


def entry_after(view: ViewSpec, taken: Sequence[Step]) -> bytes | None:
    """The entry after these steps as JSON, `_meta` first; None where there is none."""
    last = taken[-1] if taken else None
    return None if last is None or last.view is None else view.encode(last.meta, last.view)


async def steps(
    reads: Reads, catalog: Catalog, view: ViewSpec, key: str, until: str, search: Search | None = None
) -> list[Step]:
    """
    The events that an entry had taken at an instant, in the order in which it took them, with the entry after each.

    Args:
        until: The instant, as stored: six decimals and Z.
        search: Another search of the log than the bounded one.

    Raises:
        InvalidArgument: The log is too long to be searched for the events that formed it.
    """
    histories: dict[Aggregate, list[EventRecord]] = {}
    for record in await _records_of(reads, catalog, view, key, search or _search):
        histories.setdefault((record.aggregate_type, record.aggregate_id), []).append(record)
    return await steps_until(reads.load_many, catalog, view.name, key, histories.values(), until)


async def _records_of(reads: Reads, catalog: Catalog, view: ViewSpec, key: str, search: Search) -> list[EventRecord]:
    """
    The events that may have formed an entry, in the order of storing.

    They are read by key where it is known which aggregates feed the entry: its own, or those that the view is
    declared to be `fed_by`. Otherwise the log is searched.
    """
    lineage = Lineage(catalog, view.name)
    aggregates = lineage.own_aggregates(key)
    found: list[EventRecord] | None = None
    if aggregates is not None:
        found = await _read(reads, aggregates)
    elif view.fed_by is not None:
        found = await _fed(reads, catalog, view, lineage, key)
    if found is None:
        found = await search(reads, view, lineage, key)
    return sorted((each for each in found if lineage.may_form(each, key)), key=lambda record: record.cursor)


async def _read(reads: Reads, aggregates: Iterable[Aggregate]) -> list[EventRecord]:
    return [record for history in await read_histories(reads.load_many, aggregates) for record in history]


async def _fed(reads: Reads, catalog: Catalog, view: ViewSpec, lineage: Lineage, key: str) -> list[EventRecord] | None:
    """
    The events of the aggregates that are said to feed an entry; None where those are not all that have formed it.

    An aggregate whose entry was removed is in no index any more. The version tells how many events an entry has taken.
    """
    [raw] = await reads.load_many(view.name, [key])
    taken = 0 if raw is None else view.decode_meta(raw).version
    feeding = await _feeding(reads, catalog, view, key)
    aggregates = [(kind, key) for kind in lineage.own_types]
    aggregates += [(kind, each) for each in feeding for kind in lineage.aggregate_types]
    found = await _read(reads, dict.fromkeys(aggregates))
    return found if sum(lineage.forms(each, key) for each in found) >= taken else None


async def _feeding(reads: Reads, catalog: Catalog, view: ViewSpec, key: str) -> list[str]:
    """The ids of the aggregates that feed an entry, as an index of another view has them."""
    assert view.fed_by is not None
    target = catalog.views[view.fed_by.view]
    index = target.indexes[view.fed_by.index]
    tenant = prefix_of(key)
    prefix = of_tenant(tenant) + index.prefix([plain_id(key)])
    found: list[str] = []
    each: KeyRange | None = KeyRange(prefix, after(prefix))
    while each is not None:
        page = await reads.query(EntryQuery(map_name=target.name, index=index.name, ranges=(each,), limit=_PAGE))
        entries = [Entry.of(target, entry.entry) for entry in page.entries]
        found += [tenant + entry.key for entry in entries if entry is not None]
        last = page.entries[-1].index_value if len(page.entries) == _PAGE else None
        each = None if last is None else KeyRange(f"{last}\0", after(prefix))
    return found


async def _search(reads: Reads, view: ViewSpec, lineage: Lineage, key: str) -> list[EventRecord]:
    choices: list[Filter] = []
    for event_type, path in lineage.paths():
        of_type = condition(["eventType"], "eq", event_type)
        choices.append(
            of_type if path is None else {"and": [of_type, _leads_to(["data", *path.split(".")], plain_id(key))]}
        )
    found: list[EventRecord] = []
    start: str | None = None
    while True:
        page = await reads.query(
            EntryQuery(
                map_name=EVENT_STORE,
                index="cursor",
                ranges=(KeyRange(start),),
                limit=_PAGE,
                filter={"or": choices},
            )
        )
        if page.exceeded:
            raise InvalidArgument(
                f"{view.one}: the log is too long to be searched for the events that formed an entry; "
                f"say which aggregates feed the view, with {view.name!r}.fed_by(…) in the domain"
            )
        found += [_decode_record(each.entry) for each in page.entries]
        if len(page.entries) < _PAGE:
            return found
        start = f"{page.entries[-1].index_value}\0"


def _leads_to(path: list[str], key: str) -> Filter:
    """A condition that an event's data leads to the key: as it is written today, or in a way that is not known."""
    return {"or": [condition(path, "eq", key), condition(path, "isNull", True)]}

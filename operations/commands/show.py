"""`hazelgate show`: one entry of a view, as it is and as it was."""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import datetime

import click
import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Rebuilds
from hazelgate.client.reading.histories import entry_as_of, read_histories
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.operations.command_line.connecting import Connection, connection_options
from hazelgate.operations.command_line.domains import domain_option, load_domain
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.progress import progress
from hazelgate.projector.past import Lineage
from hazelgate.sourcing import clock
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord

_PAGE_EVENTS = 1_000
_decode_record = msgspec.json.Decoder(EventRecord).decode


class _InstantType(click.ParamType[str]):
    """An instant of ISO 8601 with an offset."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The instant as it is stored."""
        try:
            return clock.instant(datetime.fromisoformat(str(value)))
        except ValueError:
            return self.fail(f"{value!r} is no instant: write it like 2026-11-25T17:45:00Z", param, ctx)


@click.command()
@click.argument("view")
@click.argument("key")
@click.option("--as-of", type=_InstantType(), metavar="INSTANT", help="As it was then, like 2026-11-25T17:45:00Z.")
@domain_option
@connection_options
def show(view: str, key: str, as_of: str | None, domain: str, connection: Connection) -> None:
    """
    Show the entry KEY of VIEW as JSON, with its version and the event that it was changed by last.

    The exit status is 1 where there is no such entry. With --as-of it is folded again from the stored events.
    Where other aggregates than the entry's own feed it, the whole log is searched for them.
    """
    catalog = None if as_of is None else load_domain(domain)

    async def work(cluster: HazelcastCluster) -> bytes | None:
        await _require_view(cluster, view)
        if as_of is None or catalog is None:
            return await _entry(cluster, view, key)
        return await entry_then(cluster, catalog, view, key, as_of)

    entry = connection.run(work)
    if entry is None:
        click.echo(f"{view} has no entry {key}" + (f" as of {as_of}" if as_of else ""), err=True)
        sys.exit(1)
    click.echo(msgspec.json.format(entry, indent=2))


async def _require_view(cluster: Cluster, view: str) -> None:
    views = [each.view for each in (await Rebuilds(cluster).report()).views]
    if view not in views:
        raise CannotStart(f"there is no view {view}; there are {', '.join(views)}")


async def _entry(cluster: Cluster, view: str, key: str) -> bytes | None:
    [raw] = await cluster.read(view, [key])
    return None if raw is None or msgspec.json.decode(raw)["_meta"].get("absent") else raw


async def entry_then(cluster: Cluster, catalog: Catalog, view: str, key: str, until: str) -> bytes | None:
    """
    The entry at an instant as JSON, `_meta` first; None where there was none.

    Raises:
        CannotStart: The domain does not have the view.
    """
    if view not in catalog.views:
        raise CannotStart(f"the domain has no view {view}; give the right one with --domain")
    aggregates = Lineage(catalog, view).own_aggregates(key)
    if aggregates is None:
        histories = await _searched(cluster, Lineage(catalog, view), key, until)
    else:
        histories = await read_histories(cluster.read, aggregates)
    found = await entry_as_of(cluster.read, catalog, view, key, histories, until)
    return None if found is None else catalog.views[view].encode(*found)


async def _searched(cluster: Cluster, lineage: Lineage, key: str, until: str) -> list[list[EventRecord]]:
    """Of each aggregate the events that form the entry, up to the first that was stored later."""
    total = await cluster.query(EntryQuery(map_name=EVENT_STORE, index="cursor", limit=0, count=True))
    found: dict[tuple[str, str], list[EventRecord]] = defaultdict(list)
    ended: set[tuple[str, str]] = set()
    start: str | None = None
    seen = 0
    with progress(total.count) as show_progress:
        while True:
            page = await cluster.query(
                EntryQuery(map_name=EVENT_STORE, index="cursor", ranges=(KeyRange(start),), limit=_PAGE_EVENTS)
            )
            for record in (_decode_record(each.entry) for each in page.entries):
                aggregate = (record.aggregate_type, record.aggregate_id)
                if (record.persisted_at or "") > until:
                    ended.add(aggregate)
                elif aggregate not in ended and lineage.forms(record, key):
                    found[aggregate].append(record)
            seen += len(page.entries)
            show_progress(seen)
            if len(page.entries) < _PAGE_EVENTS:
                return list(found.values())
            start = f"{page.entries[-1].index_value}\0"

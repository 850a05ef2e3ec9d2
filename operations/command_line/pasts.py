"""How commands learn of the past of an entry: unbounded, for an operator waits, and sees how far it is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.operators.rebuilds import Rebuilds
from hazelgate.client.reading.queries import EntryPage, EntryQuery, KeyRange
from hazelgate.client.views.past import steps
from hazelgate.client.views.reads import Reads
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.progress import progress
from hazelgate.projector.past import Lineage, Step
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord
from hazelgate.sourcing.model.views import ViewSpec

_PAGE_EVENTS = 1_000
_decode_record = msgspec.json.Decoder(EventRecord).decode


async def require_view(cluster: Cluster, view: str) -> None:
    """
    Make sure of the view.

    Raises:
        CannotStart: The cluster has no such view.
    """
    views = [each.view for each in (await Rebuilds(cluster).report()).views]
    if view not in views:
        raise CannotStart(f"there is no view {view}; there are {', '.join(views)}")


async def read_steps(cluster: Cluster, catalog: Catalog, view: str, key: str, until: str) -> list[Step]:
    """
    The events that an entry had taken at an instant, each with the entry after it.

    Where other aggregates than the entry's own feed it, and no index says which, the whole log is walked.

    Raises:
        CannotStart: The domain does not have the view.
    """
    return await steps(_Reads(cluster), catalog, spec_of(catalog, view), key, until, _walk)


def spec_of(catalog: Catalog, view: str) -> ViewSpec:
    """
    A view as the domain declares it.

    Raises:
        CannotStart: The domain does not have it.
    """
    if view not in catalog.views:
        raise CannotStart(f"the domain has no view {view}; give the right one with --domain")
    return catalog.views[view]


class _Reads:
    """Reads also while the projector is away: the log is there."""

    max_scanned_entries = 2**31 - 1

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def load_many(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
        return await self._cluster.read(map_name, keys)

    async def query(self, query: EntryQuery) -> EntryPage:
        return await self._cluster.query(query)


async def _walk(reads: Reads, view: ViewSpec, lineage: Lineage, key: str) -> list[EventRecord]:
    """The whole log page by page, so that each answer comes soon however long it is."""
    total = await reads.query(EntryQuery(map_name=EVENT_STORE, index="cursor", limit=0, count=True))
    found: list[EventRecord] = []
    start: str | None = None
    seen = 0
    with progress(total.count) as show_progress:
        while True:
            page = await reads.query(
                EntryQuery(map_name=EVENT_STORE, index="cursor", ranges=(KeyRange(start),), limit=_PAGE_EVENTS)
            )
            found += [
                record
                for record in (_decode_record(each.entry) for each in page.entries)
                if lineage.may_form(record, key)
            ]
            seen += len(page.entries)
            show_progress(seen)
            if len(page.entries) < _PAGE_EVENTS:
                return found
            start = f"{page.entries[-1].index_value}\0"

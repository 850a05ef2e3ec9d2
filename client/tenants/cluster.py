"""
The cluster of one tenant: the one place where plain ids become stored ones, and stored ones plain.

Whoever has it can name nothing of another tenant. A key gets the tenant's prefix, a range of an index lies within the
tenant's, a question about the log has one condition more. What may be about several tenants is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from hazelgate.client.cluster import Admission, Callback, Cluster, ClusterState, LogPositions, Subscription
from hazelgate.client.event_stream import Wish
from hazelgate.client.figures.metrics import PipelineStats
from hazelgate.client.reading.filters import Filter, condition
from hazelgate.client.reading.gathering import Told, tell_later
from hazelgate.client.reading.queries import AggregatePage, AggregateQuery, EntryPage, EntryQuery, KeyRange, PageEntry
from hazelgate.client.resolutions import Resolution, ResolveOrder
from hazelgate.client.tenants.stored import OtherTenant, Tenant, Whose
from hazelgate.client.tenants.topics import Topics
from hazelgate.sourcing.envelope import EVENT_STORE, PENDING_EVENTS, decode_envelope
from hazelgate.sourcing.errors import Forbidden
from hazelgate.sourcing.ids import prefix_of, tenant_digest

_IDS = (("aggregateId",), ("eventId",))
"""Fields of stored events that hold stored ids."""
_MOST_SCANNED = 10_000
_PART, _PARTS_HERE = 1_000, 20
_COMPARED = frozenset({"eq", "ne", "in", "gt", "gte", "lt", "lte", "startsWith"})
"""How a stored id can be compared with a plain one, once that has the prefix, too."""

_decode_whose = msgspec.json.Decoder(Whose).decode
_replace = msgspec.structs.replace


class TenantCluster:
    """
    A cluster as one tenant sees it. It is a `Cluster` like any other.

    Args:
        views: The names of the domain's views.
        topics: Those of the same cluster.
    """

    def __init__(self, cluster: Cluster, tenant: str, views: Collection[str], topics: Topics) -> None:
        self.gateway_id = cluster.gateway_id
        self._cluster = cluster
        self._tenant = Tenant(tenant)
        self._views = frozenset(views)
        self._topics = topics

    async def start(self) -> None:
        await self._cluster.start()

    async def close(self) -> None:
        await self._cluster.close()

    async def wait_until_ready(self, timeout_seconds: float) -> None:
        await self._cluster.wait_until_ready(timeout_seconds)

    def state(self) -> ClusterState:
        return self._cluster.state()

    async def submit(self, events: Sequence[tuple[str, bytes]]) -> Sequence[Admission]:
        tenant = self._tenant
        stored: list[tuple[str, bytes]] = []
        for key, raw in events:
            envelope = decode_envelope(raw)  # with plain ids: a stored one is refused here
            if not key.startswith(envelope.event_id) or not key.endswith(f"@{envelope.aggregate_id}"):
                raise OtherTenant
            stored.append((tenant.stored_key(PENDING_EVENTS, key), tenant.submitted(envelope)))
        return await self._cluster.submit(stored)

    async def read(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        tenant = self._tenant
        if not tenant.knows(map_name):
            self._require_view(map_name)
        found = await self._cluster.read(map_name, [tenant.stored_key(map_name, key) for key in keys])
        return [None if raw is None else tenant.value(map_name, raw) for raw in found]

    def tell(self, map_name: str, key: str, told: Told) -> None:
        tell_later(self.read(map_name, (key,)), told)

    async def select(self, map_name: str, keys: Sequence[str], selection: str) -> bytes | None:
        """Nothing is selected: the ids within an entry become plain here, so each is read as a whole."""
        self._require_view(map_name)
        return None

    async def query(self, query: EntryQuery) -> EntryPage:
        if query.map_name == EVENT_STORE and query.index is not None:
            page = await self._log(query)
            return _page(page, [PageEntry(each.index_value, self._entry(EVENT_STORE, each)) for each in page.entries])
        self._require_view(query.map_name)
        if query.index is None:
            raise Forbidden("entries are walked by an index")
        page = await self._cluster.query(_replace(query, ranges=self._ranges(query.ranges), selection=None))
        plain = self._tenant.plain_sort_key
        return _page(
            page, [PageEntry(plain(each.index_value), self._entry(query.map_name, each)) for each in page.entries]
        )

    async def _log(self, query: EntryQuery) -> EntryPage:
        """
        The tenant's events of a part of the log.

        Without a filter a page has no bound of what is looked at. Where the tenant has few events among many, parts of
        the log are looked at here, so that no question takes long.
        """
        asked = _replace(query, filter=self._of_log(query.filter))
        if query.filter is not None or query.count or len(query.ranges) != 1:
            return await self._cluster.query(asked)
        found: list[PageEntry] = []
        [left] = query.ranges
        while True:
            page = await self._cluster.query(
                _replace(asked, ranges=(left,), limit=query.limit - len(found), max_scanned=_MOST_SCANNED)
            )
            if not page.exceeded:
                return _page(page, found + page.entries)
            for _ in range(_PARTS_HERE):
                part = await self._cluster.query(_replace(query, ranges=(left,), limit=_PART))
                found += [each for each in part.entries if self._is_own(each)]
                if len(found) >= query.limit or len(part.entries) < _PART:
                    return _page(part, found[: query.limit])
                last = part.entries[-1].index_value
                left = KeyRange(left.start, last) if query.descending else KeyRange(f"{last}\0", left.end)

    def _is_own(self, stored: PageEntry) -> bool:
        return prefix_of(_decode_whose(stored.entry).aggregate_id) == self._tenant.prefix

    async def aggregate(self, query: AggregateQuery) -> AggregatePage:
        self._require_view(query.map_name)
        return await self._cluster.aggregate(_replace(query, ranges=self._ranges(query.ranges)))

    async def log_positions(self) -> LogPositions:
        """Where the log stands. To each tenant it is a log of its own, so that no cursor of one holds for another."""
        where = await self._cluster.log_positions()
        return LogPositions(f"{where.log}-{tenant_digest(self._tenant.name)}", where.settled, where.reached)

    async def want(self, wish: Wish, by: object) -> None:
        await self._cluster.want(self._tenant.stored_wish(wish), by)

    async def listen(
        self, topic: str, callback: Callback, *, interrupted: Callable[[], None] | None = None
    ) -> Subscription:
        return await self._topics.listen(self._tenant, topic, callback, interrupted)

    # ------------------------------------------------------------ what is about all tenants

    async def resolve_dead_letters(self, orders: Sequence[ResolveOrder]) -> list[Resolution]:
        raise _of_all("dead letters are resolved")

    async def stats(self) -> PipelineStats:
        raise _of_all("figures are read")

    async def maintain_views(self, request: bytes) -> bytes:
        raise _of_all("views are rebuilt and kept in snapshots")

    # ------------------------------------------------------------ from one form to the other

    def _require_view(self, map_name: str) -> None:
        if map_name not in self._views:
            raise Forbidden(f"the map {map_name!r} has entries of all tenants")

    def _entry(self, map_name: str, found: PageEntry) -> msgspec.Raw:
        return msgspec.Raw(self._tenant.value(map_name, bytes(found.entry)))

    def _ranges(self, ranges: Sequence[KeyRange]) -> tuple[KeyRange, ...]:
        """The same ranges, within the tenant's part of the index."""
        begin = self._tenant.sort_prefix
        # The prefix ends with `!`, and no sort key goes on behind a tenant's name with `"`: so this is behind all.
        behind = f"{begin[:-1]}#"
        return tuple(
            KeyRange(begin + (each.start or ""), behind if each.end is None else begin + each.end) for each in ranges
        )

    def _of_log(self, tree: Filter | None) -> Filter:
        """A filter of stored events, narrowed to the tenant's."""
        own = condition(["aggregateId"], "startsWith", self._tenant.prefix)
        return own if tree is None else {"and": [own, self._stored(tree)]}

    def _stored(self, tree: Filter) -> Filter:
        """A filter of stored events, with stored ids in place of plain ones."""
        for each in ("and", "or"):
            if each in tree:
                return {each: [self._stored(one) for one in tree[each]]}
        if "not" in tree:
            return {"not": self._stored(tree["not"])}
        if tuple(tree["path"]) not in _IDS or tree.get("op") == "isNull":
            return tree
        if tree.get("op") not in _COMPARED or tree.get("as", "text") != "text":
            raise Forbidden(f"{tree['path'][0]} can't be compared so")
        return {**tree, "value": self._stored_value(tree["value"])}

    def _stored_value(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._stored_value(each) for each in value]
        return self._tenant.stored(value) if isinstance(value, str) else value


class Tenants:
    """
    The tenants of a cluster, as one process serves them.

    Args:
        views: The names of the domain's views.
    """

    def __init__(self, cluster: Cluster, views: Mapping[str, object]) -> None:
        self._cluster = cluster
        self._views = frozenset(views)
        self._topics = Topics(cluster)

    async def start(self) -> None:
        """Hear what happens to all of them."""
        await self._topics.start()

    async def close(self) -> None:
        """Hear no more. The cluster stays open."""
        await self._topics.close()

    def cluster_of(self, tenant: str) -> TenantCluster:
        """The cluster as a tenant sees it."""
        return TenantCluster(self._cluster, tenant, self._views, self._topics)


def _page(page: EntryPage, entries: list[PageEntry]) -> EntryPage:
    return EntryPage(entries, page.count, page.scanned, page.exceeded)


def _of_all(what: str) -> Forbidden:
    return Forbidden(f"{what} for all tenants at once: ask without a tenant, as an operator")

"""The reads of one request: gathered per tick, asked once, refused at once while the cluster is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.queries import (
    AggregatePage,
    AggregateQuery,
    EntryPage,
    EntryQuery,
    encode_aggregate,
    encode_query,
)
from hazelgate.client.reads import ClusterReads
from hazelgate.sourcing.errors import TooMuchRead

MOST_READ = 100_000
"""Entries that one request may read where nothing else is set."""


class RequestReads(ClusterReads):
    """
    What one request, or one event of a subscription, reads from the cluster. Nothing is kept beyond that.

    There is a loader per map. The cluster in turn gathers the loaders of concurrent requests into one task. The same
    entry or page is read once, however often it is asked for; so is one that can't be read.

    Args:
        max_scanned_entries: How many entries one query may look at where no index answers its filter.
        max_read_entries: How many entries the request may read altogether.
    """

    __slots__ = ("_figures", "_left", "_loaders", "_max_read_entries", "_pages", "_several")

    def __init__(self, cluster: Cluster, *, max_scanned_entries: int, max_read_entries: int = MOST_READ) -> None:
        super().__init__(cluster, max_scanned_entries=max_scanned_entries)
        self._max_read_entries = self._left = max_read_entries
        self._loaders: dict[str, DataLoader[str, bytes | None]] = {}
        self._several: dict[str, dict[str, _Found]] = {}
        self._pages: dict[bytes, asyncio.Task[EntryPage]] = {}
        self._figures: dict[bytes, asyncio.Task[AggregatePage]] = {}

    async def load_many(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
        """
        Raw entries in the order of the keys, None where there is none.

        Raises:
            TooMuchRead: The request has read as much as it may.
        """
        self._spend(len(keys))
        return await super().load_many(map_name, keys)

    def _spend(self, entries: int) -> None:
        self._left -= entries
        if self._left < 0:
            raise TooMuchRead(self._max_read_entries)

    def load(self, map_name: str, key: str) -> Awaitable[bytes | None]:
        """The raw entry; None where there is none."""
        found = self._several.get(map_name)
        if found is not None and key in found:
            return self._load_known(map_name, key)
        loader = self._loaders.get(map_name)
        if loader is None:

            async def read(keys: list[str]) -> Sequence[bytes | None]:
                return await self.load_many(map_name, keys)

            loader = self._loaders[map_name] = DataLoader(read)
        return loader.load(key)

    async def _load_known(self, map_name: str, key: str) -> bytes | None:
        return (await self.load_several(map_name, (key,)))[0]

    async def load_several(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        """The raw entries in the order of the keys: as `load` gives them, for many at once."""
        found = self._several.setdefault(map_name, {})
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            reading: _Reading = asyncio.get_running_loop().create_future()
            found.update(dict.fromkeys(missing, reading))
            try:
                raws = await self.load_many(map_name, missing)
            except asyncio.CancelledError:
                # Others who wait for these entries read them by themselves.
                for key in missing:
                    del found[key]
                reading.set_result(False)
                raise
            except Exception as error:
                reading.set_exception(error)
                reading.exception()  # it may be that nobody else asks
                raise
            reading.set_result(True)
            found.update(zip(missing, raws, strict=True))
        there: list[bytes | None] = []
        for key in keys:
            each = found[key]
            if isinstance(each, asyncio.Future):
                if not await asyncio.shield(each):
                    return await self.load_several(map_name, keys)
                each = found[key]
                assert not isinstance(each, asyncio.Future), "it is read"
            there.append(each)
        return there

    async def query(self, query: EntryQuery) -> EntryPage:
        """One page of a map. A filter looks at `max_scanned_entries` at most."""
        return await _once(self._pages, encode_query(query), lambda: self._query(query))

    async def _query(self, query: EntryQuery) -> EntryPage:
        if self._left <= 0:
            raise TooMuchRead(self._max_read_entries)
        page = await super().query(query)
        self._spend(len(page.entries))
        return page

    async def aggregate(self, query: AggregateQuery) -> AggregatePage:
        """Figures over a map. It looks at `max_scanned_entries` at most."""
        return await _once(self._figures, encode_aggregate(query), lambda: super(RequestReads, self).aggregate(query))

    def forget(self) -> None:
        """Read anew from now on: something was written."""
        self._loaders.clear()
        self._several.clear()
        self._pages.clear()
        self._figures.clear()


Answer = TypeVar("Answer")
_Reading = asyncio.Future[bool]
_Found = bytes | None | _Reading
"""An entry that was read, or the read after which it is there; false: nobody reads it any more."""


async def _once(
    known: dict[bytes, asyncio.Task[Answer]], name: bytes, ask: Callable[[], Coroutine[Any, Any, Answer]]
) -> Answer:
    """What is known under this name; asked for where nothing is. Whoever stops waiting takes it from nobody else."""
    found = known.get(name)
    if found is None:
        found = known[name] = asyncio.create_task(ask())
    return await asyncio.shield(found)

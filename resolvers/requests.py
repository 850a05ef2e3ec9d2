"""The reads of one request: gathered per tick, asked once, refused at once while the cluster is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.gathering import Told
from hazelgate.client.reading.queries import (
    AggregatePage,
    AggregateQuery,
    EntryPage,
    EntryQuery,
    encode_aggregate,
    encode_query,
)
from hazelgate.client.reads import ClusterReads, available
from hazelgate.client.rights.rights import Limit, Rights
from hazelgate.client.views.lists import EntryList
from hazelgate.client.views.reads import Reads
from hazelgate.sourcing.envelope import EventRecord
from hazelgate.sourcing.errors import Forbidden, TooMuchRead

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
        rights: Of the caller. No entry that it may not see leaves here by its key, and no list that is not narrowed to
            what it may see is read; None: it may see all.
    """

    __slots__ = (
        "_figures",
        "_histories",
        "_left",
        "_loaders",
        "_max_read_entries",
        "_pages",
        "_rights",
        "_several",
        "_whole",
    )

    def __init__(
        self,
        cluster: Cluster,
        *,
        max_scanned_entries: int,
        max_read_entries: int = MOST_READ,
        rights: Rights | None = None,
    ) -> None:
        super().__init__(cluster, max_scanned_entries=max_scanned_entries)
        self._rights = rights if rights is not None and rights.is_limited else None
        self._whole: _WholeReads | None = None
        self._max_read_entries = self._left = max_read_entries
        self._loaders: dict[str, DataLoader[str, bytes | None]] = {}
        self._several: dict[str, dict[str, _Found]] = {}
        self._pages: dict[bytes, asyncio.Task[EntryPage]] = {}
        self._figures: dict[bytes, asyncio.Task[AggregatePage]] = {}
        self._histories: dict[tuple[str, str], asyncio.Task[Sequence[EventRecord]]] = {}

    async def load_many(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
        """
        Raw entries in the order of the keys, None where there is none.

        Raises:
            TooMuchRead: The request has read as much as it may.
        """
        self._spend(len(keys))
        return self._seen(map_name, await super().load_many(map_name, keys))

    def _seen(self, map_name: str, raws: Sequence[bytes | None]) -> Sequence[bytes | None]:
        """Entries, None in place of those that the caller may not see."""
        limit = self._limit(map_name)
        return raws if limit is None else [limit.seen(raw) for raw in raws]

    def _limit(self, map_name: str) -> Limit | None:
        """The entries of a map that the caller may see; None: all."""
        return None if self._rights is None else self._rights.limit(map_name)

    def tell(self, map_name: str, key: str, told: Told) -> None:
        """
        Tell an entry as `load_several` gives it, without a task: the first that the request reads.

        Raises:
            TooMuchRead: The request may read nothing.
            PipelineUnavailable: The cluster is away; nobody is told.
        """
        self._spend(1)
        available(self._cluster).tell(map_name, key, _ToldOne(self, map_name, key, told))

    def _note(self, map_name: str, key: str, raw: bytes | Exception | None) -> bytes | None:
        """What was read, for who asks again: the entry as the caller may see it, or that it can't be read."""
        found = self._several.setdefault(map_name, {})
        if isinstance(raw, Exception):
            reading: _Reading = asyncio.get_running_loop().create_future()
            reading.set_exception(raw)
            reading.exception()  # it may be that nobody asks again
            found[key] = reading
            return None
        limit = self._limit(map_name)
        seen = found[key] = raw if limit is None else limit.seen(raw)
        return seen

    def offer(self, map_name: str, key: str, raw: bytes) -> None:
        """
        An entry that came otherwise, as of now: it answers whoever asks for it, as if it had been read.

        It counts as read. Where the request may read no more, it is left, and whoever asks for it hears why.
        """
        if self._left > 0:
            self._spend(1)
            self._note(map_name, key, raw)

    async def select(self, map_name: str, keys: Sequence[str], selection: str) -> bytes | None:
        """
        What is selected of entries, as one JSON list; None where somebody has to look at the whole entries.

        Raises:
            TooMuchRead: The request has read as much as it may.
        """
        if self._limit(map_name) is not None:
            return None
        self._spend(len(keys))
        found = await super().select(map_name, keys, selection)
        if found is None:
            self._left += len(keys)
        return found

    @property
    def whole(self) -> Reads:
        """
        The same reads without the caller's limits, for what is worked out of entries and not shown: the events that
        have formed an entry, and the entry as it was. It counts against the same bounds.
        """
        if self._rights is None:
            return self
        if self._whole is None:
            self._whole = _WholeReads(self)
        return self._whole

    def of_list(self, entries: EntryList) -> Reads:
        """
        Reads of a list.

        Raises:
            Forbidden: It is not narrowed to what the caller may see.
        """
        if self._rights is None:
            return self
        if entries.permitted_by is not self._rights:
            raise Forbidden
        return self.whole

    def _require_whole(self, map_name: str) -> None:
        if self._limit(map_name) is not None:
            raise Forbidden

    async def _load_whole(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
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
                return await self.load_several(map_name, keys)

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
        """
        One page of a map. A filter looks at `max_scanned_entries` at most.

        Raises:
            Forbidden: The caller may not see all of the map; `of_list` reads what it may see.
        """
        self._require_whole(query.map_name)
        return await self._query_once(query)

    async def _query_once(self, query: EntryQuery) -> EntryPage:
        return await _once(self._pages, encode_query(query), lambda: self._query(query))

    async def _query(self, query: EntryQuery) -> EntryPage:
        if self._left <= 0:
            raise TooMuchRead(self._max_read_entries)
        page = await super().query(query)
        self._spend(len(page.entries))
        return page

    async def aggregate(self, query: AggregateQuery, permitted_by: object = None) -> AggregatePage:
        """
        Figures over a map. It looks at `max_scanned_entries` at most.

        Args:
            permitted_by: The rights that have narrowed the query.

        Raises:
            Forbidden: The caller may not see all of the map, and the query is not narrowed to what it may see.
        """
        if permitted_by is None or permitted_by is not self._rights:
            self._require_whole(query.map_name)
        return await _once(self._figures, encode_aggregate(query), lambda: super(RequestReads, self).aggregate(query))

    async def history(
        self, map_name: str, key: str, ask: Callable[[], Coroutine[Any, Any, Sequence[EventRecord]]]
    ) -> Sequence[EventRecord]:
        """The events that formed an entry: asked for once, however often they are shown."""
        return await _once(self._histories, (map_name, key), ask)

    def forget(self) -> None:
        """Read anew from now on: something was written."""
        self._histories.clear()
        self._loaders.clear()
        self._several.clear()
        self._pages.clear()
        self._figures.clear()


class _ToldOne:
    """Takes one entry for a request, and tells what its caller may see."""

    __slots__ = ("_key", "_map_name", "_reads", "_told", "done")

    def __init__(self, reads: RequestReads, map_name: str, key: str, told: Told) -> None:
        self._reads = reads
        self._map_name = map_name
        self._key = key
        self._told = told
        self.done = told.done

    def set_result(self, raw: bytes | None) -> None:
        self._told.set_result(self._reads._note(self._map_name, self._key, raw))

    def set_exception(self, error: Exception) -> None:
        self._reads._note(self._map_name, self._key, error)
        self._told.set_exception(error)


class _WholeReads:
    """The reads of a request without its caller's limits."""

    def __init__(self, reads: RequestReads) -> None:
        self._reads = reads

    @property
    def max_scanned_entries(self) -> int:
        return self._reads.max_scanned_entries

    async def load_many(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
        return await self._reads._load_whole(map_name, keys)

    async def query(self, query: EntryQuery) -> EntryPage:
        return await self._reads._query_once(query)


Answer = TypeVar("Answer")
Name = TypeVar("Name")
_Reading = asyncio.Future[bool]
_Found = bytes | None | _Reading
"""An entry that was read, or the read after which it is there; false: nobody reads it any more."""


async def _once(
    known: dict[Name, asyncio.Task[Answer]], name: Name, ask: Callable[[], Coroutine[Any, Any, Answer]]
) -> Answer:
    """What is known under this name; asked for where nothing is. Whoever stops waiting takes it from nobody else."""
    found = known.get(name)
    if found is None:
        found = known[name] = asyncio.create_task(ask())
        found.add_done_callback(_retrieve)
    return await asyncio.shield(found)


def _retrieve(done: asyncio.Task[Any]) -> None:
    """Whoever waits is told of an error. It may be that nobody does any more, and that is no fault."""
    if not done.cancelled():
        done.exception()

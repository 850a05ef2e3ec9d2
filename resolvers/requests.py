"""The reads of one request: gathered per tick, asked once, refused at once while the cluster is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

from strawberry.dataloader import DataLoader

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.queries import EntryPage, EntryQuery, encode_query
from hazelgate.client.reads import ClusterReads


class RequestReads(ClusterReads):
    """
    What one request, or one event of a subscription, reads from the cluster. Nothing is kept beyond that.

    There is a loader per map. The cluster in turn gathers the loaders of concurrent requests into one task. The same
    entry or page is read once, however often it is asked for; so is one that can't be read.
    """

    __slots__ = ("_loaders", "_pages", "_several")

    def __init__(self, cluster: Cluster, *, max_scanned_entries: int) -> None:
        super().__init__(cluster, max_scanned_entries=max_scanned_entries)
        self._loaders: dict[str, DataLoader[str, bytes | None]] = {}
        self._several: dict[str, dict[str, _Found]] = {}
        self._pages: dict[bytes, asyncio.Future[EntryPage]] = {}

    def load(self, map_name: str, key: str) -> Awaitable[bytes | None]:
        """The raw entry; None where there is none."""
        found = self._several.get(map_name)
        if found is not None and key in found:
            return _known(found[key], key)
        loader = self._loaders.get(map_name)
        if loader is None:

            async def read(keys: list[str]) -> Sequence[bytes | None]:
                return await self.load_many(map_name, keys)

            loader = self._loaders[map_name] = DataLoader(read)
        return loader.load(key)

    async def load_several(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        """The raw entries in the order of the keys: as `load` gives them, for many at once."""
        found = self._several.setdefault(map_name, {})
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            reading: _Reading = asyncio.get_running_loop().create_future()
            found.update(dict.fromkeys(missing, reading))
            try:
                raws = await self.load_many(map_name, missing)
            except BaseException as error:
                _fail(reading, error)
                raise
            read = dict(zip(missing, raws, strict=True))
            reading.set_result(read)
            found.update(read)
        there: list[bytes | None] = []
        for key in keys:
            each = found[key]
            there.append(each if isinstance(each, bytes) else await _known(each, key))
        return there

    async def query(self, query: EntryQuery) -> EntryPage:
        """One page of a map. A filter looks at `max_scanned_entries` at most."""
        name = encode_query(query)
        page = self._pages.get(name)
        if page is None:
            page = self._pages[name] = asyncio.get_running_loop().create_future()
            try:
                page.set_result(await super().query(query))
            except BaseException as error:
                _fail(page, error)
                raise
        return await page

    def forget(self) -> None:
        """Read anew from now on: something was written."""
        self._loaders.clear()
        self._several.clear()
        self._pages.clear()


_Reading = asyncio.Future[dict[str, bytes | None]]
_Found = bytes | None | _Reading
"""An entry that was read, or the read that will have it."""


async def _known(found: _Found, key: str) -> bytes | None:
    return (await found)[key] if isinstance(found, asyncio.Future) else found


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    """Tell those who wait, if there are any."""
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
    else:
        future.set_exception(error)
        future.exception()  # it may be that nobody asks: it is raised to who read

"""
One aggregate's part of the log, from any cursor on.

The log is sorted by cursor and has no index by aggregate; but the keys of an aggregate's records are known, and their
cursors grow with their sequence. So the place of a cursor is found by halving, and nothing else is looked at.
"""

from collections.abc import Callable, Iterable

from hazelgate.resolvers.context import Info
from hazelgate.resolvers.reading.records import read_records
from hazelgate.resolvers.requests import RequestReads
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, EventRecord, head_version
from hazelgate.sourcing.ids import head_key

_CHUNK = 200


async def aggregate_records(
    info: Info,
    aggregate_types: Iterable[str],
    aggregate_id: str,
    *,
    after: str | None,
    limit: int,
    wanted: Callable[[EventRecord], bool],
) -> list[EventRecord]:
    """
    The first `limit` wanted records behind the cursor, in the order of the log.

    Args:
        aggregate_types: Aggregates of different types may have the same id; those of these types are meant.
    """
    reads = info.context.reads
    types = list(dict.fromkeys(aggregate_types))
    heads = await reads.load_many(AGGREGATE_HEADS, [head_key(each, aggregate_id) for each in types])
    found: list[EventRecord] = []
    for aggregate_type, raw in zip(types, heads, strict=True):
        if raw is not None:
            history = _History(reads, aggregate_type, aggregate_id, head_version(raw))
            found += await history.behind(after, limit, wanted)
    return sorted(found, key=lambda record: record.cursor)[:limit]


class _History:
    """The records 1 to `length` of one aggregate."""

    def __init__(self, reads: RequestReads, aggregate_type: str, aggregate_id: str, length: int) -> None:
        self._reads = reads
        self._type = aggregate_type
        self._id = aggregate_id
        self._length = length

    async def behind(self, after: str | None, limit: int, wanted: Callable[[EventRecord], bool]) -> list[EventRecord]:
        start = 1 if after is None else await self._first_behind(after)
        found: list[EventRecord] = []
        while start <= self._length and len(found) < limit:
            found += filter(wanted, await self._read(start, min(start + _CHUNK, self._length + 1)))
            start += _CHUNK
        return found[:limit]

    async def _first_behind(self, after: str) -> int:
        """The first sequence whose record is behind the cursor; one past the last where none is."""
        low, high = 1, self._length + 1
        while low < high:
            middle = (low + high) // 2
            records = await self._read(middle, middle + 1)
            if records and records[0].cursor > after:
                high = middle
            else:
                low = middle + 1
        return low

    async def _read(self, start: int, stop: int) -> list[EventRecord]:
        return await read_records(self._reads, self._type, self._id, range(start, stop))

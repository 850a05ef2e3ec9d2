"""What a read of views needs of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hazelgate.client.reading.queries import EntryPage, EntryQuery


class Reads(Protocol):
    """Reads that are bounded: a filter looks at `max_scanned_entries` entries at most."""

    @property
    def max_scanned_entries(self) -> int:
        """How many entries one query may look at."""

    async def load_many(self, map_name: str, keys: Sequence[str]) -> Sequence[bytes | None]:
        """Raw entries in the order of the keys, None where there is none."""

    async def query(self, query: EntryQuery) -> EntryPage:
        """One page of a map."""

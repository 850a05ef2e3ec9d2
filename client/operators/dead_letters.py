"""
Dead letters in the hands of operators: find, retry, edit, discard.

The letters are a map like any other and are read as such. A task that a member runs changes them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.filters import Filter, all_of, condition
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.client.resolutions import Resolution, ResolveOrder
from hazelgate.sourcing.envelope import DEAD_LETTER_EVENTS, DeadLetter
from hazelgate.sourcing.errors import DeadLetterBusy, DeadLetterEditInvalid, DeadLetterUnknown

BY_TIME = "failedAt"
"""The letters' sort key: the oldest failure first."""
PAGE = 100
AT_ONCE = 10
"""Letters in one task: it has to be through within the deadline of a call."""

_decode_letter = msgspec.json.Decoder(DeadLetter).decode


class DeadLetters:
    """The dead letters of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def one(self, dead_letter_id: str) -> DeadLetter:
        """
        One letter.

        Raises:
            DeadLetterUnknown: There is none of that id.
        """
        [raw] = await self._cluster.read(DEAD_LETTER_EVENTS, [dead_letter_id])
        if raw is None:
            raise DeadLetterUnknown(dead_letter_id)
        return _decode_letter(raw)

    async def find(self, *, projection: str | None = None, event_type: str | None = None) -> AsyncIterator[DeadLetter]:
        """All of them, or those of one projection or event type, the oldest first."""
        start: str | None = None
        while True:
            page = await self._cluster.query(
                EntryQuery(
                    map_name=DEAD_LETTER_EVENTS,
                    index=BY_TIME,
                    ranges=(KeyRange(start),),
                    limit=PAGE,
                    filter=letter_filter(projection, event_type),
                )
            )
            for each in page.entries:
                start = f"{each.index_value}\0"
                yield _decode_letter(each.entry)
            if len(page.entries) < PAGE:
                return

    async def retry(self, dead_letter_ids: Sequence[str]) -> list[Resolution]:
        """Retry each, in order. A letter whose event fails again stays, with one attempt more."""
        return await self._resolve([ResolveOrder(dead_letter_id=each, action="RETRY") for each in dead_letter_ids])

    async def edit(self, dead_letter_id: str, data: bytes, reason: str | None = None) -> Resolution:
        """
        Fold the event with other data into the entry that could not take it. The stored event stays as it is.

        Raises:
            DeadLetterUnknown: There is none of that id.
            DeadLetterEditInvalid: The data do not fit the event type, or lead to another entry.
        """
        order = ResolveOrder(dead_letter_id=dead_letter_id, action="EDIT", data=msgspec.Raw(data), reason=reason)
        return checked((await self._resolve([order]))[0])

    async def discard(self, dead_letter_id: str, reason: str) -> Resolution:
        """
        Leave the event out of the entry that could not take it, for good.

        Raises:
            DeadLetterUnknown: There is none of that id.
        """
        order = ResolveOrder(dead_letter_id=dead_letter_id, action="DISCARD", reason=reason)
        return checked((await self._resolve([order]))[0])

    async def _resolve(self, orders: Sequence[ResolveOrder]) -> list[Resolution]:
        resolutions: list[Resolution] = []
        for at in range(0, len(orders), AT_ONCE):
            resolutions += await self._cluster.resolve_dead_letters(orders[at : at + AT_ONCE])
        return resolutions


def letter_filter(projection: str | None, event_type: str | None) -> Filter | None:
    """What letters of a projection or event type have in common."""
    wanted = (("projection", projection), ("eventType", event_type))
    return all_of([condition([path], "eq", value) for path, value in wanted if value is not None])


def checked(resolution: Resolution) -> Resolution:
    """
    A resolution that was made, whether the event failed again or not.

    Raises:
        DeadLetterUnknown: There is no such letter.
        DeadLetterEditInvalid: The data do not fit.
        DeadLetterBusy: It could not be done just now.
    """
    if resolution.outcome == "UNKNOWN":
        raise DeadLetterUnknown(resolution.id)
    if resolution.outcome == "INVALID":
        raise DeadLetterEditInvalid(resolution.id, resolution.message, resolution.problems)
    if resolution.outcome == "BUSY":
        raise DeadLetterBusy(resolution.id, f"dead letter {resolution.id}: {resolution.message}; try again")
    return resolution

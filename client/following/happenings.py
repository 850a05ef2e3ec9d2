"""One event on its way to the subscribers, and the entries that they read for it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.event_stream import Changed, changed_keys, version_after
from hazelgate.client.views.frontiers import Frontier
from hazelgate.projector.past import Lineage
from hazelgate.sourcing.envelope import EventRecord

_parse = msgspec.json.Decoder(dict[str, Any]).decode

_REMEMBERED_READS = 256


class Readings:
    """
    The entries that a process reads for its subscribers.

    A read that began after several events were heard answers for all of them. So does one that came back with the
    version that the event names: a burst on one entry costs one read.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._latest: OrderedDict[tuple[str, str], _Reading] = OrderedDict()
        self.heard = 0
        """How many events were heard so far."""

    def reading(self, view: str, key: str, happening: Happening) -> _Reading:
        """A read of the entry that has the event."""
        place = (view, key)
        found = self._latest.get(place)
        if found is None or not (found.number >= happening.number or found.has(happening, view, key)):
            found = self._latest[place] = _Reading(self.heard, self._cluster, view, key)
            self._latest.move_to_end(place)
            if len(self._latest) > _REMEMBERED_READS:
                self._latest.popitem(last=False)
        return found


class _Reading:
    """One read, begun when `number` events were heard."""

    __slots__ = ("_parsed", "number", "raw")

    def __init__(self, number: int, cluster: Cluster, view: str, key: str) -> None:
        self.number = number
        self.raw: asyncio.Future[bytes | None] = asyncio.ensure_future(_read(cluster, view, key))
        # The one who asked may be gone by then: nobody has to hear of an error.
        self.raw.add_done_callback(lambda reading: reading.cancelled() or reading.exception())
        self._parsed: dict[str, Any] | None = None

    def has(self, happening: Happening, view: str, key: str) -> bool:
        """Whether it came back with the event."""
        version = version_after(happening.changed, view, key, happening.record.aggregate_id)
        raw = None if version is None or not self._is_answered() else self.raw.result()
        if version is None or raw is None:
            return False
        data = self.parsed(raw)
        # The version alone does not tell: another generation of the view counts anew.
        return bool(data["_meta"]["version"] >= version) and has_event(data, happening.record)

    def _is_answered(self) -> bool:
        return self.raw.done() and not self.raw.cancelled() and self.raw.exception() is None

    def parsed(self, raw: bytes) -> dict[str, Any]:
        """The entry as parsed JSON."""
        if self._parsed is None:
            self._parsed = _parse(raw)
        return self._parsed


async def _read(cluster: Cluster, view: str, key: str) -> bytes | None:
    return (await cluster.read(view, [key]))[0]


@dataclass(slots=True, eq=False)
class Happening:
    """
    One event on its way to the subscribers. View entries that they show are read once for all of them.

    Args:
        number: How many events this process had heard with it.
        changed: The entries that it has changed; None where that is not known.
        frontier: How far who has it, and all before it, has come in the log.
        lane_before: How far that was in its lane without it, behind the frontier's base; None: no further than that.
    """

    record: EventRecord
    number: int
    _readings: Readings
    changed: Changed | None = None
    frontier: Frontier | None = None
    lane_before: int | None = None
    _own: dict[tuple[str, str], _Reading] = field(default_factory=dict)

    def frontiers(self, parts: int) -> Sequence[Frontier | None]:
        """How far who has so much of it has come: before the last part, no further than without it."""
        reached = self.frontier
        if reached is None or parts <= 1:
            return [reached] * parts
        lane = self.record.lane
        others = {each: at for each, at in reached.ahead.items() if each != lane}
        ahead = others if self.lane_before is None else {**others, lane: self.lane_before}
        return [Frontier(reached.log, reached.base, ahead)] * (parts - 1) + [reached]

    def keys(self, view: str, lineage: Lineage) -> list[str]:
        """The keys of the entries of a view that the event has changed."""
        if self.changed is None:
            return lineage.keys(self.record)
        return changed_keys(self.changed, view, self.record.aggregate_id)

    async def entry(self, view: str, key: str) -> bytes | None:
        """
        The entry as it is once this event has been applied, or later.

        Raises:
            PipelineUnavailable: The cluster went away in between.
        """
        # A subscriber that goes away must not take the others' read along.
        return await asyncio.shield(self._reading(view, key).raw)

    async def parsed(self, view: str, key: str) -> tuple[bytes, dict[str, Any]] | None:
        """
        The same, and as parsed JSON; None where there is no such entry. Nobody changes what all subscribers share.

        Raises:
            PipelineUnavailable: The cluster went away in between.
        """
        reading = self._reading(view, key)
        raw = await asyncio.shield(reading.raw)
        return None if raw is None else (raw, reading.parsed(raw))

    def _reading(self, view: str, key: str) -> _Reading:
        found = self._own.get((view, key))
        if found is None:
            found = self._own[view, key] = self._readings.reading(view, key, self)
        return found


def has_event(data: dict[str, Any], record: EventRecord) -> bool:
    """Whether the event was applied to the entry."""
    applied = data["_meta"].get("applied", {}).get(str(record.lane), 0)
    return bool(applied >= record.position)

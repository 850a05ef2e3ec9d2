"""
A long log folded batch after batch, by the only one who writes into its entries meanwhile.

Rebuilds and restarts use it where nothing is unusual. It remembers entries from one batch to the next, so they are
loaded and decoded once. It reads the next batch while the entries of the one before are loaded.
Anything unusual (a fold that fails, a blocked entry, a decision of an operator) ends it with `Unusual`. The engine then
has those events folded by `refolding`, which knows all cases.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from hazelgate.projector.core.calls import FAULTS, Limits, Pulse, Tell, Unusual, to_nobody
from hazelgate.projector.core.messages import FoldRequest, FoldResponse, Write
from hazelgate.projector.core.plans import Apply, EventPlan, ViewPlan
from hazelgate.sourcing.catalog import Catalog, ViewSpec
from hazelgate.sourcing.declaring.values import Event, View
from hazelgate.sourcing.envelope import EntryMeta, EventRecord
from hazelgate.sourcing.ids import prefix_of

REMEMBERED_BYTES = 4 * 1024 * 1024
"""Of entries as JSON, in each of two generations of what is remembered."""

_decode_record = msgspec.json.Decoder(EventRecord).decode


class _Entry:
    """One entry of a view, as the last batch has left it."""

    __slots__ = ("applied", "batch", "caused_by", "expected", "key", "size", "spec", "updated_at", "version", "view")

    def __init__(self, spec: ViewSpec, key: str) -> None:
        self.spec = spec
        self.key = key
        self.view: View | None = None
        self.version = self.expected = 0
        self.applied: dict[int, int] = {}
        self.caused_by = self.updated_at = ""
        self.batch = -1
        """The batch that changed it last."""
        self.size = 0

    def load(self, raw: bytes | None) -> None:
        if raw is None:
            return
        meta = self.spec.decode_meta(raw)
        if meta.blocked or meta.ahead:
            raise Unusual(f"{self.key} of {self.spec.name} is, or was, blocked")
        self.view = None if meta.absent else self.spec.decode(raw)
        self.version = self.expected = meta.version
        self.applied, self.caused_by, self.updated_at = meta.applied, meta.caused_by, meta.updated_at

    def write(self) -> Write:
        meta = EntryMeta(
            version=self.version,
            caused_by=self.caused_by,
            updated_at=self.updated_at,
            applied=self.applied,
            keys={} if self.view is None else self.spec.sort_keys(self.view, self.key),
            absent=self.view is None,
        )
        value = self.spec.encode(meta, self.view)
        expected, self.expected = self.expected, self.version
        return Write(self.spec.name, self.key, expected, value, [])


class _ViewMemory:
    """The entries of one view that are remembered: those used lately, and those used before them."""

    __slots__ = ("earlier", "name", "recent", "spec")

    def __init__(self, spec: ViewSpec) -> None:
        self.spec = spec
        self.recent: dict[str, _Entry] = {}
        self.earlier: dict[str, _Entry] = {}


class _Step(NamedTuple):
    """One event, for one entry."""

    event: Event
    record: EventRecord
    entry: _Entry
    apply: Apply


class _Batch(NamedTuple):
    """A batch that is read, and waits for the entries that it needs."""

    batch_id: int
    steps: list[_Step]
    asked: dict[str, dict[str, _Entry]]


_Route = tuple[_ViewMemory, ViewPlan]


class Replay:
    """
    One conversation. Round 0 of a batch brings its records and is answered with what has to be loaded, which may be
    nothing; round 1 brings that, and is answered with the writes. Batches are folded in the order in which they were
    read.
    """

    def __init__(self, catalog: Catalog, plans: dict[str, EventPlan], limits: Limits | None = None) -> None:
        self._catalog = catalog
        self._plans = plans
        self._limits = limits or Limits()
        self._memories: dict[str, _ViewMemory] = {}
        self._routes: dict[str, list[_Route]] = {}
        self._batches: deque[_Batch] = deque()
        self._remembered_bytes = 0

    def answer(self, request: FoldRequest, pulse: Pulse | None = None, tell: Tell = to_nobody) -> FoldResponse:
        """
        One round of a batch.

        Args:
            pulse: Beats with each event.
            tell: Not used: nothing is done carefully here.

        Raises:
            Unusual: It has to be folded in the way that knows all cases, and this conversation is over.
        """
        pulse = pulse or Pulse()
        pulse.beats += 1
        try:
            return self._read(request, pulse) if request.round == 0 else self._fold(request, pulse)
        except Unusual:
            raise
        except FAULTS as error:  # whoever's fault it is: the way that knows all cases finds out
            raise Unusual(f"{type(error).__name__}: {error}") from error

    # ------------------------------------------------------------ round 0

    def _read(self, request: FoldRequest, pulse: Pulse) -> FoldResponse:
        if request.careful or request.loaded:
            raise Unusual("a batch with decisions about its events")
        if not self._memories:
            self._begin(request.views)
        decode, routes_of = self._catalog.decode, self._routes
        batch = _Batch(request.batch_id, [], {})
        steps = batch.steps
        for raw in request.records:
            record = _decode_record(raw)
            routes = routes_of.get(record.event_type)
            if routes is None:
                continue
            pulse.beats += 1
            event = decode(record.event_type, record.event_version, record.data)
            prefix = prefix_of(record.aggregate_id)
            for memory, plan in routes:
                for key, fold in plan.targets(event, prefix).items():
                    entry = memory.recent.get(key) or self._find(memory, key, batch)
                    steps.append(_Step(event, record, entry, fold.apply))
        self._batches.append(batch)
        return FoldResponse({name: list(entries) for name, entries in batch.asked.items()}, [])

    def _begin(self, views: Sequence[str]) -> None:
        for name in views:
            if name in self._catalog.views:
                self._memories[name] = _ViewMemory(self._catalog.views[name])
        for event_type, plan in self._plans.items():
            routes = [(self._memories[each.view.name], each) for each in plan.views if each.view.name in self._memories]
            if routes:
                self._routes[event_type] = routes

    def _find(self, memory: _ViewMemory, key: str, batch: _Batch) -> _Entry:
        entry = memory.earlier.get(key)
        if entry is None:
            entry = _Entry(memory.spec, key)
            batch.asked.setdefault(memory.spec.name, {})[key] = entry
        memory.recent[key] = entry
        self._remembered_bytes += entry.size
        return entry

    # ------------------------------------------------------------ round 1

    def _fold(self, request: FoldRequest, pulse: Pulse) -> FoldResponse:
        batch = self._batches.popleft()
        if batch.batch_id != request.batch_id:
            raise Unusual(f"batch {request.batch_id} is out of turn")
        for name, entries in batch.asked.items():
            loaded = request.loaded[name]
            for key, asked in entries.items():
                asked.load(loaded[key])
        batch_id = batch.batch_id
        changed: list[_Entry] = []
        for event, record, entry, apply in batch.steps:
            applied, position = entry.applied, record.position
            if applied.get(record.lane, -1) >= position:
                continue
            pulse.beats += 1
            entry.view = apply(entry.view, event, record, entry.key)
            entry.version += 1
            applied[record.lane] = position
            entry.caused_by = record.event_id
            entry.updated_at = record.received_at
            if entry.batch != batch_id:
                entry.batch = batch_id
                changed.append(entry)
        return FoldResponse({}, self._writes(changed, pulse))

    def _writes(self, changed: list[_Entry], pulse: Pulse) -> list[Write]:
        writes = []
        total = 0
        for entry in changed:
            pulse.beats += 1
            write = entry.write()
            size = len(write.value or b"")
            total += size
            if size > self._limits.max_value_bytes or total > self._limits.max_answer_bytes:
                raise Unusual("more bytes than go through at once")
            self._remembered_bytes += size - entry.size
            entry.size = size
            writes.append(write)
        if self._remembered_bytes > REMEMBERED_BYTES:
            for memory in self._memories.values():
                memory.earlier, memory.recent = memory.recent, {}
            self._remembered_bytes = 0
        return writes

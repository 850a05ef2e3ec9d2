"""
Stored events folded into another generation of some views: no guards, no ids, no heads, nothing but the folds.

A rebuild and a diff are made of this. The engine maps each view's name to the generation that is being built, so here a
view has its own name as always.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from hazelgate.projector.core.calls import (
    FAULTS,
    Calls,
    HandlerMisbehaved,
    Limits,
    Pulse,
    Stage,
    Tell,
    calls_of,
    to_nobody,
)
from hazelgate.projector.core.decisions import Decisions
from hazelgate.projector.core.entries import NOBODY, Entries, EntryNotEncodable, Incomplete
from hazelgate.projector.core.faults import Hear
from hazelgate.projector.core.folding import Folding
from hazelgate.projector.core.intake import Targets, require_targets
from hazelgate.projector.core.messages import FoldRequest, FoldResponse
from hazelgate.projector.core.plans import EventPlan
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import UNREADABLE, EventRecord
from hazelgate.sourcing.ids import prefix_of, store_key

_decode_record = msgspec.json.Decoder(EventRecord).decode


class _Stored(NamedTuple):
    """One stored event, read once for all rounds of its batch."""

    place: int
    record: EventRecord
    key: str
    event: Event | None
    targets: Targets
    failure: BaseException | None
    """Why it can't be read, or can't tell which entries it is about."""


class Refolding:
    """
    One conversation about batches of stored events. It remembers the batch that it is about, and nothing longer.

    The first round of a batch brings its records, the following ones only what was asked for.
    """

    def __init__(
        self,
        catalog: Catalog,
        plans: dict[str, EventPlan],
        limits: Limits | None = None,
        hear: Hear | None = None,
    ) -> None:
        self._hear = hear
        self._catalog = catalog
        self._plans = plans
        self._limits = limits or Limits()
        self._batch_id = -1
        self._calls = Calls()
        self._decisions = Decisions(catalog, {})
        self._stored: list[_Stored] = []
        self._loaded: dict[str, dict[str, bytes | None]] = {}

    def fold(self, request: FoldRequest, pulse: Pulse | None = None, tell: Tell = to_nobody) -> FoldResponse:
        """
        Fold one batch, as far as what is loaded allows.

        Args:
            request: One round of a batch.
            pulse: Beats with each call of the user's code.
            tell: In the careful mode, told of each such call before it is made.

        Raises:
            BatchTooLarge: What it comes to does not fit into one answer; in parts it may.
            ValueError: A later round of a batch whose records never came here.
        """
        alone = len(request.records if request.round == 0 else self._stored) <= 1
        self._calls = calls_of(request, pulse, tell, alone=alone, hear=self._hear)
        self._calls.pulse.beats += 1
        if request.round == 0:
            views = frozenset(request.views)
            self._batch_id, self._loaded = request.batch_id, {}
            self._decisions = Decisions(self._catalog, request.loaded)
            self._stored = [self._read(index, raw, views) for index, raw in enumerate(request.records)]
        elif request.batch_id != self._batch_id:
            raise ValueError(f"batch {request.batch_id} goes on, and its records are not here: begin it again")
        for name, entries in request.loaded.items():
            self._loaded.setdefault(name, {}).update(entries)
        try:
            return self._run(careful=request.careful)
        except EntryNotEncodable:
            return self._run(careful=True)

    def _run(self, *, careful: bool) -> FoldResponse:
        entries = Entries(self._loaded)
        for stored in self._stored:
            require_targets(stored.targets, entries)
        if not entries.needs:
            folding = Folding(entries, self._calls, self._limits, self._decisions, careful=careful)
            for stored in self._stored:
                try:
                    _fold(folding, stored)
                except Incomplete:
                    continue
        if entries.needs:
            return FoldResponse({name: list(keys) for name, keys in entries.needs.items()}, [])
        self._calls.before(Stage.WRITE, "", "")
        return FoldResponse({}, entries.writes(self._calls, self._limits))

    def _read(self, index: int, raw: bytes, views: frozenset[str]) -> _Stored:
        record = _decode_record(raw)
        key = store_key(record.aggregate_type, record.sequence, record.aggregate_id)
        plan = self._plans.get(record.event_type)
        if plan is None or views.isdisjoint(view.view.name for view in plan.views):
            return _Stored(index, record, key, None, [], None)
        try:
            self._calls.before(Stage.EVENT, "", record.event_id)
            self._calls.before(Stage.UPCAST, record.event_type, record.event_id)
            event = self._decisions.event(record, self._decisions.about(record))
            if event is None:
                return _Stored(index, record, key, None, [], None)
            self._calls.before(Stage.KEYS, record.event_type, record.event_id)
            prefix = prefix_of(record.aggregate_id)
            targets = [(view, view.targets(event, prefix)) for view in plan.views if view.view.name in views]
        except FAULTS as failure:  # an upcast or a key function is the user's code: it must not stop the batch
            self._calls.blame(failure, f"reading {record.event_type} {record.event_id}")
            if isinstance(failure, HandlerMisbehaved):
                failure = HandlerMisbehaved(f"reading {record.event_type} {failure}")
            return _Stored(index, record, key, None, [], failure)
        return _Stored(index, record, key, event, targets, None)


def _fold(folding: Folding, stored: _Stored) -> None:
    if stored.failure is not None:
        folding.dead_letter(None, stored.place, stored.record, stored.key, UNREADABLE, "", stored.failure, NOBODY)
    elif stored.event is not None:
        folding.project(stored.place, stored.event, stored.record, stored.key, stored.targets, NOBODY, stored=True)

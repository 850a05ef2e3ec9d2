"""
How stored events stand, told from the entries and letters alone: in all their views, or still in a dead letter.

Asked after a letter was resolved, when its entry is free and the letter itself still there. Of two letters of one event
that are resolved at the same time, at least one sees both entries free.

An event may be in no letter, and not in all its views either: its batch has a view still to write, and is pending as
long as that is so. Then nobody is told anything yet.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hazelgate.projector.core import answers
from hazelgate.projector.core.calls import FAULTS, Calls, Stage
from hazelgate.projector.core.entries import Entries, Letter, aggregate_of
from hazelgate.projector.core.intake import Targets, targets_of
from hazelgate.projector.core.messages import Affected, Settled, SettleRequest, SettleResponse
from hazelgate.projector.core.plans import EventPlan
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import (
    COMPLETED_EVENTS,
    EVENT_STORE,
    PENDING_EVENTS,
    UNREADABLE,
    Completion,
    CompletionStatus,
    EventRecord,
    encode_json,
)
from hazelgate.sourcing.ids import dead_letter_id, pending_key, prefix_of

_decode_record = msgspec.json.Decoder(EventRecord).decode
_decode_completion = msgspec.json.Decoder(Completion).decode


class Settler:
    """Settles events against one catalog."""

    def __init__(self, catalog: Catalog, plans: Mapping[str, EventPlan]) -> None:
        self._catalog = catalog
        self._plans = plans

    def settle(self, request: SettleRequest, calls: Calls) -> SettleResponse:
        """How each event stands, as far as what is loaded allows. `calls` is told of the user's code."""
        entries = Entries(request.loaded)
        entries.require_all((EVENT_STORE, event.store_key) for event in request.events)
        settled: list[Settled] = []
        under_way = False
        if not entries.needs:
            for event in request.events:
                one = self._one(request, event, entries, calls)
                under_way = under_way or one is None
                settled += [] if one is None else one
        if entries.needs:
            return SettleResponse({name: list(keys) for name, keys in entries.needs.items()}, [])
        return SettleResponse({}, [] if under_way else settled, under_way)

    def _one(self, request: SettleRequest, event: Affected, entries: Entries, calls: Calls) -> list[Settled] | None:
        """How it stands, if it is stored; None where its batch has a view still to write."""
        raw = request.loaded[EVENT_STORE][event.store_key]
        if raw is None:
            return []
        record = _decode_record(raw)
        found, seen = self._letters(record, event.store_key, entries, calls)
        letters = [letter for letter in found if letter.key != request.without]
        entries.require(COMPLETED_EVENTS, record.event_id)
        pending = pending_key(record.event_id, record.aggregate_id)
        if not seen and not letters:
            entries.require(PENDING_EVENTS, pending)
        if entries.needs:
            return []
        if not seen and not letters and request.loaded[PENDING_EVENTS][pending] is not None:
            return None
        known = request.loaded[COMPLETED_EVENTS][record.event_id]
        before = None if known is None else _decode_completion(known)
        final = next((letter for letter in letters if letter.final), None)
        letter = final or next(iter(letters), None)
        completion = answers.stored_completion(record, event.submission_id, None if letter is None else letter.key)
        held = letter is not None and final is None and before is None
        if held:
            completion = msgspec.structs.replace(completion, status=CompletionStatus.STORED, error=None)
        else:
            completion = msgspec.structs.replace(
                completion,
                submission_id=event.submission_id or (before.submission_id if before is not None else ""),
                view_updated_at=request.now,
                published_at=None if before is None else before.published_at,
                completed_at=request.now,
            )
        if before is not None and before.status is CompletionStatus.SUCCESS:
            completion = before
        # Who was answered already is not answered again.
        reply_to = event.reply_to if before is None else ""
        return [Settled(record.event_id, encode_json(completion), reply_to, not held)]

    def _letters(
        self, record: EventRecord, store_key: str, entries: Entries, calls: Calls
    ) -> tuple[list[Letter], bool]:
        """
        The letters that the event is in, and whether all entries have it that no letter keeps it from.

        One that does not block its entry any more is done with.

        A letter is written before its entry: one that does not block it yet has an event that the entry has not seen.
        """
        found: list[Letter] = []
        all_seen = True
        unreadable = entries.letter(dead_letter_id(record.event_id, UNREADABLE, ""))
        if unreadable is not None and unreadable.value is not None:
            found.append(unreadable)
        for view_plan, keys in self._targets(record, calls):
            for key in keys:
                if not entries.require(view_plan.view.name, key):
                    continue
                entry = entries.view(view_plan.view, key)
                its_own = dead_letter_id(record.event_id, view_plan.view.name, key)
                seen = True
                try:
                    entry.open()
                    letter_id = (entry.blocked or {}).get(aggregate_of(record))
                    if letter_id is None and not entry.has_seen(record.lane, record.position):
                        letter_id, seen = its_own, False
                except FAULTS:  # the entry can't be read: then a letter of the event does not block it
                    letter_id = its_own
                letter = None if letter_id is None else entries.letter(letter_id)
                if letter is not None and letter.holds(record.event_id, store_key):
                    found.append(letter)
                else:
                    all_seen = all_seen and seen
        return found, all_seen

    def _targets(self, record: EventRecord, calls: Calls) -> Targets:
        """The entries that the event changes; none where it can't be read: then a letter of its own says so."""
        plan = self._plans.get(record.event_type)
        if plan is None:
            return []
        try:
            calls.before(Stage.UPCAST, record.event_type, record.event_id)
            event = self._catalog.decode(record.event_type, record.event_version, record.data)
            calls.before(Stage.KEYS, record.event_type, record.event_id)
            return targets_of(plan, event, prefix_of(record.aggregate_id))
        except FAULTS:  # an upcast or a key function is the user's code
            return []

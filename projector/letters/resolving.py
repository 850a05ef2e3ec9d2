"""
What becomes of a dead letter: its event is tried again, folded with other data, or left out, and those behind follow.

Pure, like the rest of the projector: in rounds the engine loads what is asked for, then it makes the writes, step by
step. The order of the steps holds against a crash and against events that queue meanwhile:

1. the letter itself, one version further: from here on nobody can queue without this being refused;
2. a new letter, where one that waited fails in its turn, with the rest behind it;
3. the operator's decision;
4. the entry, where it is as it was read: only now is it free;
5. the completions (`settle`), from what the maps say then;
6. the letter goes.

After a crash in between, the letter no longer blocks its entry, or the decision is there: whoever resolves it once more
finishes that. A batch writes a letter before it blocks the entry. So an event that fails again blocks the entry first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from hazelgate.projector.core.calls import FAULTS, Calls, Limits, Stage
from hazelgate.projector.core.entries import Entries, Incomplete, Letter, ViewEntry, aggregate_of, letter_keys
from hazelgate.projector.core.faults import said
from hazelgate.projector.core.folding import FIRST_RETRY_MS, Folding
from hazelgate.projector.core.intake import Targets, require_targets, targets_of
from hazelgate.projector.core.messages import Affected, ResolveRequest, ResolveResponse, Write
from hazelgate.projector.core.plans import EventPlan
from hazelgate.sourcing import clock
from hazelgate.sourcing.catalog import Catalog, ViewSpec
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import (
    DEAD_LETTER_DECISIONS,
    DEAD_LETTER_EVENTS,
    EVENT_STORE,
    NOTHING,
    UNREADABLE,
    DeadLetter,
    Decision,
    DecisionAction,
    EventRecord,
    WaitingEvent,
    encode_json,
)
from hazelgate.sourcing.errors import FieldProblem, HazelgateError, InvalidEvent, NotYet, camel
from hazelgate.sourcing.ids import dead_letter_id, plain_id, prefix_of

AGAIN, RETRY, EDIT, DISCARD = "AGAIN", "RETRY", "EDIT", "DISCARD"
RESOLVED, FAILED, UNKNOWN, INVALID = "RESOLVED", "FAILED", "UNKNOWN", "INVALID"
ANY_VERSION = -1

_decode_record = msgspec.json.Decoder(EventRecord).decode
_decode_decision = msgspec.json.Decoder(Decision).decode


class ResolveAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What came of it."""

    id: str
    outcome: str
    message: str = ""
    problems: tuple[FieldProblem, ...] = ()


class _Missing(HazelgateError):
    """The store does not have the event; discard the letter, and look after the store."""


class _Unfit(Exception):
    """The data of an edit do not fit the event."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class Resolver:
    """Resolves letters against one catalog."""

    def __init__(self, catalog: Catalog, plans: Mapping[str, EventPlan], limits: Limits) -> None:
        self._catalog = catalog
        self._plans = plans
        self._limits = limits

    def resolve(self, request: ResolveRequest, calls: Calls) -> ResolveResponse:
        """What to do about one letter, as far as what is loaded allows. `calls` is told of the user's code."""
        entries = Entries(request.loaded, out_of_turn=True)
        folding = Folding(entries, calls, self._limits, careful=True)
        try:
            return _Resolution(self._catalog, self._plans, request, entries, calls, folding).run()
        except Incomplete:
            needs = {name: list(keys) for name, keys in entries.needs.items()}
            return ResolveResponse(needs, [], [], b"{}")


class _Resolution:
    def __init__(
        self,
        catalog: Catalog,
        plans: Mapping[str, EventPlan],
        request: ResolveRequest,
        entries: Entries,
        calls: Calls,
        folding: Folding,
    ) -> None:
        self._catalog = catalog
        self._plans = plans
        self._request = request
        self._entries = entries
        self._calls = calls
        self._folding = folding
        self._id = request.dead_letter_id
        self._blocked: list[Write] = []
        """The letter's entry, where the letter did not block it yet and stays."""

    def run(self) -> ResolveResponse:
        letter = self._entries.letter(self._id)
        if letter is None:
            raise Incomplete
        if letter.value is None:
            return self._done(RESOLVED if self._is_resolved_so() else UNKNOWN)
        value = letter.value
        if value.retry_at is None and self._request.action == AGAIN:
            # It became final, and a crash came before those who wait were told.
            return self._done(FAILED, affected=self._all(letter), last=[self._kept(letter, keys_only=True)])
        view = self._catalog.views.get(value.projection)
        self._load(letter, view)
        decision = self._decision(value)
        try:
            entry = None if view is None else self._entry(view, value.entry_key)
            if entry is not None:
                return self._free(letter, entry, decision)
            if value.projection == UNREADABLE and not _discarded(decision):
                return self._read_again(letter, self._record(value.event_key), decision)
            return self._gone(letter, [], decision)
        except _Unfit as unfit:
            return self._done(INVALID, str(unfit), unfit.problems, self._all(letter)[:1])
        except Incomplete:
            raise
        except FAULTS as error:  # an upcast or a projection is the user's code
            if self._request.action == DISCARD:  # the entry can't be read: there is nothing to leave out of it
                return self._gone(letter, [], decision)
            return self._failed(letter, error)

    # ------------------------------------------------------------ what is there

    def _is_resolved_so(self) -> bool:
        """Whether the letter is gone by just this decision: the order is sent again, for its answer was lost."""
        request = self._request
        if request.action not in (EDIT, DISCARD):
            return False
        if not self._entries.require_all([(DEAD_LETTER_DECISIONS, self._id)]):
            raise Incomplete
        raw = request.loaded[DEAD_LETTER_DECISIONS][self._id]
        if raw is None:
            return False
        made = _decode_decision(raw)
        if request.action == DISCARD:
            return made.action is DecisionAction.DISCARDED
        data = msgspec.json.decode(request.data or b"null")
        return made.action is DecisionAction.EDITED and msgspec.json.decode(made.data or b"null") == data

    def _load(self, letter: Letter, view: ViewSpec | None) -> None:
        value = letter.value
        assert value is not None
        needs = [(EVENT_STORE, value.event_key), (DEAD_LETTER_DECISIONS, self._id)]
        needs += [(EVENT_STORE, waiting.key) for waiting in letter.waiting]
        if view is not None:
            needs.append((view.name, value.entry_key))
        self._entries.require_all(needs)
        if self._entries.needs:
            raise Incomplete

    def _entry(self, view: ViewSpec, key: str) -> ViewEntry:
        entry = self._entries.view(view, key)
        entry.open()
        return entry

    def _record(self, key: str) -> EventRecord:
        raw = self._request.loaded[EVENT_STORE][key]
        if raw is None:
            raise _Missing(f"the store does not have the event {key}")
        return _decode_record(raw)

    def _event(self, record: EventRecord, plan: EventPlan, edited: Decision | None) -> Event:
        self._calls.before(Stage.UPCAST, record.event_type, record.event_id)
        if edited is None or not edited.data:
            return self._catalog.decode(record.event_type, record.event_version, record.data)
        try:
            event = self._catalog.decode(record.event_type, edited.event_version, edited.data)
        except InvalidEvent as invalid:
            raise _Unfit(invalid.problems) from invalid
        if plan.aggregate_id(event) != plain_id(record.aggregate_id):
            raise _Unfit([FieldProblem((camel(plan.spec.key),), "says whose event it is, and can't be changed")])
        return event

    def _targets(self, record: EventRecord, plan: EventPlan, event: Event) -> Targets:
        self._calls.before(Stage.KEYS, record.event_type, record.event_id)
        return targets_of(plan, event, prefix_of(record.aggregate_id))

    def _decision(self, value: DeadLetter) -> Decision | None:
        """What an operator decides now; or decided before, and a crash came in between."""
        request = self._request
        if request.action not in (EDIT, DISCARD):
            raw = request.loaded[DEAD_LETTER_DECISIONS][self._id]
            return None if raw is None else _decode_decision(raw)
        edits = request.action == EDIT
        plan = self._plans.get(value.event_type)
        return Decision(
            id=self._id,
            event_id=value.event_id,
            projection=value.projection,
            entry_key=value.entry_key,
            action=DecisionAction.EDITED if edits else DecisionAction.DISCARDED,
            data=msgspec.Raw(request.data or b"null") if edits else NOTHING,
            event_version=plan.spec.version if edits and plan is not None else None,
            reason=request.reason,
            at=request.now,
        )

    # ------------------------------------------------------------ folding on

    def _free(self, letter: Letter, entry: ViewEntry, decision: Decision | None) -> ResolveResponse:
        """Fold the letter's event and those behind it, up to one that fails in its turn."""
        value = letter.value
        assert value is not None
        # While the letter blocks the entry none of its events is in there, whatever the lane's mark says: others move
        # it. Where it does not, a crash came in between: then the mark tells.
        blocks = entry.free(letter.key)
        if not blocks and self._waits_elsewhere(letter, entry):
            return self._gone(letter, [], decision)
        events = [
            WaitingEvent(
                key=value.event_key,
                lane=value.lane,
                position=value.position,
                reply_to=value.reply_to,
                submission_id=value.submission_id,
            ),
            *letter.waiting,
        ]
        decided = self._decided(letter, entry)
        behind: Letter | None = None
        for number, waiting in enumerate(events):
            if not blocks and entry.has_seen(waiting.lane, waiting.position):
                continue
            first = number == 0
            about = decision if first else decided.get(waiting.key)
            if _discarded(about):
                entry.skip(waiting.lane, waiting.position)
                continue
            record: EventRecord | None = None
            try:
                record = self._record(waiting.key)
                self._fold(entry, record, about)
            except FAULTS as error:
                if first:
                    if record is not None and not blocks:
                        # The letter is there before its entry is blocked, and a crash came in between.
                        entry.block(letter.key, record, 0)
                        self._blocked = [entry.write()]
                    raise
                behind = self._behind(entry, waiting, events[number + 1 :], error)
                break
        if not entry.touched:
            entry.wait(0)  # a batch that is about to block it must find it changed
        return self._gone(letter, [[behind.write()]] if behind else [], decision, [entry.write()])

    def _decided(self, letter: Letter, entry: ViewEntry) -> dict[str, Decision]:
        """
        What was decided about events that wait, by their key in the store.

        A restart has folded them again, and they came to wait, submitted by nobody, behind one that passes when it is
        tried again: that was through before they had their own letters. Other letters are spared the round that this
        takes, in which more events would come to wait.
        """
        if letter.value is None or letter.value.retry_at is None:
            return {}
        ids: dict[str, tuple[str, str]] = {}
        for waiting in letter.waiting:
            if waiting.submission_id:
                continue
            raw = self._request.loaded[EVENT_STORE][waiting.key]
            if raw is None:
                continue
            try:
                event_id = _decode_record(raw).event_id
            except (ValueError, RecursionError, msgspec.MsgspecError):
                continue  # said when its turn comes
            about_entry = dead_letter_id(event_id, entry.spec.name, entry.key)
            ids[waiting.key] = about_entry, dead_letter_id(event_id, UNREADABLE, "")
        if not self._entries.require_all([(DEAD_LETTER_DECISIONS, each) for pair in ids.values() for each in pair]):
            raise Incomplete
        loaded = self._request.loaded.get(DEAD_LETTER_DECISIONS, {})
        found = {key: next((raw for each in pair if (raw := loaded[each])), None) for key, pair in ids.items()}
        return {key: _decode_decision(raw) for key, raw in found.items() if raw is not None}

    def _waits_elsewhere(self, letter: Letter, entry: ViewEntry) -> bool:
        """What a crash left: its events were delivered again, and wait behind another letter."""
        assert letter.value is not None
        return aggregate_of(self._record(letter.value.event_key)) in (entry.blocked or {})

    def _read_again(self, letter: Letter, record: EventRecord, edited: Decision | None) -> ResolveResponse:
        """The stored event could not be read; now it goes wherever it hasn't been passed by later ones."""
        value = letter.value
        assert value is not None
        plan = self._plans.get(record.event_type)
        if plan is None:
            return self._gone(letter, [], edited)
        event = self._event(record, plan, edited)
        targets = self._targets(record, plan, event)
        if not require_targets(targets, self._entries):
            raise Incomplete
        submitter = WaitingEvent(key="", lane=0, position=0, reply_to=value.reply_to, submission_id=value.submission_id)
        self._folding.project(0, event, record, value.event_key, targets, submitter, stored=True)
        writes = self._folding.writes()
        letters = [write for write in writes if write.map == DEAD_LETTER_EVENTS]
        others = [write for write in writes if write.map != DEAD_LETTER_EVENTS]
        return self._gone(letter, [letters] if letters else [], edited, others)

    def _fold(self, entry: ViewEntry, record: EventRecord, edited: Decision | None) -> None:
        plan = self._plans.get(record.event_type)
        fold = None
        if plan is not None:
            event = self._event(record, plan, edited)
            for view_plan, keys in self._targets(record, plan, event):
                if view_plan.view is entry.spec:
                    fold = keys.get(entry.key)
            if fold is not None:
                entry.apply(self._folding.fold(fold, entry, event, record), record, 0)
                return
            if edited is not None:
                about = f"{entry.spec.name} {plain_id(entry.key)}"
                raise _Unfit([FieldProblem((), f"with these data the event is not about {about}")])
        entry.skip(record.lane, record.position)  # today's code folds it into other entries

    def _behind(
        self, entry: ViewEntry, failed: WaitingEvent, rest: Sequence[WaitingEvent], error: BaseException
    ) -> Letter:
        """One that waited can't be folded, either: it gets a letter of its own, and the rest waits behind that."""
        raw = self._request.loaded[EVENT_STORE][failed.key]
        if raw is None:
            raise error
        record = _decode_record(raw)
        letter = self._entries.letter(dead_letter_id(record.event_id, entry.spec.name, entry.key))
        if letter is None:
            raise Incomplete
        now = self._request.now
        retry_at = clock.later(now, FIRST_RETRY_MS) if isinstance(error, NotYet) else None
        if letter.value is not None:
            letter.touch(0)
        letter.open(
            record,
            failed.key,
            entry.spec.name,
            entry.key,
            said(error),
            0,
            submitter=failed,
            failed_at=now,
            retry_at=retry_at,
        )
        for waiting in rest:
            letter.queue(waiting, 0)
        entry.block(letter.key, record, 0)
        return letter

    # ------------------------------------------------------------ what is to be written

    def _gone(
        self,
        letter: Letter,
        before: list[list[Write]],
        decision: Decision | None,
        freed: Sequence[Write] = (),
    ) -> ResolveResponse:
        """The letter goes: nothing waits behind it any more."""
        steps = [[self._kept(letter)], *before]
        if decision is not None:
            steps.append([Write(DEAD_LETTER_DECISIONS, self._id, ANY_VERSION, encode_json(decision), [])])
        if freed:
            steps.append(list(freed))
        last = [Write(DEAD_LETTER_EVENTS, self._id, letter.expected + 1, None, [])]
        return self._done(RESOLVED, affected=self._all(letter), steps=steps, last=last)

    def _failed(self, letter: Letter, error: BaseException) -> ResolveResponse:
        """The letter stays, one attempt older; it is tried again later, or no more. Its entry is blocked."""
        request, value = self._request, letter.value
        assert value is not None
        attempts = value.attempts + 1
        passes = isinstance(error, NotYet) and value.retry_at is not None and attempts < request.max_attempts
        retry_at = clock.later(request.now, request.backoff_ms * 2 ** (attempts - 1)) if passes else None
        became_final = value.retry_at is not None and retry_at is None
        text = said(error)
        letter.value = msgspec.structs.replace(
            value, attempts=attempts, error=text, last_failed_at=request.now, retry_at=retry_at
        )
        # Until those who wait are told, the watch must find it, should this be cut short.
        kept = self._kept(letter, looked_for=value.retry_at if became_final else None)
        steps = [self._blocked, [kept]] if self._blocked else [[kept]]
        if request.loaded.get(DEAD_LETTER_DECISIONS, {}).get(self._id) is not None:
            steps.append([Write(DEAD_LETTER_DECISIONS, self._id, ANY_VERSION, None, [])])
        affected = self._all(letter) if became_final else self._all(letter)[:1]
        if not became_final:
            return self._done(FAILED, text, affected=affected, steps=steps)
        again = Letter(letter.key, kept.value)
        return self._done(FAILED, text, affected=affected, steps=steps, last=[self._kept(again, keys_only=True)])

    def _kept(self, letter: Letter, *, looked_for: str | None = None, keys_only: bool = False) -> Write:
        """The letter one version further; `looked_for` is when the watch is to find it, if not at `retry_at`."""
        value = letter.value
        assert value is not None
        retry_at = None if keys_only else looked_for or value.retry_at
        failed_at = value.meta.keys["failedAt"].partition("|")[0]
        meta = msgspec.structs.replace(
            value.meta,
            version=letter.expected + 1,
            updated_at=self._request.now,
            keys=letter_keys(self._id, failed_at, retry_at),
        )
        return Write(
            DEAD_LETTER_EVENTS, self._id, letter.expected, encode_json(msgspec.structs.replace(value, meta=meta)), []
        )

    def _all(self, letter: Letter) -> list[Affected]:
        value = letter.value
        assert value is not None
        return [
            Affected(value.event_key, value.reply_to, value.submission_id),
            *(Affected(waiting.key, waiting.reply_to, waiting.submission_id) for waiting in letter.waiting),
        ]

    def _done(
        self,
        outcome: str,
        message: str = "",
        problems: Sequence[FieldProblem] = (),
        affected: Sequence[Affected] = (),
        steps: Sequence[list[Write]] = (),
        last: Sequence[Write] = (),
    ) -> ResolveResponse:
        if self._entries.needs:
            raise Incomplete
        answer = ResolveAnswer(id=self._id, outcome=outcome, message=message, problems=tuple(problems))
        return ResolveResponse({}, [*steps, list(last)], list(affected), encode_json(answer))


def _discarded(decision: Decision | None) -> bool:
    return decision is not None and decision.action is DecisionAction.DISCARDED

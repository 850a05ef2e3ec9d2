"""
How an event gets into view entries, at most once into each, and what becomes of it where a projection fails.

A fault of a projection blocks one aggregate in one entry: the event is put aside as a dead letter, and later events of
the aggregate wait behind it, in order, for that entry alone. Everything else goes on. So what a projection does not
find in its entry yet (`NotYet`) can come with an event of another aggregate.
"""

from __future__ import annotations

from hazelgate.projector.core.calls import FAULTS, FOLD, Calls, Limits, check_size
from hazelgate.projector.core.decisions import Decisions
from hazelgate.projector.core.entries import NOBODY, Entries, Incomplete, Letter, ViewEntry, Waiter, aggregate_of
from hazelgate.projector.core.faults import said
from hazelgate.projector.core.intake import Targets
from hazelgate.projector.core.messages import Write
from hazelgate.projector.core.plans import Fold, ViewPlan
from hazelgate.sourcing import clock
from hazelgate.sourcing.declaring.values import Event, View
from hazelgate.sourcing.envelope import EventRecord, WaitingEvent, encode_json
from hazelgate.sourcing.errors import NotYet
from hazelgate.sourcing.ids import dead_letter_id, prefix_of

FIRST_RETRY_MS = 100
"""How long after its first failure an event that may pass is tried again."""
_META_BYTES = 8_192
"""More than the rest of an entry's `_meta` has."""


class Folding:
    """
    Folds the events of one batch into its entries.

    `careful` encodes each view as it is folded, to find the event to blame for one that can't be written.
    """

    def __init__(
        self, entries: Entries, calls: Calls, limits: Limits, decisions: Decisions | None = None, *, careful: bool
    ) -> None:
        self._entries = entries
        self._decisions = decisions or None
        self._calls = calls
        self._limits = limits
        self._careful = careful

    def project(
        self, index: int, event: Event, record: EventRecord, key: str, targets: Targets, by: Waiter, *, stored: bool
    ) -> Letter | None:
        """
        Fold an event into its entries.

        Args:
            by: The one who waits for its answer; kept in a letter that is not final.

        Returns:
            The dead letter that it waits in, if it does; of several, one that is final.
        """
        found: Letter | None = None
        for view_plan, keys in targets:
            spec = view_plan.view
            for entry_key, fold in keys.items():
                entry = self._entries.view(spec, entry_key)
                try:
                    entry.open()
                    seen = stored and entry.has_seen(record.lane, record.position)
                    if entry.blocked is not None:
                        letter_id = entry.blocked.get(aggregate_of(record))
                        if letter_id is not None:
                            waits = self._wait(letter_id, entry, index, record, key, by, seen=seen)
                            found = found if waits is None else _worse(found, waits)
                            continue
                    if seen:
                        continue
                    if self._decisions is not None and stored:
                        decided = self._decided(self._decisions, view_plan, entry, event, fold, record)
                        if decided is None:
                            entry.skip(record.lane, record.position, index)
                            continue
                        view = self.fold(decided[1], entry, decided[0], record)
                    else:
                        view = self.fold(fold, entry, event, record)
                except Incomplete:
                    raise
                except FAULTS as error:  # a projection is the user's code: its fault blocks its entry, not the batch
                    self._calls.blame(
                        error, f"{fold.name}, {record.event_type} {record.event_id} into {spec.name} {entry_key}"
                    )
                    letter = self.dead_letter(entry, index, record, key, spec.name, entry_key, error, by)
                    found = _worse(found, letter)
                    continue
                entry.apply(view, record, index)
        return found

    def _decided(
        self,
        decisions: Decisions,
        view_plan: ViewPlan,
        entry: ViewEntry,
        event: Event,
        fold: Fold,
        record: EventRecord,
    ) -> tuple[Event, Fold] | None:
        """The event as operators decided that this entry takes it; None where it is left out."""
        decision = decisions.about(record, entry.spec.name, entry.key)
        if decision is None:
            return event, fold
        edited = decisions.event(record, decision)
        of_edited = None if edited is None else view_plan.targets(edited, prefix_of(entry.key)).get(entry.key)
        return None if edited is None or of_edited is None else (edited, of_edited)

    def fold(self, fold: Fold, entry: ViewEntry, event: Event, record: EventRecord) -> View | None:
        """
        An entry's view after one more event; None where it is removed.

        Raises:
            BaseException: Any that the projection raises; TypeError where it returns no view, HandlerMisbehaved where
                it is not to be called again or makes too much.
        """
        spec = entry.spec
        self._calls.before(FOLD, fold.name, record.event_id, spec.name, entry.key)
        made = fold.apply(entry.view, event, record, entry.key)
        if self._careful and made is not None:
            sort_keys = spec.sort_keys(made, entry.key)
            size = len(encode_json(made)) + len(encode_json(sort_keys)) + _META_BYTES
            check_size(fold.name, size, self._limits)
        return made

    def writes(self) -> list[Write]:
        """Everything that changed, as `Entries.writes` has it."""
        return self._entries.writes(self._calls, self._limits)

    def _wait(
        self, letter_id: str, entry: ViewEntry, index: int, record: EventRecord, key: str, by: Waiter, *, seen: bool
    ) -> Letter | None:
        """
        Behind the letter; None where the entry took the event before that.

        The lane's mark alone does not tell (`seen`): others in the lane go on, and move it past those that wait.
        """
        letter = self._entries.letter(letter_id)
        if letter is None:
            raise Incomplete
        if seen and letter.value is not None and not letter.holds(record.event_id, key):
            return None
        letter.open(record, key, entry.spec.name, entry.key, "the dead letter it waited behind is gone", index)
        # Behind a final letter it is answered now; otherwise whoever waits is told later.
        letter.queue(waiting_event(record, key, NOBODY if letter.final else by), index)
        entry.wait(index)
        return letter

    def dead_letter(
        self,
        entry: ViewEntry | None,
        index: int,
        record: EventRecord,
        key: str,
        projection: str,
        entry_key: str,
        error: BaseException,
        by: Waiter,
    ) -> Letter:
        """Put the event aside for one entry, and block its aggregate there. One that can't be read is left as it is."""
        letter_id = dead_letter_id(record.event_id, projection, entry_key)
        letter = self._entries.letter(letter_id)
        if letter is None:
            raise Incomplete
        # While it is tried again its entry has to wait, so it must be one that can be blocked.
        passes = isinstance(error, NotYet) and entry is not None and entry.readable
        retry_at = clock.later(record.received_at, FIRST_RETRY_MS) if passes else None
        if letter.value is not None:
            letter.touch(index)
        text = said(error)
        waits = by if passes else NOBODY
        letter.open(record, key, projection, entry_key, text, index, submitter=waits, retry_at=retry_at)
        if entry is not None and entry.readable:
            entry.block(letter_id, record, index)
        return letter


def _worse(one: Letter | None, other: Letter) -> Letter:
    return other if one is None or (other.final and not one.final) else one


def waiting_event(record: EventRecord, key: str, by: Waiter) -> WaitingEvent:
    """An event as a letter lists those that wait behind it."""
    return WaitingEvent(
        key=key, lane=record.lane, position=record.position, reply_to=by.reply_to, submission_id=by.submission_id
    )

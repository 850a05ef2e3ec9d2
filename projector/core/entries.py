"""
The entries that a batch reads and changes. State is threaded through the batch, each entry is encoded once, at the end.

An entry that was not loaded is noted in `needs`: then nothing of this round counts, and the engine calls again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from hazelgate.projector.core.calls import BatchTooLarge, Calls, Limits
from hazelgate.projector.core.messages import Write
from hazelgate.sourcing.catalog import ViewSpec
from hazelgate.sourcing.declaring.values import View
from hazelgate.sourcing.envelope import (
    AGGREGATE_HEADS,
    DEAD_LETTER_EVENTS,
    DeadLetter,
    EntryMeta,
    EventRecord,
    WaitingEvent,
    encode_json,
    head_version,
)
from hazelgate.sourcing.ids import head_key

Loaded = Mapping[str, Mapping[str, bytes | None]]

_NOTHING: Mapping[str, bytes | None] = {}


class Incomplete(Exception):
    """An entry is needed that has to be loaded first; it is noted in `needs`."""


def aggregate_of(record: EventRecord) -> str:
    """Whose events wait for one another where one of them can't be applied."""
    return head_key(record.aggregate_type, record.aggregate_id)


class EntryNotEncodable(Exception):
    """A view can't be written as JSON, or a sort key can't be made of it: the batch is folded again, more carefully."""


class ViewEntry(msgspec.Struct, eq=False):
    """One entry of a view during a batch."""

    spec: ViewSpec
    key: str
    _raw: bytes | None
    touched: list[int] = []
    _meta: EntryMeta | None = None
    _view: View | None = None
    _changed: bool = False
    version: int = 0
    absent: bool = True
    blocked: dict[str, str] | None = None
    applied: dict[int, int] = {}
    ahead: dict[int, tuple[int, ...]] | None = None
    out_of_turn: bool = False
    """Whether events come out of letters: their lane's owner may have others before them under way."""
    caused_by: str = ""
    updated_at: str = ""

    def open(self) -> None:
        """Read what was loaded, once. Raises where it can't be read."""
        if self._raw is not None:
            meta = self.spec.decode_meta(self._raw)
            if not meta.absent and self._view is None:
                self._view = self.spec.decode(self._raw)
            self._meta, self._raw = meta, None
            self.version, self.blocked, self.absent = meta.version, meta.blocked, meta.absent
            self.applied, self.ahead = meta.applied, meta.ahead
            self.caused_by, self.updated_at = meta.caused_by, meta.updated_at

    @property
    def readable(self) -> bool:
        """Whether what was loaded could be read."""
        return self._raw is None

    @property
    def view(self) -> View | None:
        """The entry's state so far, None where there is no entry. Raises where it can't be read."""
        if self._raw is not None and self._view is None:
            if b'"absent":true' in self._raw:
                self.open()
            else:
                self._view = self.spec.decode(self._raw)
        return self._view

    def apply(self, view: View | None, record: EventRecord, index: int) -> None:
        """The state after one more event; None where it is removed: its marks stay."""
        self._view = view
        self._changed = True
        self.absent = view is None
        self._move_mark(record.lane, record.position)
        self.caused_by = record.event_id
        self.updated_at = record.received_at
        self.touched.append(index)

    def skip(self, lane: int, position: int, index: int = 0) -> None:
        """The state after an event that is not applied to this entry, and never will be."""
        self._move_mark(lane, position)
        self.touched.append(index)

    def has_seen(self, lane: int, position: int) -> bool:
        """Whether a stored event is in there, as far as marks tell: where its aggregate is blocked, its letter does."""
        if self.applied.get(lane, -1) >= position:
            return True
        return self.ahead is not None and position in self.ahead.get(lane, ())

    def _move_mark(self, lane: int, position: int) -> None:
        self.version += 1
        if position < self.applied.get(lane, 0):
            return
        ahead = self.ahead or {}
        if self.out_of_turn:
            # The mark stays: an event before this one may be stored and on its way into this entry.
            self.ahead = {**ahead, lane: (*ahead.get(lane, ()), position)}
            return
        self.applied[lane] = position
        if lane in ahead:
            left = tuple(each for each in ahead[lane] if each > position)
            others = {each: positions for each, positions in ahead.items() if each != lane}
            self.ahead = ({**others, lane: left} if left else others) or None

    def wait(self, index: int) -> None:
        """
        One more event waits behind the letter that blocks the entry.

        The version grows, so that this and a resolving of the letter can't both be written.
        """
        self.version += 1
        self.touched.append(index)

    def block(self, dead_letter_id: str, record: EventRecord, index: int) -> None:
        """Nothing of the event's aggregate is applied any more until the dead letter is retried or discarded."""
        self.blocked = {**(self.blocked or {}), aggregate_of(record): dead_letter_id}
        self.version += 1
        self.caused_by = self.caused_by or record.event_id
        self.updated_at = self.updated_at or record.received_at
        self.touched.append(index)

    def free(self, dead_letter_id: str) -> bool:
        """Whether the letter blocked an aggregate's events; now they are applied again."""
        blocked = self.blocked or {}
        rest = {aggregate: letter for aggregate, letter in blocked.items() if letter != dead_letter_id}
        self.blocked = rest or None
        return len(rest) < len(blocked)

    @property
    def loaded_version(self) -> int:
        """The version as it was loaded; 0 where there was no entry."""
        return 0 if self._meta is None else self._meta.version

    def encode(self) -> bytes:
        """
        Raises:
            Exception: Whatever a view that can't be encoded, or an index function, raises.
        """
        if self._changed:
            keys = {} if self._view is None else self.spec.sort_keys(self._view, self.key)
        else:
            keys = {} if self._meta is None else self._meta.keys
        meta = EntryMeta(
            version=self.version,
            caused_by=self.caused_by,
            updated_at=self.updated_at,
            applied=self.applied,
            ahead=self.ahead,
            keys=keys,
            blocked=self.blocked,
            absent=self.absent,
        )
        return self.spec.encode(meta, self._view)

    def write(self) -> Write:
        """
        Raises:
            EntryNotEncodable: The view can't be written.
        """
        try:
            return Write(self.spec.name, self.key, self.loaded_version, self.encode(), _once(self.touched))
        except Exception as error:
            raise EntryNotEncodable(str(error)) from error


def _once(touched: list[int]) -> list[int]:
    return touched if len(touched) == 1 else sorted(set(touched))


class Head(msgspec.Struct, eq=False):
    """Where an aggregate's history stands during a batch."""

    key: str
    expected: int
    sequence: int
    touched: list[int] = []

    def advance(self, sequence: int, index: int) -> None:
        """The history has got to `sequence`; it never goes back."""
        if sequence > self.sequence:
            self.sequence = sequence
            self.touched.append(index)

    def write(self) -> Write:
        """The head as the batch leaves it."""
        value = b'{"_meta":{"version":%d}}' % self.sequence
        return Write(AGGREGATE_HEADS, self.key, self.expected, value, self.touched)


class Waiter(Protocol):
    """Who submitted an event, and waits for its answer."""

    @property
    def reply_to(self) -> str: ...
    @property
    def submission_id(self) -> str: ...


class Nobody:
    """Nobody waits."""

    reply_to = submission_id = ""


NOBODY: Waiter = Nobody()


def letter_keys(dead_letter_id: str, failed_at: str, retry_at: str | None) -> dict[str, str]:
    """A letter's sort keys: when it failed first, and when it is to be tried again."""
    keys = {"failedAt": f"{failed_at}|{dead_letter_id}"}
    if retry_at is not None:
        keys["retryAt"] = f"{retry_at}|{dead_letter_id}"
    return keys


class Letter:
    """One dead letter during a batch; `value` is None until there is one."""

    __slots__ = ("expected", "key", "touched", "value", "waiting")

    def __init__(self, key: str, raw: bytes | None) -> None:
        self.key = key
        self.value = None if raw is None else _decode_letter(raw)
        self.expected = 0 if self.value is None else self.value.meta.version
        self.waiting: list[WaitingEvent] = [] if self.value is None else list(self.value.waiting)
        self.touched: list[int] = []

    def open(
        self,
        record: EventRecord,
        event_key: str,
        projection: str,
        entry_key: str,
        error: str,
        index: int,
        *,
        submitter: Waiter = NOBODY,
        failed_at: str | None = None,
        retry_at: str | None = None,
    ) -> None:
        """Begin with the event that failed. Where the letter is there already, it stays as it is."""
        if self.value is not None:
            return
        self.touched.append(index)
        failed_at = failed_at or record.received_at
        self.value = DeadLetter(
            meta=EntryMeta(
                version=0,
                caused_by=record.event_id,
                updated_at=failed_at,
                applied={record.lane: record.position},
                keys=letter_keys(self.key, failed_at, retry_at),
            ),
            id=self.key,
            event_key=event_key,
            event_id=record.event_id,
            event_type=record.event_type,
            lane=record.lane,
            position=record.position,
            projection=projection,
            entry_key=entry_key,
            error=error,
            attempts=1,
            blocked_count=0,
            first_failed_at=failed_at,
            last_failed_at=failed_at,
            waiting=(),
            retry_at=retry_at,
            reply_to=submitter.reply_to,
            submission_id=submitter.submission_id,
        )

    def touch(self, index: int) -> None:
        """Its version grows: a block and a removal of the letter can't both be written."""
        self.touched.append(index)

    def queue(self, event: WaitingEvent, index: int) -> None:
        """One more event waits behind it, unless it is known to."""
        if self.value is None or self.value.meta.applied.get(event.lane, -1) >= event.position:
            return
        self.touched.append(index)
        self.value.meta.applied[event.lane] = event.position
        self.waiting.append(event)

    @property
    def final(self) -> bool:
        """Nothing more happens to it by itself."""
        return self.value is None or self.value.retry_at is None

    def holds(self, event_id: str, event_key: str) -> bool:
        """Whether this event failed, or waits."""
        value = self.value
        if value is None:
            return False
        return value.event_id == event_id or any(waiting.key == event_key for waiting in self.waiting)

    def write(self) -> Write:
        """The letter as the batch leaves it."""
        assert self.value is not None
        value = msgspec.structs.replace(
            self.value,
            meta=msgspec.structs.replace(self.value.meta, version=self.expected + len(self.touched)),
            waiting=tuple(self.waiting),
            blocked_count=len(self.waiting),
        )
        return Write(DEAD_LETTER_EVENTS, self.key, self.expected, encode_json(value), _once(self.touched))


class Entries:
    """
    All entries of a batch, and the list of those that are still to be loaded.

    `out_of_turn`: the events are not those of a lane in its order, but come out of a dead letter.
    """

    def __init__(self, loaded: Loaded, *, out_of_turn: bool = False) -> None:
        self._loaded = loaded
        self._out_of_turn = out_of_turn
        self._views: defaultdict[str, dict[str, ViewEntry]] = defaultdict(dict)
        self._heads: dict[str, Head] = {}
        self._letters: dict[str, Letter] = {}
        self._heads_loaded = loaded.get(AGGREGATE_HEADS, {})
        self.needs: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def require(self, map_name: str, key: str) -> bool:
        """Whether the entry was loaded; if not, it is noted."""
        if key in self._loaded.get(map_name, _NOTHING):
            return True
        self.needs[map_name][key] = None
        return False

    def has(self, map_name: str, key: str) -> bool:
        """Whether the entry was loaded."""
        return key in self._loaded.get(map_name, _NOTHING)

    def require_all(self, needs: Iterable[tuple[str, str]]) -> bool:
        """The same for several."""
        loaded, complete = self._loaded, True
        for map_name, key in needs:
            if key not in loaded.get(map_name, _NOTHING):
                self.needs[map_name][key] = None
                complete = False
        return complete

    def view(self, spec: ViewSpec, key: str) -> ViewEntry:
        """A view entry that was loaded."""
        of_view = self._views[spec.name]
        entry = of_view.get(key)
        if entry is None:
            entry = of_view[key] = ViewEntry(spec, key, self._loaded[spec.name][key], out_of_turn=self._out_of_turn)
        return entry

    def version(self, view: str, key: str) -> int:
        """The version of a view's entry as it was loaded, and opened."""
        return self._views[view][key].loaded_version

    def head(self, key: str) -> Head:
        """The head of an aggregate, loaded."""
        head = self._heads.get(key)
        if head is None:
            sequence = head_version(self._heads_loaded[key])
            head = self._heads[key] = Head(key, sequence, sequence)
        return head

    def letter(self, dead_letter_id: str) -> Letter | None:
        """A dead letter, or None where it has to be loaded first."""
        if not self.require(DEAD_LETTER_EVENTS, dead_letter_id):
            return None
        letter = self._letters.get(dead_letter_id)
        if letter is None:
            raw = self._loaded[DEAD_LETTER_EVENTS][dead_letter_id]
            letter = self._letters[dead_letter_id] = Letter(dead_letter_id, raw)
        return letter

    def writes(self, calls: Calls, limits: Limits) -> list[Write]:
        """
        Everything that changed, views first.

        Raises:
            EntryNotEncodable: A projection made a view that can't be written, or is larger than one may be.
            BatchTooLarge: Together they don't fit into an answer.
        """
        writes = []
        total = 0
        for entry in [entry for of_view in self._views.values() for entry in of_view.values() if entry.touched]:
            calls.pulse.beats += 1
            write = entry.write()
            size = len(write.value or b"")
            total += size
            if size > limits.max_value_bytes:
                raise EntryNotEncodable(f"{size:,} bytes")
            if total > limits.max_answer_bytes:
                raise BatchTooLarge(f"the entries have more than {limits.max_answer_bytes:,} bytes together")
            writes.append(write)
        writes += [head.write() for head in self._heads.values() if head.touched]
        writes += [letter.write() for letter in self._letters.values() if letter.touched]
        return writes


_decode_letter = msgspec.json.Decoder(DeadLetter).decode

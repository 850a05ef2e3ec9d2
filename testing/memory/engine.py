"""
The engine's pipeline over dictionaries: the same steps in the same order as the real one, one process, no network.

`MemoryEngine.run_batch` yields the name of each step before it takes it. Who drives it may stop at any of them and call
`restart`: that is a crash. The maps stay, as they do in a cluster that loses one member, and everything else is gone.
Several engines over the same maps are several members.
"""

from __future__ import annotations

import time
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from hazelgate.client.cluster import EVENT_STREAM, Admission, stream_topic
from hazelgate.client.event_stream import EVERYTHING, Changed, Wish
from hazelgate.client.figures.metrics import MemberStats
from hazelgate.projector.core.messages import Delivery, Kind, Outcome, Request, Response, Write, decode_response, encode
from hazelgate.sourcing import clock
from hazelgate.sourcing.envelope import COMPLETED_EVENTS, DEAD_LETTER_EVENTS, EVENT_IDS, EVENT_STORE, PENDING_EVENTS
from hazelgate.sourcing.ids import first_pending_key, pending_event_id
from hazelgate.testing.memory.dead_letters import DeadLetters
from hazelgate.testing.memory.figures import Figures
from hazelgate.testing.memory.generations import VIEW_GENERATIONS, live_map
from hazelgate.testing.memory.streaming import Streamed, message, note, version_of

LANES = 271
LANES_MAP = "lanes"
AHEAD_MICROS = 1_000_000
MAX_ROUNDS = 10_000
"""The members take a batch that needs many in parts. Here a round costs nothing; this only ends one that never ends."""

ANY_VERSION = -1

_PAYLOAD = ("eventType", "eventVersion", "aggregateId", "data")
_decode_payload = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class _Shows(msgspec.Struct):
    show: str = ""


_decode_shows = msgspec.json.Decoder(_Shows).decode

T = TypeVar("T")
Maps = dict[str, dict[str, bytes]]
Loaded = dict[str, dict[str, bytes | None]]
Steps = Generator[str, None, T]
"""The names of steps, each before it is taken, and what they come to."""


class Received(NamedTuple):
    """A pending event that has come out of the journal."""

    key: str
    envelope: bytes
    received_at: str

    @property
    def event_id(self) -> str:
        return pending_event_id(self.key)


class _Batch(NamedTuple):
    events: list[Received]
    outcomes: list[Outcome]
    records: list[bytes | None]
    found: list[bytes]
    """Records that others have stored and that were put in front; nobody may have published them."""
    changed: list[Changed]
    """The entries that each event has changed."""
    persisted_at: str
    view_updated_at: str


class _StoreConflict(Exception):
    """The store holds other events under keys that this batch was to use."""

    def __init__(self, records: list[bytes]) -> None:
        super().__init__(f"{len(records)} keys of the store are taken")
        self.records = records


def _unasked(request: bytes) -> bytes:
    raise RuntimeError("give the engine `resolve` and `settle` to have it resolve dead letters")


class MemoryEngine:
    """
    One member's pipeline.

    Args:
        process: The projector's Process, bytes to bytes.
        publish: Called with a topic and a message for everything that is published.
        resolve: The projector's Resolve, for dead letters.
        settle: The projector's Settle, for dead letters.
        maps: The cluster's maps by name; shared between engines that play members of one cluster.
        takes: Which lanes are this member's.
        max_in_flight: How many events may be pending before more are refused.
        max_batch: How many events go through Process together at most.
        clock_micros: Microseconds since the epoch, for positions.
    """

    def __init__(
        self,
        process: Callable[[bytes], bytes],
        publish: Callable[[str, bytes], None],
        *,
        resolve: Callable[[bytes], bytes] = _unasked,
        settle: Callable[[bytes], bytes] = _unasked,
        maps: Maps | None = None,
        takes: Callable[[int], bool] = lambda lane: True,
        max_in_flight: int = 20_000,
        max_batch: int = 1_000,
        clock_micros: Callable[[], int] = lambda: time.time_ns() // 1_000,
    ) -> None:
        self.maps: Maps = {} if maps is None else maps
        self._process = process
        self._publish = publish
        self.gateways: dict[str, Wish] = {}
        """Those that listen, and what they want."""
        self._takes = takes
        self._max_in_flight = max_in_flight
        self._max_batch = max_batch
        self._clock_micros = clock_micros
        self._journal: deque[Received] = deque()
        self._last_position = 0
        self._batch_id = 0
        self._figures = Figures()
        self.dead_letters = DeadLetters(self, resolve, settle)

    # ------------------------------------------------------------------ what a member is asked

    def submit(self, events: Sequence[tuple[str, bytes]]) -> list[Admission]:
        """Put envelopes into pending-events as far as there is room; what is pending stays as it was first sent."""
        pending = self.map(PENDING_EVENTS)
        admissions = []
        for key, envelope in events:
            present = pending.get(key)
            if present is None and len(pending) >= self._max_in_flight:
                admissions.append(Admission.FULL)
            elif present is not None and _payload(present) != _payload(envelope):
                admissions.append(Admission.CONFLICT)
            else:
                self.put(key, envelope)
                admissions.append(Admission.TAKEN)
        return admissions

    def put(self, key: str, envelope: bytes) -> None:
        """Put an envelope into pending-events whatever is there, as any other client of the cluster may."""
        self.map(PENDING_EVENTS)[key] = envelope
        self._journal.append(Received(key, envelope, clock.now()))

    def map(self, name: str) -> dict[str, bytes]:
        """The map of that name; its values are raw JSON."""
        return self.maps.setdefault(name, {})

    def live_map(self, name: str) -> dict[str, bytes]:
        """The map that holds a view's entries just now; for the name of any other map, that one."""
        return self.map(live_map(self.map(VIEW_GENERATIONS), name))

    @property
    def idle(self) -> bool:
        """Nothing waits to be processed."""
        return not self._journal

    def stats(self, *, projector: str, job: str) -> MemberStats:
        """This member's figures."""
        return self._figures.stats(
            projector=projector,
            job=job,
            pending=len(self.map(PENDING_EVENTS)),
            dead_letters=len(self.map(DEAD_LETTER_EVENTS)),
        )

    def reached(self) -> int:
        """A position that every one given out so far is at or below, and every later one above."""
        known = [int(bound) for bound in self.map(LANES_MAP).values()] if self._last_position == 0 else []
        self._last_position = max(self._last_position, self._clock_micros(), *known, 0)
        return self._last_position

    def settled(self) -> int:
        """Up to which position all is stored and applied: nothing that is stored and still pending is above it."""
        reached = self.reached()
        found = (self._stored(pending_event_id(key)) for key in self.map(PENDING_EVENTS))
        return min((msgspec.json.decode(each)["position"] - 1 for each in found if each is not None), default=reached)

    def lose_journal(self) -> None:
        """Forget what has arrived and was not taken yet, as a full journal does. `restart` finds it in the map."""
        self._journal.clear()

    def restart(self) -> None:
        """
        Begin again with the maps alone, as after a crash.

        Of what is pending, that which is stored already comes first, in the order of storing, before anything new can
        move an entry's mark past it; then the rest in the order of submission, never one before the first of its event.
        """
        self._last_position = 0
        mine = [
            Received(key, envelope, clock.now())
            for key, envelope in self.map(PENDING_EVENTS).items()
            if self._takes(lane_of(key))
        ]
        self._journal = deque(sorted(mine, key=self._turn))

    # ------------------------------------------------------------------ the pipeline

    def run_batch(self) -> Steps[list[bytes]]:
        """
        Take what has arrived through the pipeline, yielding each step's name before it is taken.

        Returns:
            The completion of each event, in the order of submission; a held one has none.
        """
        events = [self._journal.popleft() for _ in range(min(len(self._journal), self._max_batch))]
        if not events:
            return []
        found: list[bytes] = []
        while True:
            try:
                batch = yield from self._attempt(events, found)
                break
            except _StoreConflict as conflict:
                self._figures.conflicts += len(conflict.records)
                found += conflict.records
        yield "publish"
        published_at = clock.now()
        self._publish_records(batch)
        completions = yield from self._complete(batch, published_at)
        for event in events:
            yield f"remove {event.key}"
            # What was submitted again meanwhile is in the journal once more; its own batch answers it.
            self.map(PENDING_EVENTS).pop(event.key, None)
        return completions

    def _attempt(self, events: list[Received], found: list[bytes]) -> Steps[_Batch]:
        yield "plan"
        self._batch_id += 1
        inputs = [Delivery(b"", 0, 0, clock.now(), None, record) for record in found]
        inputs += self.number(events)
        loaded: Loaded = {}
        answer = self._ask(0, inputs, loaded)
        yield "load"
        known = self.recognize(events, inputs[len(found) :])
        inputs[len(found) :] = known
        if answer.needs or any(each.id_record is not None for each in known):
            self.load(answer.needs, loaded)
            answer = self.fold(inputs, loaded)
        outcomes = answer.outcomes[len(found) :]
        persisted_at = clock.now()
        records = yield from self.persist(events, outcomes, known, persisted_at)
        yield "notify stored"
        self._notify_stored(outcomes, persisted_at)
        changed = yield from self._update_views(answer.writes, inputs, [*found, *records], answer.outcomes)
        outcomes = answer.outcomes[len(found) :]
        return _Batch(events, outcomes, records, found, changed[len(found) :], persisted_at, clock.now())

    def number(self, events: Sequence[Received]) -> list[Delivery]:
        """
        Give each event its place in the order of its lane.

        Positions never go back within a lane. A member that has restarted may be the new owner of any lane, and each
        lane gets its first event in another batch. So its first position is above the bounds of all lanes.
        """
        bounds = self.map(LANES_MAP)
        self.reached()
        inputs = []
        for event in events:
            lane = lane_of(event.key)
            self._last_position += 1
            bounds[str(lane)] = b"%d" % (self._last_position + AHEAD_MICROS)
            inputs.append(Delivery(event.envelope, lane, self._last_position, event.received_at, None, None))
        return inputs

    def recognize(self, events: Sequence[Received], inputs: Sequence[Delivery]) -> list[Delivery]:
        """Add what the maps say about events that were here before."""
        return [self._with_known(each, event.event_id) for event, each in zip(events, inputs, strict=True)]

    def _turn(self, event: Received) -> tuple[int, str, str, bool]:
        first_key = first_pending_key(event.key)
        stored = self._stored(event.event_id)
        if stored is not None:
            return 0, msgspec.json.decode(stored)["cursor"], "", event.key != first_key
        first = self.map(PENDING_EVENTS).get(first_key, event.envelope)
        at = max(_submitted_at(first), _submitted_at(event.envelope))
        return 1, *at, event.key != first_key

    def _stored(self, event_id: str) -> bytes | None:
        """The event's record. An id is written first: after a crash another event may be in the place it names."""
        id_record = self.map(EVENT_IDS).get(event_id)
        key = None if id_record is None else msgspec.json.decode(id_record).get("key")
        stored = None if key is None else self.map(EVENT_STORE).get(key)
        return stored if stored is not None and _is_of(stored, event_id) else None

    def _with_known(self, each: Delivery, event_id: str) -> Delivery:
        id_record = self.map(EVENT_IDS).get(event_id)
        if id_record is None:
            return each
        return msgspec.structs.replace(each, id_record=id_record, stored_record=self._stored(event_id))

    def _ask(self, round_number: int, inputs: list[Delivery], loaded: Loaded) -> Response:
        return decode_response(self._process(encode(Request(self._batch_id, round_number, inputs, loaded))))

    def fold(self, inputs: list[Delivery], loaded: Loaded) -> Response:
        """Ask the projector until it needs nothing more; what it asks for is added to `loaded`."""
        for round_number in range(1, MAX_ROUNDS + 1):
            answer = self._ask(round_number, inputs, loaded)
            if not answer.needs:
                return answer
            self.load(answer.needs, loaded)
        raise RuntimeError(f"the projector asked for more entries in each of {MAX_ROUNDS} rounds")

    def load(self, needs: Mapping[str, list[str]], loaded: Loaded) -> None:
        for map_name, keys in needs.items():
            entries = self.live_map(map_name)
            loaded.setdefault(map_name, {}).update((key, entries.get(key)) for key in keys)

    def persist(
        self, events: Sequence[Received], outcomes: Sequence[Outcome], inputs: Sequence[Delivery], persisted_at: str
    ) -> Steps[list[bytes | None]]:
        """
        Write the ids, then the records, each where its place in the store is free.

        Returns:
            The record of each event that is stored.
        """
        records: list[bytes | None] = []
        for event, outcome, each in zip(events, outcomes, inputs, strict=True):
            if outcome.id_record is not None:
                yield f"id {event.event_id}"
                self.map(EVENT_IDS)[event.event_id] = outcome.id_record
            if _is_new(outcome) and outcome.record is not None:
                records.append(b'{"persistedAt":"%b",' % persisted_at.encode() + outcome.record[1:])
            else:
                records.append(each.stored_record if outcome.kind in (Kind.ALREADY_STORED, Kind.HELD) else None)
        others = []
        for event, outcome, record in zip(events, outcomes, records, strict=True):
            if _is_new(outcome) and outcome.store_key is not None and record is not None:
                yield f"store {outcome.store_key}"
                present = self.map(EVENT_STORE).setdefault(outcome.store_key, record)
                if not _is_of(present, event.event_id):
                    others.append(present)
        if others:
            raise _StoreConflict(others)
        return records

    def _update_views(
        self,
        writes: list[Write],
        inputs: list[Delivery],
        records: Sequence[bytes | None],
        outcomes: list[Outcome],
    ) -> Steps[list[Changed]]:
        """
        Write; what is refused is folded again as stored, and what becomes of it then is put into `outcomes`.

        Returns:
            The entries that each event has changed.
        """
        changed: list[Changed] = [{} for _ in inputs]
        note(changed, writes, range(len(inputs)))
        late = _events_of((yield from self.write(writes)))
        while late:
            self._figures.conflicts += len(late)
            again = [
                msgspec.structs.replace(inputs[index], id_record=None, stored_record=records[index]) for index in late
            ]
            answer = self.fold(again, {})
            for index, outcome in zip(late, answer.outcomes, strict=True):
                outcomes[index] = _as_it_is_now(outcomes[index], outcome)
            note(changed, answer.writes, late)
            late = sorted({late[index] for index in _events_of((yield from self.write(answer.writes)))})
        return changed

    def write(self, writes: Iterable[Write]) -> Steps[list[Write]]:
        """
        Write each entry where its version is the expected one; dead letters first.

        An event whose letter could not be written must not be taken for waiting: what else it changes is left, too.

        Returns:
            The refused ones.
        """
        refused: list[Write] = []
        without_letter: set[int] = set()
        for write in sorted(writes, key=lambda write: write.map != DEAD_LETTER_EVENTS):
            if not without_letter.isdisjoint(write.events):
                refused.append(write)
                continue
            yield f"write {write.map} {write.key}"
            entries = self.live_map(write.map)
            if write.expected_version not in (ANY_VERSION, version_of(entries.get(write.key))):
                refused.append(write)
                if write.map == DEAD_LETTER_EVENTS:
                    without_letter.update(write.events)
            elif write.value is None:
                entries.pop(write.key, None)
            else:
                entries[write.key] = write.value
        return refused

    # ------------------------------------------------------------------ telling what has happened

    def _notify_stored(self, outcomes: list[Outcome], persisted_at: str) -> None:
        stamp = b',"persistedAt":"%b"}' % persisted_at.encode()
        self.notify(
            (outcome.reply_to, _as_stored(outcome.completion) + stamp)
            for outcome in outcomes
            if outcome.notify_stored and _is_new(outcome)
        )

    def _publish_records(self, batch: _Batch) -> None:
        streamed = [Streamed(record) for record in batch.found]
        for outcome, record, changed in zip(batch.outcomes, batch.records, batch.changed, strict=True):
            if record is not None:
                # An earlier run that has stored an event may have changed entries for it, and has told nobody.
                streamed.append(Streamed(record, outcome, changed) if _is_new(outcome) else Streamed(record))
        if streamed:
            self._publish(EVENT_STREAM, message(streamed, EVERYTHING))
            for gateway, wish in self.gateways.items():
                self._publish(stream_topic(gateway), message(streamed, wish))
        for found in batch.found:
            self._publish(f"events.{msgspec.json.decode(found)['eventType']}", found)
        for outcome, record in zip(batch.outcomes, batch.records, strict=True):
            if record is not None:
                self._publish(f"events.{outcome.event_type}", record)

    def _complete(self, batch: _Batch, published_at: str) -> Steps[list[bytes]]:
        completed_at = clock.now()
        refused_end = f',"completedAt":"{completed_at}"}}'.encode()
        again_end = f',"viewUpdatedAt":"{batch.view_updated_at}","publishedAt":"{published_at}"'.encode() + refused_end
        stored_end = f',"persistedAt":"{batch.persisted_at}"'.encode() + again_end
        notices: list[tuple[str, bytes]] = []
        for event, outcome, changed in zip(batch.events, batch.outcomes, batch.changed, strict=True):
            if outcome.kind == Kind.HELD:
                continue
            if outcome.kind in (Kind.ACCEPTED, Kind.ALREADY_STORED):
                end = again_end if b'"persistedAt":' in outcome.completion else stored_end
            else:
                end = b"}" if b'"completedAt":' in outcome.completion else refused_end
            completion = outcome.completion + end
            succeeded = outcome.kind == Kind.ACCEPTED and not _is_dead_lettered(completion)
            entry = self._shown(event.envelope, changed) if succeeded else None
            shown = end if entry is None else b',"entry":%b%b' % (entry, end)
            notices.append((outcome.reply_to, outcome.completion + shown))
            yield f"complete {event.event_id}"
            refused_now = outcome.kind == Kind.REFUSED and outcome.id_record is not None
            if refused_now or succeeded:
                self.map(COMPLETED_EVENTS)[event.event_id] = completion
            elif outcome.kind not in (Kind.ANSWER_ONLY, Kind.HELD):
                # The first completion stays: its times are the true ones, and the letter may be gone by now.
                self.map(COMPLETED_EVENTS).setdefault(event.event_id, completion)
            if outcome.kind == Kind.ACCEPTED:
                self._figures.completed(completion)
            elif refused_now:
                self._figures.rejected += 1
        yield "notify"
        self.notify(notices)
        return [completion for _, completion in notices]

    def _shown(self, envelope: bytes, changed: Changed) -> bytes | None:
        """The entry that the event's submitter wants to show; None where the event has not changed it."""
        view, _, key = _decode_shows(envelope).show.partition("/")
        return self.live_map(view).get(key) if key in changed.get(view, ()) else None

    def notify(self, notices: Iterable[tuple[str, bytes]]) -> None:
        by_gateway: dict[str, list[bytes]] = {}
        for reply_to, completion in notices:
            if reply_to:
                by_gateway.setdefault(reply_to, []).append(completion)
        for gateway, completions in by_gateway.items():
            self._publish(f"completions.{gateway}", b"[%b]" % b",".join(completions))


def take_all(steps: Steps[T]) -> T:
    """Take step after step to the end. What they come to."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def lane_of(key: str) -> int:
    """The lane of a key: what follows `@` decides."""
    return zlib.crc32(key.rpartition("@")[2].encode()) % LANES


def _submitted_at(envelope: bytes) -> tuple[str, str]:
    fields = msgspec.json.decode(envelope)
    return fields["timestamp"], fields["submissionId"]


def _events_of(writes: Iterable[Write]) -> list[int]:
    return sorted({index for write in writes for index in write.events})


def _payload(envelope: bytes) -> object:
    """What tells one event from another under the same id; an envelope that can't be read is told by its bytes."""
    try:
        payload = _decode_payload(envelope)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return envelope
    return {name: bytes(payload[name]) for name in _PAYLOAD if name in payload}


def _is_of(record: bytes, event_id: str) -> bool:
    return b'"eventId":"%b"' % event_id.encode() in record


def _is_new(outcome: Outcome) -> bool:
    """Whether it is to be stored now; a held event may have been stored by an earlier run."""
    return outcome.kind == Kind.ACCEPTED or (outcome.kind == Kind.HELD and outcome.id_record is not None)


def _as_it_is_now(first: Outcome, now: Outcome) -> Outcome:
    """What became of an event that was folded once more: stored it was by the first."""
    stored = Kind.ACCEPTED if _is_new(first) else Kind.ALREADY_STORED
    kind = Kind.HELD if now.kind == Kind.HELD else stored
    return msgspec.structs.replace(first, kind=kind, completion=now.completion)


def _is_dead_lettered(completion: bytes) -> bool:
    return b'"status":"DEAD_LETTERED"' in completion


def _as_stored(open_completion: bytes) -> bytes:
    head, found, tail = open_completion.partition(b'"status":"')
    return head + found + b"STORED" + tail[tail.index(b'"') :]

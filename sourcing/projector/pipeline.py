"""What the engine does with a batch, in memory: for tests, and to try out a domain without a member."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

import msgspec

from sourcing.catalog import Catalog
from sourcing.clock import now
from sourcing.envelope import (
    COMPLETED_EVENTS,
    EVENT_IDS,
    EVENT_STORE,
    Completion,
    Envelope,
    EventRecord,
    IdRecord,
)
from sourcing.projector.messages import Delivery, Kind, Outcome, Request, Response, Write, decode_response, encode
from sourcing.projector.process import Processor

LANES = 271
_MAX_ROUNDS = 16

_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_completion = msgspec.json.Decoder(Completion).decode
_decode_id_record = msgspec.json.Decoder(IdRecord).decode
_decode_record = msgspec.json.Decoder(EventRecord).decode


class MemoryPipeline:
    """The maps of docs/protocol.md as dicts, and one batch at a time through the real `Processor`."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.processor = Processor(catalog)
        self.maps: dict[str, dict[str, bytes]] = {}
        self.rounds = 0
        """Calls of the processor in the last batch."""
        self._position = 1_000_000

    def map(self, name: str) -> dict[str, bytes]:
        """A map by its name, empty at first."""
        return self.maps.setdefault(name, {})

    @property
    def records(self) -> list[EventRecord]:
        """Everything stored, in the order of storing."""
        return sorted(map(_decode_record, self.map(EVENT_STORE).values()), key=lambda record: record.cursor)

    def deliver(self, envelopes: Iterable[bytes]) -> list[Completion]:
        """
        Put one batch of envelopes through.

        Returns:
            What each submitter hears, in order.
        """
        deliveries = [self._delivery(envelope) for envelope in envelopes]
        response = self.run(deliveries)
        persisted_at = now()
        completions = []
        for delivery, outcome in zip(deliveries, response.outcomes, strict=True):
            self._keep(outcome, delivery, persisted_at)
            completions.append(self._complete(outcome, persisted_at))
        self.write(response.writes)
        return completions

    def replay(self, records: Iterable[EventRecord]) -> None:
        """Fold stored records into the entries that have not seen them yet."""
        deliveries = [
            Delivery(b"", record.lane, record.position, record.received_at, None, msgspec.json.encode(record))
            for record in records
        ]
        self.write(self.run(deliveries).writes)

    def run(self, deliveries: Sequence[Delivery]) -> Response:
        """Call the processor until it needs nothing more, and change nothing."""
        loaded: dict[str, dict[str, bytes | None]] = {}
        for round_number in range(_MAX_ROUNDS):
            request = encode(Request(0, round_number, list(deliveries), loaded))
            response = decode_response(self.processor.process(request))
            self.rounds = round_number + 1
            if not response.needs:
                return response
            for name, keys in response.needs.items():
                loaded.setdefault(name, {}).update({key: self.map(name).get(key) for key in keys})
        raise RuntimeError(f"the processor asked for more entries in each of {_MAX_ROUNDS} rounds")

    def write(self, writes: Iterable[Write]) -> list[Write]:
        """Write each entry where its version is the expected one. Returns the refused ones."""
        refused = []
        for write in writes:
            present = self.map(write.map).get(write.key)
            if write.expected_version not in (-1, _version(present)):
                refused.append(write)
            else:
                self.map(write.map)[write.key] = write.value
        return refused

    def _delivery(self, envelope: bytes) -> Delivery:
        self._position += 1
        fields = _lenient(envelope)
        id_record = self.map(EVENT_IDS).get(str(fields.get("eventId")))
        key = None if id_record is None else _decode_id_record(id_record).key
        stored = None if key is None else self.map(EVENT_STORE).get(key)
        lane = crc32(str(fields.get("aggregateId")).encode()) % LANES
        return Delivery(envelope, lane, self._position, now(), id_record, stored)

    def _keep(self, outcome: Outcome, delivery: Delivery, persisted_at: str) -> None:
        if outcome.id_record is not None:
            event_id = str(_lenient(delivery.envelope).get("eventId"))
            self.map(EVENT_IDS)[event_id] = outcome.id_record
        if outcome.kind == Kind.ACCEPTED and outcome.store_key is not None and outcome.record is not None:
            record = b'{"persistedAt":"%b",' % persisted_at.encode() + outcome.record[1:]
            self.map(EVENT_STORE)[outcome.store_key] = record

    def _complete(self, outcome: Outcome, persisted_at: str) -> Completion:
        stages = {"persisted_at": persisted_at, "view_updated_at": now(), "published_at": now()}
        completion = _decode_completion(outcome.completion + b"}")
        if outcome.kind in (Kind.ACCEPTED, Kind.ALREADY_STORED):
            stages = {name: value for name, value in stages.items() if getattr(completion, name) is None}
            completion = msgspec.structs.replace(completion, **stages)
        completion = msgspec.structs.replace(completion, completed_at=completion.completed_at or now())
        if outcome.kind != Kind.ANSWER_ONLY:
            self.map(COMPLETED_EVENTS).setdefault(completion.event_id, msgspec.json.encode(completion))
        return completion


def _lenient(envelope: bytes) -> Mapping[str, object]:
    try:
        fields = msgspec.json.decode(envelope)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _version(entry: bytes | None) -> int:
    if entry is None:
        return 0
    version: int = msgspec.json.decode(entry)["_meta"]["version"]
    return version

"""One batch at a time through the engine in memory: for tests, and to try out a domain without a member."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from hazelgate.client.resolutions import Resolution, ResolveOrder
from hazelgate.projector.core.messages import Delivery, Outcome, Response, Write
from hazelgate.projector.process import Processor
from hazelgate.sourcing import clock
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import EVENT_STORE, PENDING_EVENTS, Completion, EventRecord
from hazelgate.sourcing.ids import pending_key
from hazelgate.testing.memory.engine import LANES_MAP, Maps, MemoryEngine, Received, take_all

FIRST_POSITION = 1_000_000

_decode_completion = msgspec.json.Decoder(Completion).decode
_decode_record = msgspec.json.Decoder(EventRecord).decode


class MemoryPipeline:
    """
    A `MemoryEngine` with the real `Processor`, and nothing that waits: who delivers a batch gets its completions.

    Positions count up from `FIRST_POSITION`, whatever the time.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.rounds = 0
        """Calls of the processor in the last batch."""
        self.faults: list[BaseException] = []
        """What the domain's functions have raised that they were not to raise."""
        self._processor = Processor(catalog, hear=lambda where, error: self.faults.append(error))
        self._engine = MemoryEngine(
            self._process,
            lambda topic, message: None,
            resolve=self._processor.resolve,
            settle=self._processor.settle,
            max_in_flight=sys.maxsize,
            max_batch=sys.maxsize,
            clock_micros=lambda: FIRST_POSITION,
        )

    def map(self, name: str) -> dict[str, bytes]:
        """A map by its name, empty at first."""
        return self._engine.map(name)

    @property
    def maps(self) -> Maps:
        """The maps that events leave something in; what the engine keeps for itself is not among them."""
        return {name: entries for name, entries in self._engine.maps.items() if name not in (PENDING_EVENTS, LANES_MAP)}

    @property
    def records(self) -> list[EventRecord]:
        """Everything stored, in the order of storing."""
        return sorted(map(_decode_record, self.map(EVENT_STORE).values()), key=lambda record: record.cursor)

    def deliver(self, envelopes: Iterable[bytes]) -> list[Completion]:
        """
        Put one batch of envelopes through.

        Returns:
            The answer to each submitter, in order.
        """
        self.rounds = 0
        for envelope in envelopes:
            self._engine.put(_key_of(envelope), envelope)
        return [_decode_completion(completion) for completion in take_all(self._engine.run_batch())]

    def resolve(self, order: ResolveOrder) -> Resolution:
        """Retry, edit or discard one dead letter."""
        return take_all(self._engine.dead_letters.resolve(order))

    def replay(self, records: Iterable[EventRecord], loaded: dict[str, dict[str, bytes | None]] | None = None) -> None:
        """Fold stored records into the entries that have not seen them yet. `loaded` has what operators decided."""
        deliveries = [
            Delivery(b"", record.lane, record.position, record.received_at, None, msgspec.json.encode(record))
            for record in records
        ]
        self.rounds = 0
        self.write(self._engine.fold(deliveries, loaded or {}).writes)

    # ------------------------------------------------------------------ single steps, to stop between them

    def receive(self, envelopes: Iterable[bytes]) -> list[Delivery]:
        """A batch as the processor is shown it."""
        received_at = clock.now()
        events = [Received(_key_of(envelope), envelope, received_at) for envelope in envelopes]
        return self._engine.recognize(events, self._engine.number(events))

    def run(self, deliveries: Sequence[Delivery]) -> Response:
        """Call the processor until it needs nothing more, and change nothing."""
        self.rounds = 0
        return self._engine.fold(list(deliveries), {})

    def persist(self, delivery: Delivery, outcome: Outcome, persisted_at: str) -> None:
        """Write an event's id and record."""
        event = Received(_key_of(delivery.envelope), delivery.envelope, delivery.received_at)
        take_all(self._engine.persist([event], [outcome], [delivery], persisted_at))

    def write(self, writes: Iterable[Write]) -> list[Write]:
        """Write each entry where its version is the expected one. Returns the refused ones."""
        return take_all(self._engine.write(writes))

    def _process(self, request: bytes) -> bytes:
        self.rounds += 1
        return self._processor.process(request)


def _key_of(envelope: bytes) -> str:
    """The key that a gateway would submit it under, as far as it can be read."""
    fields = _lenient(envelope)
    return pending_key(str(fields.get("eventId")), str(fields.get("aggregateId")))


def _lenient(envelope: bytes) -> Mapping[str, object]:
    try:
        fields = msgspec.json.decode(envelope)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return {}
    return fields if isinstance(fields, dict) else {}

"""
The tasks that a gateway has a member run, and the bytes they carry (docs/reference/protocol.md, "Gateway → engine").

Pure encoding and decoding: who runs them, when and how often is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from hazelcast.serialization.api import IdentifiedDataSerializable, ObjectDataInput, ObjectDataOutput

from hazelgate.client.cluster import Admission, LogPositions
from hazelgate.client.event_stream import Wish
from hazelgate.client.reading.queries import AggregateQuery, EntryQuery, encode_aggregate, encode_query
from hazelgate.client.resolutions import Resolution, ResolveOrder
from hazelgate.sourcing.envelope import EVENT_IDS, EVENT_STORE

EXECUTOR = "hazelgate"
"""Takes events in. Each executor has threads of its own, so that no kind of task waits behind another."""
READS_EXECUTOR = "hazelgate-reads"
LOG_EXECUTOR = "hazelgate-log"
"""Runs what may have to ask PostgreSQL."""
OPERATORS_EXECUTOR = "hazelgate-operators"
STATS_EXECUTOR = "hazelgate-stats"
SCANS_EXECUTOR = "hazelgate-scans"
"""Runs what may look at many entries."""
EXECUTORS = (EXECUTOR, READS_EXECUTOR, LOG_EXECUTOR, OPERATORS_EXECUTOR, STATS_EXECUTOR, SCANS_EXECUTOR)
FACTORY_ID = 7101
USUAL_SECONDS = 60.0


class Task(IdentifiedDataSerializable):
    """
    A request of bytes that a member answers with bytes; the class id says what it asks for.

    `seconds`, to be set before it is sent, is how long the answer is waited for: the member gives it up after that.
    """

    __slots__ = ("_class_id", "_request", "executor", "seconds")

    def __init__(self, class_id: int, request: bytes, executor: str) -> None:
        self._class_id = class_id
        self._request = request
        self.executor = executor
        self.seconds = USUAL_SECONDS

    def write_data(self, object_data_output: ObjectDataOutput) -> None:
        object_data_output.write_byte_array(self._request)  # type: ignore[arg-type]  # bytes serve as well, uncopied
        object_data_output.write_int(int(self.seconds * 1_000))

    def read_data(self, object_data_input: ObjectDataInput) -> None:
        raise NotImplementedError("tasks only travel from the gateway to a member")

    def get_factory_id(self) -> int:
        return FACTORY_ID

    def get_class_id(self) -> int:
        return self._class_id


def submit_events(events: Iterable[tuple[str, bytes]], count: int) -> Task:
    """Put `count` envelopes into pending-events."""
    parts = [count.to_bytes(4)]
    for key, envelope in events:
        encoded_key = key.encode()
        parts += (len(encoded_key).to_bytes(4), encoded_key, len(envelope).to_bytes(4), envelope)
    return Task(1, b"".join(parts), EXECUTOR)


_ADMISSIONS = tuple(Admission)


def admissions(answer: bytes) -> list[Admission]:
    """A member's answer to each submitted event."""
    return [_ADMISSIONS[byte] for byte in answer]


_encoder = msgspec.json.Encoder()
_entries_decoder = msgspec.json.Decoder(list[list[msgspec.Raw]])
_NULL = b"null"
_LOGGED = frozenset({EVENT_STORE, EVENT_IDS})


def read_entries(requests: Sequence[tuple[str, Sequence[str]]]) -> Task:
    """Gather entries of several maps from wherever they are."""
    logged = any(is_logged(map_name) for map_name, _ in requests)
    return Task(2, _encoder.encode(requests), LOG_EXECUTOR if logged else READS_EXECUTOR)


def select_entries(requests: Sequence[tuple[str, Sequence[str], str]]) -> Task:
    """Gather what is selected of entries of views. A member that can't select does not know the task."""
    return Task(11, _encoder.encode(requests), READS_EXECUTOR)


_lists_decoder = msgspec.json.Decoder(list[msgspec.Raw])


def selected(answer: bytes) -> list[bytes | None]:
    """The list of what is selected for each request; None where an entry is otherwise."""
    return [_entry(raw) for raw in _lists_decoder.decode(answer)]


def is_logged(map_name: str) -> bool:
    """Whether what is not in the map may be in PostgreSQL."""
    return map_name in _LOGGED


def entries(answer: bytes) -> list[list[bytes | None]]:
    """The raw JSON of the entries, map by map in the order that they were asked for."""
    return [[_entry(raw) for raw in group] for group in _entries_decoder.decode(answer)]


def _entry(raw: msgspec.Raw) -> bytes | None:
    entry = bytes(raw)
    return None if entry == _NULL else entry


def query_entries(query: EntryQuery) -> Task:
    """Look for a page of entries in a member's own partitions."""
    return Task(3, encode_query(query), _executor_of(query))


def _executor_of(query: EntryQuery) -> str:
    if is_logged(query.map_name):
        return LOG_EXECUTOR
    return READS_EXECUTOR if query.filter is None else SCANS_EXECUTOR


def aggregate_entries(query: AggregateQuery) -> Task:
    """Have a member work out figures over the entries in its own partitions."""
    return Task(9, encode_aggregate(query), SCANS_EXECUTOR)


def log_positions() -> Task:
    """Ask where the log stands: any member asks the others."""
    return Task(10, b"{}", READS_EXECUTOR)


def take_wish(gateway_id: str, wish: Wish) -> Task:
    """Tell a member what a gateway wants of the stream."""
    fields = msgspec.to_builtins(wish, builtin_types=(frozenset,))
    return Task(12, _encoder.encode({"gateway": gateway_id, **fields}), READS_EXECUTOR)


_positions_decoder = msgspec.json.Decoder(LogPositions)


def positions(answer: bytes) -> LogPositions:
    """What a member answers to that."""
    return _positions_decoder.decode(answer)


def control_pipeline(request: Mapping[str, Any]) -> Task:
    """Drain, start or change a pipeline, or try a projector (docs/reference/protocol.md, "ControlPipeline")."""
    return Task(6, _encoder.encode(request), OPERATORS_EXECUTOR)


def resolve_dead_letters(orders: Sequence[ResolveOrder]) -> Task:
    """Have a member resolve dead letters, one after the other."""
    return Task(5, _encoder.encode(orders), OPERATORS_EXECUTOR)


_resolutions_decoder = msgspec.json.Decoder(list[Resolution])


def resolutions(answer: bytes) -> list[Resolution]:
    """The outcome of each order."""
    return _resolutions_decoder.decode(answer)


def pipeline_stats() -> Task:
    """Ask a member for the figures of its share of the pipeline."""
    return Task(4, b"", STATS_EXECUTOR)


def import_events(head: Mapping[str, str | int], events: Iterable[tuple[bytes, bytes]] = ()) -> Task:
    """Take a log into the cluster (docs/reference/protocol.md, "ImportEvents"); events are hash and record."""
    parts = [_encoder.encode(head), *(part for event in events for part in event)]
    request = b"".join(piece for part in parts for piece in (len(part).to_bytes(4), part))
    return Task(8, request, OPERATORS_EXECUTOR)


def maintain_views(request: bytes) -> Task:
    """Ask for something about rebuilds or snapshots of views: any member knows of all."""
    return Task(7, request, OPERATORS_EXECUTOR)

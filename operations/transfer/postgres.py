"""
The log out of PostgreSQL, and into it. Importing is one transaction: all of it is there afterwards, or nothing.

The members are not asked. So none may run on the database meanwhile: they fold what was imported when they start.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from hazelgate.operations.postgres.connecting import connect
from hazelgate.operations.transfer.lines import ImportRefused, LogUnreadable, StoredEvent, Tell, decode_record

if TYPE_CHECKING:
    import psycopg

_PAGE_EVENTS = 2_000
_SHOWN = 3
_NAMES = UUID("5d4b26a4-6f0c-5ba0-9d2b-0f3f6f1c6a57")
"""As in the engine's EventRows: an id that is no UUID has one made of it."""


def count_events(dsn: str) -> int:
    """
    How many events there are.

    Raises:
        PostgresUnusable: It can't be reached.
    """
    with connect(dsn) as connection:
        [count] = connection.execute(b"SELECT count(*) FROM event_store").fetchone() or (0,)
        return int(count)


def read_events(dsn: str) -> Iterator[StoredEvent]:
    """
    All events in the order of the log, as they are at one moment, while members may go on.

    Raises:
        PostgresUnusable: It can't be reached.
    """
    with connect(dsn) as connection, connection.cursor("log") as rows:
        rows.itersize = _PAGE_EVENTS
        rows.execute(b"SELECT payload_hash, record FROM event_store ORDER BY cursor")
        for payload_hash, text in rows:
            raw = text.encode()
            yield StoredEvent(payload_hash, raw, decode_record(raw))


def import_events(dsn: str, events: Iterable[StoredEvent], tell: Tell = lambda done: None) -> tuple[int, int]:
    """
    Put events into the table. What is there already, byte for byte, is left as it is.

    Returns:
        How many were new, and how many were there.

    Raises:
        ImportRefused: Members are running, an event differs from one that is there, or an aggregate would have a gap.
        LogUnreadable: From `events`.
        PostgresUnusable: It can't be reached.
    """
    import psycopg

    with connect(dsn) as connection:
        _require_no_members(connection)
        connection.execute(_sql("incoming"))
        with connection.cursor() as pen, pen.copy(b"COPY incoming FROM STDIN") as copy:
            number = 0
            for number, event in enumerate(events, 1):
                copy.write_row(_row(event, number))
                if number % 1_000 == 0:
                    tell(number)
        tell(number)
        connection.execute(b"ANALYZE incoming")
        _require_fitting(connection)
        try:
            with connection.transaction():
                new = connection.execute(_sql("insert")).rowcount
        except psycopg.DataError:
            new = connection.execute(_sql("insert").replace(b"::jsonb", b"::pg_temp.lenient_jsonb")).rowcount
        _require_whole(connection)
        return new, number - new


def _sql(name: str) -> bytes:
    return (importlib.resources.files("hazelgate.operations.transfer") / "sql" / f"{name}.sql").read_bytes()


def _require_no_members(connection: psycopg.Connection[Any]) -> None:
    connection.execute(b"LOCK TABLE event_store IN SHARE ROW EXCLUSIVE MODE")
    [members] = connection.execute(_sql("members")).fetchone() or (0,)
    if members:
        raise ImportRefused(
            "members are running on this database: they would not know of what is imported. "
            "Stop them, import, and start them again"
        )


def _require_fitting(connection: psycopg.Connection[Any]) -> None:
    twice = connection.execute(_sql("twice")).fetchall()
    if twice:
        raise ImportRefused(_listed("the same event, or another in its place, comes twice", twice))
    differing = connection.execute(_sql("differing")).fetchall()
    if differing:
        raise ImportRefused(_listed("the database has another event with that id, or in that place", differing))


def _require_whole(connection: psycopg.Connection[Any]) -> None:
    gaps = connection.execute(_sql("gaps")).fetchall()
    if gaps:
        kind, key, count, last = gaps[0]
        raise ImportRefused(
            f"{kind} {key} would have {count} events, the last of them its {last}th: events are missing. "
            "Import the whole log; nothing was imported"
        )


def _listed(what: str, found: list[tuple[Any, ...]]) -> str:
    lines = ", ".join(f"line {line} (event {event_id})" for line, event_id in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{what}: {lines}{more}. Import into an empty database, or take these out; nothing was imported"


def _row(event: StoredEvent, number: int) -> tuple[object, ...]:
    record = event.record
    text = event.raw.decode()
    if "\0" in text or "\\u0000" in text:
        raise LogUnreadable(f"line {event.line or number}: the character NUL is in it, which PostgreSQL can't keep")
    return (
        *(event.line or number, uuid_of(record.event_id), record.event_type, record.event_version),
        *(record.aggregate_type, record.aggregate_id, record.sequence, bytes(record.data).decode()),
        *(bytes(record.metadata).decode(), record.timestamp, record.correlation_id, record.causation_id),
        *(record.saga_id, record.saga_type, record.step_number, record.source, record.lane, record.position),
        *(record.cursor, event.hash, text),
    )


def uuid_of(event_id: str) -> str:
    """The primary key of an event."""
    try:
        made = str(UUID(event_id))
    except ValueError:
        made = ""
    return event_id if made == event_id else str(uuid5(_NAMES, event_id))

"""
The log as JSON Lines. One line an event: `{"hash":"…","record":{…}}`, the record byte for byte as it is stored, and the
hash that tells a repetition from another event with the same id. The last line says how many there are: `{"events":3}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from hazelgate.sourcing.envelope import EventRecord
from hazelgate.sourcing.errors import HazelgateError


class LogUnreadable(HazelgateError):
    """This is no log that can be taken in; nothing of it was."""

    code = "LOG_UNREADABLE"


class ImportRefused(HazelgateError):
    """The log can't be taken in as it is; nothing of it was."""

    code = "IMPORT_REFUSED"


Tell = Callable[[int], None]
"""Told now and then how many events are through."""


class StoredEvent(NamedTuple):
    """An event of the log."""

    hash: str
    raw: bytes
    """The record as it is stored."""
    record: EventRecord
    line: int = 0
    """Where it was read; 0 where it comes from no file."""


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hash: str | None = None
    record: msgspec.Raw = msgspec.Raw(b"")
    events: int | None = None


_decode_line = msgspec.json.Decoder(_Line).decode
decode_record = msgspec.json.Decoder(EventRecord).decode


def line_of(event: StoredEvent) -> bytes:
    """An event as its line, with the end of the line."""
    return b'{"hash":"%b","record":%b}\n' % (event.hash.encode(), event.raw)


def last_line(events: int) -> bytes:
    """What comes behind all events."""
    return b'{"events":%d}\n' % events


def read_lines(lines: Iterable[bytes]) -> Iterator[StoredEvent]:
    """
    The events of an export, one after the other.

    Raises:
        LogUnreadable: A line is none of an export, or the last one is missing; it says which, and how to mend it.
    """
    ended: int | None = None
    number = found = 0
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        if ended is not None:
            raise LogUnreadable(
                f"line {number}: something follows the last line, which says events: {ended}. "
                "Take one export at a time, or remove what was appended"
            )
        line = _parsed(number, text)
        if line.events is not None:
            ended = line.events
        else:
            found += 1
            yield _event(number, line)
    if ended is None:
        raise LogUnreadable(
            f'the export ends at line {number} without its last line, {{"events":…}}: it was cut short. Export again'
        )
    if ended != found:
        raise LogUnreadable(f"the last line says that there are {ended} events, and there are {found}: export again")


def _parsed(number: int, text: bytes) -> _Line:
    try:
        line = _decode_line(text)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise LogUnreadable(
            f'line {number} is no line of an export ({error}). A line is {{"hash":"…","record":{{…}}}}: '
            "mend or export it again; nothing was imported"
        ) from None
    if (line.events is None) == (line.hash is None or not bytes(line.record)):
        raise LogUnreadable(
            f'line {number} is no line of an export. A line is {{"hash":"…","record":{{…}}}}, the last one '
            f'{{"events":…}}: mend or export it again; nothing was imported'
        )
    return line


def _event(number: int, line: _Line) -> StoredEvent:
    raw = bytes(line.record)
    try:
        record = decode_record(raw)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise LogUnreadable(
            f"line {number}: the record is none of an event ({error}): mend or export it again; nothing was imported"
        ) from None
    return StoredEvent(line.hash or "", raw, record, number)

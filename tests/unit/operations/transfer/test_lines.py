"""An export as lines: what is written is read back, and what is none of ours is told with its line."""

from __future__ import annotations

import msgspec
import pytest

from hazelgate.operations.transfer.lines import (
    LogUnreadable,
    StoredEvent,
    decode_record,
    last_line,
    line_of,
    read_lines,
)
from hazelgate.sourcing.envelope import EventRecord, encode_json

RECORD = EventRecord(
    persisted_at="2026-01-01T00:00:00.000000Z",
    cursor="0000000000000001-00000",
    lane=0,
    position=1,
    event_id="e-1",
    event_type="AccountOpened",
    event_version=1,
    aggregate_type="Account",
    aggregate_id="a-1",
    sequence=1,
    correlation_id="c-1",
    source="test",
    timestamp="2026-01-01T00:00:00.000000Z",
    received_at="2026-01-01T00:00:00.000000Z",
    data=msgspec.Raw('{"owner": "Ädä 💡",  "n": 1.50}'.encode()),
)
RAW = encode_json(RECORD)
LINE = line_of(StoredEvent("0af1", RAW, RECORD))


def test_an_event_is_read_back_byte_for_byte() -> None:
    assert list(read_lines([LINE, b"\n", last_line(1)])) == [StoredEvent("0af1", RAW, decode_record(RAW), 1)]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([LINE, b"{", last_line(2)], "line 2 is no line of an export"),
        ([b'{"hash":"x"}\n', last_line(1)], "line 1 is no line of an export"),
        ([b'{"hash":"x","record":{},"events":1}\n'], "line 1 is no line of an export"),
        ([b'{"eventId":"e-1"}\n', last_line(1)], "line 1 is no line of an export"),
        ([LINE, b'{"hash":"x","record":{"eventId":1}}\n', last_line(2)], "line 2: the record is none of an event"),
        ([LINE], "cut short"),
        ([], "cut short"),
        ([LINE, last_line(2)], "there are 2 events, and there are 1"),
        ([last_line(0), LINE], "line 2: something follows the last line"),
    ],
)
def test_what_is_no_export_is_told_with_its_line(lines: list[bytes], says: str) -> None:
    with pytest.raises(LogUnreadable, match=says):
        list(read_lines(lines))

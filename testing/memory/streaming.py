"""What a member tells of each event that was applied, as the real one does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from hazelgate.client.event_stream import Changed, Mark, Wish
from hazelgate.projector.core.messages import Outcome, Write
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, DEAD_LETTER_DECISIONS, DEAD_LETTER_EVENTS

_NO_VIEWS = frozenset({AGGREGATE_HEADS, DEAD_LETTER_EVENTS, DEAD_LETTER_DECISIONS})


class _Place(msgspec.Struct):
    cursor: str


_decode_place = msgspec.json.Decoder(_Place).decode
_VERSION_PREFIX = b'{"_meta":{"version":'


def version_of(entry: bytes | None) -> int:
    """`_meta.version` of an entry; 0 where there is no entry."""
    if entry is None or not entry.startswith(_VERSION_PREFIX):
        return 0
    digits = entry[len(_VERSION_PREFIX) : len(_VERSION_PREFIX) + 20]
    return int(digits.replace(b"}", b",").partition(b",")[0])


def note(changed: list[Changed], writes: Iterable[Write], places: Sequence[int]) -> None:
    """Note the entries of views that writes change; `places` has where each event of the writes stands in `changed`."""
    for write in writes:
        if write.map not in _NO_VIEWS:
            for index in write.events:
                changed[places[index]].setdefault(write.map, {})[write.key] = version_of(write.value)


class Streamed:
    """
    A stored event on its way to gateways.

    Args:
        outcome: What has become of it now; None where an earlier run may have told it, or may have changed entries.
        changed: The entries that it has changed.
    """

    def __init__(self, record: bytes, outcome: Outcome | None = None, changed: Changed | None = None) -> None:
        self._record = record
        self._type: str = "" if outcome is None else outcome.event_type or ""
        self._key: str = "" if outcome is None else outcome.store_key or ""
        self._aggregate_id = self._key.partition("@")[2]
        self._changed: Changed | None = None
        if outcome is not None and changed is not None:
            self._changed = {
                view: {"" if key == self._aggregate_id else key: version for key, version in entries.items()}
                for view, entries in changed.items()
            }

    def to(self, wish: Wish) -> bytes:
        """What a gateway with that wish is told of it."""
        if self._changed is None:
            return self._record
        if wish.wants(self._type, self._aggregate_id, self._changed):
            return b'{"changed":%b,%b' % (msgspec.json.encode(self._changed), self._record[1:])
        cursor = _decode_place(self._record).cursor
        return msgspec.json.encode(Mark(cursor, self._type, self._key, self._changed))


def message(events: Iterable[Streamed], wish: Wish) -> bytes:
    """What a gateway is told of a batch."""
    return b"[%b]" % b",".join(each.to(wish) for each in events)

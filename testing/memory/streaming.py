"""What a member tells of each event that was applied, as the real one does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from hazelgate.client.event_stream import Changed
from hazelgate.projector.core.messages import Outcome, Write
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, DEAD_LETTER_DECISIONS, DEAD_LETTER_EVENTS

_NO_VIEWS = frozenset({AGGREGATE_HEADS, DEAD_LETTER_EVENTS, DEAD_LETTER_DECISIONS})
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


def full(outcome: Outcome, record: bytes, changed: Changed) -> bytes:
    """A record, with the names of what the event has changed in front."""
    aggregate_id = (outcome.store_key or "").partition("@")[2]
    return b'{"changed":%b,%b' % (msgspec.json.encode(_named(changed, aggregate_id)), record[1:])


def _named(changed: Changed, aggregate_id: str) -> Changed:
    return {
        view: {"" if key == aggregate_id else key: version for key, version in entries.items()}
        for view, entries in changed.items()
    }

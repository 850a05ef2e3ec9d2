"""
How far a reader of the log has come, and the cursor that says so.

Events of one lane (of one aggregate, say) are stored and told in order. Between lanes there is no order: two members
store at the same time. So a place in the log is not a number. It is a base, up to which a reader has everything, and
for each lane that is ahead of the base how far the reader has come there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hazelgate.client.views.cursors import decode_opaque, encode_opaque
from hazelgate.sourcing.errors import InvalidArgument

_FORM = "log2"
"""The version of the cursors' form."""
_BASE = re.compile(r"\d{16}-(?:\d{5}|~)")
_LOG = re.compile(r"[0-9a-f-]{0,64}")
_AHEAD = re.compile(r"([0-9a-f]{1,8})\.([0-9a-f]{1,13})")
_POSITION_DIGITS = 16
_MOST_LANES = 16 * 1_024
"""More than a cursor can name in good faith: it bounds what is decoded of one."""

_NOWHERE: Mapping[int, int] = {}


def end_of(position: int) -> str:
    """The place behind every event at or below a position, and before every later one."""
    return f"{position:016d}-~"


@dataclass(frozen=True, slots=True)
class Frontier:
    """
    A reader's place in a log.

    Args:
        log: The id of the log; empty where it is not known.
        base: Everything up to here is behind the reader: a record's cursor, or what `end_of` gives.
        ahead: Per lane, the position up to which events behind the base were told, too.
    """

    log: str
    base: str
    ahead: Mapping[int, int] = field(default_factory=lambda: _NOWHERE)

    @property
    def position(self) -> int:
        """The position of the base."""
        return int(self.base[:_POSITION_DIGITS])

    @property
    def text(self) -> str:
        """The cursor, as clients get it."""
        position = self.position
        ahead = ",".join(f"{lane:x}.{at - position:x}" for lane, at in self.ahead.items() if at >= position)
        return encode_opaque(f"{_FORM}/{self.log}/{self.base}/{ahead}")

    def has(self, cursor: str, lane: int, position: int) -> bool:
        """Whether an event is behind the reader."""
        return cursor <= self.base or position <= self.ahead.get(lane, -1)

    def moved(self, base: str) -> Frontier:
        """The same reader, who has everything up to a later place, too."""
        if base <= self.base:
            return self
        position = int(base[:_POSITION_DIGITS])
        return Frontier(self.log, base, {lane: at for lane, at in self.ahead.items() if at >= position})

    @classmethod
    def parse(cls, argument: str, text: str) -> Frontier:
        """
        The place that a cursor names.

        Raises:
            InvalidArgument: It is no cursor of the log.
        """
        parts = (decode_opaque(text) or "").split("/")
        if len(parts) == 4 and parts[0] == _FORM and _LOG.fullmatch(parts[1]) and _BASE.fullmatch(parts[2]):
            position = int(parts[2][:_POSITION_DIGITS])
            try:
                return cls(parts[1], parts[2], dict(_lanes(parts[3], position)))
            except ValueError:
                pass
        raise InvalidArgument.of(
            argument, "not a cursor of the log: take it from `events`, a change, a Discontinuity or `streamCursor`"
        )


def _lanes(text: str, position: int) -> Iterator[tuple[int, int]]:
    for each in text.split(",", _MOST_LANES) if text else ():
        found = _AHEAD.fullmatch(each)
        if found is None:
            raise ValueError(each)
        yield int(found[1], 16), position + int(found[2], 16)

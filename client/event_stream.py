"""
What members tell a process of each event that was applied (docs/reference/protocol.md, "Topics").

An event names the entries that it has changed. So nobody has to find them again, whatever their keys are.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from hazelgate.sourcing.envelope import EventRecord

Changed: TypeAlias = dict[str, dict[str, int]]
"""By view, the keys of the entries that an event has changed, and each one's version after it.

An entry whose key is the aggregate's id has the empty key."""


class Heard(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """As much of an event as is read of each: where it stands, and whether somebody may want it."""

    cursor: str
    lane: int
    position: int
    event_type: str
    aggregate_id: str
    changed: Changed | None = None
    """None where that is not known: an earlier run of the pipeline may have changed entries, and told nobody."""


class StreamedEvent(EventRecord, frozen=True, gc=False, kw_only=True, rename="camel", omit_defaults=True):
    """The whole of it."""

    changed: Changed | None = None


def changed_keys(changed: Changed, view: str, aggregate_id: str) -> list[str]:
    """The keys of a view's entries, as they are stored."""
    return [key or aggregate_id for key in changed.get(view, ())]


def version_after(changed: Changed | None, view: str, key: str, aggregate_id: str) -> int | None:
    """The version of an entry after the event; None where that is not known."""
    entries = (changed or {}).get(view, {})
    return entries.get("" if key == aggregate_id else key)

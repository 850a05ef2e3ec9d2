"""Reading one's own writes, in whichever process: a receipt's token names an event, and a read waits for it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.following.happenings import has_event
from hazelgate.client.views.cursors import decode_opaque, encode_opaque
from hazelgate.projector.past import Lineage
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import EVENT_STORE, Completion, EventRecord
from hazelgate.sourcing.errors import InvalidArgument, RevisionNotReached
from hazelgate.sourcing.ids import ID_TEXT, store_key

WAIT_SECONDS = 5.0

_FORM = "event1"
"""The version of the tokens' form."""
_STORE_KEY = re.compile(rf"[^@]{{1,256}}:[1-9]\d{{0,17}}@{ID_TEXT}")
_FIRST_PAUSE_SECONDS = 0.005
_LONGEST_PAUSE_SECONDS = 0.1

_decode_record = msgspec.json.Decoder(EventRecord).decode
_parse = msgspec.json.Decoder(dict[str, Any]).decode


def token_of(completion: Completion) -> str | None:
    """What a later read waits for; None where the event is not known to be stored."""
    if completion.sequence is None:
        return None
    key = store_key(completion.aggregate_type, completion.sequence, completion.aggregate_id)
    return encode_opaque(f"{_FORM}/{key}")


@dataclass(frozen=True, slots=True)
class Discretion:
    """
    What a caller may know. Of all else it hears as if it were not there.

    Args:
        event: Whether it may know that an event is stored.
        entry: Whether it may see an entry.
    """

    event: Callable[[EventRecord], bool]
    entry: Callable[[bytes], bool]


async def read_with(
    cluster: Cluster, catalog: Catalog, view: str, key: str, token: str, may: Discretion
) -> bytes | None:
    """
    The entry, as soon as it has the event that a token names. One that the event does not change is read at once.

    Args:
        may: What the caller may know.

    Raises:
        InvalidArgument: It is no token.
        RevisionNotReached: The entry does not have the event after 5 s.
    """
    form, _, event_key = (decode_opaque(token) or "").partition("/")
    if form != _FORM or _STORE_KEY.fullmatch(event_key) is None:
        raise InvalidArgument.of("minRevision", "not a receipt's token: take it from `receipt { token }` of a mutation")
    lineage = Lineage(catalog, view)
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            return await _read_with(cluster, lineage, view, key, event_key, may)
    except TimeoutError:
        raise RevisionNotReached(
            f"the entry does not have that event after {WAIT_SECONDS:g} s: it is still on its way, or waits in the "
            "dead-letter queue; leave minRevision out to read the entry as it is"
        ) from None


async def _read_with(
    cluster: Cluster, lineage: Lineage, view: str, key: str, event_key: str, may: Discretion
) -> bytes | None:
    pause = _FIRST_PAUSE_SECONDS
    record: EventRecord | None = None
    while True:
        if record is None:
            [stored] = await cluster.read(EVENT_STORE, [event_key])
            record = None if stored is None else _decode_record(stored)
        if record is not None:
            [entry] = await cluster.read(view, [key])
            shown = entry if entry is not None and may.entry(entry) else None
            changes = key in lineage.keys(record)
            # Who sees the entry sees by its version, too, which of the events that change it are in it.
            may_wait = may.event(record) or (changes and shown is not None)
            if may_wait and (not changes or (entry is not None and has_event(_parse(entry), record))):
                return shown
        await asyncio.sleep(pause)
        pause = min(_LONGEST_PAUSE_SECONDS, pause * 2)

"""
Ids of events, aggregates and entries: what they look like, how they come about, and the map keys made of them.

An id has two forms. Plain ids are those of the domain and of the API. Stored ids stand in maps, records and envelopes.
The two are the same where there are no tenants. A tenant's stored ids begin with its name and `!`, which no plain id
has: so the ids of two tenants never meet.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from typing import Annotated
from uuid import UUID, uuid5

import msgspec

ID_TEXT = r"[A-Za-z0-9._:~-]{1,128}"
ID_PATTERN = rf"^{ID_TEXT}$(?!\n)"
ID_DESCRIPTION = "1 to 128 letters, digits, or any of . _ : ~ -"

Id = Annotated[str, msgspec.Meta(pattern=ID_PATTERN, description=ID_DESCRIPTION)]
"""The type of ids and keys of entries: 1 to 128 letters, digits, or any of `. _ : ~ -`."""

TENANT_TEXT = r"[A-Za-z0-9._:~-]{1,64}"
TENANT_DESCRIPTION = "1 to 64 letters, digits, or any of . _ : ~ -"
TENANT_END = "!"
STORED_ID_TEXT = rf"(?:{TENANT_TEXT}{TENANT_END})?{ID_TEXT}"

StoredId = Annotated[str, msgspec.Meta(pattern=rf"^{STORED_ID_TEXT}$(?!\n)", description=ID_DESCRIPTION)]
"""The type of ids as they are stored: a tenant's begin with its prefix."""

_matches = re.compile(ID_TEXT).fullmatch
_is_stored = re.compile(STORED_ID_TEXT).fullmatch
_is_tenant = re.compile(TENANT_TEXT).fullmatch
_DERIVED = UUID("5d4b26a4-6f0c-5ba0-9d2b-0f3f6f1c6a57")


def is_id(text: object) -> bool:
    """Whether `text` may name an event, an aggregate or an entry."""
    return isinstance(text, str) and _matches(text) is not None


def is_stored_id(text: object) -> bool:
    """Whether `text` may name an event, an aggregate or an entry as it is stored, of a tenant or of none."""
    return isinstance(text, str) and _is_stored(text) is not None


def is_tenant(text: object) -> bool:
    """Whether `text` may name a tenant."""
    return isinstance(text, str) and _is_tenant(text) is not None


def tenant_prefix(tenant: str) -> str:
    """With what a tenant's stored ids begin."""
    return tenant + TENANT_END


def tenant_digest(tenant: str) -> str:
    """In place of a tenant's name in cursors."""
    return hashlib.blake2b(tenant.encode(), digest_size=8).hexdigest()


def prefix_of(stored_id: str) -> str:
    """The tenant's prefix of a stored id; empty where it is no tenant's."""
    return stored_id[: stored_id.find(TENANT_END) + 1]


def plain_id(stored_id: str) -> str:
    """A stored id as the domain knows it."""
    return stored_id[stored_id.find(TENANT_END) + 1 :]


def new_id() -> str:
    """A UUIDv7 (RFC 9562): ids sort by the millisecond in which they were made."""
    value = int.from_bytes(os.urandom(10), "big") | (time.time_ns() // 1_000_000) << 80
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def derived_id(event_id: str, purpose: str = "") -> str:
    """
    The id that a retry derives again: the same `event_id` and `purpose` give the same id.

    Used where a client gives an eventId and leaves out the entity's id, so that its retry has the same payload.
    """
    return str(uuid5(_DERIVED, f"{purpose}:{event_id}"))


def pending_key(event_id: str, aggregate_id: str, submission_id: str | None = None) -> str:
    """
    Key in `pending-events`. The part behind `@` decides the partition, so an aggregate's events share a lane.

    Args:
        submission_id: Given for a submission that is pending beside the first one of its event, made by other code.
    """
    return f"{event_id}@{aggregate_id}" if submission_id is None else f"{event_id}/{submission_id}@{aggregate_id}"


def first_pending_key(pending_key: str) -> str:
    """Under which key the first submission of the same event is pending."""
    event_id, _, aggregate_id = pending_key.partition("@")
    return f"{event_id.partition('/')[0]}@{aggregate_id}"


def pending_event_id(pending_key: str) -> str:
    """The event's id, by its key in `pending-events`."""
    return pending_key.partition("@")[0].partition("/")[0]


def store_key(aggregate_type: str, sequence: int, aggregate_id: str) -> str:
    """Key in `event-store`: an aggregate's history is its keys 1, 2, 3…"""
    return f"{aggregate_type}:{sequence}@{aggregate_id}"


def head_key(aggregate_type: str, aggregate_id: str) -> str:
    """Key in `aggregate-heads`."""
    return f"{aggregate_type}@{aggregate_id}"


def cursor(position: int, lane: int) -> str:
    """Where a record stands in the whole log; cursors sort as strings in the order of storing."""
    return "%016d-%05d" % (position, lane)  # noqa: UP031  # a third less than an f-string, once an event


def dead_letter_id(event_id: str, projection: str, entry_key: str) -> str:
    """
    The same failure always has the same letter, however often it is processed.

    Its id is the tenant's where the event's id is, and the same for stored ids as for plain ones but for the prefix.
    """
    content = f"{plain_id(event_id)}\n{projection}\n{plain_id(entry_key)}".encode()
    return f"{prefix_of(event_id)}dl-{hashlib.blake2b(content, digest_size=12).hexdigest()}"

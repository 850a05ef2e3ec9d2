"""Values of JSON as commands show them: bounded, for an entry may have megabytes."""

from __future__ import annotations

from typing import Any

import msgspec

from hazelgate.client.reading.differences import ABSENT

_MOST_SHOWN = 80
_MOST_TOLD = 2_000


def shown(value: Any) -> str:
    """In a cell of a table."""
    return repr(value) if value is ABSENT else _cut(msgspec.json.encode(value).decode(), _MOST_SHOWN)


def bounded(value: Any) -> Any:
    """In JSON: whole; a long one as the beginning of its text, with how long it is."""
    text = msgspec.json.encode(value).decode()
    return value if len(text) <= _MOST_TOLD else _cut(text, _MOST_TOLD)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"

"""
Cursors of entries in a list, as opaque text.

A cursor holds the sort key of its entry, not a position: entries that come or go elsewhere don't shift a page.
"""

from __future__ import annotations

import base64
import binascii

from hazelgate.sourcing.errors import InvalidArgument


def encode_opaque(text: str) -> str:
    """Text as a cursor or an id that needs no escaping in a URL."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_opaque(text: str) -> str | None:
    """What `encode_opaque` was given, or None where the text doesn't come from it."""
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        return None


def cursor_of(order: str, key: str) -> str:
    """The cursor of the entry with this sort key, in a list of this order."""
    return encode_opaque(f"{order}/{key}")


def cursor_key(argument: str, order: str, cursor: str) -> str:
    """
    The sort key that a cursor holds.

    Raises:
        InvalidArgument: The argument is no cursor, or one of another list or order.
    """
    of_order, found, key = (decode_opaque(cursor) or "").partition("/")
    if not found or of_order != order:
        raise InvalidArgument.of(
            argument, "not a cursor of this list in this order: take it from an edge of the same query"
        )
    return key

"""Answers in gzip, for clients that take it and where it pays."""

from __future__ import annotations

import asyncio
import zlib
from functools import lru_cache

_WORTH_BYTES = 2_048
"""A shorter answer goes in one or two packets anyway."""
_IN_A_THREAD_BYTES = 65_536
"""A longer one would hold up others for more than a millisecond."""
_LEVEL = 4
_GZIP = 16 + zlib.MAX_WBITS

GZIP_HEADER = (b"content-encoding", b"gzip")


@lru_cache(maxsize=256)
def takes_gzip(accept_encoding: str) -> bool:
    """Whether a client takes gzip, by its `Accept-Encoding`."""
    qualities: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, quality = part.replace(" ", "").partition(";q=")
        try:
            qualities[name] = float(quality or 1)
        except ValueError:
            qualities[name] = 0.0
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def gzip(body: bytes, level: int = _LEVEL) -> bytes:
    """The body in gzip."""
    compressing = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    return compressing.compress(body) + compressing.flush()


async def gzip_if_worth(body: bytes) -> bytes | None:
    """The body in gzip; None where it is too short for that."""
    if len(body) < _WORTH_BYTES:
        return None
    if len(body) < _IN_A_THREAD_BYTES:
        return gzip(body)
    return await asyncio.to_thread(gzip, body)

"""API keys, for programs: a file holds the hash of each, and so lets nobody in who reads it."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from hazelgate.gateway.identity.credentials import KEY_PREFIX
from hazelgate.gateway.identity.refusing import CallerRefused
from hazelgate.gateway.identity.roles import roles_of
from hazelgate.gateway.terms import LOOK_SECONDS
from hazelgate.sourcing.identity import Identity

logger = logging.getLogger(__name__)

_ID_BYTES = 6
_SECRET_BYTES = 32
_HASH = re.compile(r"[0-9a-f]{64}")


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One key, as the file has it.

    Args:
        id: The part of the key by which it is found.
        hash: SHA-256 of the key. The key has 256 bits by chance, so that no slow hash is needed.
        claims: What rules of the domain may name.
        expires: An instant; None: never.
    """

    id: str
    name: str
    roles: tuple[str, ...]
    hash: str
    claims: dict[str, Any] = {}
    expires: datetime | None = None

    @property
    def expires_at(self) -> float | None:
        """In seconds since 1970."""
        if self.expires is None:
            return None
        aware = self.expires if self.expires.tzinfo is not None else self.expires.replace(tzinfo=UTC)
        return aware.timestamp()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: tuple[ApiKey, ...] = ()


class ApiKeys:
    """
    The keys of a file, read again when it changes.

    Raises:
        ValueError: The file is not there, or is none.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._looked_at = clock()
        self._stamp = self._stamp_now()
        self._keys = read_keys(path)

    def identity(self, text: str) -> tuple[Identity, ApiKey]:
        """
        The identity that a key stands for, and the key as the file has it.

        Raises:
            CallerRefused: It is no key of the file, or has expired.
        """
        self._look()
        found = self._keys.get(text.removeprefix(KEY_PREFIX).partition("_")[0])
        if found is None or not hmac.compare_digest(hash_of(text), found.hash):
            raise CallerRefused("no such API key; make one with `hazelgate api-key`")
        expires_at = found.expires_at
        if expires_at is not None and expires_at <= time.time():
            raise CallerRefused("the API key has expired; make a new one with `hazelgate api-key`")
        roles = roles_of(found.roles)
        return Identity(subject=f"key:{found.name}", roles=roles, via="key", claims=found.claims), found

    def has(self, key: ApiKey) -> bool:
        """Whether the file still has the key, with the same roles and claims."""
        self._look()
        return self._keys.get(key.id) == key

    def _look(self) -> None:
        now = self._clock()
        if now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        stamp = self._stamp_now()
        if stamp == self._stamp:
            return
        try:
            self._keys = read_keys(self._path)
            self._stamp = stamp
        except ValueError as error:
            # No key is better than one that was taken out.
            self._keys, self._stamp = {}, None
            logger.error("%s; no API key is taken until it can be read", error)

    def _stamp_now(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


def read_keys(path: Path) -> Mapping[str, ApiKey]:
    """
    The keys of a file, by their ids.

    Raises:
        ValueError: It can't be read, or is none. The message is one line.
    """
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
        keys = msgspec.convert(parsed, _File, strict=True).key
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"the API keys in {path} can't be read: {' '.join(str(error).split())}") from None
    for each in keys:
        if _HASH.fullmatch(each.hash) is None:
            raise ValueError(f"the API keys in {path} can't be read: {each.name!r} has no hash of 64 hex digits")
    found = {each.id: each for each in keys}
    if len(found) < len(keys):
        raise ValueError(f"the API keys in {path} can't be read: two have one id")
    return found


def new_key(
    name: str, roles: Sequence[str], claims: Mapping[str, str] | None = None, expires: datetime | None = None
) -> tuple[str, str]:
    """A new key, which is shown once, and its lines for the file."""
    key_id = secrets.token_hex(_ID_BYTES)
    text = f"{KEY_PREFIX}{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    lines = [
        "[[key]]",
        f"id = {_quoted(key_id)}",
        f"name = {_quoted(name)}",
        f"roles = [{', '.join(map(_quoted, roles))}]",
        f"hash = {_quoted(hash_of(text))}",
    ]
    if expires is not None:
        lines.append(f"expires = {expires.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')}")
    if claims:
        shown = ", ".join(f"{_quoted(key)} = {_quoted(value)}" for key, value in claims.items())
        lines.append(f"claims = {{ {shown} }}")
    return text, "\n".join([*lines, ""])


def hash_of(text: str) -> str:
    """As the file has a key."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()

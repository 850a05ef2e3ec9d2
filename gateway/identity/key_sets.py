"""The public keys of an OpenID Connect issuer: found by discovery, kept, and fetched again as they rotate."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import jwt
import msgspec

from hazelgate.gateway.door.addresses import require_safe
from hazelgate.gateway.identity.refusing import CallerRefused

logger = logging.getLogger(__name__)

FRESH_SECONDS = 300.0
"""How long fetched keys count as today's."""
USABLE_SECONDS = 3_600.0
"""How long they are used where the issuer is away."""
QUIET_SECONDS = 10.0
"""How long the issuer is left alone after a fetch: a token that names no known key costs it nothing."""

_LONGEST_BODY = 1_048_576
_TIMEOUT_SECONDS = 5.0
_PUBLIC_KINDS = ("RSA", "EC", "OKP")

Fetch = Callable[[str], Awaitable[Mapping[str, Any]]]


class KeySet:
    """
    The keys of one issuer.

    PyJWT has a client of its own, which blocks the event loop and fetches for each token that names an unknown key.

    Args:
        issuer: As its tokens name it.
        address: Of its keys; None: its discovery document tells.
        fetch: Gives the JSON of an address.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        issuer: str,
        address: str | None = None,
        *,
        fetch: Fetch | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._address = address
        self._fetch = fetch or fetch_json
        self._clock = clock
        self._keys: list[jwt.PyJWK] = []
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()

    async def key(self, key_id: str | None) -> jwt.PyJWK:
        """
        The key of this id; without one, the only key.

        Raises:
            CallerRefused: There is none, or the issuer is away.
        """
        if not self._is_fresh():
            await self._refresh()
        found = self._find(key_id)
        if found is None:
            await self._refresh()
            found = self._find(key_id)
        if found is not None:
            return found
        if self._fetched_at is None or self._clock() - self._fetched_at > USABLE_SECONDS:
            raise CallerRefused("the issuer's keys can't be fetched just now; try again soon", unavailable=True)
        raise CallerRefused("the token is signed with a key that its issuer does not publish; get a new token")

    def _is_fresh(self) -> bool:
        return self._fetched_at is not None and self._clock() - self._fetched_at < FRESH_SECONDS

    def _find(self, key_id: str | None) -> jwt.PyJWK | None:
        if self._fetched_at is None or self._clock() - self._fetched_at > USABLE_SECONDS:
            return None
        if key_id is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((each for each in self._keys if each.key_id == key_id), None)

    async def _refresh(self) -> None:
        async with self._lock:
            now = self._clock()
            if self._tried_at is not None and now - self._tried_at < QUIET_SECONDS:
                return
            self._tried_at = now
            try:
                address = self._address or await self._discovered()
                self._keys = _keys_of(await self._fetch(address))
            except (httpx.HTTPError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
                logger.warning("the keys of %s can't be fetched: %s", self._issuer, str(error) or type(error).__name__)
                return
            self._fetched_at = self._clock()

    async def _discovered(self) -> str:
        document = await self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if document["issuer"] != self._issuer:
            raise ValueError(f"the discovery document is of {document['issuer']!r}")
        return require_safe(str(document["jwks_uri"]))


def _keys_of(document: Mapping[str, Any]) -> list[jwt.PyJWK]:
    """The public keys for signatures. A key of a kind that nobody knows here is left out."""
    found = []
    for each in document["keys"]:
        if each.get("kty") in _PUBLIC_KINDS and each.get("use", "sig") == "sig":
            try:
                found.append(jwt.PyJWK(each))
            except jwt.PyJWTError:
                continue
    return found


async def fetch_json(address: str) -> Mapping[str, Any]:
    """
    The JSON object of an address. No redirect is followed.

    Raises:
        httpx.HTTPError: It did not come.
        ValueError: It is none, or too long.
    """
    async with (
        httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as client,
        client.stream("GET", address, headers={"accept": "application/json"}) as response,
    ):
        response.raise_for_status()
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _LONGEST_BODY:
                raise ValueError(f"{address} answers with more than {_LONGEST_BODY:,} bytes")
    return msgspec.json.decode(body, type=dict[str, Any])

"""The credentials that a request or a socket brings along, unchecked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hazelgate.gateway.identity.refusing import CallerRefused

KEY_PREFIX = "hzg_"
"""With this every API key begins, so that one in a bearer's place is known, and one in a public place is found."""

LONGEST = 16_384
_BEARER = "bearer"


@dataclass(frozen=True)
class Credentials:
    """A bearer token, or an API key."""

    token: str | None = None
    key: str | None = None

    @classmethod
    def of_headers(cls, headers: Mapping[bytes, bytes]) -> Credentials | None:
        """
        Those of an HTTP request; None where it has none.

        Raises:
            CallerRefused: They are none that this gateway knows.
        """
        return cls._of(
            headers.get(b"authorization", b"").decode("latin-1"), headers.get(b"x-api-key", b"").decode("latin-1")
        )

    @classmethod
    def of_payload(cls, payload: Mapping[str, Any] | None) -> Credentials | None:
        """
        Those of a websocket's `connection_init`: `{"Authorization": "Bearer …"}` or `{"apiKey": "…"}`.

        Raises:
            CallerRefused: They are none that this gateway knows.
        """
        found = {name.lower().replace("-", ""): value for name, value in (payload or {}).items()}
        key = found.get("apikey", found.get("xapikey"))
        texts = [found.get("authorization"), key]
        if any(each is not None and not isinstance(each, str) for each in texts):
            raise CallerRefused("credentials are texts")
        return cls._of(texts[0] or "", texts[1] or "")

    @classmethod
    def _of(cls, authorization: str, key: str) -> Credentials | None:
        if max(len(authorization), len(key)) > LONGEST:
            raise CallerRefused(f"credentials have at most {LONGEST:,} characters")
        if authorization and key:
            raise CallerRefused("send a token or an API key, not both")
        if key:
            return cls(key=key.strip())
        if not authorization:
            return None
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != _BEARER or not token.strip():
            raise CallerRefused("the header is `Authorization: Bearer …`")
        token = token.strip()
        return cls(key=token) if token.startswith(KEY_PREFIX) else cls(token=token)

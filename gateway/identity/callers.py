"""From credentials to a caller with its rights."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from hazelgate.client.rights.rights import Rights
from hazelgate.gateway.identity.api_keys import ApiKeys
from hazelgate.gateway.identity.credentials import Credentials
from hazelgate.gateway.identity.proxies import Proxies
from hazelgate.gateway.identity.refusing import CallerRefused
from hazelgate.gateway.latest import Latest
from hazelgate.gateway.terms import ENDLESS, LOOK_SECONDS, Term
from hazelgate.sourcing.identity import Identity

if TYPE_CHECKING:
    from hazelgate.gateway.identity.tokens import Tokens

_MOST_KEPT = 5_000
_KEPT_SECONDS = 300.0
"""How long a checked token is not checked again: as long as fetched keys count as today's."""

_NOTHING = (b"", b"")

_encode = msgspec.json.Encoder(order="sorted").encode
Headers = Mapping[bytes, bytes]


@dataclass(frozen=True)
class Caller:
    """
    A caller.

    Args:
        term: How long a connection of it may stay open.
    """

    rights: Rights
    term: Term = ENDLESS

    @cached_property
    def name(self) -> str | None:
        """Tells callers apart; None: it has shown no identity."""
        identity = self.rights.identity
        if identity is None:
            return None
        return " ".join(filter(None, (identity.via, identity.tenant, identity.subject)))


class Known(NamedTuple):
    """A caller whose credentials were checked, and until when that counts, in seconds since 1970."""

    caller: Caller
    until: float

    @property
    def counts(self) -> bool:
        """Whether it does now."""
        return time.time() < self.until


class Callers:
    """
    Everything by which a gateway knows callers.

    Args:
        rights_of: Gives the rights of an identity, or of a caller without.
        tokens, keys, proxies: The ways that are switched on.
    """

    def __init__(
        self,
        rights_of: Callable[[Identity | None], Rights],
        *,
        tokens: Tokens | None = None,
        keys: ApiKeys | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        self._rights_of = rights_of
        self._tokens = tokens
        self._keys = keys
        self._proxies = proxies
        self.anonymous = Caller(rights_of(None))
        """Who shows no credentials."""
        self._nobody = Known(self.anonymous, math.inf)
        self._checked: Latest[bytes, Known] = Latest(_MOST_KEPT)
        self._rights: Latest[bytes, Rights] = Latest(_MOST_KEPT)

    async def of_request(self, headers: Headers, address: str | None) -> Caller:
        """
        The caller of a request, or of a websocket before its first message.

        Raises:
            CallerRefused: Its credentials do not hold. One that shows none is nobody in particular.
        """
        told = None if self._proxies is None else self._proxies.identity(headers, address)
        if told is not None and _shown(headers) == _NOTHING:
            return Caller(self._known(told))
        known = self._kept(headers)
        if known is not None:
            return known.caller
        credentials = Credentials.of_headers(headers)
        if credentials is None:
            return self.anonymous
        caller = await self._of(credentials)
        kept_seconds = LOOK_SECONDS if credentials.key is not None else _KEPT_SECONDS
        until = time.time() + kept_seconds
        expires_at = caller.term.expires_at
        until = until if expires_at is None else min(until, expires_at)
        self._checked.keep(_name(_shown(headers)), Known(caller, until))
        return caller

    def at_once(self, headers: Headers) -> Known | None:
        """The caller of a request where nothing has to be looked up; None where `of_request` is to be asked."""
        return None if self._proxies is not None else self._kept(headers)

    def _kept(self, headers: Headers) -> Known | None:
        """Who shows no credentials, or some that were checked a while ago."""
        shown = _shown(headers)
        if shown == _NOTHING:
            return self._nobody
        known = self._checked.get(_name(shown))
        return known if known is not None and known.counts else None

    async def of_payload(self, payload: Mapping[str, Any] | None) -> Caller | None:
        """
        The caller that a websocket's `connection_init` names; None where it names none.

        Raises:
            CallerRefused: Its credentials do not hold.
        """
        credentials = Credentials.of_payload(payload)
        return None if credentials is None else await self._of(credentials)

    async def _of(self, credentials: Credentials) -> Caller:
        if credentials.key is not None:
            if self._keys is None:
                raise CallerRefused("this gateway takes no API keys")
            identity, key = self._keys.identity(credentials.key)
            return Caller(self._known(identity), Term(key.expires_at, partial(self._keys.has, key)))
        if self._tokens is None or credentials.token is None:
            raise CallerRefused("this gateway takes no bearer tokens")
        identity, until = await self._tokens.identity(credentials.token)
        return Caller(self._known(identity), Term(until))

    def _known(self, identity: Identity) -> Rights:
        name = _encode(identity)
        found = self._rights.get(name)
        if found is None:
            found = self._rights_of(identity)
            self._rights.keep(name, found)
        return found


def _shown(headers: Headers) -> tuple[bytes, bytes]:
    """The credentials, as they come."""
    return headers.get(b"authorization", b""), headers.get(b"x-api-key", b"")


def _name(shown: tuple[bytes, bytes]) -> bytes:
    """Under which name a caller is kept: nothing of the credentials is."""
    return hashlib.sha256(b"\0".join(shown)).digest()

"""The caller of a request, as guards, rules and stored events know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

METADATA = "identity"
"""The name under which an event's metadata keeps its submitter."""


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    A caller that a gateway knows.

    Args:
        subject: The caller's own id, the claim `sub`.
        roles: What its rights hang on.
        via: How it was known: `token`, `key` or `proxy`.
        claims: What its token says. An event keeps those alone that rules of the domain name.
        tenant: Whose caller it is; empty where there are no tenants, and for operators of all of them.
    """

    subject: str
    roles: tuple[str, ...] = ()
    via: str = ""
    claims: dict[str, Any] = {}
    tenant: str = ""

    def claim(self, name: str) -> Any:
        """A claim by its name, or by a dotted path; None where the token has none."""
        if name == "sub":
            return self.subject
        found: Any = self.claims.get(name)
        if found is not None or "." not in name:
            return found
        found = self.claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found


class _Metadata(msgspec.Struct, frozen=True):
    identity: Identity | None = None


_decode = msgspec.json.Decoder(_Metadata).decode


def identity_in(metadata: bytes | msgspec.Raw) -> Identity | None:
    """The identity that submitted an event, by the event's metadata; None where a program has done so."""
    try:
        return _decode(metadata).identity
    except msgspec.MsgspecError:  # a program's own metadata of that name
        return None

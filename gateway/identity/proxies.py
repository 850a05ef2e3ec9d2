"""Identity from the headers of a proxy that has checked it: from named addresses alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from hazelgate.gateway.door.addresses import require_network
from hazelgate.gateway.identity.refusing import CallerRefused
from hazelgate.gateway.identity.roles import roles_of
from hazelgate.sourcing.identity import Identity

_LONGEST = 4_096


class Proxies:
    """
    The proxies whose word counts.

    Args:
        addresses: Theirs, or networks of them: `10.0.0.7`, `10.1.0.0/16`.
        subject_header, roles_header: Where they say who asks, and with which roles, parted by commas.
        tenant_header, tenant_claim: Where they say whose the caller is, and as which claim that counts.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        subject_header: str,
        roles_header: str,
        tenant_header: str = "",
        tenant_claim: str | None = None,
    ) -> None:
        self._networks = tuple(require_network(each) for each in addresses)
        self._subject_header = subject_header.lower().encode("latin-1")
        self._roles_header = roles_header.lower().encode("latin-1")
        self._tenant_header = tenant_header.lower().encode("latin-1")
        self._tenant_claim = tenant_claim

    def identity(self, headers: Mapping[bytes, bytes], address: str | None) -> Identity | None:
        """
        The identity that a proxy tells; None where it tells none.

        Raises:
            CallerRefused: Somebody else tells one.
        """
        said = headers.get(self._subject_header, b"")
        roles = headers.get(self._roles_header, b"")
        tenant = headers.get(self._tenant_header, b"") if self._tenant_claim is not None else b""
        if not said and not roles and not tenant:
            return None
        if not self._trusts(address):
            named = [self._subject_header, self._roles_header]
            named += [] if self._tenant_claim is None else [self._tenant_header]
            raise CallerRefused(f"{' and '.join(each.decode() for each in named)} count from trusted proxies alone")
        subject = said.decode("utf-8", "replace").strip()
        if not subject or max(len(said), len(roles), len(tenant)) > _LONGEST:
            raise CallerRefused(f"the proxy sends no usable {self._subject_header.decode()}")
        claims = {} if not tenant else {str(self._tenant_claim): tenant.decode("utf-8", "replace").strip()}
        return Identity(subject=subject, roles=roles_of(roles.decode("utf-8", "replace")), via="proxy", claims=claims)

    def _trusts(self, address: str | None) -> bool:
        try:
            found = ipaddress.ip_address(address or "")
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in each for each in self._networks)

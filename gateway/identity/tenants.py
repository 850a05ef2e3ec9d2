"""Whose caller somebody is: one claim says so, however the caller is known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from hazelgate.client.rights.rights import Rights
from hazelgate.gateway.identity.api_keys import ApiKeys
from hazelgate.gateway.identity.callers import Caller, Callers, Headers, Known
from hazelgate.gateway.identity.proxies import Proxies
from hazelgate.gateway.identity.refusing import TenantRefused
from hazelgate.sourcing.declaring.access import OPERATOR
from hazelgate.sourcing.identity import Identity
from hazelgate.sourcing.ids import TENANT_DESCRIPTION, is_tenant

if TYPE_CHECKING:
    from hazelgate.gateway.identity.tokens import Tokens


class TenantClaim:
    """
    The claim that names a caller's tenant.

    Args:
        name: The claim's, dotted where it lies deeper.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def told(self, identity: Identity) -> Identity:
        """
        The identity, with its tenant. An operator may have none: then it oversees all of them.

        Raises:
            TenantRefused: The caller has none, or one that can't be a tenant's name.
        """
        found = identity.claim(self.name)
        if found is None and OPERATOR in identity.roles:
            return identity
        if found is None:
            raise TenantRefused(
                f"the credentials name no tenant: get some with the claim {self.name!r}, or have it added to yours"
            )
        if not is_tenant(found):
            raise TenantRefused(f"the claim {self.name!r} is no tenant: a tenant is {TENANT_DESCRIPTION}")
        return msgspec.structs.replace(identity, tenant=found)


class TenantCallers(Callers):
    """
    Callers where there are tenants.

    Args:
        rights_of, tokens, keys, proxies: As `Callers` has them.
        claim: Says whose a caller is.
        enter: Awaited before a caller is answered: its tenant's part of the gateway may have to begin.
    """

    def __init__(
        self,
        rights_of: Callable[[Identity | None], Rights],
        *,
        claim: TenantClaim,
        enter: Callable[[Rights], Awaitable[None]],
        tokens: Tokens | None = None,
        keys: ApiKeys | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        def of_tenants(identity: Identity | None) -> Rights:
            return rights_of(None if identity is None else claim.told(identity))

        super().__init__(of_tenants, tokens=tokens, keys=keys, proxies=proxies)
        self._enter = enter

    async def of_request(self, headers: Headers, address: str | None) -> Caller:
        """As its base does."""
        found = await super().of_request(headers, address)
        await self._enter(found.rights)
        return found

    def at_once(self, headers: Headers) -> Known | None:
        """Nobody: the caller's tenant may have to begin."""
        return None

    async def of_payload(self, payload: Mapping[str, Any] | None) -> Caller | None:
        """As its base does."""
        found = await super().of_payload(payload)
        if found is not None:
            await self._enter(found.rights)
        return found

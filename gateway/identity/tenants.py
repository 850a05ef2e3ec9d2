"""Whose caller somebody is: one claim says so, however the caller is known."""

from __future__ import annotations

import msgspec

from hazelgate.gateway.identity.refusing import TenantRefused
from hazelgate.sourcing.declaring.access import OPERATOR
from hazelgate.sourcing.identity import Identity
from hazelgate.sourcing.ids import TENANT_DESCRIPTION, is_tenant


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

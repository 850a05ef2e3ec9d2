"""The ways by which a gateway knows callers, as its settings say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hazelgate.client.rights.rights import Rights
from hazelgate.gateway.identity.api_keys import ApiKeys
from hazelgate.gateway.identity.callers import Callers
from hazelgate.gateway.identity.proxies import Proxies
from hazelgate.gateway.identity.tenants import TenantCallers, TenantClaim
from hazelgate.gateway.settings import Settings
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.identity import Identity

if TYPE_CHECKING:
    from hazelgate.gateway.identity.tokens import Tokens


def callers_of(
    settings: Settings,
    rights_of: Callable[[Identity | None], Rights],
    enter: Callable[[Rights], Awaitable[None]],
) -> Callers:
    """
    Everything by which a gateway with these settings knows callers.

    Args:
        enter: As `TenantCallers` has it.

    Raises:
        CatalogError: The file of API keys can't be read.
    """
    keys = proxies = None
    tokens = None if settings.oidc_issuer is None else _tokens_of(settings, settings.oidc_issuer)
    if settings.api_keys_file is not None:
        try:
            keys = ApiKeys(settings.api_keys_file)
        except ValueError as error:
            raise CatalogError(f"{error}; `hazelgate api-key` makes one") from None
    if settings.identity_proxies:
        proxies = Proxies(
            settings.identity_proxies,
            subject_header=settings.proxy_subject_header,
            roles_header=settings.proxy_roles_header,
            tenant_header=settings.proxy_tenant_header,
            tenant_claim=settings.tenant_claim,
        )
    if settings.tenant_claim is None:
        return Callers(rights_of, tokens=tokens, keys=keys, proxies=proxies)
    claim = TenantClaim(settings.tenant_claim)
    return TenantCallers(rights_of, claim=claim, enter=enter, tokens=tokens, keys=keys, proxies=proxies)


def _tokens_of(settings: Settings, issuer: str) -> Tokens:
    # PyJWT, cryptography and httpx take a sixth of a gateway's start: only where there is an issuer.
    from hazelgate.gateway.identity.key_sets import KeySet
    from hazelgate.gateway.identity.tokens import Tokens

    return Tokens(
        KeySet(issuer, settings.oidc_keys_url),
        issuer=issuer,
        audience=settings.oidc_audience,
        algorithms=settings.oidc_algorithms,
        leeway_seconds=settings.oidc_leeway_seconds,
        roles_claim=settings.oidc_roles_claim,
    )

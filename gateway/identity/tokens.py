"""Bearer tokens of an OpenID Connect issuer: their signature, and what they say, checked by PyJWT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jwt

from hazelgate.gateway.identity.key_sets import KeySet
from hazelgate.gateway.identity.refusing import CallerRefused
from hazelgate.gateway.identity.roles import roles_of
from hazelgate.sourcing.identity import Identity

_REQUIRED = ("exp", "iss", "aud", "sub")


class Tokens:
    """
    What a gateway takes as a token.

    Args:
        keys: The issuer's.
        issuer, audience: What a token has to name.
        algorithms: Those that it may be signed by; others are refused, whatever the token says.
        leeway_seconds: How far the issuer's clock may be off.
        roles_claim: The claim with the roles, dotted where it lies deeper.
    """

    def __init__(
        self,
        keys: KeySet,
        *,
        issuer: str,
        audience: Sequence[str],
        algorithms: Sequence[str],
        leeway_seconds: float,
        roles_claim: str,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = list(audience)
        self._algorithms = list(algorithms)
        self._leeway_seconds = leeway_seconds
        self._roles_claim = roles_claim

    async def identity(self, token: str) -> tuple[Identity, float]:
        """
        The identity that a token stands for, and when it expires, in seconds since 1970, the leeway included.

        Raises:
            CallerRefused: It does not hold.
        """
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise CallerRefused("the token is no JWT; send the access token as its issuer gave it") from None
        if header.get("alg") not in self._algorithms:
            raise CallerRefused(f"the token is signed by {str(header.get('alg'))[:20]!r}, which is not allowed here")
        key_id = header.get("kid")
        key = await self._keys.key(key_id if isinstance(key_id, str) else None)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=self._algorithms,
                audience=self._audience,
                issuer=self._issuer,
                leeway=self._leeway_seconds,
                options={"require": list(_REQUIRED)},
            )
        except jwt.ExpiredSignatureError:
            raise CallerRefused("the token has expired; get a new one") from None
        except jwt.InvalidAudienceError:
            raise CallerRefused("the token is for another audience; ask its issuer for one for this API") from None
        except jwt.InvalidIssuerError:
            raise CallerRefused("the token is of another issuer") from None
        except (jwt.ImmatureSignatureError, jwt.InvalidIssuedAtError):
            raise CallerRefused("the token is not valid yet; look at the clocks") from None
        except jwt.MissingRequiredClaimError as error:
            raise CallerRefused(f"the token lacks the claim {error.claim!r}") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise CallerRefused("the token's signature does not hold; get a new one") from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not subject:
            raise CallerRefused("the token's claim 'sub' is no text")
        identity = Identity(subject=subject, via="token", claims=claims)
        roles = roles_of(identity.claim(self._roles_claim))
        return (
            Identity(subject=subject, roles=roles, via="token", claims=claims),
            float(claims["exp"]) + self._leeway_seconds,
        )

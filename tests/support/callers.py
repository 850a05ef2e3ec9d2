"""Callers of a gateway: an issuer of tokens in memory, and API keys in a file."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from hazelgate.gateway.identity.api_keys import new_key
from hazelgate.gateway.identity.key_sets import KeySet
from hazelgate.gateway.identity.tokens import Tokens

ISSUER = "https://login.example"
AUDIENCE = "shop"


@dataclass
class SigningKey:
    """A key of an issuer."""

    id: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def published(self) -> dict[str, Any]:
        """As the issuer publishes it."""
        made: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.private.public_key()))
        return {**made, "kid": self.id, "use": "sig", "alg": "ES256"}


@dataclass
class Issuer:
    """An issuer whose documents are asked for without a network."""

    keys: list[SigningKey] = field(default_factory=lambda: [SigningKey("k1")])
    asked: list[str] = field(default_factory=list)
    is_away: bool = False

    async def fetch(self, address: str) -> Mapping[str, Any]:
        """What it answers at an address."""
        self.asked.append(address)
        if self.is_away:
            raise ValueError("the issuer is away")
        if address == f"{ISSUER}/.well-known/openid-configuration":
            return {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
        assert address == f"{ISSUER}/keys", address
        return {"keys": [each.published for each in self.keys]}

    def token(self, subject: str = "c1", *, signed_by: SigningKey | None = None, **claims: Any) -> str:
        """A token for the audience, five minutes long."""
        key = signed_by or self.keys[-1]
        now = int(time.time())
        said = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, key.private, algorithm="ES256", headers={"kid": key.id})


def tokens_of(issuer: Issuer, keys: KeySet | None = None, algorithms: Sequence[str] = ("ES256",)) -> Tokens:
    """What a gateway takes of this issuer."""
    return Tokens(
        keys or KeySet(ISSUER, fetch=issuer.fetch),
        issuer=ISSUER,
        audience=[AUDIENCE],
        algorithms=algorithms,
        leeway_seconds=30.0,
        roles_claim="roles",
    )


def keys_file(folder: Path, **roles: Sequence[str]) -> tuple[Path, dict[str, str]]:
    """A file with a key for each of these names, and the keys themselves. The subject of a key is `key:<name>`."""
    made = {name: new_key(name, list(held)) for name, held in roles.items()}
    folder.mkdir(exist_ok=True)
    path = folder / "keys.toml"
    path.write_text("\n".join(lines for _, lines in made.values()), encoding="utf-8")
    return path, {name: text for name, (text, _) in made.items()}

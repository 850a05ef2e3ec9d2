"""Bearer tokens: all that an issuer signs for this API is taken, and nothing else."""

from __future__ import annotations

import time

import jwt
import pytest

from hazelgate.gateway.identity import key_sets
from hazelgate.gateway.identity.key_sets import KeySet
from hazelgate.gateway.identity.refusing import CallerRefused
from hazelgate.gateway.identity.roles import roles_of
from tests.support.callers import AUDIENCE, ISSUER, Issuer, SigningKey, tokens_of


class Clock:
    """Seconds that only a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def test_a_token_says_who_asks_and_until_when() -> None:
    issuer = Issuer()
    exp = int(time.time()) + 60
    identity, until = await tokens_of(issuer).identity(
        issuer.token("ada", roles=["customer"], exp=exp, org={"id": "o1"})
    )
    assert (identity.subject, identity.roles, identity.via) == ("ada", ("customer",), "token")
    assert identity.claim("org.id") == "o1"
    assert until == exp + 30
    assert issuer.asked == [f"{ISSUER}/.well-known/openid-configuration", f"{ISSUER}/keys"]


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": -31}, "expired"),
        ({"aud": "other"}, "another audience"),
        ({"aud": None}, "lacks the claim 'aud'"),
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"exp": None}, "lacks the claim 'exp'"),
        ({"subject": ""}, "no text"),
        ({"nbf": 120}, "not valid yet"),
    ],
)
async def test_what_does_not_hold_is_refused_with_the_reason(claims: dict[str, object], reason: str) -> None:
    """Numbers are seconds from now."""
    issuer, now = Issuer(), int(time.time())
    claims = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}
    with pytest.raises(CallerRefused, match=reason):
        await tokens_of(issuer).identity(issuer.token(**claims))  # type: ignore[arg-type]


async def test_the_leeway_covers_a_clock_that_is_a_little_off() -> None:
    issuer = Issuer()
    identity, _ = await tokens_of(issuer).identity(issuer.token("ada", exp=int(time.time()) - 20))
    assert identity.subject == "ada"


async def test_a_token_of_another_key_or_algorithm_is_refused() -> None:
    issuer = Issuer()
    tokens = tokens_of(issuer)
    stranger = SigningKey("k1")
    with pytest.raises(CallerRefused, match="signature does not hold"):
        await tokens.identity(issuer.token(signed_by=stranger))
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": int(time.time()) + 60}
    with pytest.raises(CallerRefused, match="'none', which is not allowed"):
        await tokens.identity(jwt.encode(claims, "", algorithm="none"))
    public = str(issuer.keys[0].published)
    with pytest.raises(CallerRefused, match="'HS256', which is not allowed"):
        await tokens.identity(jwt.encode(claims, public + "x" * 32, algorithm="HS256", headers={"kid": "k1"}))
    with pytest.raises(CallerRefused, match="'ES256', which is not allowed"):
        await tokens_of(issuer, algorithms=["RS256"]).identity(issuer.token())
    for nonsense in ("", "a.b.c", "é", "x" * 1_000, "." * 50):
        with pytest.raises(CallerRefused):
            await tokens.identity(nonsense)


async def test_a_rotated_key_is_fetched_once_it_is_used() -> None:
    issuer, clock = Issuer(), Clock()
    tokens = tokens_of(issuer, KeySet(ISSUER, fetch=issuer.fetch, clock=clock))
    await tokens.identity(issuer.token())
    issuer.keys.append(SigningKey("k2"))
    clock.now += 11
    await tokens.identity(issuer.token("ada"))
    assert issuer.asked.count(f"{ISSUER}/keys") == 2


async def test_unknown_keys_do_not_make_the_gateway_ask_all_the_time() -> None:
    issuer, clock = Issuer(), Clock()
    tokens = tokens_of(issuer, KeySet(ISSUER, fetch=issuer.fetch, clock=clock))
    await tokens.identity(issuer.token())
    for number in range(50):
        with pytest.raises(CallerRefused, match="does not publish"):
            await tokens.identity(issuer.token(signed_by=SigningKey(f"x{number}")))
    assert issuer.asked.count(f"{ISSUER}/keys") == 1


async def test_keys_are_used_for_a_while_where_the_issuer_is_away_and_not_for_ever() -> None:
    issuer, clock = Issuer(), Clock()
    tokens = tokens_of(issuer, KeySet(ISSUER, fetch=issuer.fetch, clock=clock))
    await tokens.identity(issuer.token())
    issuer.is_away = True
    clock.now += 600
    await tokens.identity(issuer.token())
    clock.now += 3_600
    with pytest.raises(CallerRefused, match="can't be fetched just now") as raised:
        await tokens.identity(issuer.token())
    assert raised.value.unavailable
    issuer.is_away = False
    clock.now += 11
    await tokens.identity(issuer.token())


async def test_the_discovery_document_of_another_issuer_does_not_count() -> None:
    issuer = Issuer()
    keys = KeySet("https://other.example", fetch=lambda _: issuer.fetch(f"{ISSUER}/.well-known/openid-configuration"))
    with pytest.raises(CallerRefused, match="can't be fetched"):
        await keys.key("k1")


async def test_keys_that_are_not_for_signatures_or_shared_secrets_do_not_count() -> None:
    key = SigningKey("k1")

    async def fetch(_: str) -> dict[str, object]:
        shared = {"kty": "oct", "k": "c2VjcmV0", "kid": "k0"}
        return {"keys": [shared, {**key.published, "kid": "k2", "use": "enc"}, {"kty": "RSA"}, key.published]}

    keys = KeySet(ISSUER, "https://login.example/keys", fetch=fetch)
    assert (await keys.key("k1")).key_id == "k1"
    assert (await keys.key(None)).key_id == "k1"
    for each in ("k0", "k2"):
        with pytest.raises(CallerRefused):
            await keys.key(each)


def test_roles_are_a_list_or_a_text() -> None:
    assert roles_of(["a", "b", "a", 1, ""]) == ("a", "b")
    assert roles_of("a b,c") == ("a", "b", "c")
    assert roles_of(None) == roles_of({"a": 1}) == roles_of(["anonymous"]) == ()


def test_an_issuer_is_asked_by_https_alone() -> None:
    from hazelgate.gateway.door.addresses import require_safe

    assert require_safe("https://login.example/realm") == "https://login.example/realm"
    assert require_safe("http://127.0.0.1:8080/") == "http://127.0.0.1:8080/"
    for each in ("http://login.example", "ftp://login.example", "login.example", "https://"):
        with pytest.raises(ValueError, match="no https address"):
            require_safe(each)
    assert key_sets.QUIET_SECONDS < key_sets.FRESH_SECONDS < key_sets.USABLE_SECONDS

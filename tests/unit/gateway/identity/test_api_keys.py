"""API keys: made once, kept as hashes, and gone as soon as they are out of the file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hazelgate.gateway.identity.api_keys import ApiKeys, new_key, read_keys
from hazelgate.gateway.identity.credentials import Credentials
from hazelgate.gateway.identity.proxies import Proxies
from hazelgate.gateway.identity.refusing import CallerRefused, TenantRefused
from hazelgate.gateway.identity.tenants import TenantClaim
from hazelgate.gateway.terms import LOOK_SECONDS
from hazelgate.sourcing.identity import Identity
from tests.support.callers import keys_file


def test_a_key_is_taken_and_the_file_does_not_tell_it(tmp_path: Path) -> None:
    path, keys = keys_file(tmp_path, ci=["operator"], shop=["customer", "support"])
    taken = ApiKeys(path)
    identity, key = taken.identity(keys["shop"])
    assert (identity.subject, identity.roles, identity.via) == ("key:shop", ("customer", "support"), "key")
    assert key.expires_at is None
    text = path.read_text()
    assert not any(each.split("_", 2)[2] in text for each in keys.values())


def test_no_other_text_is_taken(tmp_path: Path) -> None:
    path, keys = keys_file(tmp_path, ci=["operator"], other=["customer"])
    taken = ApiKeys(path)
    swapped = "_".join([*keys["ci"].split("_")[:2], keys["other"].split("_", 2)[2]])
    for each in (swapped, keys["ci"][:-1], keys["ci"] + "x", "hzg_", "", "\ud800"):
        with pytest.raises(CallerRefused, match="no such API key"):
            taken.identity(each)


def test_a_key_ends_when_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    over, lines = new_key("over", ["a"], expires=datetime.now(UTC) - timedelta(seconds=2))
    later, more = new_key("later", ["a"], {"tenant": "t1"}, datetime.now(UTC) + timedelta(days=1))
    path.write_text(lines + more)
    taken = ApiKeys(path)
    with pytest.raises(CallerRefused, match="expired"):
        taken.identity(over)
    identity, key = taken.identity(later)
    assert key.expires_at is not None
    assert identity.claim("tenant") == "t1"


def test_a_key_that_is_taken_out_works_no_longer(tmp_path: Path) -> None:
    now = [0.0]
    path, keys = keys_file(tmp_path, ci=["operator"])
    taken = ApiKeys(path, lambda: now[0])
    _, lines = new_key("new", ["operator"])
    path.write_text(lines)
    _, key = taken.identity(keys["ci"])
    assert taken.has(key)
    now[0] += LOOK_SECONDS
    assert not taken.has(key)
    with pytest.raises(CallerRefused):
        taken.identity(keys["ci"])


def test_a_file_that_breaks_lets_nobody_in(tmp_path: Path) -> None:
    now = [0.0]
    path, keys = keys_file(tmp_path, ci=["operator"])
    good = path.read_text()
    taken = ApiKeys(path, lambda: now[0])
    path.write_text("nonsense [")
    now[0] += LOOK_SECONDS
    with pytest.raises(CallerRefused):
        taken.identity(keys["ci"])
    path.write_text(good)
    now[0] += LOOK_SECONDS
    assert taken.identity(keys["ci"])[0].subject == "key:ci"


@pytest.mark.parametrize(
    "text",
    ["[[key]]\nid = 1", "[[key]]\nid='a'\nname='b'\nroles=['c']\nhash='short'", "key = 1", "[[keys]]\nid='a'"],
)
def test_a_file_that_is_none_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match="can't be read") as raised:
        read_keys(path)
    assert "\n" not in str(raised.value)
    with pytest.raises(ValueError, match="can't be read"):
        ApiKeys(tmp_path / "missing.toml")


def test_credentials_come_in_headers_or_in_the_first_message() -> None:
    assert Credentials.of_headers({}) is None
    assert Credentials.of_headers({b"authorization": b"bearer abc"}) == Credentials(token="abc")
    assert Credentials.of_headers({b"authorization": b"Bearer hzg_a_b"}) == Credentials(key="hzg_a_b")
    assert Credentials.of_headers({b"x-api-key": b"hzg_a_b"}) == Credentials(key="hzg_a_b")
    assert Credentials.of_payload(None) is None
    assert Credentials.of_payload({"Authorization": "Bearer abc"}) == Credentials(token="abc")
    assert Credentials.of_payload({"apiKey": "hzg_a_b"}) == Credentials(key="hzg_a_b")
    assert Credentials.of_payload({"X-API-Key": "hzg_a_b"}) == Credentials(key="hzg_a_b")
    wrongs: tuple[dict[str, object], ...] = (
        {"authorization": "Basic abc"},
        {"authorization": 1},
        {"apiKey": []},
        {"authorization": "Bearer "},
    )
    for wrong in wrongs:
        with pytest.raises(CallerRefused):
            Credentials.of_payload(wrong)
    with pytest.raises(CallerRefused, match="not both"):
        Credentials.of_headers({b"authorization": b"Bearer a", b"x-api-key": b"b"})
    with pytest.raises(CallerRefused, match="at most"):
        Credentials.of_headers({b"authorization": b"Bearer " + b"a" * 20_000})


def test_a_proxys_word_counts_from_its_address_alone() -> None:
    proxies = Proxies(["10.0.0.0/8", "::1"], subject_header="X-User", roles_header="X-Roles")
    said = {b"x-user": b"ada", b"x-roles": b"customer, support"}
    for address in ("10.1.2.3", "::1", "::ffff:10.1.2.3"):
        identity = proxies.identity(said, address)
        assert identity is not None
        assert (identity.subject, identity.roles, identity.via) == ("ada", ("customer", "support"), "proxy")
    others: tuple[str | None, ...] = ("11.1.2.3", "127.0.0.1", None, "nonsense")
    for other in others:
        with pytest.raises(CallerRefused, match="trusted proxies alone"):
            proxies.identity(said, other)
    assert proxies.identity({}, "11.1.2.3") is None
    with pytest.raises(CallerRefused):
        proxies.identity({b"x-roles": b"operator"}, "11.1.2.3")
    with pytest.raises(CallerRefused, match="no usable"):
        proxies.identity({b"x-roles": b"operator"}, "10.1.2.3")


def test_a_proxy_says_whose_a_caller_is() -> None:
    proxies = Proxies(
        ["10.0.0.1"],
        subject_header="x-user",
        roles_header="x-roles",
        tenant_header="X-Tenant",
        tenant_claim="tid",
    )
    identity = proxies.identity({b"x-user": b"ada", b"x-tenant": b" acme "}, "10.0.0.1")
    assert identity is not None
    assert identity.claim("tid") == "acme"
    for headers in ({b"x-tenant": b"acme"}, {b"x-user": b"ada", b"x-tenant": b"acme"}):
        with pytest.raises(CallerRefused, match="x-tenant count from trusted proxies alone"):
            proxies.identity(headers, "10.0.0.2")
    nameless = proxies.identity({b"x-user": b"ada"}, "10.0.0.1")
    assert nameless is not None
    assert nameless.claim("tid") is None


def test_a_tenant_is_said_by_one_claim() -> None:
    deep = TenantClaim("org.id")
    assert deep.told(Identity(subject="ada", claims={"org": {"id": "acme"}})).tenant == "acme"
    assert deep.told(Identity(subject="op", roles=("operator",))).tenant == ""
    names: tuple[object, ...] = (None, "", "a!b", ["acme"])
    for name in names:
        with pytest.raises(TenantRefused, match=r"'org\.id'"):
            deep.told(Identity(subject="ada", claims={"org": {"id": name}}))
    with pytest.raises(TenantRefused, match="is no tenant"):
        deep.told(Identity(subject="op", roles=("operator",), claims={"org": {"id": 7}}))

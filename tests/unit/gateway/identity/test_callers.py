"""What is kept of callers is bounded."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema

from hazelgate import Catalog, Identity
from hazelgate.client.rights.rights import Rights
from hazelgate.gateway.graphql import executions
from hazelgate.gateway.graphql.execution import Execution
from hazelgate.gateway.graphql.executions import Executions
from hazelgate.gateway.graphql.limits import Limits
from hazelgate.gateway.identity import callers
from hazelgate.gateway.identity.api_keys import ApiKeys
from hazelgate.gateway.identity.callers import Callers
from tests.support.callers import Issuer, keys_file, tokens_of

CATALOG = Catalog.load("hazelgate.domain")


def executions_of() -> Executions:
    def make(schema: GraphQLSchema, rights: Rights) -> Execution:
        nothing_runs: Any = None
        return Execution(schema, lambda _rights, _watch: nothing_runs, rights, limits=Limits())

    return Executions(CATALOG, None, make)


async def test_rights_go_when_nobody_has_them_any_more() -> None:
    made = executions_of()
    rights = made.rights_of(Identity(subject="ada", roles=("customer",)))
    made.of(rights)
    told = weakref.ref(rights)
    del rights
    gc.collect()
    assert told() is None


def test_sets_of_roles_are_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "MOST_KEPT", 2)
    made = executions_of()
    sets = [("customer",), ("support",), ("operator",), ("customer", "nonsense")]
    schemas = {roles: made.of(made.rights_of(Identity(subject="x", roles=roles)))._schema for roles in sets}
    assert len(made._by_roles) == 2
    assert schemas["customer",] is not schemas["customer", "nonsense"], "made again, as it was let go"
    again = made.of(made.rights_of(Identity(subject="y", roles=("customer", "other"))))
    assert again._schema is schemas["customer", "nonsense"], "roles that no rule names make no schema"


async def test_a_token_is_checked_once_and_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(callers, "_MOST_KEPT", 3)
    issuer = Issuer()
    path, keys = keys_file(tmp_path, ci=["operator"])
    known = Callers(executions_of().rights_of, tokens=tokens_of(issuer), keys=ApiKeys(path))
    for number in range(10):
        headers = {b"authorization": f"Bearer {issuer.token(f'c{number}')}".encode()}
        assert (await known.of_request(headers, None)) is (await known.of_request(headers, None))
    assert len(known._checked) == 3
    assert len(known._rights) == 3
    one = await known.of_request({b"x-api-key": keys["ci"].encode()}, None)
    other = await known.of_request({b"authorization": f"Bearer {keys['ci']}".encode()}, None)
    assert one.rights is other.rights

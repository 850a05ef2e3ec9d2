"""A gateway that knows its callers, over HTTP and websockets."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.types import Message, Receive, Scope, Send

from hazelgate import Catalog
from hazelgate.client.rights.rights import LimitedRights, Rights
from hazelgate.client.rights.shapes import shape_of
from hazelgate.gateway import terms
from hazelgate.gateway.door.refusals import Refusals
from hazelgate.gateway.identity import api_keys, key_sets
from hazelgate.gateway.identity.callers import Callers
from hazelgate.gateway.identity.gate import Gate, rights_in
from hazelgate.gateway.settings import Settings
from tests.support.callers import AUDIENCE, ISSUER, Issuer, keys_file
from tests.support.gateway import Closed, Gateway, Websocket, running_gateway
from tests.support.streaming import streaming


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    """The issuer that the gateway asks."""
    issuer = Issuer()
    monkeypatch.setattr(key_sets, "fetch_json", issuer.fetch)
    return issuer


@pytest.fixture
async def shop(issuer: Issuer, tmp_path: Path) -> AsyncIterator[Gateway]:
    """The shop with tokens, keys and a proxy."""
    path, keys = keys_file(tmp_path, ci=["operator"])
    settings = Settings(
        oidc_issuer=ISSUER, oidc_audience=(AUDIENCE,), api_keys_file=path, identity_proxies=("10.0.0.1",)
    )
    async with running_gateway(settings) as gateway:
        gateway.app.state.key = keys["ci"]
        yield gateway


CUSTOMERS = "{ customers { totalCount edges { node { customerId } } } }"


async def ask(shop: Gateway, query: str, **headers: str) -> tuple[int, dict[str, object]]:
    response = await shop.http.post("/graphql", json={"query": query}, headers=headers)
    return response.status_code, response.json()


async def test_a_caller_without_credentials_is_told_to_bring_some(shop: Gateway) -> None:
    response = await shop.http.post("/graphql", json={"query": CUSTOMERS})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "send `Authorization: Bearer" in error["message"]


async def test_credentials_that_do_not_hold_are_refused_wherever_they_go(shop: Gateway, issuer: Issuer) -> None:
    old = issuer.token(exp=int(time.time()) - 60)
    for path in ("/graphql", "/metrics", "/"):
        response = await shop.http.get(path, headers={"authorization": f"Bearer {old}"})
        assert response.status_code == 401, path
        assert "expired" in response.json()["errors"][0]["message"]
    for path in ("/health", "/ready"):
        assert (await shop.http.get(path, headers={"authorization": f"Bearer {old}"})).status_code == 200
    text = (await shop.http.get("/metrics", headers={"x-api-key": shop.app.state.key})).text
    assert 'hazelgate_refused_total{reason="identity"} 3' in text


async def test_each_sees_its_own(shop: Gateway, issuer: Issuer) -> None:
    create = 'mutation { createCustomer(input: {customerId: "%s", name: "N", email: "n@example.org"}) { __typename } }'
    ada = f"Bearer {issuer.token('ada', roles=['customer'])}"
    assert (await ask(shop, create % "ada", authorization=ada))[1]["data"]
    _, body = await ask(shop, create % "bob", authorization=ada)
    assert "FORBIDDEN" in json.dumps(body)
    assert (await ask(shop, create % "bob", **{"x-api-key": shop.app.state.key}))[1]["data"]
    _, body = await ask(shop, CUSTOMERS, authorization=ada)
    assert body == {"data": {"customers": {"totalCount": 1, "edges": [{"node": {"customerId": "ada"}}]}}}
    _, body = await ask(shop, CUSTOMERS, authorization=f"Bearer {issuer.token('op', roles=['operator'])}")
    assert '"totalCount": 2' in json.dumps(body)


async def test_an_event_keeps_its_submitter(shop: Gateway, issuer: Issuer) -> None:
    create = 'mutation { createCustomer(input: {customerId: "ada", name: "N", email: "n@example.org"}) { __typename } }'
    await ask(shop, create, authorization=f"Bearer {issuer.token('ada', roles=['customer'], secret='s')}")
    [record] = shop.cluster.engine.map("event-store").values()
    said = json.loads(record)["metadata"]["identity"]
    assert said == {"subject": "ada", "roles": ["customer"], "via": "token", "claims": {"sub": "ada"}}


async def test_a_conflict_tells_nothing_of_an_aggregate_that_a_guard_keeps_from_its_caller(
    shop: Gateway, issuer: Issuer
) -> None:
    operator = {"x-api-key": shop.app.state.key}
    for document in (
        'createCustomer(input: {customerId: "bob", name: "N", email: "n@example.org"})',
        'createProduct(input: {productId: "p1", sku: "s", name: "n", price: "1", quantityOnHand: 5})',
        'createOrder(input: {orderId: "o1", customerId: "bob", items: [{productId: "p1", quantity: 1}]})',
    ):
        assert "errors" not in (await ask(shop, f"mutation {{ {document} {{ __typename }} }}", **operator))[1]
    cancel = (
        'mutation { cancelOrder(input: {orderId: "%s", reason: "x"}, options: {expectedSequence: 7}) '
        "{ __typename ... on EventError { message } } }"
    )
    ada = {"authorization": f"Bearer {issuer.token('ada', roles=['customer'])}"}
    _, hidden = await ask(shop, cancel % "o1", **ada)
    _, missing = await ask(shop, cancel % "o2", **ada)
    assert json.dumps(hidden).replace("o1", "?") == json.dumps(missing).replace("o2", "?")
    _, told = await ask(shop, cancel % "o1", authorization=f"Bearer {issuer.token('bob', roles=['customer'])}")
    assert "SequenceConflict" in json.dumps(told)


async def test_an_issuer_that_is_away_is_no_fault_of_the_caller(shop: Gateway, issuer: Issuer) -> None:
    issuer.is_away = True
    status, body = await ask(shop, CUSTOMERS, authorization=f"Bearer {issuer.token()}")
    assert status == 503
    assert "try again soon" in json.dumps(body)


async def test_a_field_that_a_role_lacks_reads_like_one_that_is_not_there(shop: Gateway, issuer: Issuer) -> None:
    support = f"Bearer {issuer.token('sue', roles=['support'])}"
    _, hidden = await ask(shop, "{ customers { edges { node { email } } } }", authorization=support)
    _, missing = await ask(shop, "{ customers { edges { node { nosuc } } } }", authorization=support)
    assert json.dumps(hidden).replace("email", "?") == json.dumps(missing).replace("nosuc", "?")
    assert '"code": "FORBIDDEN"' in json.dumps(hidden)
    assert "none of your roles may use it (you have: support)" in json.dumps(hidden)


async def test_each_role_sees_its_schema(shop: Gateway, issuer: Issuer) -> None:
    async def fields(*roles: str) -> str:
        token = issuer.token("x", roles=list(roles))
        query = '{ __schema { types { name fields { name } } } __type(name: "Customer") { fields { name } } }'
        return json.dumps((await ask(shop, query, authorization=f"Bearer {token}"))[1])

    assert '"email"' not in await fields("support")
    assert "deadLetters" not in await fields("customer")
    assert "deadLetters" in await fields("operator")
    assert '"Customer"' not in await fields()
    assert "totalSpent" not in await fields("support", "nosuchrole")


async def test_figures_are_the_operators(shop: Gateway, issuer: Issuer) -> None:
    assert (await shop.http.get("/metrics")).status_code == 401
    customer = {"authorization": f"Bearer {issuer.token(roles=['customer'])}"}
    assert (await shop.http.get("/metrics", headers=customer)).status_code == 403
    assert (await shop.http.get("/metrics", headers={"x-api-key": shop.app.state.key})).status_code == 200


async def test_the_page_for_browsers_names_nothing_of_the_domain(shop: Gateway) -> None:
    page = (await shop.http.get("/graphql", headers={"accept": "text/html"})).text
    assert "createCustomer" not in page


async def test_a_proxy_that_is_not_named_is_not_believed(shop: Gateway) -> None:
    status, body = await ask(shop, CUSTOMERS, **{"x-forwarded-user": "ada", "x-forwarded-groups": "operator"})
    assert status == 401
    assert "trusted proxies alone" in json.dumps(body)


async def test_a_token_names_its_callers_tenant(issuer: Issuer) -> None:
    """An event keeps it, and stands under it in the store; without it a token is refused."""
    settings = Settings(oidc_issuer=ISSUER, oidc_audience=(AUDIENCE,), tenant_claim="tid")
    create = 'mutation { createCustomer(input: {customerId: "ada", name: "N", email: "n@example.org"}) { __typename } }'
    async with running_gateway(settings) as shop:
        for tenant in ("acme", "globex"):
            token = f"Bearer {issuer.token('ada', roles=['customer'], tid=tenant)}"
            assert (await ask(shop, create, authorization=token))[1]["data"]
            _, body = await ask(shop, CUSTOMERS, authorization=token)
            assert body == {"data": {"customers": {"totalCount": 1, "edges": [{"node": {"customerId": "ada"}}]}}}
        records = {key: json.loads(raw) for key, raw in shop.cluster.engine.map("event-store").items()}
        assert set(records) == {"Customer:1@acme!ada", "Customer:1@globex!ada"}
        assert records["Customer:1@acme!ada"]["metadata"]["identity"]["tenant"] == "acme"
        status, body = await ask(shop, CUSTOMERS, authorization=f"Bearer {issuer.token('ada', roles=['customer'])}")
        assert status == 403
        assert "TENANT_REQUIRED" in json.dumps(body)


def test_tenants_need_callers_that_are_known() -> None:
    with pytest.raises(ValidationError, match="tenant_claim needs callers that are known"):
        Settings(tenant_claim="tid")


# ---------------------------------------------------------------- websockets


async def open_socket(shop: Gateway, payload: object, headers: dict[str, str] | None = None) -> Websocket:
    socket = Websocket(shop.app, "graphql-transport-ws", headers)
    await socket.open()
    await socket.send({"type": "connection_init", "payload": payload})
    return socket


async def test_a_socket_that_is_refused_has_no_more_rights_than_nobody() -> None:
    """A route of a user's own for websockets asks the scope for its caller's rights; without any it could do all."""
    seen: list[Rights | None] = []

    async def route(scope: Scope, _: Receive, __: Send) -> None:
        seen.append(rights_in(scope))

    nobody = LimitedRights(Catalog([]), shape_of(Catalog([]), ()), None)
    gate = Gate(route, callers=Callers(lambda _: nobody), refusals=Refusals())
    headers = [(b"x-api-key", b"hzg_a_b")]
    scope = {"type": "websocket", "path": "/own", "headers": headers, "client": ("127.0.0.1", 1)}
    messages: asyncio.Queue[Message] = asyncio.Queue()
    await gate(scope, messages.get, messages.put)
    assert seen == [nobody]


async def test_a_socket_says_who_it_is_in_its_first_message_or_in_its_headers(shop: Gateway, issuer: Issuer) -> None:
    token = f"Bearer {issuer.token('ada', roles=['customer'])}"
    for payload, headers in (({"Authorization": token}, None), (None, {"authorization": token})):
        socket = await open_socket(shop, payload, headers)
        assert await socket.receive() == {"type": "connection_ack"}
        await socket.subscribe("1", CUSTOMERS)
        assert (await socket.receive())["payload"]["data"]["customers"]["totalCount"] == 0
        await socket.leave()


@pytest.mark.parametrize("payload", [None, {}, {"Authorization": "Bearer x"}, {"apiKey": "hzg_a_b"}, {"apiKey": 1}])
async def test_a_socket_of_nobody_is_closed_with_the_reason(shop: Gateway, payload: object) -> None:
    socket = await open_socket(shop, payload)
    with pytest.raises(Closed) as closed:
        await socket.receive()
    assert closed.value.code == 4403
    assert closed.value.reason
    await socket.leave()


async def test_headers_that_do_not_hold_are_no_way_around(shop: Gateway, issuer: Issuer) -> None:
    socket = await open_socket(shop, None, {"authorization": "Bearer nonsense"})
    with pytest.raises(Closed, match="no JWT"):
        await socket.receive()
    await socket.leave()


async def test_a_socket_closes_when_its_token_expires(shop: Gateway, issuer: Issuer) -> None:
    leeway = 30
    token = issuer.token("ada", roles=["customer"], exp=int(time.time()) - leeway + 4)
    socket = await open_socket(shop, {"Authorization": f"Bearer {token}"})
    assert await socket.receive() == {"type": "connection_ack"}
    await socket.subscribe("1", "subscription { customerChanged { __typename } }")
    with pytest.raises(Closed, match="no longer hold; connect again") as closed:
        await socket.receive(timeout=60)
    assert closed.value.code == 4403
    create = 'mutation { createCustomer(input: {customerId: "ada", name: "N", email: "n@x.org"}) { __typename } }'
    await socket.subscribe("2", create)
    await asyncio.sleep(0.05)
    assert len(shop.cluster.engine.map("event-store")) == 0, "what comes too late does nothing"
    await shop.http.post(
        "/graphql",
        json={"query": create},
        headers={"x-api-key": shop.app.state.key},
    )
    assert socket.waiting == 0
    await socket.leave()


async def test_what_stays_open_ends_once_its_api_key_is_taken_out(
    shop: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terms, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(api_keys, "LOOK_SECONDS", 0.0)
    key, other = shop.app.state.key, keys_file(tmp_path / "other", other=["operator"])[0]
    changes = "subscription { customerChanged { __typename } }"
    socket = await open_socket(shop, {"X-API-Key": key})
    assert await socket.receive() == {"type": "connection_ack"}
    await socket.subscribe("1", changes)
    stream = streaming(shop.app, body={"query": changes}, accept="text/event-stream", **{"x-api-key": key})
    async with stream as as_events:
        await asyncio.sleep(0.2)
        assert socket.waiting == 0
        other.replace(tmp_path / "keys.toml")
        with pytest.raises(Closed, match="no longer hold; connect again"):
            await socket.receive(timeout=60)
        await as_events.ended(timeout=60)


async def test_a_socket_counts_for_the_caller_that_its_first_message_names(issuer: Issuer, tmp_path: Path) -> None:
    """And no more for its address, which many may share."""
    settings = Settings(oidc_issuer=ISSUER, oidc_audience=(AUDIENCE,), max_connections_per_client=1)
    async with running_gateway(settings) as shop:
        sockets = []
        for subject in ("ada", "bob"):
            socket = await open_socket(shop, {"Authorization": f"Bearer {issuer.token(subject, roles=['customer'])}"})
            assert await socket.receive() == {"type": "connection_ack"}
            sockets.append(socket)
        socket = await open_socket(shop, {"Authorization": f"Bearer {issuer.token('ada', roles=['customer'])}"})
        with pytest.raises(Closed, match="at most 1 connections"):
            await socket.receive()
        for each in sockets:
            await each.leave()


async def test_a_response_that_stays_open_ends_when_its_token_expires(shop: Gateway, issuer: Issuer) -> None:
    """Parts say why. Events end without `complete`, so that their client connects again, with a new token."""
    token = f"Bearer {issuer.token('ada', roles=['customer'], exp=int(time.time()) - 30 + 4)}"
    body = {"query": "subscription { customerChanged { __typename } }"}
    parts, events = "multipart/mixed;subscriptionSpec=1.0", "text/event-stream"
    async with (
        streaming(shop.app, body=body, accept=parts, authorization=token) as in_parts,
        streaming(shop.app, body=body, accept=events, authorization=token) as as_events,
    ):
        assert (in_parts.status, as_events.status) == (200, 200)
        await in_parts.ended(timeout=60)
        await as_events.ended(timeout=60)
    assert b"UNAUTHENTICATED" in in_parts.received
    assert b"subscribe again with new ones" in in_parts.received
    assert b"complete" not in as_events.received


async def test_subscribers_share_an_execution_only_with_the_same_rights(shop: Gateway, issuer: Issuer) -> None:
    sockets = []
    for subject, roles in (("ada", "customer"), ("bob", "customer"), ("sue", "support"), ("sam", "support")):
        token = issuer.token(subject, roles=[roles])
        socket = await open_socket(shop, {"Authorization": f"Bearer {token}"})
        assert await socket.receive() == {"type": "connection_ack"}
        await socket.subscribe("1", "subscription { customerChanged { ... on CustomerChange { customer { name } } } }")
        await socket.settle()
        sockets.append(socket)
    metrics = (await shop.http.get("/metrics", headers={"x-api-key": shop.app.state.key})).text
    assert "hazelgate_subscription_executions 3" in metrics
    for socket in sockets:
        await socket.leave()


# ---------------------------------------------------------------- settings


def test_settings_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    for given, reason in (
        ({"oidc_issuer": ISSUER}, "oidc_audience is missing"),
        ({"oidc_issuer": "http://login.example", "oidc_audience": "a"}, "no https address"),
        ({"oidc_issuer": ISSUER, "oidc_audience": "a", "oidc_algorithms": "HS256"}, "'HS256' is none of"),
        ({"identity_proxies": "10.0.0.300"}, "no address"),
        ({"identity_proxies": "10.0.0.1", "without_identity": True}, "contradicts"),
    ):
        with pytest.raises(ValidationError, match=reason):
            Settings(**given)
    assert not Settings().has_identity

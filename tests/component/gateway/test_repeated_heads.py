"""A request whose head has come before on its connection is answered as every other one is, by a shorter way."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from hazelgate.domain.customers import CustomerCreated
from hazelgate.domain.orders import OrderCreated, OrderLine
from hazelgate.domain.products import ProductCreated
from hazelgate.gateway.door.repeated import RepeatedCycle
from hazelgate.gateway.identity import api_keys, callers, key_sets
from hazelgate.gateway.identity.api_keys import ApiKeys, new_key
from hazelgate.gateway.identity.refusing import CallerRefused
from hazelgate.gateway.settings import Settings
from hazelgate.gateway.terms import LOOK_SECONDS
from hazelgate.gateway.transports.plain import Plain
from hazelgate.testing.memory import MemoryCluster
from tests.support.callers import AUDIENCE, ISSUER, Issuer, keys_file
from tests.support.idle_time import idle_time
from tests.support.line import Connection, Door, open_door, post
from tests.support.until import until

CUSTOMER = "query ($id: ID!) { customer(customerId: $id) { customerId name email } }"
CREATE = 'mutation { createCustomer(input: {customerId: "c1", name: "Ada", email: "ada@example.org"}) { __typename } }'


def body(query: str | None, **more: Any) -> bytes:
    return json.dumps({"query": query, **more}).encode()


def customer(key: object = "c1") -> bytes:
    return body(CUSTOMER, variables={"id": key})


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies of requests that took the shorter way."""
    taken: list[bytes] = []
    go = Plain.go

    def noted(self: Plain, scope: Any, body: bytes) -> None:
        taken.append(body)
        go(self, scope, body)

    monkeypatch.setattr(Plain, "go", noted)
    return taken


@pytest.fixture
def quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


BODIES = {
    "an entry": customer(),
    "no entry": customer("nobody"),
    "no id": customer("no id"),
    "a number for an id": customer(1),
    "no variable": body(CUSTOMER),
    "null for a variable": customer(None),
    "a literal": body('{ customer(customerId: "c1") { name } }'),
    "aliases": body('{ one: customer(customerId: "c1") { called: name again: name } }'),
    "a computed field and an id": body('{ customer(customerId: "c1") { id name __typename } }'),
    "a link": body('{ customer(customerId: "c1") { name orders(first: 1) { totalCount } } }'),
    "two entries": body('{ a: customer(customerId: "c1") { name } b: customer(customerId: "c2") { name } }'),
    "the past": body('{ customer(customerId: "c1", asOf: "2020-01-01T00:00:00Z") { name } }'),
    "a list": body("{ customers(first: 2) { totalCount edges { node { name } } } }"),
    "a type": body("{ __typename }"),
    "its plan": body(CUSTOMER, variables={"id": "c1"}, extensions={"plan": True}),
    "skipped": body(
        'query ($a: Boolean!) { customer(customerId: "c1") { name email @skip(if: $a) } }', variables={"a": True}
    ),
    "one of two operations": body(
        'query A { __typename } query B { customer(customerId: "c1") { name } }', operationName="B"
    ),
    "neither of two": body("query A { __typename } query B { __typename }"),
    "no field": body("{ nothing }"),
    "no document": body("{"),
    "no query": b"{}",
    "no JSON": b"{",
    "a batch": b"[" + customer() + b"," + body("{ nothing }") + b"]",
    "a batch of three": b"[" + b",".join([customer()] * 3) + b"]",
    "a subscription": body("subscription { customerChanged { __typename } }"),
    "a refused mutation": body('mutation { createCustomer(input: {name: "", email: "none"}) { __typename } }'),
    "a hash that is not known": b'{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "00"}}}',
    "a document that is not known": b'{"documentId": "none"}',
    "introspection": body("{ __schema { types { name description fields { name description } } } }"),
    "too complex": body("{ " + " ".join(f"a{number}: __typename" for number in range(300)) + " }"),
    "too long": customer("x" * 9_000),
}
HEADS: dict[str, tuple[str, ...]] = {
    "no more": (),
    "the other media type": ("Accept: application/graphql-response+json",),
    "compressed": ("Accept-Encoding: br, gzip",),
    "kept alive": ("Connection: keep-alive", "User-Agent: test"),
}


@pytest.mark.usefixtures("quiet")
async def test_both_ways_give_the_same_answers(short: list[bytes]) -> None:
    """The status, each header in its order, and each byte of the body. The metrics count both alike."""
    async with open_door(Settings(port=0, max_batched_operations=2, max_body_bytes=8_192)) as door:
        await door.connect().ask(post(body(CREATE)))
        different = []
        for head, more in HEADS.items():
            client = await learned(door, *more)
            for name, asked in BODIES.items():
                usual = await door.connect().ask(post(asked, *more))
                counted = await metrics(door)
                again = await door.connect().ask(post(asked, *more))
                by_usual = await metrics(door)
                shorter = await client.ask(post(asked, *more))
                by_shorter = await metrics(door)
                grown = [{k: b[k] - a[k] for k in b} for a, b in ((counted, by_usual), (by_usual, by_shorter))]
                if not usual == again == shorter or grown[0] != grown[1] or short.pop() != asked:
                    different.append((head, name, usual, shorter, grown))
        assert different == []


async def learned(door: Door, *more: str) -> Connection:
    """A connection on which a head has come twice."""
    client = door.connect()
    for _ in range(2):
        await client.ask(post(body("{ __typename }"), *more))
    return client


async def metrics(door: Door) -> dict[str, float]:
    text = (await door.connect().ask(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")).decode()
    lines = (
        line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("hazelgate_") and "_created" not in line
    )
    wanted = ("hazelgate_http_requests_total", "hazelgate_operations_total", "hazelgate_refused_total")
    return {name: float(value) for name, value in lines if name.startswith(wanted)}


async def rest() -> None:
    """Until the gateway has done what it can do without a clock."""
    for _ in range(50):
        await asyncio.sleep(0)


NOT_PLAIN = {
    "a page": ("Origin: http://localhost",),
    "an id of its own": ("X-Request-Id: mine",),
    "it closes": ("Connection: close",),
    "events": ("Accept: text/event-stream",),
    "parts": ("Accept: multipart/mixed",),
    "nothing of ours": ("Accept: image/png",),
}


@pytest.mark.parametrize("more", NOT_PLAIN.values(), ids=NOT_PLAIN)
@pytest.mark.usefixtures("quiet")
async def test_a_head_that_is_not_the_usual_one_takes_the_usual_way(more: tuple[str, ...], short: list[bytes]) -> None:
    async with open_door(Settings(port=0)) as door:
        client = door.connect()
        for _ in range(4):
            client.send(post(body("{ __typename }"), *more))
            await rest()
            assert client.line.written
            if client.line.is_closed:
                client = door.connect()
        assert not short


async def test_another_head_is_looked_at_by_itself(short: list[bytes]) -> None:
    """Each of these differs in one byte or more from a head that was let in."""
    async with open_door(Settings(port=0)) as door:
        asked = body("{ __typename }")
        for head, status in (
            (post(asked).replace(b"localhost", b"evil.test"), b"421"),
            (post(asked, "Origin: http://evil.test"), b"403"),
            (post(asked, "Sec-Fetch-Site: cross-site"), b"403"),
            (post(asked).replace(b"application/json", b"text/plain"), b"415"),
            (post(asked).replace(b"/graphql", b"/graphqi"), b"404"),
            (post(asked).replace(b"POST", b"PUT"), b"405"),
        ):
            client = await learned(door)
            assert (await client.ask(head)).split()[1] == status
        assert not short


@pytest.mark.parametrize("cut", [1, 30, 90, -40, -1])
async def test_a_request_in_two_pieces_takes_the_usual_way(cut: int, short: list[bytes]) -> None:
    async with open_door(Settings(port=0)) as door:
        client = await learned(door)
        whole = post(body("{ __typename }"))
        client.send(whole[:cut])
        await asyncio.sleep(0)
        assert b'{"data":{"__typename":"Query"}}' in await client.ask(whole[cut:])
        assert not short


@pytest.mark.usefixtures("quiet")
async def test_requests_that_come_together_are_answered_in_their_order(short: list[bytes]) -> None:
    """The first of them comes alone, and the others while its entry is read."""
    async with open_door(Settings(port=0)) as door:
        client = await learned(door)
        client.send(post(customer("c1")))
        client.send(post(body("{ nothing }")) + post(body("{ __typename }")))
        answers = [await client.answer() for _ in range(3)]
        for answer, expected in zip(answers, (b'"customer":null', b"nothing", b'"Query"'), strict=True):
            assert expected in answer
        assert len(short) == 1


async def test_a_client_that_asks_too_much_is_told_so_by_both_ways(short: list[bytes]) -> None:
    async with open_door(Settings(port=0, max_cost_per_second=1)) as door:
        client = await learned(door)
        costly = post(body("{ customers(first: 1000) { edges { node { name } } } }"))
        assert b" 200 " in await client.ask(costly)
        shorter, usual = await client.ask(costly), await door.connect().ask(costly)
        assert len(short) == 2
        for answer in (shorter, usual):
            assert b" 429 " in answer
            assert b"retry-after: " in answer


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("way", ["shorter", "usual"])
async def test_an_entry_that_does_not_come_is_waited_for_until_the_deadline(
    way: str, short: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_door(Settings(port=0, execution_timeout_seconds=0.05)) as door:
        client = await learned(door) if way == "shorter" else door.connect()

        async def hang(*_: object) -> list[bytes | None]:
            await asyncio.sleep(60)
            return [None]

        monkeypatch.setattr(MemoryCluster, "read", hang)
        answer = await client.ask(post(customer()))
        assert b"DEADLINE_EXCEEDED" in answer
        assert bool(short) == (way == "shorter")
        assert (await metrics(door))['hazelgate_refused_total{reason="deadline"}'] == 1


@pytest.mark.usefixtures("quiet")
async def test_a_cluster_that_goes_away_is_told_by_both_ways(short: list[bytes]) -> None:
    async with open_door(Settings(port=0)) as door:
        client = await learned(door)
        await door.cluster.close()
        shorter, usual = await client.ask(post(customer())), await door.connect().ask(post(customer()))
        assert shorter == usual
        assert b"PIPELINE_UNAVAILABLE" in shorter
        assert len(short) == 1


async def test_a_read_that_fails_is_not_repeated(short: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """graphql-core says what went wrong, of the same read."""
    async with open_door(Settings(port=0)) as door:
        client = await learned(door)
        reads = []

        async def fail(_: object, map_name: str, keys: object) -> list[bytes | None]:
            reads.append(keys)
            raise OSError("broken")

        monkeypatch.setattr(MemoryCluster, "read", fail)
        answer = await client.ask(post(customer()))
        assert b'"INTERNAL"' in answer
        assert (len(reads), len(short)) == (1, 1)


@pytest.mark.usefixtures("quiet")
async def test_a_caller_is_known_anew_for_each_request(
    tmp_path: Path, short: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that was taken away lets nobody in, whatever its head was let in for before."""
    name, lines = new_key("ada", ["operator"], {})
    keys = tmp_path / "keys.toml"
    keys.write_text(lines, encoding="utf-8")
    credentials = f"Authorization: Bearer {name}"
    now = time.time()
    monkeypatch.setattr(callers, "time", SimpleNamespace(time=lambda: now))
    async with open_door(Settings(port=0, api_keys_file=keys)) as door:
        client = await learned(door, credentials)
        assert b'"customer":null' in await client.ask(post(customer(), credentials))
        assert len(short) == 1

        def refuse(*_: object) -> None:
            raise CallerRefused("no such key")

        monkeypatch.setattr(ApiKeys, "identity", refuse)
        now += LOOK_SECONDS + 1
        assert b" 401 " in await client.ask(post(customer(), credentials))
        assert len(short) == 1


@dataclass
class Clock:
    """The time of credentials: seconds since 1970, which pass when a test says so."""

    now: float

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of callers and keys. The file of API keys is looked at whenever a key is."""
    clock = Clock(time.time())
    for module in (callers, api_keys):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(api_keys, "LOOK_SECONDS", 0.0)
    return clock


@pytest.mark.usefixtures("quiet")
async def test_a_key_that_is_taken_away_is_noticed_on_each_living_connection(
    tmp_path: Path, short: list[bytes], clock: Clock
) -> None:
    path, keys = keys_file(tmp_path, ada=["operator"], bob=["operator"])
    heads = [f"X-Api-Key: {keys[name]}" for name in ("ada", "ada", "bob")]
    async with open_door(Settings(port=0, api_keys_file=path)) as door:
        clients = [await learned(door, head) for head in heads]
        path.write_text("[[key]]" + path.read_text(encoding="utf-8").split("[[key]]")[2], encoding="utf-8")

        async def statuses() -> list[bytes]:
            answers = [await client.ask(post(customer(), head)) for client, head in zip(clients, heads, strict=True)]
            return [each.split()[1] for each in answers]

        clock.now += LOOK_SECONDS - 0.1
        assert await statuses() == [b"200"] * 3
        assert len(short) == 3, "a key is looked up once in a while, whichever way its requests take"
        clock.now += 0.1
        assert await statuses() == [b"401", b"401", b"200"]
        assert len(short) == 3


@pytest.mark.usefixtures("quiet")
async def test_a_key_with_other_roles_shows_what_these_show(tmp_path: Path, short: list[bytes], clock: Clock) -> None:
    path, keys = keys_file(tmp_path, ada=["operator"])
    head = f"Authorization: Bearer {keys['ada']}"
    async with open_door(Settings(port=0, api_keys_file=path)) as door:
        client = await learned(door, head)
        await client.ask(post(body(CREATE), head))
        assert b'"name":"Ada"' in await client.ask(post(customer(), head))
        path.write_text(path.read_text(encoding="utf-8").replace('"operator"', '"customer"'), encoding="utf-8")
        clock.now += LOOK_SECONDS + 0.1
        usual, shorter = [await client.ask(post(customer(), head)) for _ in range(2)]
        assert usual == shorter
        assert b'"customer":null' in shorter
        assert len(short) == 3


@pytest.mark.usefixtures("quiet")
async def test_a_key_that_expires_is_noticed_at_that_moment(tmp_path: Path, short: list[bytes], clock: Clock) -> None:
    clock.now = float(int(clock.now))
    name, lines = new_key("ada", ["operator"], expires=datetime.fromtimestamp(clock.now + 2, UTC))
    keys = tmp_path / "keys.toml"
    keys.write_text(lines, encoding="utf-8")
    await expires_in(2, Settings(port=0, api_keys_file=keys), f"Authorization: Bearer {name}", short, clock)


@pytest.mark.usefixtures("quiet")
async def test_a_token_that_expires_is_noticed_at_that_moment(
    short: list[bytes], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now = float(int(clock.now))
    issuer = Issuer()
    monkeypatch.setattr(key_sets, "fetch_json", issuer.fetch)
    token = issuer.token("ada", roles=["operator"], iat=int(clock.now), exp=int(clock.now) + 60)
    told = SimpleNamespace(now=lambda tz: datetime.fromtimestamp(clock.now, tz))
    monkeypatch.setattr(jwt.api_jwt, "datetime", told)
    settings = Settings(port=0, oidc_issuer=ISSUER, oidc_audience=(AUDIENCE,), oidc_leeway_seconds=5)
    await expires_in(65, settings, f"Authorization: Bearer {token}", short, clock)


async def expires_in(seconds: float, settings: Settings, head: str, short: list[bytes], clock: Clock) -> None:
    """Credentials hold until a moment, and not longer, on a connection that has used them."""
    async with open_door(settings) as door:
        client = await learned(door, head)
        clock.now += seconds - 0.1
        assert b'"customer":null' in await client.ask(post(customer(), head))
        assert len(short) == 1
        clock.now += 0.1
        answer = await client.ask(post(customer(), head))
        assert b" 401 " in answer
        assert b"expired" in answer
        assert len(short) == 1


@pytest.mark.usefixtures("quiet")
async def test_a_head_with_other_credentials_is_another_caller_s(tmp_path: Path, short: list[bytes]) -> None:
    path, keys = keys_file(tmp_path, ada=["operator"], bob=["customer"])
    ada, bob = (f"Authorization: Bearer {keys[name]}" for name in ("ada", "bob"))
    async with open_door(Settings(port=0, api_keys_file=path)) as door:
        client = await learned(door, ada)
        await client.ask(post(body(CREATE), ada))
        for head, shown in ((bob, b'"customer":null'), (ada, b'"name":"Ada"'), (ada, b'"name":"Ada"')):
            assert shown in await client.ask(post(customer(), head))
        false = f"Authorization: Bearer {keys['bob'][:-1]}?"
        assert b" 401 " in await client.ask(post(customer(), false))
        assert len(short) == 2


RULED = "query ($id: ID!) { order(orderId: $id) { orderId status customer { customerId name } } }"


@pytest.mark.usefixtures("quiet")
async def test_a_rule_about_rows_holds_by_both_ways(tmp_path: Path, short: list[bytes]) -> None:
    """Of orders a customer sees its own, and not whether there is another one."""
    path, keys = keys_file(tmp_path, ada=["customer"], bob=["customer"], boss=["operator"])
    async with open_door(Settings(port=0, api_keys_file=path)) as door:
        handler = door.app.state.hazelgate.handler
        product = ProductCreated(product_id="p1", sku="PEN-1", name="Pen", price=Decimal(1), quantity_on_hand=9)
        await handler.handle_event(product)
        for name in ("ada", "bob"):
            customer_id = f"key:{name}"
            await handler.handle_event(CustomerCreated(customer_id=customer_id, name=name, email=f"{name}@example.org"))
            line = OrderLine(product_id="p1", quantity=1)
            await handler.handle_event(OrderCreated(order_id=f"o-{name}", customer_id=customer_id, items=(line,)))
        shown = []
        for who in keys:
            head = f"Authorization: Bearer {keys[who]}"
            client = await learned(door, head)
            for order_id in ("o-ada", "o-bob", "o-none"):
                asked = post(body(RULED, variables={"id": order_id}), head)
                usual, shorter = await door.connect().ask(asked), await client.ask(asked)
                assert usual == shorter
                shown += [(who, order_id)] if b'"orderId":"' in shorter else []
        assert shown == [("ada", "o-ada"), ("bob", "o-bob"), ("boss", "o-ada"), ("boss", "o-bob")]
        assert len(short) == 9


@pytest.mark.usefixtures("quiet")
async def test_a_caller_without_credentials_is_told_so_by_both_ways(tmp_path: Path, short: list[bytes]) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text(new_key("ada", ["operator"], {})[1], encoding="utf-8")
    async with open_door(Settings(port=0, api_keys_file=keys)) as door:
        client = await learned(door)
        shorter, usual = await client.ask(post(customer())), await door.connect().ask(post(customer()))
        assert shorter == usual
        assert b"UNAUTHENTICATED" in shorter
        assert len(short) == 1


async def test_a_client_that_went_away_is_told_of_in_the_log(
    short: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with open_door(Settings(port=0)) as door:
        client = await learned(door)
        client.send(post(customer()))
        client.server.connection_lost(ConnectionResetError())
        await until(lambda: "the client went away" in caplog.text)
        assert client.line.written == b""
        assert len(short) == 1


async def test_an_answer_waits_while_its_client_reads_nothing(short: list[bytes]) -> None:
    async with open_door(Settings(port=0)) as door:
        client = await learned(door)
        client.send(post(customer()))
        client.server.pause_writing()
        await rest()
        assert client.line.written == b""
        client.server.resume_writing()
        assert b'"customer":null' in await client.answer()
        assert len(short) == 1


async def test_an_idle_connection_closes_in_its_time_and_a_used_one_does_not() -> None:
    """The timer is that of the last answer of the usual way; it looks when it fires."""
    with idle_time(asyncio.get_running_loop()):
        async with open_door(Settings(port=0, keep_alive_seconds=1)) as door:
            used, idle = await learned(door), await learned(door)
            await asyncio.sleep(0.7)
            await used.ask(post(customer()))
            await asyncio.sleep(0.5)
            assert idle.line.is_closed
            assert not used.line.is_closed
            await asyncio.sleep(0.7)
            assert used.line.is_closed


@pytest.mark.usefixtures("quiet")
async def test_a_server_that_ends_answers_first(short: list[bytes]) -> None:
    async with open_door(Settings(port=0)) as door:
        client = await learned(door)
        client.send(post(customer()))
        assert isinstance(client.server.cycle, RepeatedCycle)
        client.server.shutdown()
        assert b"connection: close" in await client.answer()
        assert client.line.is_closed
        assert len(short) == 1


async def test_a_proxy_s_requests_take_the_usual_way(short: list[bytes]) -> None:
    """Its headers say who asks, and they change from request to request."""
    async with open_door(Settings(port=0, trusted_proxies=("127.0.0.1",))) as door:
        client = await learned(door)
        await client.ask(post(body("{ __typename }")))
        assert not short


async def test_compressed_answers_are_what_others_are(short: list[bytes]) -> None:
    async with open_door(Settings(port=0)) as door:
        client = await learned(door, "Accept-Encoding: gzip")
        answer = await client.ask(post(BODIES["introspection"], "Accept-Encoding: gzip"))
        head, _, packed = answer.partition(b"\r\n\r\n")
        assert b"content-encoding: gzip" in head
        assert b"EnrichedOrder" in gzip.decompress(packed)
        assert len(short) == 1

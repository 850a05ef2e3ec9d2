"""How much one client may ask for over time."""

from __future__ import annotations

from functools import partial

import pytest
from starlette.types import Scope

from hazelgate.gateway.door.rates import BURST_SECONDS, Client, RateLimited, RateLimits, Rates
from hazelgate.gateway.door.refusals import Reason, Refusals
from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, Websocket, running_gateway
from tests.support.streaming import streaming

QUERY = {"query": "{ customers(first: 100) { edges { node { name email } } } }"}
METRICS = "subscription { pipelineMetrics(intervalMs: 100) { pending } }"
STREAM = "subscription { events { __typename } }"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def scope(address: str) -> Scope:
    return {"type": "http", "client": (address, 1)}


@pytest.fixture
def clock() -> Clock:
    return Clock()


def client_of(clock: Clock, **limits: int) -> Client:
    return Rates(RateLimits(**limits), clock=clock).client(scope("10.0.0.1"))


def test_a_client_that_was_quiet_may_take_a_burst_and_waits_for_what_is_beyond(clock: Clock) -> None:
    client = client_of(clock, cost_per_second=100)
    client.spend(int(100 * BURST_SECONDS) + 200)
    with pytest.raises(RateLimited) as limited:
        client.admit()
    assert limited.value.retry_after_seconds == pytest.approx(2.05)
    assert limited.value.header == (b"retry-after", b"3")
    clock.now += limited.value.retry_after_seconds
    client.admit()


def test_bytes_are_bounded_likewise(clock: Clock) -> None:
    client = client_of(clock, bytes_per_second=10)
    client.spend_bytes(1_000)
    with pytest.raises(RateLimited, match="10 of bytes a second"):
        client.admit()


def test_quiet_time_fills_no_more_than_a_burst(clock: Clock) -> None:
    client = client_of(clock, cost_per_second=100)
    clock.now += 1_000_000
    client.spend(int(100 * BURST_SECONDS))
    with pytest.raises(RateLimited):
        client.admit()


def test_without_a_bound_nobody_waits(clock: Clock) -> None:
    refused: list[Reason] = []
    client = Rates(refusals=Refusals(refused.append), clock=clock).client(scope("10.0.0.1"))
    client.spend(10**12)
    client.spend_bytes(10**12)
    client.admit()
    assert refused == []


def test_each_client_has_a_share_of_its_own(clock: Clock) -> None:
    rates = Rates(RateLimits(cost_per_second=1), clock=clock)
    rates.client(scope("10.0.0.1")).spend(1_000)
    rates.client(scope("10.0.0.2")).admit()
    with pytest.raises(RateLimited):
        rates.client(scope("10.0.0.1")).admit()


def test_clients_are_told_apart_as_the_key_says(clock: Clock) -> None:
    rates = Rates(RateLimits(cost_per_second=1), key_of=lambda scope: scope["user"], clock=clock)
    rates.client({**scope("10.0.0.1"), "user": "ada"}).spend(1_000)
    with pytest.raises(RateLimited):
        rates.client({**scope("10.0.0.2"), "user": "ada"}).admit()


def test_only_so_many_clients_are_known_and_those_with_connections_always(clock: Clock) -> None:
    rates = Rates(RateLimits(cost_per_second=1, max_connections=1), clock=clock)
    with rates.client(scope("here")).connection():
        rates.client(scope("gone")).spend(1_000)
        for number in range(20_000):
            rates.client(scope(str(number)))
        with pytest.raises(RateLimited), rates.client(scope("here")).connection():
            pass
        rates.client(scope("gone")).admit()


def test_a_connection_moves_to_another_client(clock: Clock) -> None:
    rates = Rates(RateLimits(max_connections=1), clock=clock)
    here, ada = rates.client(scope("here")), rates.client(scope("ada"))
    with here.connection() as connection:
        connection.move(ada)
        assert (here.connections, ada.connections) == (0, 1)
        with here.connection() as other:
            with pytest.raises(RateLimited):
                other.move(ada)
            assert (here.connections, ada.connections) == (1, 1)
    assert (here.connections, ada.connections) == (0, 0)


def test_pushed_bytes_count(clock: Clock) -> None:
    client = Rates(RateLimits(bytes_per_second=10), clock=clock).client(scope("here"))
    client.pushed_bytes += 99
    client.admit()
    client.pushed_bytes += 11
    with pytest.raises(RateLimited):
        client.admit()


# ---------------------------------------------------------------- over the transports


PUSHED = 20


async def test_what_is_pushed_over_a_websocket_counts() -> None:
    async with running_gateway(Settings(max_bytes_per_second=30)) as gateway, gateway.websocket() as socket:
        await socket.subscribe("1", METRICS)
        for _ in range(PUSHED):
            await socket.receive()
        await socket.send({"type": "complete", "id": "1"})
        await socket.subscribe("2", "{ __typename }")
        while (message := await socket.receive())["id"] == "1":
            pass
        assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_what_is_pushed_over_http_counts() -> None:
    async with (
        running_gateway(Settings(max_bytes_per_second=30)) as gateway,
        streaming(gateway.app, body={"query": METRICS}, accept="text/event-stream") as stream,
    ):
        for _ in range(PUSHED):
            await stream.event()
        assert (await gateway.http.post("/graphql", json=QUERY)).status_code == 429


async def test_a_client_that_asks_for_too_much_gets_429_and_is_told_when_to_come_back() -> None:
    async with running_gateway(Settings(max_cost_per_second=20)) as gateway:
        assert (await gateway.http.post("/graphql", json=QUERY)).status_code == 200
        response = await gateway.http.post("/graphql", json=QUERY)
        assert response.status_code == 429
        assert int(response.headers["retry-after"]) >= 1
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert error["extensions"]["retryAfterMs"] >= 50
        assert 'hazelgate_refused_total{reason="rate"} 1.0' in (await gateway.http.get("/metrics")).text


async def test_invalid_documents_cost_something_too() -> None:
    async with running_gateway(Settings(max_cost_per_second=1)) as gateway:
        statuses = [(await gateway.http.post("/graphql", json={"query": "{ no }"})).status_code for _ in range(2)]
        assert statuses == [200, 429]


async def test_over_a_websocket_the_operation_is_refused_and_the_socket_goes_on() -> None:
    async with running_gateway(Settings(max_cost_per_second=20)) as gateway, gateway.websocket() as socket:
        for number in range(2):
            await socket.send({"type": "subscribe", "id": str(number), "payload": QUERY})
        messages = [await socket.receive() for _ in range(3)]
        [refused] = [each for each in messages if each["type"] == "error"]
        assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        await socket.settle()


async def knock(gateway: Gateway) -> str:
    answer: str = (await Websocket(gateway.app, "graphql-transport-ws").knock())["type"]
    return answer


async def test_so_many_connections_stay_open_and_no_more() -> None:
    async with running_gateway(Settings(max_connections_per_client=1)) as gateway:
        async with gateway.websocket():
            assert await knock(gateway) == "websocket.close"
        async with gateway.websocket():
            pass


async def test_so_many_streams_stay_open_and_no_more() -> None:
    async with running_gateway(Settings(max_connections_per_client=1)) as gateway:
        stream = partial(streaming, gateway.app, body={"query": STREAM}, accept="text/event-stream")
        async with stream() as first, stream() as second:
            assert (first.status, second.status) == (200, 429)
        async with stream() as third:
            assert third.status == 200


async def test_so_many_subscriptions_run_on_all_connections_and_no_more() -> None:
    async with running_gateway(Settings(max_subscriptions_per_client=1)) as gateway:
        async with gateway.websocket() as first, gateway.websocket() as second:
            await first.subscribe("1", STREAM)
            await first.settle()
            await second.subscribe("1", STREAM)
            assert (await second.receive())["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
            await first.send({"type": "complete", "id": "1"})
            await first.settle()
            await second.subscribe("1", STREAM)
            await second.settle()
            assert second.waiting == 0
            await first.leave()
        async with gateway.websocket() as third:  # a socket that closes gives back all of its own
            await third.subscribe("1", STREAM)
            await third.settle()
            assert third.waiting == 0

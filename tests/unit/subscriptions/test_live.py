"""Any query, answered at once, and again when what it shows has changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hazelgate.client.following import watches
from hazelgate.gateway.graphql.execution import Execution
from hazelgate.gateway.settings import Settings
from tests.support.gateway import (
    Gateway,
    Websocket,
    create_customer,
    create_order,
    create_product,
    rename_customer,
    running_gateway,
)

NAME = "subscription($id: ID!) { live(throttleMs: 20) { customer(customerId: $id) { name } } }"
PAGE = "subscription { live(throttleMs: 20) { customers(first: 2) { edges { node { customerId name } } } } }"
Json = dict[str, Any]


@pytest.fixture(params=[True, False], ids=["plans", "executor"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[Gateway]:
    """The shop's gateway, with plans and without."""
    async with running_gateway(Settings(plans=request.param)) as gateway:
        yield gateway


@contextmanager
def counted_runs(patch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How many runs of live queries begin within, by the query's text."""
    runs: Counter[str] = Counter()
    ran = Execution._ran

    async def count(self: Execution, *given: Any) -> Any:
        runs["all"] += 1
        return await ran(self, *given)

    with patch.context() as patched:
        patched.setattr(Execution, "_ran", count)
        yield runs


async def result(socket: Websocket, operation_id: str = "1") -> Json:
    """The next result of an operation, which has to be the next message."""
    message = await socket.receive()
    assert (message["type"], message["id"]) == ("next", operation_id), message
    payload: Json = message["payload"]
    return payload


async def shown(socket: Websocket, operation_id: str = "1") -> Json:
    """What it shows."""
    payload = await result(socket, operation_id)
    assert "errors" not in payload, payload
    data: Json = payload["data"]["live"]
    return data


async def quiet(socket: Websocket, seconds: float = 0.5) -> None:
    """Nothing comes for so long."""
    await asyncio.sleep(seconds)
    assert not socket.waiting, await socket.receive()


async def test_an_entry_is_shown_at_once_and_when_it_has_changed(either: Gateway) -> None:
    async with either.websocket() as socket:
        await socket.subscribe("1", NAME, id="c1")
        assert await shown(socket) == {"customer": None}
        await create_customer(either, "c1", "Ada")
        assert await shown(socket) == {"customer": {"name": "Ada"}}
        await rename_customer(either, "c1", "Eve")
        assert await shown(socket) == {"customer": {"name": "Eve"}}


async def test_an_event_elsewhere_has_nothing_run(either: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async with either.websocket() as socket:
        await socket.subscribe("1", NAME, id="c1")
        await shown(socket)
        with counted_runs(monkeypatch) as runs:
            await create_customer(either, "c2")
            await create_product(either, "p1")
            await quiet(socket)
            assert runs["all"] == 0


async def test_a_change_of_what_is_not_selected_is_no_result(either: Gateway) -> None:
    await create_customer(either, "c1", "Ada")
    async with either.websocket() as socket:
        await socket.subscribe("1", NAME, id="c1")
        await shown(socket)
        query = "mutation($input: UpdateCustomerInput!) { updateCustomer(input: $input) { __typename } }"
        await either.data(query, input={"customerId": "c1", "email": "ada@example.net"})
        await quiet(socket)


async def test_a_page_runs_again_for_entries_that_belong_on_it_alone(
    either: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third entry tells that the list goes on; what comes behind it is in no answer."""
    for key in ("c2", "c4", "c6"):
        await create_customer(either, key, key)
    async with either.websocket() as socket:
        await socket.subscribe("1", PAGE.replace("first: 2", "first: 2, sort: {field: ID}"))
        assert [each["node"]["name"] for each in (await shown(socket))["customers"]["edges"]] == ["c2", "c4"]
        with counted_runs(monkeypatch) as runs:
            await create_customer(either, "c7", "behind")
            await rename_customer(either, "c7", "still behind")
            await quiet(socket)
            assert runs["all"] == 0
        await create_customer(either, "c3", "between")
        assert [each["node"]["name"] for each in (await shown(socket))["customers"]["edges"]] == ["c2", "between"]


async def test_a_list_by_a_filter_loses_what_matches_no_more(either: Gateway) -> None:
    await create_customer(either, "c1", "Ada")
    query = """subscription { live(throttleMs: 20) {
      customers(filter: { name: { startsWith: "A" } }) { totalCount edges { node { customerId } } }
    } }"""
    async with either.websocket() as socket:
        await socket.subscribe("1", query)
        assert (await shown(socket))["customers"] == {"totalCount": 1, "edges": [{"node": {"customerId": "c1"}}]}
        await rename_customer(either, "c1", "Eve")
        assert (await shown(socket))["customers"] == {"totalCount": 0, "edges": []}


async def test_links_and_figures_are_followed(either: Gateway) -> None:
    await create_customer(either, "c1", "Ada")
    await create_product(either, "p1")
    query = """subscription { live(throttleMs: 20) {
      ordersAggregate { count } order(orderId: "o1") { items { product { quantityAvailable } } }
    } }"""
    async with either.websocket() as socket:
        await socket.subscribe("1", query)
        assert await shown(socket) == {"ordersAggregate": [{"count": 0}], "order": None}
        await create_order(either, "o1", "c1", p1=2)
        made = {"items": [{"product": {"quantityAvailable": 10}}]}
        assert await shown(socket) == {"ordersAggregate": [{"count": 1}], "order": made}
        mutation = 'mutation { replenishStock(input: { productId: "p1", quantity: 5 }) { __typename } }'
        await either.data(mutation)
        made = {"items": [{"product": {"quantityAvailable": 15}}]}
        assert await shown(socket) == {"ordersAggregate": [{"count": 1}], "order": made}


async def test_events_and_histories_are_followed(either: Gateway) -> None:
    await create_customer(either, "c1", "Ada")
    async with either.websocket() as socket:
        for number, query in enumerate(
            (
                "events(last: 1) { edges { node { aggregateId sequence } } }",
                'events(aggregateId: "c1", last: 1) { edges { node { aggregateId sequence } } }',
                'customer(customerId: "c1") { history(last: 1) { edges { node { aggregateId sequence } } } }',
            )
        ):
            await socket.subscribe(str(number), f"subscription {{ live(throttleMs: 20) {{ {query} }} }}")
            assert '"sequence": 1' in str(await shown(socket, str(number))).replace("'", '"')
        await rename_customer(either, "c1", "Eve")
        came = [await socket.receive() for _ in range(3)]
        assert {each["id"] for each in came} == {"0", "1", "2"}
        assert all('"sequence": 2' in str(each).replace("'", '"') for each in came)


async def test_an_event_that_is_still_to_come_is_waited_for(either: Gateway) -> None:
    query = 'subscription { live(throttleMs: 20) { event(eventId: "e1") { aggregateId } } }'
    async with either.websocket() as socket:
        await socket.subscribe("1", query)
        assert await shown(socket) == {"event": None}
        await create_customer(either, "c1", eventId="e1")
        assert await shown(socket) == {"event": {"aggregateId": "c1"}}


async def test_what_no_event_tells_of_is_looked_at(either: Gateway) -> None:
    query = 'subscription { live(throttleMs: 20) { completion(eventId: "e1") { status } } }'
    async with either.websocket() as socket:
        await socket.subscribe("1", query)
        assert await shown(socket) == {"completion": None}
        await create_customer(either, "c1", eventId="e1")
        assert await shown(socket) == {"completion": {"status": "SUCCESS"}}


async def test_results_come_no_oftener_than_asked_for(gateway: Gateway) -> None:
    await create_customer(gateway, "c1", "0")
    async with gateway.websocket() as socket:
        await socket.subscribe("1", NAME.replace("20", "1000"), id="c1")
        await shown(socket)
        begun = asyncio.get_running_loop().time()
        for number in range(1, 6):
            await rename_customer(gateway, "c1", str(number))
        assert await shown(socket) == {"customer": {"name": "5"}}
        assert asyncio.get_running_loop().time() - begun >= 0.9
        await quiet(socket, 3)


@pytest.mark.parametrize("throttle", ["19", "60001"])
async def test_a_throttle_out_of_range_is_refused(gateway: Gateway, throttle: str) -> None:
    async with gateway.websocket() as socket:
        await socket.subscribe("1", f"subscription {{ live(throttleMs: {throttle}) {{ __typename }} }}")
        message = await socket.receive()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"] == {"code": "BAD_USER_INPUT", "field": "throttleMs"}


async def test_a_query_that_costs_too_much_is_refused_before_it_runs() -> None:
    async with running_gateway(Settings(max_query_cost=500)) as gateway, gateway.websocket() as socket:
        await socket.subscribe("1", "subscription { live { customers(first: 1000) { edges { node { name } } } } }")
        message = await socket.receive()
        assert message["payload"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"


async def test_root_fields_are_counted_where_the_query_begins() -> None:
    async with running_gateway(Settings(max_query_root_fields=3)) as gateway, gateway.websocket() as socket:
        fields = " ".join(f'a{n}: customer(customerId: "c{n}") {{ name }}' for n in range(4))
        await socket.subscribe("1", f"subscription {{ live {{ {fields} }} }}")
        message = await socket.receive()
        assert message["payload"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"


async def test_errors_are_a_query_s_and_end_nothing(either: Gateway) -> None:
    query = """subscription { live(throttleMs: 20) {
      customer(customerId: "c1") { name } customers(after: "nonsense") { totalCount }
    } }"""
    async with either.websocket() as socket:
        await socket.subscribe("1", query)
        first = await result(socket)
        assert first["data"]["live"] == {"customer": None, "customers": None}
        [error] = first["errors"]
        assert error["path"] == ["live", "customers"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        await create_customer(either, "c1", "Ada")
        second = await result(socket)
        assert second["data"]["live"] == {"customer": {"name": "Ada"}, "customers": None}
        assert second["errors"] == first["errors"]


async def test_what_was_missed_has_the_query_run_again(either: Gateway) -> None:
    async with either.websocket() as socket:
        await socket.subscribe("1", NAME, id="c1")
        await shown(socket)
        either.cluster.hold()
        await either.data(
            "mutation($input: CreateCustomerInput!) "
            "{ createCustomer(input: $input, options: {waitFor: ACCEPTED}) { __typename } }",
            input={"customerId": "c1", "name": "Ada", "email": "ada@example.org"},
        )
        either.cluster.disconnect()  # what is in the pipeline goes on, and nobody hears of it
        either.cluster.release()
        await asyncio.sleep(0.1)
        either.cluster.connect()
        assert await shown(socket) == {"customer": {"name": "Ada"}}


async def test_it_answers_when_the_cluster_is_back(gateway: Gateway) -> None:
    await create_customer(gateway, "c1", "Ada")
    gateway.cluster.disconnect()
    async with gateway.websocket() as socket:
        await socket.subscribe("1", NAME, id="c1")
        first = await result(socket)
        assert first["errors"][0]["extensions"]["code"] == "PIPELINE_UNAVAILABLE"
        await quiet(socket, 3)
        gateway.cluster.connect()
        assert await shown(socket) == {"customer": {"name": "Ada"}}


async def test_what_no_message_tells_of_is_found_in_the_end(gateway: Gateway) -> None:
    """As the entries of a view that a rebuild has replaced."""
    await create_customer(gateway, "c1", "Ada")
    async with gateway.websocket() as socket:
        await socket.subscribe("1", NAME, id="c1")
        await shown(socket)
        entries = gateway.cluster.engine.live_map("customer-view")
        entries["c1"] = entries["c1"].replace(b"Ada", b"Eve")
        begun = asyncio.get_running_loop().time()
        message = await socket.receive(timeout=2 * watches.HEAL_SECONDS)
        assert message["payload"]["data"]["live"] == {"customer": {"name": "Eve"}}
        assert asyncio.get_running_loop().time() - begun > watches.HEAL_SECONDS / 2


async def test_plans_answer_it_where_they_can(gateway: Gateway) -> None:
    async with gateway.websocket() as socket:
        await socket.subscribe("1", NAME, id="c1")
        await shown(socket)
    text = (await gateway.http.get("/metrics")).text
    assert 'hazelgate_operations_total{way="plan"} 1.0' in text


# ---------------------------------------------------------------- several subscribers


def names_in(messages: list[Json]) -> list[str]:
    return [each["payload"]["data"]["live"]["customer"]["name"] for each in messages]


async def drained(socket: Websocket) -> list[Json]:
    """All that has come."""
    return [await socket.receive() for _ in range(socket.waiting)]


async def test_equal_queries_share_one_run(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    await create_customer(gateway, "c1", "Ada")
    async with gateway.websocket() as one, gateway.websocket() as other:
        for socket in (one, other):
            for number in range(10):
                await socket.subscribe(str(number), NAME, id="c1")
        await asyncio.sleep(1)
        assert names_in(await drained(one)) == names_in(await drained(other)) == ["Ada"] * 10
        with counted_runs(monkeypatch) as runs:
            await rename_customer(gateway, "c1", "Eve")
            await asyncio.sleep(1)
            assert runs["all"] == 1
        assert names_in(await drained(one)) == names_in(await drained(other)) == ["Eve"] * 10


async def test_who_joins_gets_what_is_true_then_and_the_others_nothing_twice(gateway: Gateway) -> None:
    """Also where no message has told of it yet."""
    await create_customer(gateway, "c1", "Ada")
    async with gateway.websocket() as one, gateway.websocket() as other:
        await one.subscribe("1", NAME, id="c1")
        assert (await shown(one))["customer"] == {"name": "Ada"}
        await other.subscribe("1", NAME, id="c1")
        assert (await shown(other))["customer"] == {"name": "Ada"}
        await quiet(one)
        entries = gateway.cluster.engine.live_map("customer-view")
        entries["c1"] = entries["c1"].replace(b"Ada", b"Eve")
        await other.subscribe("2", NAME, id="c1")
        assert (await shown(other, "2"))["customer"] == {"name": "Eve"}
        assert (await shown(one))["customer"] == {"name": "Eve"}
        assert (await shown(other))["customer"] == {"name": "Eve"}
        await quiet(one)
        await quiet(other)


async def test_those_who_join_bring_nobody_results_oftener_than_asked_for(gateway: Gateway) -> None:
    slow = NAME.replace("20", "2000")
    await create_customer(gateway, "c1", "0")
    async with gateway.websocket() as one, gateway.websocket() as other:
        await one.subscribe("1", slow, id="c1")
        await shown(one)
        begun = asyncio.get_running_loop().time()
        for number in range(1, 5):
            await rename_customer(gateway, "c1", str(number))
            await other.subscribe(str(number), slow, id="c1")
            assert (await shown(other, str(number)))["customer"] == {"name": str(number)}
            assert not one.waiting
        assert (await shown(one))["customer"] == {"name": "4"}
        assert asyncio.get_running_loop().time() - begun >= 1.9


async def test_who_comes_while_the_query_runs_gets_a_result_that_was_read_later(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create_customer(gateway, "c1", "Ada")
    may_end, ran = asyncio.Event(), Execution._ran
    runs = 0

    async def slow(self: Execution, *given: Any) -> Any:
        nonlocal runs
        runs += 1
        answer = await ran(self, *given)
        await may_end.wait()
        return answer

    monkeypatch.setattr(Execution, "_ran", slow)
    async with gateway.websocket() as one, gateway.websocket() as other:
        await one.subscribe("1", NAME, id="c1")
        await one.settle()
        await asyncio.sleep(0.1)
        await other.subscribe("1", NAME, id="c1")
        await other.settle()
        may_end.set()
        assert (await shown(one))["customer"] == (await shown(other))["customer"] == {"name": "Ada"}
        assert runs == 2


async def test_an_execution_ends_with_its_last_subscriber(gateway: Gateway) -> None:
    feed = gateway.app.state.hazelgate.feed
    async with gateway.websocket() as socket:
        await socket.subscribe("1", NAME, id="c1")
        await shown(socket)
        assert feed.subscriber_count == 1
        await socket.send({"type": "complete", "id": "1"})
        await socket.settle()
        assert feed.subscriber_count == 0
        await socket.subscribe("1", NAME, id="c1")
        await shown(socket)


async def test_a_slow_reader_gets_the_newest_result_alone(gateway: Gateway) -> None:
    await create_customer(gateway, "c1", "0")
    async with gateway.websocket() as socket:
        await socket.subscribe("1", NAME, id="c1")
        await shown(socket)
        socket.may_send.clear()
        for number in range(1, 6):
            await rename_customer(gateway, "c1", str(number))
            await asyncio.sleep(0.1)
        socket.may_send.set()
        await socket.settle()
        assert names_in(await drained(socket)) == ["1", "5"]


async def test_a_result_that_may_not_wait_is_not_lost(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many bytes wait for the socket: in place of what was left out comes the newest, and no gap."""
    monkeypatch.setattr("hazelgate.gateway.transports.outbox.MOST_WAITING_BYTES", 10)
    await create_customer(gateway, "c1", "0")
    async with gateway.websocket() as socket:
        await socket.subscribe("1", NAME, id="c1")
        assert await shown(socket) == {"customer": {"name": "0"}}
        socket.may_send.clear()
        for number in range(1, 6):
            await rename_customer(gateway, "c1", str(number))
            await asyncio.sleep(0.1)
        socket.may_send.set()
        await asyncio.sleep(1)
        assert names_in(await drained(socket))[-1] == "5"

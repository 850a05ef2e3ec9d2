"""One execution and one frame for many subscribers, and what a slow one gets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hazelgate import Catalog
from hazelgate.client.submitting.handler import EventHandler, Submission, SubmitOptions
from hazelgate.domain.customers import CustomerCreated
from hazelgate.gateway.graphql.execution import Execution
from hazelgate.gateway.settings import Settings
from hazelgate.gateway.transports.frames import text_frame
from tests.support.gateway import Gateway, create_customer, running_gateway
from tests.support.until import eventually, until
from tests.support.wire import WireClient, rest

EVENTS = """subscription ($types: [String!], $aggregateId: ID) { events(types: $types, aggregateId: $aggregateId) {
  ... on EventNotice { event { aggregateId } } ... on Discontinuity { reason }
} }"""
CUSTOMERS = """subscription ($id: ID) { customerChanged(customerId: $id) {
  ... on CustomerChange { change customerId customer { name } } ... on Discontinuity { reason }
} }"""
UPDATE = "mutation ($input: UpdateCustomerInput!) { updateCustomer(input: $input) { __typename } }"


@contextlib.asynccontextmanager
async def clients(gateway: Gateway, count: int, **options: Any) -> AsyncIterator[list[WireClient]]:
    """Clients with a connection each."""
    opened = [await WireClient(gateway, **options).open() for _ in range(count)]
    try:
        yield opened
    finally:
        for each in opened:
            await each.leave()


async def figure(gateway: Gateway, name: str) -> float:
    """A figure of the gateway's metrics, over all its labels."""
    text = (await gateway.http.get("/metrics")).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    )


def told(client: WireClient) -> list[Any]:
    """The results that have come, in short: an id, a change of a customer, or `gap`."""
    found: list[Any] = []
    for message in client.read():
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        [value] = message["payload"]["data"].values()
        if "reason" in value:
            found.append("gap")
        elif "event" in value:
            found.append(value["event"]["aggregateId"])
        else:
            found.append((value["change"], value["customerId"], value["customer"]["name"]))
    return found


async def test_subscribers_of_one_operation_share_an_execution_and_each_result(gateway: Gateway) -> None:
    async with clients(gateway, 20) as all_of_them:
        for number, client in enumerate(all_of_them):
            await client.subscribe(str(number % 2), EVENTS, types=["CustomerCreated"])
        assert await figure(gateway, "hazelgate_subscription_executions") == 1
        assert await figure(gateway, "hazelgate_subscribers") == 20
        before = await figure(gateway, "hazelgate_operations_total")
        await create_customer(gateway, "c1")
        await rest()
        assert [told(client) for client in all_of_them] == [["c1"]] * 20
        # The mutation itself, and one result for all subscribers.
        assert await figure(gateway, "hazelgate_operations_total") == before + 2


async def test_operations_of_one_id_get_the_same_bytes(gateway: Gateway) -> None:
    async with clients(gateway, 3) as all_of_them:
        for client, operation_id in zip(all_of_them, ("1", "1", "2"), strict=True):
            await client.subscribe(operation_id, EVENTS)
        await create_customer(gateway, "c1")
        await rest()
        one, another, of_other_id = (client.wire.read() for client in all_of_them)
        assert one is another
        assert of_other_id == one.replace(b'"id":"1"', b'"id":"2"')


async def test_other_variables_are_another_execution_and_their_order_is_none(gateway: Gateway) -> None:
    async with clients(gateway, 3) as (one, two, three):
        await one.subscribe("1", EVENTS, types=["CustomerCreated"], aggregateId="c1")
        await two.subscribe("1", EVENTS, aggregateId="c1", types=["CustomerCreated"])
        await three.subscribe("1", EVENTS, aggregateId="c2", types=["CustomerCreated"])
        assert await figure(gateway, "hazelgate_subscription_executions") == 2
        for customer in ("c1", "c2"):
            await create_customer(gateway, customer)
        await rest()
        assert (told(one), told(two), told(three)) == (["c1"], ["c1"], ["c2"])


async def test_a_subscription_in_a_fragment_is_shared_like_any_other(gateway: Gateway) -> None:
    query = "subscription { ...A } fragment A on Subscription { ... { events { __typename } } }"
    async with clients(gateway, 2) as all_of_them:
        for client in all_of_them:
            await client.subscribe("1", query)
        assert await figure(gateway, "hazelgate_subscription_executions") == 1


async def test_figures_are_not_shared_as_each_subscriber_gets_some_at_once(gateway: Gateway) -> None:
    query = "subscription { pipelineMetrics(intervalMs: 60000) { pending } }"
    async with clients(gateway, 2) as all_of_them:
        for client in all_of_them:
            await client.subscribe("1", query)
            assert (await client.receive())["payload"] == {"data": {"pipelineMetrics": {"pending": 0}}}


async def test_one_that_completes_or_goes_away_does_not_disturb_the_others(gateway: Gateway) -> None:
    async with clients(gateway, 3) as (completes, goes, stays):
        for client in (completes, goes, stays):
            await client.subscribe("1", EVENTS)
        await completes.send({"type": "complete", "id": "1"})
        await goes.leave()
        await create_customer(gateway, "c1")
        await rest()
        assert (told(completes), told(stays)) == ([], ["c1"])
        assert await figure(gateway, "hazelgate_subscribers") == 1


async def test_an_execution_ends_with_its_last_subscriber_and_begins_anew_with_the_next(gateway: Gateway) -> None:
    async with clients(gateway, 2) as (one, two):
        for client in (one, two):
            await client.subscribe("1", EVENTS)
        for client in (one, two):
            await client.send({"type": "complete", "id": "1"})
        await rest()
        assert await figure(gateway, "hazelgate_subscription_executions") == 0
        await two.subscribe("1", EVENTS)
        await create_customer(gateway, "c1")
        await rest()
        assert (told(one), told(two)) == ([], ["c1"])


async def test_who_completes_at_once_leaves_nothing_behind(gateway: Gateway) -> None:
    """Before the execution has taken its first step."""
    async with clients(gateway, 1) as (client,):
        payload = {"query": EVENTS}
        await client.send_all({"type": "subscribe", "id": "1", "payload": payload}, {"type": "complete", "id": "1"})
        await rest()
        assert await figure(gateway, "hazelgate_subscription_executions") == 0
        assert await figure(gateway, "hazelgate_subscribers") == 0


async def test_who_joins_gets_the_next_event_and_none_from_before(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one that is just being worked on for the others."""
    may_read = asyncio.Event()
    read = gateway.cluster.read

    async def slow(map_name: str, keys: Any) -> Any:
        await may_read.wait()
        return await read(map_name, keys)

    async with clients(gateway, 2) as (first, late):
        await first.subscribe("1", CUSTOMERS)
        monkeypatch.setattr(gateway.cluster, "read", slow)
        creating = asyncio.create_task(create_customer(gateway, "c1"))
        await rest()
        await late.subscribe("1", CUSTOMERS)
        may_read.set()
        await creating
        await create_customer(gateway, "c2")
        await rest()
        assert told(first) == [("CHANGED", "c1", "Ada"), ("CHANGED", "c2", "Ada")]
        assert told(late) == [("CHANGED", "c2", "Ada")]


async def test_what_ends_an_execution_is_told_to_all(gateway: Gateway) -> None:
    async with clients(gateway, 3) as all_of_them:
        for client in all_of_them:
            client.queue({"type": "subscribe", "id": "1", "payload": {"query": EVENTS, "variables": {"types": ["No"]}}})
        for client in all_of_them:
            await client.flush()
        await rest()
        for client in all_of_them:
            message = await client.receive()
            assert (message["type"], message["id"]) == ("error", "1")
            assert message["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
            await client.subscribe("1", "{ __typename }")  # the id is free again
            assert [each["type"] for each in client.read()] == ["next", "complete"]


async def test_frames_come_in_the_order_in_which_they_were_sent(gateway: Gateway) -> None:
    """Those of ASGI's `send` and those that go past it."""
    async with clients(gateway, 1) as (client,):
        await client.subscribe("1", EVENTS)
        for number in range(3):
            await create_customer(gateway, f"c{number}")
            await rest()
            await client.send({"type": "ping"})
            await rest()
        kinds = [message["type"] for message in client.read()]
        assert kinds == ["next", "pong"] * 3


async def test_where_compression_was_agreed_on_a_frame_without_it_is_understood(gateway: Gateway) -> None:
    """uvicorn compresses what `send` sends. Frames for all are not compressed, as RFC 7692 allows."""
    async with clients(gateway, 1, compresses=True) as (client,):
        assert client.has_compression
        await client.subscribe("1", EVENTS)
        for number in range(3):
            await create_customer(gateway, f"c{number}")
            await rest()
            await client.send({"type": "ping"})
            await rest()
        assert [message["type"] for message in client.read()] == ["next", "pong"] * 3


async def test_a_socket_that_closes_gets_no_frame_behind_its_close(gateway: Gateway) -> None:
    async with clients(gateway, 1) as (client,):
        await client.subscribe("1", EVENTS)
        await client.send({"type": "connection_init"})  # a second one breaks the protocol
        await rest()
        await create_customer(gateway, "c1")
        await rest()
        assert client.read() == []
        assert client.close_code == 4429


CONGESTED_AT_ONCE = 1


async def test_a_slow_reader_of_events_gets_all_up_to_the_bound_and_then_a_discontinuity() -> None:
    async with (
        running_gateway(Settings(subscriber_queue_size=3)) as gateway,
        clients(gateway, 1) as (fast,),
        clients(gateway, 1, high_water_bytes=CONGESTED_AT_ONCE) as (slow,),
    ):
        for client in (fast, slow):
            await client.subscribe("1", EVENTS)
        for number in range(10):
            await create_customer(gateway, f"c{number}")
            await rest()
            assert told(fast) == [f"c{number}"]
        # One that was in the transport, three that waited, and what stands for the rest.
        assert await all_told(slow) == ["c0", "c1", "c2", "c3", "gap"]
        await create_customer(gateway, "c10")
        assert await all_told(slow) == ["c10"]


async def all_told(client: WireClient) -> list[Any]:
    """What has come once the client has read, and read again what that made room for."""
    found: list[Any] = []
    while True:
        await rest()
        some = told(client)
        if not some:
            return found
        found += some


async def test_what_comes_while_a_discontinuity_is_made_comes_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    may_answer = asyncio.Event()
    answer_to = Execution.answer_to

    async def slow(*given: Any) -> Any:
        await may_answer.wait()
        return await answer_to(*given)

    monkeypatch.setattr(Execution, "answer_to", slow)
    async with (
        running_gateway(Settings(subscriber_queue_size=1)) as gateway,
        clients(gateway, 1, high_water_bytes=CONGESTED_AT_ONCE) as (slow_reader,),
    ):
        await slow_reader.subscribe("1", EVENTS)
        for number in range(4):
            await create_customer(gateway, f"c{number}")
            await rest()
        assert await all_told(slow_reader) == ["c0", "c1"]
        await create_customer(gateway, "c4")
        await rest()
        may_answer.set()
        assert await all_told(slow_reader) == ["gap", "c4"]


async def test_nothing_is_written_to_a_socket_that_closes(gateway: Gateway) -> None:
    """The app hears of it a moment later, and may write until then."""
    async with clients(gateway, 1) as (client,):
        client.server.shutdown()
        before = client.wire.buffered_bytes
        client.server.write(text_frame(b"{}"))
        assert client.wire.buffered_bytes == before
        assert client.read() == []
        assert client.close_code == 1012


async def test_a_slow_reader_of_a_view_gets_the_newest_state_of_each_entry() -> None:
    async with (
        running_gateway(Settings(subscriber_queue_size=3)) as gateway,
        clients(gateway, 1) as (fast,),
        clients(gateway, 1, high_water_bytes=CONGESTED_AT_ONCE) as (slow,),
    ):
        for client in (fast, slow):
            await client.subscribe("1", CUSTOMERS)
        for customer in ("c0", "c1", "c2"):
            await create_customer(gateway, customer)
            await rest()
        for number in range(20):
            for customer in ("c1", "c2"):
                given = {"customerId": customer, "name": f"N{number}"}
                await gateway.data(UPDATE, input=given)
                await rest()
        assert len(told(fast)) == 3 + 40
        assert await all_told(slow) == [
            ("CHANGED", "c0", "Ada"),
            ("CHANGED", "c1", "N19"),
            ("CHANGED", "c2", "N19"),
        ]


async def test_more_entries_than_may_wait_are_a_discontinuity() -> None:
    async with (
        running_gateway(Settings(subscriber_queue_size=2)) as gateway,
        clients(gateway, 1, high_water_bytes=CONGESTED_AT_ONCE) as (slow,),
    ):
        await slow.subscribe("1", CUSTOMERS)
        for number in range(5):
            await create_customer(gateway, f"c{number}")
            await rest()
        came = await all_told(slow)
        assert [each[1] if each != "gap" else each for each in came] == ["c0", "c1", "c2", "gap"]


async def test_operations_of_a_slow_socket_take_turns() -> None:
    async with running_gateway() as gateway, clients(gateway, 1, high_water_bytes=CONGESTED_AT_ONCE) as (slow,):
        await slow.subscribe("events", EVENTS)
        await slow.subscribe("customers", CUSTOMERS)
        for number in range(3):
            await create_customer(gateway, f"c{number}")
            await rest()
        ids = []
        while messages := slow.read():
            ids += [message["id"] for message in messages]
            await rest()
        assert sorted(ids[:2]) == sorted(ids[2:4]) == sorted(ids[4:]) == ["customers", "events"]


async def test_a_slow_operation_that_is_completed_sends_nothing_more() -> None:
    async with running_gateway() as gateway, clients(gateway, 1, high_water_bytes=CONGESTED_AT_ONCE) as (slow,):
        await slow.subscribe("1", EVENTS)
        for number in range(4):
            await create_customer(gateway, f"c{number}")
            await rest()
        await slow.send({"type": "complete", "id": "1"})
        await rest()
        assert await all_told(slow) == ["c0"]


@pytest.mark.parametrize("size", [1_000, 10])
async def test_a_slow_reader_costs_a_bound_of_memory(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the number of messages, and by their bytes."""
    monkeypatch.setattr("hazelgate.gateway.transports.outbox.MOST_WAITING_BYTES", 2_000)
    async with (
        running_gateway(Settings(subscriber_queue_size=size)) as gateway,
        clients(gateway, 1, high_water_bytes=CONGESTED_AT_ONCE) as (slow,),
    ):
        await slow.subscribe("1", EVENTS)
        for number in range(60):
            await create_customer(gateway, f"c{number}")
        await rest()
        *came, last = await all_told(slow)
        assert last == "gap"
        assert 5 < len(came) <= min(size + 1, 2_000 // 50)
        assert slow.wire.most_buffered_bytes < 500


async def test_a_socket_that_never_reads_is_closed_and_counted() -> None:
    async with (
        running_gateway(Settings(websocket_stall_timeout_seconds=0.05)) as gateway,
        clients(gateway, 1) as (fast,),
        clients(gateway, 1, high_water_bytes=CONGESTED_AT_ONCE) as (deaf,),
    ):
        for client in (fast, deaf):
            await client.subscribe("1", EVENTS)
        await create_customer(gateway, "c1")
        await until(lambda: deaf.wire.aborted)
        await rest()
        assert await figure(gateway, "hazelgate_websockets_stalled_total") == 1
        assert await figure(gateway, "hazelgate_subscribers") == 1
        await create_customer(gateway, "c2")
        await rest()
        assert told(fast) == ["c1", "c2"]


async def test_one_that_reads_slowly_but_reads_is_not_closed() -> None:
    async with (
        running_gateway(Settings(websocket_stall_timeout_seconds=0.05)) as gateway,
        clients(gateway, 1, high_water_bytes=2_000) as (slow,),
    ):
        await slow.subscribe("1", EVENTS)
        for number in range(60):
            await create_customer(gateway, f"c{number}")
        await rest()
        for _ in range(10):
            slow.wire.read()  # less than makes the transport free again
            await asyncio.sleep(0.02)
        assert not slow.wire.aborted


async def test_what_is_pushed_counts_for_whoever_gets_it() -> None:
    async with running_gateway(Settings(max_bytes_per_second=60)) as gateway, clients(gateway, 1) as [client]:
        await client.subscribe("1", EVENTS)
        handler = EventHandler(Catalog.load(Settings().domain), gateway.cluster)
        for number in range(20):
            await handler.handle_event(CustomerCreated(customer_id=f"c{number}", name="Ada", email="ada@example.org"))
        await rest()
        assert len(told(client)) == 20
        await client.subscribe("2", "{ __typename }")
        [refused] = client.read()
        assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        await handler.close()


async def test_without_a_direct_writer_a_view_is_conflated_as_well() -> None:
    async with running_gateway() as gateway, gateway.websocket() as slow:
        await slow.subscribe("1", CUSTOMERS)
        await slow.settle()
        slow.may_send.clear()
        await create_customer(gateway, "c0")
        await rest()
        for number in range(5):
            await create_customer(gateway, "c1")
            await gateway.data(UPDATE, input={"customerId": "c1", "name": f"N{number}"})
            await rest()
        slow.may_send.set()
        await slow.settle()
        names = []
        while slow.waiting:
            names.append((await slow.receive())["payload"]["data"]["customerChanged"]["customer"]["name"])
        assert names == ["Ada", "N4"]


async def test_without_a_direct_writer_a_socket_that_never_reads_is_ended_as_well() -> None:
    async with running_gateway(Settings(websocket_stall_timeout_seconds=0.05)) as gateway, gateway.websocket() as deaf:
        await deaf.subscribe("1", EVENTS)
        await deaf.settle()
        deaf.may_send.clear()
        await create_customer(gateway, "c1")

        async def is_gone() -> bool:
            return await figure(gateway, "hazelgate_websockets") == 0

        await eventually(is_gone)
        assert await figure(gateway, "hazelgate_websockets_stalled_total") == 1
        assert await figure(gateway, "hazelgate_subscribers") == 0


async def test_results_that_wait_are_one_write_to_each_client(gateway: Gateway) -> None:
    """Of each socket the frames are as they would be by themselves."""
    async with clients(gateway, 70) as opened:
        for each in opened:
            await each.subscribe("1", EVENTS, types=["CustomerCreated"])
        names = [f"c{number}" for number in range(10)]
        handler = EventHandler(Catalog.load("hazelgate.domain"), gateway.cluster)
        await handler.start()
        made = [CustomerCreated(customer_id=each, name="Ada", email="a@example.org") for each in names]
        await handler.handle_events([Submission(each, SubmitOptions()) for each in made])
        await rest()
        await handler.close()
        for each in opened:
            assert each.wire.chunk_count < len(names)
            assert told(each) == names

"""Mutations from the client's side: results, errors as types, retries."""

import asyncio
from typing import Any

import pytest

from tests.support.gateway import CREATE_CUSTOMER, CREATE_ORDER, Gateway, create_customer, create_order, create_product

HANDLE = """
mutation($inputs: [HandleEventInput!]!, $options: EventOptions) {
  handleEvents(inputs: $inputs, options: $options) {
    __typename
    ... on EventPayload { receipt { eventId eventType aggregateId sequence status } }
    ... on EventError { code eventId }
    ... on EventRejected { problems { path message } }
  }
}
"""
PRODUCT = "query($id: ID!) { product(productId: $id) { quantityOnHand quantityReserved quantityAvailable price } }"


def opened(customer_id: str, **data: Any) -> dict[str, Any]:
    """The input of a CustomerCreated."""
    fields = {"name": "Ada", "email": "ada@example.org"} | data
    return {"eventType": "CustomerCreated", "aggregateId": customer_id, "data": fields}


async def test_a_mutation_reads_its_own_write(gateway: Gateway) -> None:
    result = await create_customer(gateway, "c1")
    assert result["__typename"] == "CustomerPayload"
    assert result["customer"] == {"customerId": "c1", "name": "Ada"}
    assert (result["receipt"]["sequence"], result["receipt"]["status"]) == (1, "SUCCESS")


async def test_an_order_is_enriched_with_what_it_names(gateway: Gateway) -> None:
    await create_customer(gateway, "c1")
    await create_product(gateway, "p1", price="1.50", name="Pen")
    await create_product(gateway, "p2", price="0.99", name="Pad")
    result = await create_order(gateway, "o1", "c1", p1=2, p2=1)
    assert result["order"] == {
        "orderId": "o1",
        "totalAmount": "3.99",
        "customer": {"name": "Ada"},
        "items": [{"name": "Pen", "priceAtOrder": "1.50"}, {"name": "Pad", "priceAtOrder": "0.99"}],
    }


async def test_stock_goes_up_and_down(gateway: Gateway) -> None:
    await create_product(gateway, "p1", quantity=1)
    for mutation in (
        'replenishStock(input: {productId: "p1", quantity: 9})',
        'reserveStock(input: {productId: "p1", orderId: "o", quantity: 4})',
        'releaseStock(input: {productId: "p1", orderId: "o", quantity: 1})',
    ):
        data = await gateway.data(f"mutation {{ result: {mutation} {{ __typename }} }}")
        assert data == {"result": {"__typename": "ProductPayload"}}
    assert (await gateway.data(PRODUCT, id="p1"))["product"] == {
        "quantityOnHand": 10,
        "quantityReserved": 3,
        "quantityAvailable": 7,
        "price": "1.50",
    }


async def test_an_update_leaves_alone_what_it_does_not_name(gateway: Gateway) -> None:
    await create_customer(gateway, "c1", name="Ada")
    query = """
    mutation { updateCustomer(input: {customerId: "c1", address: "1 Lane"}) {
      ... on CustomerPayload { customer { name email address revision { version } } }
    } }
    """
    customer = (await gateway.data(query))["updateCustomer"]["customer"]
    assert customer == {"name": "Ada", "email": "c1@example.org", "address": "1 Lane", "revision": {"version": 2}}


async def test_an_empty_text_is_not_taken_for_one_left_out(gateway: Gateway) -> None:
    await create_customer(gateway, "c1", name="Ada")
    query = """
    mutation { updateCustomer(input: {customerId: "c1", name: ""}) { ... on EventRejected { problems { path } } } }
    """
    assert (await gateway.data(query))["updateCustomer"] == {"problems": [{"path": ["name"]}]}


async def test_an_order_is_confirmed_and_cancelled(gateway: Gateway) -> None:
    await create_customer(gateway, "c1")
    await create_product(gateway, "p1")
    await create_order(gateway, "o1", "c1", p1=1)
    query = """
    mutation {
      confirmOrder(input: {orderId: "o1"}) { ... on OrderPayload { order { status } } }
      cancelOrder(input: {orderId: "o1", reason: "late"}) { ... on OrderPayload { order { status cancelReason } } }
      again: confirmOrder(input: {orderId: "o1"}) { ... on EventRejected { code problems { path } } }
    }
    """
    assert await gateway.data(query) == {
        "confirmOrder": {"order": {"status": "CONFIRMED"}},
        "cancelOrder": {"order": {"status": "CANCELLED", "cancelReason": "late"}},
        "again": {"code": "REJECTED", "problems": [{"path": ["orderId"]}]},
    }


async def test_what_a_guard_refuses_is_named_field_by_field(gateway: Gateway) -> None:
    result = await create_order(gateway, "o1", "nobody", nothing=1)
    assert result["__typename"] == "EventRejected"
    query = "query($id: ID!) { order(orderId: $id) { orderId } }"
    assert (await gateway.data(query, id="o1"))["order"] is None


async def test_what_does_not_fit_the_event_is_named_field_by_field(gateway: Gateway) -> None:
    given = {"customerId": "c@1", "name": "", "email": "nobody"}
    result = (await gateway.data(CREATE_CUSTOMER, input=given))["createCustomer"]
    assert result["__typename"] == "EventRejected"
    assert "customerId" in {problem["path"][-1] for problem in result["problems"]}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"eventId": "a@b"}, "eventId"),
        ({"eventId": ""}, "eventId"),
        ({"eventId": "x" * 129}, "eventId"),
        ({"correlationId": ""}, "correlationId"),
        ({"correlationId": "a\0b"}, "correlationId"),
        ({"sagaId": "x" * 201}, "sagaId"),
        ({"sagaType": "\n"}, "sagaType"),
        ({"expectedSequence": -1}, "expectedSequence"),
        ({"timeoutMs": 0}, "timeoutMs"),
        ({"timeoutMs": 60_001}, "timeoutMs"),
    ],
)
async def test_an_option_that_will_not_do_is_refused_by_name(
    gateway: Gateway, options: dict[str, Any], field: str
) -> None:
    result = await create_customer(gateway, "c1", **options)
    assert [problem["path"] for problem in result["problems"]] == [["options", field]]
    assert (await gateway.data("{ events { edges { cursor } } }"))["events"]["edges"] == []


async def test_a_retry_with_the_same_event_id_gets_the_first_result(gateway: Gateway) -> None:
    first = await create_customer(gateway, "c1", eventId="e1")
    second = await create_customer(gateway, "c1", eventId="e1")
    assert first["receipt"] == second["receipt"]
    assert len((await gateway.data("{ events { edges { cursor } } }"))["events"]["edges"]) == 1


async def test_a_retry_names_the_same_entity_where_the_client_leaves_the_id_to_us(gateway: Gateway) -> None:
    query = """
    mutation { createCustomer(input: {name: "Ada", email: "ada@example.org"}, options: {eventId: "e1"}) {
      ... on CustomerPayload { customer { customerId } }
    } }
    """
    first, second = await gateway.data(query), await gateway.data(query)
    assert first["createCustomer"]["customer"]["customerId"] == second["createCustomer"]["customer"]["customerId"]


async def test_without_an_event_id_each_call_creates_another_entity(gateway: Gateway) -> None:
    query = """
    mutation { createCustomer(input: {name: "Ada", email: "ada@example.org"}) {
      ... on CustomerPayload { customer { customerId } }
    } }
    """
    first, second = await gateway.data(query), await gateway.data(query)
    assert first["createCustomer"]["customer"] != second["createCustomer"]["customer"]


async def test_an_event_id_with_another_payload_is_a_conflict(gateway: Gateway) -> None:
    await create_customer(gateway, "c1", eventId="e1")
    result = await create_customer(gateway, "c1", name="Grace", eventId="e1")
    assert (result["__typename"], result["code"], result["eventId"]) == ("EventIdConflict", "EVENT_ID_CONFLICT", "e1")


async def test_a_stale_sequence_is_a_conflict_that_says_where_the_aggregate_is(gateway: Gateway) -> None:
    await create_customer(gateway, "c1", expectedSequence=0)
    result = await create_customer(gateway, "c1", expectedSequence=0)
    assert result["__typename"] == "SequenceConflict"
    assert (result["expectedSequence"], result["actualSequence"]) == (0, 1)


async def test_an_event_that_takes_too_long_is_timed_out_and_still_comes(gateway: Gateway) -> None:
    gateway.cluster.hold()
    result = await create_customer(gateway, "c1", eventId="e1", timeoutMs=20)
    assert (result["__typename"], result["eventId"]) == ("EventTimedOut", "e1")
    gateway.cluster.release()
    query = '{ completion(eventId: "e1") { status sequence } }'
    async with asyncio.timeout(5):
        while (found := (await gateway.data(query))["completion"]) is None:
            await asyncio.sleep(0)
    assert found == {"status": "SUCCESS", "sequence": 1}


async def test_accepted_has_no_sequence_and_no_entity_yet(gateway: Gateway) -> None:
    gateway.cluster.hold()
    result = await create_customer(gateway, "c1", waitFor="ACCEPTED")
    assert (result["receipt"]["status"], result["receipt"]["sequence"], result["customer"]) == ("ACCEPTED", None, None)


async def test_while_the_projector_is_away_mutations_fail_at_once_and_reads_go_on(gateway: Gateway) -> None:
    """Entries lie in the members: nothing else is needed to read them."""
    await create_customer(gateway, "c1")
    gateway.cluster.projector_away()
    async with asyncio.timeout(1):
        error = await gateway.error('mutation { confirmOrder(input: {orderId: "o"}) { __typename } }')
        assert error["extensions"] == {"code": "PIPELINE_UNAVAILABLE"}
        read = await gateway.data(
            '{ customer(customerId: "c1") { name history { edges { node { eventType } } } }'
            " customers { totalCount } events { edges { cursor } } pipelineMetrics { pending }"
            ' completion(eventId: "e") { status } customersAggregate { count } deadLetters { edges { cursor } } }'
        )
    assert (read["customer"]["name"], read["customers"]["totalCount"]) == ("Ada", 1)
    assert len(read["events"]["edges"]) == 1


async def test_while_the_cluster_is_away_mutations_and_queries_fail_at_once_with_a_code(gateway: Gateway) -> None:
    await create_customer(gateway, "c1")
    gateway.cluster.disconnect()
    async with asyncio.timeout(1):
        for query in (
            'mutation { confirmOrder(input: {orderId: "o"}) { __typename } }',
            '{ customer(customerId: "c1") { name } }',
            "{ customers { totalCount } }",
            "{ events { edges { cursor } } }",
            '{ completion(eventId: "e") { status } }',
            "{ pipelineMetrics { pending } }",
        ):
            assert (await gateway.error(query))["extensions"] == {"code": "PIPELINE_UNAVAILABLE"}
        assert (await gateway.data("{ __typename eventCatalog { eventType } }"))["__typename"] == "Query"
    gateway.cluster.connect()
    assert (await gateway.data('{ customer(customerId: "c1") { name } }'))["customer"] == {"name": "Ada"}


async def test_events_of_any_type_go_together_and_come_back_in_order(gateway: Gateway) -> None:
    inputs = [
        opened("c1"),
        opened("c@2"),
        {"eventType": "Nope", "aggregateId": "x", "data": {}},
        opened("c3", name=7),
        {"eventType": "CustomerUpdated", "aggregateId": "c1", "data": {"name": "Grace"}},
        opened("c1"),
        {"eventType": "CustomerCreated", "eventVersion": 9, "aggregateId": "c5", "data": {}},
        opened("c6", customerId="c7"),
        {"eventType": "CustomerCreated", "aggregateId": "c8", "data": [1]},
    ]
    results = (await gateway.data(HANDLE, inputs=inputs))["handleEvents"]
    names = [result["__typename"] for result in results]
    assert names == ["EventPayload", *["EventRejected"] * 3, "EventPayload", *["EventRejected"] * 4]
    assert [results[place]["receipt"]["sequence"] for place in (0, 4)] == [1, 2]
    assert results[2]["problems"][0]["path"] == ["eventType"]
    assert results[3]["problems"][0]["path"] == ["name"]
    assert results[7]["problems"] == [{"path": ["data", "customerId"], "message": "is not the aggregateId"}]


async def test_a_thousand_events_go_at_once_and_no_more(gateway: Gateway) -> None:
    inputs = [opened(f"c{number}") for number in range(1_001)]
    assert (await gateway.error(HANDLE, inputs=inputs))["extensions"] == {"code": "BAD_USER_INPUT", "field": "inputs"}
    results = (await gateway.data(HANDLE, inputs=inputs[:1_000]))["handleEvents"]
    assert {result["receipt"]["status"] for result in results} == {"SUCCESS"}
    assert [result["receipt"]["aggregateId"] for result in results] == [f"c{number}" for number in range(1_000)]


async def test_several_events_get_ids_of_their_own_from_the_clients(gateway: Gateway) -> None:
    for _ in range(2):
        results = (await gateway.data(HANDLE, inputs=[opened("c1"), opened("c2")], options={"eventId": "e"}))[
            "handleEvents"
        ]
        assert [result["receipt"]["eventId"] for result in results] == ["e:0", "e:1"]


async def test_an_event_id_too_long_for_several_events_is_refused(gateway: Gateway) -> None:
    results = (await gateway.data(HANDLE, inputs=[opened("c1"), opened("c2")], options={"eventId": "e" * 128}))[
        "handleEvents"
    ]
    assert [result["problems"][0]["path"] for result in results] == [["options", "eventId"]] * 2


async def test_no_events_are_no_error(gateway: Gateway) -> None:
    assert (await gateway.data(HANDLE, inputs=[]))["handleEvents"] == []


async def test_a_price_of_the_clients_goes_into_the_order(gateway: Gateway) -> None:
    await create_customer(gateway, "c1")
    await create_product(gateway, "p1", price="1.50")
    items = [{"productId": "p1", "quantity": 2, "priceAtOrder": "1.25"}]
    result = (await gateway.data(CREATE_ORDER, input={"customerId": "c1", "items": items}))["createOrder"]
    assert result["order"]["totalAmount"] == "2.50"


@pytest.mark.parametrize(
    "mutation",
    ['retryDeadLetter(id: "d")', 'discardDeadLetter(id: "d", reason: "r")', 'editDeadLetter(id: "d", data: {})'],
)
async def test_a_dead_letter_that_is_not_there_is_said(gateway: Gateway, mutation: str) -> None:
    error = await gateway.error(f"mutation {{ {mutation} {{ status }} }}")
    assert error["extensions"] == {"code": "DEAD_LETTER_UNKNOWN"}
    assert error["message"].startswith("there is no dead letter d")

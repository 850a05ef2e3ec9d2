"""What the demo asks of a gateway, played by a small transport."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from hazelgate.operations.demo.running import Refused, Shop, Unavailable
from hazelgate.operations.demo.shop import CUSTOMERS, PRODUCTS, OrderPlan

Answer = Callable[[str, dict[str, Any]], dict[str, Any]]

PLAN = OrderPlan(
    customer_id="customer-0001",
    quantities={"product-0001": 2},
    outcome="cancel",
    decided_after_seconds=0.0,
    reason="ordered twice",
)
PLACED = {"data": {"result": {"__typename": "OrderPayload", "receipt": {"aggregateId": "order-1"}}}}
DONE = {"data": {"result": {"__typename": "ProductPayload"}}}
NO_STOCK = {
    "data": {
        "result": {
            "__typename": "EventRejected",
            "code": "REJECTED",
            "message": "refused",
            "problems": [{"path": ["quantity"], "message": "only 1 available"}],
        }
    }
}


def shop(answer: Answer) -> Shop:
    def handle(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        return httpx.Response(200, json=answer(body["query"], body["variables"]))

    return Shop(httpx.AsyncClient(transport=httpx.MockTransport(handle)), "http://gateway/graphql", 1)


async def test_filling_the_shop_twice_sends_the_same_event_ids() -> None:
    """So the second time changes nothing: the first results are returned."""
    event_ids: list[str] = []

    def answer(query: str, variables: dict[str, Any]) -> dict[str, Any]:
        event_ids.extend(value["eventId"] for name, value in variables.items() if name.startswith("o"))
        return {"data": {}}

    filled = shop(answer)
    await filled.fill()
    once = list(event_ids)
    await filled.fill()
    assert len(set(once)) == CUSTOMERS + PRODUCTS
    assert event_ids == once * 2


async def test_stock_that_ran_out_is_replenished_and_then_reserved() -> None:
    """The shop never runs dry, however long it is left running."""
    asked: list[str] = []

    def answer(query: str, variables: dict[str, Any]) -> dict[str, Any]:
        mutation = query.split("result: ")[1].split("(")[0]
        asked.append(mutation)
        if mutation == "createOrder":
            return PLACED
        return NO_STOCK if asked.count("reserveStock") == 1 and mutation == "reserveStock" else DONE

    assert await shop(answer).place(PLAN) == "order-1"
    assert asked == ["createOrder", "reserveStock", "replenishStock", "reserveStock"]


async def test_a_cancelled_order_gives_its_stock_back() -> None:
    """What was reserved is released."""
    asked: list[dict[str, Any]] = []

    def answer(query: str, variables: dict[str, Any]) -> dict[str, Any]:
        asked.append(variables["input"])
        return DONE

    await shop(answer).decide(PLAN, "order-1")
    assert asked == [
        {"orderId": "order-1", "reason": "ordered twice"},
        {"productId": "product-0001", "orderId": "order-1", "quantity": 2},
    ]


async def test_a_refused_order_says_why() -> None:
    """The server's own words for the field."""
    with pytest.raises(Refused, match="only 1 available"):
        await shop(lambda query, variables: NO_STOCK).place(PLAN)


async def test_a_graphql_error_counts_as_away() -> None:
    """The pipeline may be restarting: the demo waits and goes on."""
    with pytest.raises(Unavailable, match="projector away"):
        await shop(lambda query, variables: {"errors": [{"message": "projector away"}]}).place(PLAN)


async def test_an_order_that_can_not_be_decided_now_stays_as_it_is() -> None:
    """An outage in the middle does not end the demo."""
    await shop(lambda query, variables: {"errors": [{"message": "projector away"}]}).decide(PLAN, "order-1")

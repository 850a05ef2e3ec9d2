"""Keeps a demo shop busy through the public GraphQL API, as any client would."""

import asyncio
from typing import Any

import httpx

from hazelgate.operations.demo.shop import OrderBook, OrderPlan, customers, products

_ERROR = "... on EventError { code message } ... on EventRejected { problems { path message } }"
_BATCH = 50
_STOCK_REFILL = 100
_TRY_AGAIN_SECONDS = 1.0

_CREATE_ORDER = f"""mutation ($input: CreateOrderInput!) {{
  result: createOrder(input: $input) {{ __typename ... on OrderPayload {{ receipt {{ aggregateId }} }} {_ERROR} }}
}}"""


def _step(mutation: str, input_type: str) -> str:
    return f"mutation ($input: {input_type}!) {{ result: {mutation}(input: $input) {{ __typename {_ERROR} }} }}"


_CONFIRM_ORDER = _step("confirmOrder", "ConfirmOrderInput")
_CANCEL_ORDER = _step("cancelOrder", "CancelOrderInput")
_RESERVE_STOCK = _step("reserveStock", "ReserveStockInput")
_RELEASE_STOCK = _step("releaseStock", "ReleaseStockInput")
_REPLENISH_STOCK = _step("replenishStock", "ReplenishStockInput")


class Unavailable(Exception):
    """The gateway, or what is behind it, does not answer now."""


class Refused(Exception):
    """A mutation was answered with one of the typed errors; the message is the server's."""


async def run(url: str, *, orders_per_second: float, seed: int) -> None:
    """
    Fill the shop, then place orders until the process is ended.

    A shop that is filled already stays as it is; one that lost its data with its only member is filled again.
    """
    async with httpx.AsyncClient(trust_env=False, timeout=15.0) as http, asyncio.TaskGroup() as orders:
        shop = Shop(http, url, seed)
        filled, away = False, False
        while True:
            try:
                if not filled:
                    await shop.fill()
                    filled = True
                    print(f"the shop is filled; about {orders_per_second:g} orders a second follow", flush=True)
                await asyncio.sleep(shop.book.next_pause_seconds(orders_per_second))
                plan = shop.book.next_order()
                order_id = await shop.place(plan)
                orders.create_task(shop.decide(plan, order_id))
                away = False
            except Refused as refused:
                print(f"an order was refused ({refused}); looking whether the shop is still filled", flush=True)
                filled = False
                await asyncio.sleep(_TRY_AGAIN_SECONDS)
            except Unavailable as error:
                if not away:
                    print(f"waiting until the gateway takes orders again: {error}", flush=True)
                away = True
                await asyncio.sleep(_TRY_AGAIN_SECONDS)


class Shop:
    """The requests of the demo, one method for each thing that happens."""

    def __init__(self, http: httpx.AsyncClient, url: str, seed: int) -> None:
        self._http = http
        self._url = url
        self._customers = customers()
        self._products = products(seed)
        self.book = OrderBook(
            seed,
            [customer["customerId"] for customer in self._customers],
            [product["productId"] for product in self._products],
        )

    async def fill(self) -> None:
        """Create all customers and products. Their event ids are their own, so that doing it twice changes nothing."""
        for mutation, input_type, key, inputs in (
            ("createCustomer", "CreateCustomerInput", "customerId", self._customers),
            ("createProduct", "CreateProductInput", "productId", self._products),
        ):
            for start in range(0, len(inputs), _BATCH):
                batch = inputs[start : start + _BATCH]
                declared = ", ".join(f"$i{n}: {input_type}!, $o{n}: EventOptions" for n in range(len(batch)))
                fields = " ".join(
                    f"r{n}: {mutation}(input: $i{n}, options: $o{n}) {{ __typename {_ERROR} }}"
                    for n in range(len(batch))
                )
                variables: dict[str, Any] = {}
                for n, value in enumerate(batch):
                    variables[f"i{n}"] = value
                    variables[f"o{n}"] = {"eventId": f"demo-{value[key]}"}
                await self._ask(f"mutation ({declared}) {{ {fields} }}", variables)

    async def place(self, plan: OrderPlan) -> str:
        """Place an order and set its stock aside, filling up what has run out. Returns the order's id."""
        items = [{"productId": product, "quantity": quantity} for product, quantity in plan.quantities.items()]
        answer = await self._step(_CREATE_ORDER, {"customerId": plan.customer_id, "items": items})
        order_id: str = answer["receipt"]["aggregateId"]
        for item in items:
            reservation = {**item, "orderId": order_id}
            try:
                await self._step(_RESERVE_STOCK, reservation)
            except Refused:
                await self._step(_REPLENISH_STOCK, {"productId": item["productId"], "quantity": _STOCK_REFILL})
                await self._step(_RESERVE_STOCK, reservation)
        return order_id

    async def decide(self, plan: OrderPlan, order_id: str) -> None:
        """Some time later, confirm the order or cancel it. What an outage or a restart came between stays undecided."""
        await asyncio.sleep(plan.decided_after_seconds)
        try:
            if plan.outcome == "confirm":
                await self._step(_CONFIRM_ORDER, {"orderId": order_id})
            elif plan.outcome == "cancel":
                await self._step(_CANCEL_ORDER, {"orderId": order_id, "reason": plan.reason})
                for product, quantity in plan.quantities.items():
                    await self._step(_RELEASE_STOCK, {"productId": product, "orderId": order_id, "quantity": quantity})
        except (Refused, Unavailable) as error:
            print(f"order {order_id} stays as it is: {error}", flush=True)

    async def _step(self, document: str, value: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = (await self._ask(document, {"input": value}))["result"]
        if "code" in result:
            problems = [problem["message"] for problem in result.get("problems", ())]
            raise Refused("; ".join(problems) or result["message"])
        return result

    async def _ask(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        try:
            response = await self._http.post(self._url, json={"query": document, "variables": variables})
            answer: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(str(error) or type(error).__name__) from error
        if answer.get("errors"):
            raise Unavailable(answer["errors"][0]["message"])
        data: dict[str, Any] = answer["data"]
        return data

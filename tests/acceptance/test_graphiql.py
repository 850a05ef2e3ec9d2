"""GraphiQL in a real browser that can reach nothing but the gateway."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from tests.acceptance.dev_stack import DevStack
from tests.support.chromium import NO_NETWORK, QUIET
from tests.support.until import PATIENCE_SECONDS, eventually

CREATE_PRODUCT = """mutation ($id: ID!) {
  createProduct(input: {productId: $id, sku: "LAMP-1", name: "Lamp", price: "12.50", quantityOnHand: 9999}) {
    __typename
  }
}"""
CREATE_CUSTOMER = """mutation ($id: ID!) {
  createCustomer(input: {customerId: $id, name: "Ada Berg", email: "ada@example.com"}) { __typename }
}"""
CREATE_ORDER = """mutation ($id: ID!, $customer: ID!, $product: ID!) {
  createOrder(input: {orderId: $id, customerId: $customer, items: [{productId: $product, quantity: 2}]}) { __typename }
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(dev: DevStack, chromium: Path, tmp_path: Path) -> AsyncIterator[Page]:
    """GraphiQL, opened as a user does."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium,
            headless=True,
            args=[*QUIET, NO_NETWORK],
            viewport={"width": 1400, "height": 800},
        )
        await browser.grant_permissions(["clipboard-read", "clipboard-write"])
        opened = browser.pages[0]
        opened.set_default_timeout(1_000 * PATIENCE_SECONDS)
        expect.set_options(timeout=1_000 * PATIENCE_SECONDS)
        await opened.goto(dev.graphql_url)
        yield opened
        await opened.screenshot(path=tmp_path / "graphiql.png")
        await browser.close()


async def run_operation(page: Page, operation: str) -> None:
    """Put it, with its name, into the editor in place of what is there, and press the button."""
    await page.locator(".graphiql-query-editor .monaco-editor").first.click()
    await page.keyboard.press("ControlOrMeta+A")
    # Pasted, because the editor completes what is typed, as fast as it happens to be.
    await page.evaluate("text => navigator.clipboard.writeText(text)", operation)
    await page.keyboard.press("ControlOrMeta+V")
    # The button runs the operation that the tab is named after, which is a moment after the editor has a new one.
    await expect(page.locator(".graphiql-tab-active")).to_contain_text(operation.split()[1])
    await page.locator(".graphiql-execute-button").click()


async def test_a_query_typed_into_it_shows_the_data(page: Page, dev: DevStack) -> None:
    """The first thing that a newcomer does."""
    await dev.ask(CREATE_PRODUCT, {"id": "seen-in-graphiql"})
    await run_operation(page, 'query Seen { product(productId: "seen-in-graphiql") { name price quantityAvailable } }')
    response = page.locator(".graphiql-response")
    await expect(response).to_contain_text("12.50")
    await expect(response).to_contain_text("Lamp")


async def test_a_subscription_shows_an_order_that_is_placed_elsewhere(page: Page, dev: DevStack) -> None:
    """Created by one client, enriched on the way, pushed to another."""
    await dev.ask(CREATE_CUSTOMER, {"id": "watched"})
    await dev.ask(CREATE_PRODUCT, {"id": "watched-product"})
    await run_operation(
        page,
        """subscription Watch { orderChanged(filter: {customer: {customerId: {eq: "watched"}}}) {
          ... on OrderChange { causedBy { eventType } order { orderId totalAmount customer { name } items { name } } }
        } }""",
    )
    response = page.locator(".graphiql-response")
    orders = itertools.count()

    async def an_order_is_seen() -> str | None:
        """The page does not tell when the gateway has begun to listen, so orders are placed until one is seen."""
        order_id = f"pushed-{next(orders)}"
        await dev.ask(CREATE_ORDER, {"id": order_id, "customer": "watched", "product": "watched-product"})
        shown = (await response.inner_text()).replace("\N{NO-BREAK SPACE}", " ")
        return shown if "pushed-" in shown else None

    shown = await eventually(an_order_is_seen)  # the next one may be of another order, which tells that it has left
    for text in ("OrderCreated", "25.00", "Ada Berg", "Lamp"):
        assert text in shown


async def test_it_asks_nobody_but_the_gateway(page: Page, dev: DevStack) -> None:
    """Everything is inside the page."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await expect(page.locator(".graphiql-execute-button")).to_be_visible()
    await run_operation(page, "query Name { __typename }")
    await expect(page.locator(".graphiql-response")).to_contain_text("Query")
    assert asked
    assert [url for url in asked if not url.removeprefix("blob:").startswith((dev.url, "data:"))] == []

"""The page of `examples/customers`: built as its README says, and used in a real browser."""

from __future__ import annotations

import asyncio
import functools
import itertools
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner
from playwright.async_api import BrowserContext, Locator, Page, async_playwright, expect

import hazelgate
from hazelgate.client.connecting.connection import Hazelgate
from hazelgate.domain.customers import CustomerCreated, CustomerUpdated
from hazelgate.operations.cli import main
from tests.support.chromium import NO_NETWORK, QUIET
from tests.support.resumers import Served
from tests.support.stack import running_stack
from tests.support.until import PATIENCE_SECONDS

EXAMPLE = Path(__file__).parents[2] / "examples" / "customers"


@pytest.fixture(scope="module")
def built() -> None:
    """Types of the operations by graphql-codegen, from the derived schema; then checked by tsc, and bundled."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    if not (EXAMPLE / "node_modules").is_dir():
        pytest.skip("the packages of examples/customers are not installed: `make test` installs them")
    exported = CliRunner().invoke(main, ["schema", "export", "--to", str(EXAMPLE / "schema.graphql")])
    assert exported.exit_code == 0, exported.output
    command = ["npm", "run", "--silent", "build"]
    build = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert build.returncode == 0, build.stdout + build.stderr


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def site(built: None) -> Iterator[str]:
    """Where the page is served: another site than the gateway's."""
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Silent, directory=str(EXAMPLE))) as server,
        ThreadPoolExecutor(1) as thread,
    ):
        thread.submit(server.serve_forever)
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Served, Hazelgate]]:
    """A gateway that may be killed, and a client of the cluster that needs none."""
    folder = tmp_path_factory.mktemp("example")
    with running_stack(folder, domain="hazelgate.domain") as stack:
        log = folder / "gateway.log"
        gateway = Served(stack.cluster_name, [stack.address], log, HAZELGATE_ALLOWED_ORIGINS="loopback")
        await asyncio.to_thread(gateway.process.start)
        try:
            async with hazelgate.connect(
                domain="hazelgate.domain", cluster_name=stack.cluster_name, members=stack.address
            ) as hg:
                yield gateway, hg
        finally:
            await asyncio.to_thread(gateway.process.kill)


@pytest.fixture
def hg(shop: tuple[Served, Hazelgate]) -> Hazelgate:
    """It changes what the page shows."""
    return shop[1]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser(site: str, shop: tuple[Served, Hazelgate], chromium: Path) -> AsyncIterator[BrowserContext]:
    """It can reach this machine alone."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=[*QUIET, NO_NETWORK])
        context = await started.new_context(base_url=site)
        context.set_default_timeout(1_000 * PATIENCE_SECONDS)
        expect.set_options(timeout=1_000 * PATIENCE_SECONDS)
        yield context
        await started.close()


async def opened(browser: BrowserContext, shop: tuple[Served, Hazelgate]) -> Page:
    """The page, once it is live."""
    page = await browser.new_page()
    await page.goto(f"/index.html?gateway=http://127.0.0.1:{shop[0].port}/graphql")
    await expect(page.locator("#status")).to_have_text("live")
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: BrowserContext, shop: tuple[Served, Hazelgate]) -> AsyncIterator[Page]:
    """The page, as a user has it."""
    page = await opened(browser, shop)
    yield page
    await page.close()


def row(page: Page, name: str) -> Locator:
    """The customers of that name in the list."""
    return page.locator("#customers tr", has=page.get_by_role("cell", name=name, exact=True))


async def create(hg: Hazelgate, customer_id: str, name: str) -> None:
    """Somebody elsewhere makes a customer."""
    await hg.handle_event(CustomerCreated(customer_id=customer_id, name=name, email="ada@example.org"))


async def test_the_list_shows_what_others_change(page: Page, hg: Hazelgate) -> None:
    await create(hg, "live", "Ada Live")
    await expect(row(page, "Ada Live")).to_have_count(1)
    await hg.handle_event(CustomerUpdated(customer_id="live", name="Ada Renamed"))
    await expect(row(page, "Ada Renamed")).to_have_count(1)
    await expect(row(page, "Ada Live")).to_have_count(0)


async def test_a_refusal_stands_at_its_field(page: Page) -> None:
    """It is gone as soon as the gateway takes the form."""
    form = page.locator("#new")
    await form.locator("[name=name]").fill("Ada Form")
    await form.locator("[name=email]").fill("nowhere")
    await form.get_by_role("button").click()
    await expect(form.locator("[name=email] + .problem")).to_contain_text("an email address")
    await expect(form.locator("[name=email]")).to_be_focused()
    await expect(form.locator("[aria-invalid=true]")).to_have_count(1)
    await form.locator("[name=email]").fill("ada@example.org")
    await form.get_by_role("button").click()
    await expect(row(page, "Ada Form")).to_have_count(1)
    await expect(form.locator("[aria-invalid=true]")).to_have_count(0)


async def test_the_second_editor_sees_the_conflict_and_can_reload(
    page: Page, browser: BrowserContext, shop: tuple[Served, Hazelgate]
) -> None:
    await create(shop[1], "edited", "Ada Edited")
    other = await opened(browser, shop)
    for each in (page, other):
        await row(each, "Ada Edited").get_by_role("button").click()
    first, second = page.locator("#edit"), other.locator("#edit")

    await first.locator("[name=address]").fill("Mill Lane 1")
    await first.get_by_role("button", name="Save").click()
    await expect(first).to_be_hidden()
    await second.locator("[name=name]").fill("Ada Second")
    await second.get_by_role("button", name="Save").click()
    await expect(second.locator(".conflict")).to_be_visible()
    await expect(row(page, "Ada Second")).to_have_count(0)

    await second.get_by_role("button", name="Reload").click()
    await expect(second.locator("[name=address]")).to_have_value("Mill Lane 1")
    await expect(second.locator("[name=name]")).to_have_value("Ada Edited")
    await second.locator("[name=name]").fill("Ada Second")
    await second.get_by_role("button", name="Save").click()
    await expect(row(page, "Ada Second")).to_contain_text("Mill Lane 1")
    await other.close()


async def test_after_the_death_of_its_gateway_the_page_has_each_event_once(
    page: Page, shop: tuple[Served, Hazelgate]
) -> None:
    """While the gateway is away, and while it is killed and comes back, others go on."""
    gateway, hg = shop
    told: list[str] = []
    numbers = itertools.count()

    async def others_make(customers: int) -> None:
        for number in itertools.islice(numbers, customers):
            await create(hg, f"resumed-{number}", f"Ada Resumed {number}")
            told.append(f"CustomerCreated resumed-{number} 1")

    await others_make(10)
    await asyncio.gather(others_make(20), asyncio.to_thread(gateway.process.kill))
    await expect(page.locator("#status")).to_have_text("connecting")
    await others_make(20)
    await asyncio.gather(others_make(20), asyncio.to_thread(gateway.process.start))
    await expect(page.locator("#status")).to_have_text("live")
    await others_make(10)

    await expect(page.locator("#events li", has_text=told[-1])).to_have_count(1)
    shown = await page.locator("#events li").all_text_contents()
    assert sorted(shown) == sorted(told)
    await expect(page.locator("#customers tr", has_text="Ada Resumed")).to_have_count(len(told))

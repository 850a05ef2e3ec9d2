"""Who gets in: by `Host`, by `Origin`, over HTTP and over websockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, Websocket, running_gateway

EVIL = "https://evil.example"
PAGE = "http://localhost:3000"
QUERY = {"query": "{ __typename }"}


async def post(gateway: Gateway, **headers: str) -> httpx.Response:
    """A query with these headers, their names with underscores."""
    return await gateway.http.post(
        "/graphql", json=QUERY, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


def code(response: httpx.Response) -> str:
    found: str = response.json()["errors"][0]["extensions"]["code"]
    return found


async def handshake(gateway: Gateway, **headers: str) -> dict[str, Any]:
    """The first that a server says to a websocket with these headers."""
    socket = Websocket(gateway.app, "graphql-transport-ws", headers)
    return await socket.knock()


async def test_a_page_of_another_site_gets_no_websocket(gateway: Gateway) -> None:
    told = await handshake(gateway, host="localhost:8000", origin=EVIL)
    assert (told["type"], told["code"]) == ("websocket.close", 4403)


async def test_a_page_of_the_gateway_gets_a_websocket(gateway: Gateway) -> None:
    told = await handshake(gateway, host="localhost:8000", origin="http://localhost:8000")
    assert told["type"] == "websocket.accept"


async def test_a_client_that_is_no_browser_gets_a_websocket(gateway: Gateway) -> None:
    assert (await handshake(gateway, host="localhost:8000"))["type"] == "websocket.accept"


async def test_a_websocket_under_a_name_that_is_not_ours_is_refused(gateway: Gateway) -> None:
    told = await handshake(gateway, host="evil.example", origin="http://evil.example")
    assert (told["type"], told["code"]) == ("websocket.close", 4403)


@pytest.mark.parametrize("origin", [EVIL, "null", PAGE, "http://localhost:8000.evil.example", "http://evil.example"])
async def test_a_page_of_another_site_may_not_post(gateway: Gateway, origin: str) -> None:
    response = await post(gateway, host="localhost:8000", origin=origin)
    assert (response.status_code, code(response)) == (403, "ORIGIN_NOT_ALLOWED")
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8000", "shop.localhost:1", "127.0.0.1:8000", "[::1]:8000", "10.1.2.3", "localhost."],
)
async def test_loopback_names_and_addresses_are_ours(gateway: Gateway, host: str) -> None:
    assert (await post(gateway, host=host)).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evillocalhost", "127.0.0.1.evil.example"])
async def test_another_name_is_not_ours(gateway: Gateway, host: str) -> None:
    """So DNS rebinding gains a page nothing: its requests bear its own name."""
    response = await post(gateway, host=host, origin=f"http://{host}")
    assert (response.status_code, code(response)) == (421, "HOST_NOT_ALLOWED")


async def test_a_probe_may_use_any_name(gateway: Gateway) -> None:
    assert (await gateway.http.get("/health", headers={"host": "gateway-1.internal"})).status_code == 200


async def test_a_script_of_another_site_may_not_get(gateway: Gateway) -> None:
    """It has no origin, but a browser says that it is of another site."""
    sent = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    response = await gateway.http.get("/graphql", params=QUERY, headers=sent)
    assert (response.status_code, code(response)) == (403, "ORIGIN_NOT_ALLOWED")


async def test_a_link_on_another_site_leads_to_graphiql(gateway: Gateway) -> None:
    sent = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "accept": "text/html"}
    assert (await gateway.http.get("/graphql", headers=sent)).status_code == 200


async def test_an_allowed_page_posts_after_its_preflight() -> None:
    """A page of another port of the same machine: a browser asks first, for the JSON and its own header."""
    async with running_gateway(Settings(allowed_origins=(PAGE,))) as gateway:
        asked = {
            "origin": PAGE,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        preflight = await gateway.http.options("/graphql", headers=asked)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == PAGE
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert preflight.headers["access-control-allow-headers"] == "authorization,content-type"
        response = await post(gateway, origin=PAGE)
        assert response.json() == {"data": {"__typename": "Query"}}
        assert response.headers["access-control-allow-origin"] == PAGE
        assert "Origin" in response.headers.get_list("vary")
        assert (await handshake(gateway, host="localhost:8000", origin=PAGE))["type"] == "websocket.accept"


async def test_an_allowed_page_allows_no_other() -> None:
    async with running_gateway(Settings(allowed_origins=(PAGE,))) as gateway:
        asked = {"origin": EVIL, "access-control-request-method": "POST"}
        assert (await gateway.http.options("/graphql", headers=asked)).status_code == 403
        assert (await post(gateway, origin=EVIL)).status_code == 403


async def test_a_page_hears_of_an_error_of_its_request_too() -> None:
    async with running_gateway(Settings(allowed_origins=(PAGE,))) as gateway:
        response = await gateway.http.post("/graphql", content=b"{", headers={"origin": PAGE})
        assert (response.status_code, response.headers["access-control-allow-origin"]) == (415, PAGE)


async def test_every_site_and_every_name_can_be_allowed() -> None:
    async with running_gateway(Settings(allowed_origins=("*",), allowed_hosts=("*",))) as gateway:
        assert (await post(gateway, host="gateway.example", origin=EVIL)).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"), [("api.example.org:443", 200), ("a.b.shop.example", 200), ("shop.example", 421)]
)
async def test_more_names_can_be_given(host: str, status: int) -> None:
    async with running_gateway(Settings(allowed_hosts=("api.example.org", "*.shop.example"))) as gateway:
        assert (await post(gateway, host=host)).status_code == status


@pytest.mark.parametrize("wrong", ["localhost:3000", "https://shop.example/app", "https://*.example", ""])
def test_an_origin_that_is_none_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(ValidationError):
        Settings(allowed_origins=(wrong,))


async def test_those_who_are_refused_are_counted(gateway: Gateway) -> None:
    for _ in range(3):
        await post(gateway, origin=EVIL)
    assert 'hazelgate_refused_total{reason="origin"} 3.0' in (await gateway.http.get("/metrics")).text


async def test_a_hundred_refusals_are_one_line_in_the_log(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(100):
        await post(gateway, origin=EVIL)
    lines = [each for each in caplog.records if "may not ask" in each.getMessage()]
    assert len(lines) == 1


@pytest.mark.parametrize("path", ["/graphql", "/health", "/metrics"])
async def test_every_answer_has_the_headers_of_security(gateway: Gateway, path: str) -> None:
    headers = (await gateway.http.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


BESIDE = ["http://localhost:5173", "http://127.0.0.1:8080", "https://[::1]"]
ELSEWHERE = [EVIL, "null", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://[::1"]


@pytest.fixture
async def gateway_of_dev() -> AsyncIterator[Gateway]:
    async with running_gateway(Settings(allowed_origins=("loopback",))) as gateway:
        yield gateway


@pytest.mark.parametrize("origin", BESIDE)
async def test_where_loopback_may_ask_so_may_every_page_of_this_machine(gateway_of_dev: Gateway, origin: str) -> None:
    assert (await post(gateway_of_dev, host="localhost:8000", origin=origin)).status_code == 200
    told = await handshake(gateway_of_dev, host="localhost:8000", origin=origin)
    assert told["type"] == "websocket.accept"


@pytest.mark.parametrize("origin", ELSEWHERE)
async def test_where_loopback_may_ask_a_page_of_another_machine_may_not(gateway_of_dev: Gateway, origin: str) -> None:
    response = await post(gateway_of_dev, host="localhost:8000", origin=origin)
    assert (response.status_code, code(response)) == (403, "ORIGIN_NOT_ALLOWED")

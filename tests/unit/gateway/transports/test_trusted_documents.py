"""Trusted documents and persisted queries over HTTP and websockets, and what a cache may keep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, create_customer, running_gateway

DOCUMENTS = {
    "count": "{ customers { totalCount } }",
    "named": "query($id: ID!) { customer(customerId: $id) { name } }",
    "write": 'mutation { createCustomer(input: {name: "Ada", email: "a@example.org"}) { __typename } }',
    "bad": "{ customers(first: -1) { totalCount } }",
}


def settings(folder: Path, **more: object) -> Settings:
    path = folder / "documents.json"
    path.write_text(json.dumps(DOCUMENTS))
    return Settings.model_validate({"trusted_documents": path, **more})


@pytest.fixture
async def trusting(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that answers trusted documents alone."""
    async with running_gateway(settings(tmp_path, only_trusted_documents=True)) as gateway:
        yield gateway


async def get(gateway: Gateway, name: str, variables: str = "", **headers: str) -> httpx.Response:
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    return await gateway.http.get("/graphql", params={"documentId": name, "variables": variables}, headers=sent)


async def test_a_document_that_does_not_fit_the_schema_is_told_of_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({"good": DOCUMENTS["count"], "old": "{ customers { nothing } }"}))
    async with running_gateway(Settings(trusted_documents=path)):
        [line] = [each.getMessage() for each in caplog.records if "trusted document" in each.getMessage()]
        assert line.startswith("trusted document old can't be answered: Cannot query field 'nothing'")


async def test_a_document_is_answered_by_its_id(trusting: Gateway) -> None:
    response = await trusting.http.post("/graphql", json={"documentId": "named", "variables": {"id": "c1"}})
    assert response.json() == {"data": {"customer": None}}


async def test_any_other_document_is_refused(trusting: Gateway) -> None:
    error = await trusting.error("{ orders { totalCount } }")
    assert error["extensions"] == {"code": "DOCUMENT_NOT_TRUSTED"}
    response = await trusting.http.post("/graphql", json={"documentId": "nope"})
    assert response.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_FOUND"


async def test_over_a_websocket_it_is_the_same(trusting: Gateway) -> None:
    async with trusting.websocket() as socket:
        await socket.send({"type": "subscribe", "id": "1", "payload": {"documentId": "count"}})
        message = await socket.receive()
        assert (message["type"], message["payload"]) == ("next", {"data": {"customers": {"totalCount": 0}}})
        assert (await socket.receive())["type"] == "complete"
        await socket.subscribe("2", "{ __typename }")
        message = await socket.receive()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "DOCUMENT_NOT_TRUSTED")


async def test_a_hash_is_kept_for_all_transports(gateway: Gateway) -> None:
    text = DOCUMENTS["count"]
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}
    expected = {"data": {"customers": {"totalCount": 0}}}
    async with gateway.websocket() as socket:
        await socket.send({"type": "subscribe", "id": "1", "payload": {"extensions": extensions}})
        message = await socket.receive()
        assert (message["type"], message["payload"][0]["message"]) == ("error", "PersistedQueryNotFound")
        await socket.send({"type": "subscribe", "id": "1", "payload": {"query": text, "extensions": extensions}})
        assert (await socket.receive())["payload"] == expected
    response = await gateway.http.post("/graphql", json={"extensions": extensions})
    assert response.json() == expected
    response = await gateway.http.get("/graphql", params={"extensions": json.dumps(extensions)})
    assert response.json() == expected


async def test_a_get_is_answered_with_304_until_the_answer_changes(trusting: Gateway) -> None:
    first = await get(trusting, "count")
    assert first.headers["cache-control"] == "private, no-cache"
    again = await get(trusting, "count", if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    await trusting.http.post("/graphql", json={"documentId": "write"})
    changed = await get(trusting, "count", if_none_match=first.headers["etag"])
    assert (changed.status_code, changed.json()["data"]["customers"]["totalCount"]) == (200, 1)


async def test_each_media_type_has_a_tag_of_its_own(trusting: Gateway) -> None:
    first = await get(trusting, "count")
    other = await get(
        trusting, "count", accept="application/graphql-response+json", if_none_match=first.headers["etag"]
    )
    assert other.status_code == 200


async def test_an_answer_with_errors_is_kept_nowhere(trusting: Gateway) -> None:
    response = await get(trusting, "bad")
    assert "errors" in response.json()
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


async def test_a_query_that_is_not_trusted_is_kept_nowhere(gateway: Gateway) -> None:
    response = await gateway.http.get("/graphql", params={"query": DOCUMENTS["count"]})
    assert response.headers["cache-control"] == "no-store"


async def test_a_trusted_mutation_is_not_answered_to_a_get(trusting: Gateway) -> None:
    assert (await get(trusting, "write")).status_code == 405


async def test_how_long_an_answer_may_be_used_can_be_set(tmp_path: Path) -> None:
    async with running_gateway(settings(tmp_path, document_max_age_seconds=30)) as gateway:
        assert (await get(gateway, "count")).headers["cache-control"] == "private, max-age=30"
        await create_customer(gateway, "c1")  # and other documents are answered

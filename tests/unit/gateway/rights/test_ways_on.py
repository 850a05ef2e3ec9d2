"""Streams after a cursor, responses that stay open, batches and reads with a token: no way round the rules."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from hazelgate.gateway.graphql.execution import Execution
from tests.support.gateway import Websocket
from tests.support.parts import merged
from tests.support.streaming import streaming
from tests.unit.gateway.rights.conftest import CALLERS, Clinic, running_clinic
from tests.unit.gateway.rights.test_walk import (
    EVENT,
    FIELDS,
    SECRETS,
    SUBSCRIPTIONS,
    Checks,
    change_everything,
    may_hear,
    may_see,
    reads,
    whole_text,
)

QUIET_ROUNDS = 20
FIRST = "{ events(first: 1) { edges { cursor } } }"
EVENTS = "subscription { events(after: %s) { ... on EventNotice { cursor event { " + EVENT + " } } } }"
PATIENTS = "subscription { patientChanged(after: %s) { ... on PatientChange { patientId patient { name } } } }"
AMEND = """mutation {
  amendVisit(input: { visitId: "v2", diagnosis: "diagnosis-v2" }) { ... on VisitPayload { receipt { token } } }
}"""


async def beginning(clinic: Clinic) -> str:
    """The cursor behind the first event, as a literal."""
    found: dict[str, Any] = await clinic.data("boss", FIRST)
    return json.dumps(found["events"]["edges"][0]["cursor"])


async def told(socket: Websocket) -> None:
    """Return when nothing more comes: everybody gets the doctors' names."""
    seen = quiet = 0
    while quiet < QUIET_ROUNDS:
        await asyncio.sleep(0.02)
        quiet = quiet + 1 if socket.waiting and socket.waiting == seen else 0
        seen = socket.waiting


async def test_a_stream_that_goes_on_after_a_cursor_shows_nobody_what_they_may_not_see(clinic: Clinic) -> None:
    """All that lies in the log is told, to each caller as far as its roles go; keys of hidden entries are secrets."""
    checks, heard = Checks(), Counter[str]()
    after = await beginning(clinic)
    for who in CALLERS:
        socket = await clinic.socket(who)
        for one, document in SUBSCRIPTIONS.items():
            for field in FIELDS[one][2]:
                resumed = (document % field).replace("Changed {", f"Changed(after: {after}) {{", 1)
                await socket.subscribe(f"{one}.{field}", resumed)
        await socket.subscribe("events", EVENTS % after)
        await told(socket)
        while socket.waiting:
            message = await socket.receive()
            checks.look(who, message.get("id", "").partition(".")[0], "", json.dumps(message))
            if message["type"] != "next":
                continue
            heard[who] += 1
            said = whole_text(json.dumps(message["payload"]))
            hidden = [n for n in "123" if not may_hear(who, message["id"], n) and (f"key:p{n}" in said)]
            assert not hidden, (who, message)
        await socket.leave()
    checks.tell("streams after a cursor")
    checks.require_none()
    assert all(checks.seen[one] for one in ("doctor", "patient", "visit", "events")), checks.seen
    assert heard["boss"] > heard["p1"] > 0


LIVE_AT_ONCE = 60
"""Queries on one socket."""


def live_reads() -> Iterator[tuple[str, str]]:
    """
    The name of a way, and a document that follows one field by it.

    It is one of four of each way. The rights of a live query are those of the query, by which the other walks go.
    """
    for way, document in one_of_four():
        head, _, selection = document.partition("{")
        variables = head.removeprefix("query")
        yield f"live {way}", f"subscription{variables} {{ live(throttleMs: 20) {{{selection} }}"


PARTS = {"accept": "multipart/mixed;incrementalSpec=v0.2, application/json"}
INNERMOST = re.compile(r"\{ ([^{}]*) \}")


@pytest.mark.exhaustive
async def test_no_part_shows_anybody_what_they_may_not_see(tmp_path: Path) -> None:
    """All that is innermost is deferred: put together, it is what the caller gets at once."""
    checks, several = Checks(), 0
    bounds = {"max_query_cost": 10**8, "max_cost_per_second": 0}
    async with running_clinic(tmp_path, incremental_delivery=True, **bounds) as clinic:
        for way, document in one_of_four():
            deferred = INNERMOST.sub(r"{ ... @defer { \1 } }", document)
            for who in ("p1", "p3", "northern", "boss"):
                whole = (await clinic.ask(who, document)).json()
                answer = await clinic.gateway.http.post(
                    "/graphql",
                    json={"query": deferred},
                    headers={"authorization": f"Bearer {clinic.keys[who]}", **PARTS},
                )
                parts = parts_in(answer.text)
                checks.look(who, f"parts {way}", document, json.dumps(parts))
                if "errors" in whole or "errors" in parts[0]:
                    assert "errors" in answer.text
                    assert "errors" in whole
                    continue
                several += len(parts) > 1
                assert merged(parts)["data"] == whole["data"]
    checks.tell("parts")
    checks.require_none()
    assert several > 100
    assert checks.seen.total() > 100


def parts_in(text: str) -> list[Any]:
    """The parts of an answer; itself, where it has none."""
    if not text.startswith("--graphql"):
        return [json.loads(text)]
    _, *parts, _ = text.split("--graphql")
    return [json.loads(each.partition("\r\n\r\n")[2]) for each in parts]


def one_of_four() -> Iterator[tuple[str, str]]:
    """The name of a way, and a document that asks for one field by it: one of four of each way."""
    ways = Counter[str]()
    for way, document in reads():
        ways[way] += 1
        if ways[way] % 4 == 1:
            yield way, document


@pytest.mark.exhaustive
async def test_no_live_query_shows_anybody_what_they_may_not_see(clinic: Clinic) -> None:
    """Each way, at once and while everything changes."""
    checks = Checks()
    documents = list(live_reads())
    for start in range(0, len(documents), LIVE_AT_ONCE):
        chosen = dict(enumerate(documents[start : start + LIVE_AT_ONCE]))
        sockets = {who: await clinic.socket(who) for who in ("p1", "p3", "northern", "boss")}
        for socket in sockets.values():
            for number, (_, document) in chosen.items():
                await socket.subscribe(str(number), document)
        await asyncio.sleep(1)
        await change_everything(clinic)
        await asyncio.sleep(1)
        for who, socket in sockets.items():
            while socket.waiting:
                message = await socket.receive()
                way, document = chosen[int(message["id"])]
                checks.look(who, way, document, json.dumps(message))
            await socket.leave()
    checks.tell("live queries")
    checks.require_none()
    assert {"live query", "live connection", "live link", "live history", "live events"} <= set(checks.seen)


async def test_what_a_caller_may_not_see_has_no_live_page_of_its_own_run(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, ran = Counter[str](), Execution._ran

    async def count(self: Execution, *given: Any) -> Any:
        assert self.rights.identity is not None
        runs[self.rights.identity.subject] += 1
        return await ran(self, *given)

    monkeypatch.setattr(Execution, "_ran", count)
    query = "subscription { live(throttleMs: 20) { visits { edges { node { diagnosis } } } } }"
    sockets = {who: await clinic.socket(who) for who in ("p1", "p2")}
    for socket in sockets.values():
        await socket.subscribe("1", query)
        assert "diagnosis-" in json.dumps(await socket.receive())
    await clinic.data("boss", AMEND.replace("diagnosis-v2", "other-v2"))
    assert "other-v2" in json.dumps(await sockets["p2"].receive())
    await asyncio.sleep(1)
    assert runs == {"key:p1": 1, "key:p2": 2}
    assert not sockets["p1"].waiting
    for socket in sockets.values():
        await socket.leave()


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"])
async def test_a_response_that_stays_open_is_its_caller_s(clinic: Clinic, accept: str) -> None:
    after = await beginning(clinic)
    for who in ("p1", "boss"):
        body = {"query": PATIENTS % after}
        async with streaming(
            clinic.gateway.app, body=body, accept=accept, authorization=f"Bearer {clinic.keys[who]}"
        ) as answer:
            await answer.until(b"name-p1")
            said = answer.received.decode()
        assert ("name-p2" in said or "name-p3" in said) == (who == "boss")


async def test_a_response_that_stays_open_is_for_nobody_without_rights(clinic: Clinic) -> None:
    after = await beginning(clinic)
    async with streaming(clinic.gateway.app, body={"query": PATIENTS % after}, accept="text/event-stream") as answer:
        await answer.ended()
    assert b"name-" not in answer.received
    assert b"UNAUTHENTICATED" in answer.received


async def test_the_token_of_a_stream_is_for_its_caller_alone(clinic: Clinic) -> None:
    """Neither to listen, nor to have it told something."""
    mine, other = (f"Bearer {clinic.keys[who]}" for who in ("p1", "p2"))
    p1, p2 = {"authorization": mine}, {"authorization": other}
    token = (await clinic.gateway.http.put("/graphql/stream", headers=p1)).text
    path, query = "/graphql/stream", f"token={token}"
    async with streaming(
        clinic.gateway.app, "GET", path, query_string=query, accept="text/event-stream", authorization=other
    ) as stolen:
        assert stolen.status == 404
    async with streaming(
        clinic.gateway.app, "GET", path, query_string=query, accept="text/event-stream", authorization=mine
    ) as own:
        assert own.status == 200
        body = {"query": "{ patients { totalCount } }", "extensions": {"operationId": "1"}}
        url = f"{path}?{query}"
        assert (await clinic.gateway.http.post(url, json=body, headers=p2)).status_code == 404
        assert (await clinic.gateway.http.delete(f"{url}&operationId=1", headers=p2)).status_code == 404
        assert (await clinic.gateway.http.post(url, json=body, headers=p1)).status_code == 202
        assert "totalCount" in (await own.until(b"\n\n")).decode() + (await own.until(b"\n\n")).decode()


async def test_a_read_that_waits_for_an_event_shows_no_more_than_any_other(clinic: Clinic) -> None:
    """Whether the event is there is not told either: it is waited for as one that is not."""
    token = (await clinic.data("boss", AMEND))["amendVisit"]["receipt"]["token"]
    query = 'query($token: String) { visit(visitId: "v2", minRevision: $token) { diagnosis } }'
    assert (await clinic.data("p2", query, token=token)) == {"visit": {"diagnosis": "diagnosis-v2"}}
    for who in ("p1", "nowhere"):
        assert "diagnosis-v2" not in (await clinic.ask(who, query, token=token)).text


@pytest.fixture
async def batching(tmp_path: Path) -> AsyncIterator[Clinic]:
    """A clinic that takes several operations in one request."""
    async with running_clinic(tmp_path, max_batched_operations=10) as clinic:
        yield clinic


async def test_a_batch_shows_what_each_of_its_operations_does(batching: Clinic) -> None:
    batch = [{"query": f"{{ {many} {{ edges {{ node {{ {field} }} }} }} }}"} for many, field in
             (("patients", "name"), ("visits", "diagnosis"), ("doctors", "name"))]  # fmt: skip
    for who in ("p1", "northern", "boss"):
        headers = {"authorization": f"Bearer {batching.keys[who]}"}
        said = (await batching.gateway.http.post("/graphql", json=batch, headers=headers)).text
        shown = [each for each in SECRETS if each.text in said]
        assert shown
        assert [each for each in shown if not may_see(who, each)] == []

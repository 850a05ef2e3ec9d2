"""
Two tenants with the same ids behind one gateway: whatever way one asks, nothing of the other is in the answer.

The walk is that of the rights. Beside each tenant there is a clinic that is alone in its cluster and knows no tenants.
What a tenant is answered has to be the same, word for word: so no count and no page has anything of the other either.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway import Closed, Websocket
from tests.unit.gateway.rights.conftest import Clinic, fill, running_clinic, running_clinics
from tests.unit.gateway.rights.test_walk import EVENT, FIELDS, SECRETS, SUBSCRIPTIONS, Secret, reads, whole_text

pytestmark = pytest.mark.timeout(280)

ACME, GLOBEX, NOBODYS = "acme", "globex", ""
WALKERS = ("boss", "p1")
OPAQUE = {
    "cursor", "startCursor", "endCursor", "eventId", "correlationId", "timestamp", "causedBy", "causationId",
    "token", "streamCursor",
}  # fmt: skip
"""Fields whose values differ from one cluster to the next."""


@pytest.fixture
async def clinics(tmp_path: Path) -> AsyncIterator[dict[str, Clinic]]:
    """Those of two tenants, filled, and callers who have none."""
    async with running_clinics(tmp_path, ACME, GLOBEX, NOBODYS) as clinics:
        await fill(clinics[ACME])
        await fill(clinics[GLOBEX], "X", 7)
        yield clinics


def globex_secret(secret: Secret) -> str:
    """What stands in the other clinic in place of a secret of the first."""
    text = secret.text
    return f"7{text[1:]}" if text[0].isdigit() else text.replace("-", "X-", 1)


def plain(value: Any) -> Any:
    """An answer without what no two clusters have in common."""
    if isinstance(value, dict):
        return {name: "…" if name in OPAQUE and each is not None else plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


@pytest.mark.exhaustive
async def test_no_way_of_asking_crosses_tenants(clinics: dict[str, Clinic], tmp_path: Path) -> None:
    """Each field by each way as callers of both tenants; the answers are those of a clinic that is alone."""
    checks: Counter[str] = Counter()
    leaks: list[str] = []
    theirs = {
        ACME: [globex_secret(each) for each in SECRETS],
        GLOBEX: [each.text for each in SECRETS],
    }
    async with running_clinic(tmp_path) as alone:
        for place, (way, document) in enumerate(reads()):
            for who in WALKERS if place % 4 == 0 else WALKERS[:1]:
                answers = {tenant: (await clinics[tenant].ask(who, document)).text for tenant in theirs}
                for tenant, secrets in theirs.items():
                    said = whole_text(answers[tenant])
                    for text in secrets:
                        checks[way] += 1
                        if text in said and text not in document:
                            leaks.append(f"{who} of {tenant} by {way}: {text} in {answers[tenant][:300]} of {document}")
                    checks[way] += 1
                    if re.search(r"acme|globex", said):
                        leaks.append(f"{who} of {tenant} by {way}: a tenant's name in {said[:300]} of {document}")
                if way != "operators":
                    checks[way] += 1
                    expected = plain(json.loads((await alone.ask(who, document)).text))
                    if plain(json.loads(answers[ACME])) != expected:
                        leaks.append(f"{who} by {way}: {answers[ACME][:400]} and alone {expected} of {document}")
    ways = ", ".join(f"{way} {number:,}" for way, number in sorted(checks.items()))
    print(f"\ntenants: {sum(checks.values()):,} checks, {len(leaks)} leaks ({ways})")
    assert leaks == [], f"{len(leaks)} leaks\n" + "\n".join(leaks[:10])
    assert sum(checks.values()) > 25_000


async def test_no_stream_crosses_tenants(clinics: dict[str, Clinic]) -> None:
    """While one tenant changes everything, the other hears nothing; it hears of its own."""
    documents = {one: document % FIELDS[one][2][0] for one, document in SUBSCRIPTIONS.items()}
    documents["events"] = f"subscription {{ events {{ ... on EventNotice {{ cursor event {{ {EVENT} }} }} }} }}"
    documents["live"] = "subscription { live { patients { totalCount edges { node { name } } } } }"
    sockets = {}
    for tenant in (ACME, GLOBEX):
        socket = sockets[tenant] = await clinics[tenant].socket("boss")
        for name, document in documents.items():
            await socket.subscribe(name, document)
        await socket.settle()
    said: dict[str, str] = {}
    for tenant, name in ((GLOBEX, "theirs"), (ACME, "ours"), (GLOBEX, "again")):
        await clinics[tenant].data("boss", admission("key:p1", name))
        said[tenant] = said.get(tenant, "") + await heard(sockets[tenant], {"patient", "events", "live"}, name)
    for tenant, socket in sockets.items():
        await socket.settle()
        said[tenant] += "".join([json.dumps(await socket.receive()) for _ in range(socket.waiting)])
        await socket.leave()
    assert "ours" in said[ACME]
    assert not re.search(r"theirs|again|nameX|globex", said[ACME])
    assert not re.search(r"ours|name-|acme", said[GLOBEX])


async def heard(socket: Websocket, operations: set[str], word: str) -> str:
    """All that comes until each of these operations has said the word."""
    said = ""
    while operations:
        message = await socket.receive()
        text = json.dumps(message)
        said += text
        if word in text:
            operations = operations - {message["id"]}
    return said


def admission(key: str, name: str, options: str = "") -> str:
    """A mutation that admits a patient."""
    return (
        f'mutation {{ admitPatient(input: {{patientId: "{key}", name: "{name}", phone: "1", insurance: "2", region: '
        f'"north", doctorId: "d1", score: 3}}, options: {{{options}}}) {{ __typename ... on EventError {{ message }} '
        "... on PatientPayload { receipt { eventId token } } } }"
    )


async def test_a_cursor_holds_in_its_tenant_alone(clinics: dict[str, Clinic]) -> None:
    """Lists and the log refuse a cursor of another tenant; a stream says that it is of another log."""
    lists = "{ patients(first: 1) { pageInfo { endCursor } } events(first: 1) { pageInfo { endCursor } } streamCursor }"
    told = {tenant: await clinics[tenant].data("boss", lists) for tenant in (ACME, GLOBEX)}
    page, log = (told[ACME][each]["pageInfo"]["endCursor"] for each in ("patients", "events"))
    asked = "query($after: String) { %s(after: $after) { edges { node { __typename } } } }"
    assert await clinics[ACME].data("boss", asked % "patients", after=page)
    assert await clinics[ACME].data("boss", asked % "events", after=log)
    assert "cursor of this list" in (await clinics[GLOBEX].error("boss", asked % "patients", after=page))["message"]
    assert "another log" in (await clinics[GLOBEX].error("boss", asked % "events", after=log))["message"]
    follow = "subscription($after: String) { events(after: $after) { __typename } }"
    for tenant, kind in ((ACME, "EventNotice"), (GLOBEX, "Discontinuity")):
        socket = await clinics[tenant].socket("boss")
        await socket.subscribe("1", follow, after=log)
        message = await socket.receive()
        assert message["payload"]["data"]["events"]["__typename"] == kind
        await socket.leave()


async def test_the_first_that_a_tenant_asks_is_answered(tmp_path: Path) -> None:
    """Its part of the gateway begins with it, and knows by then where the log stands."""
    async with running_clinics(tmp_path, ACME) as clinics:
        assert (await clinics[ACME].data("boss", "{ streamCursor }"))["streamCursor"]
    async with running_clinics(tmp_path, ACME) as clinics:
        socket = await clinics[ACME].socket("boss")
        await socket.subscribe("1", "{ streamCursor }")
        assert (await socket.receive())["payload"]["data"]["streamCursor"]
        await socket.leave()


async def test_ids_that_clients_give_are_their_tenants(clinics: dict[str, Clinic]) -> None:
    """One eventId in two tenants is two events; a receipt's token waits for the event of its tenant alone."""
    names = {ACME: "Ann", GLOBEX: "Bob"}
    answers = {}
    for tenant, name in names.items():
        mutation = admission("key:new", name, 'eventId: "once"')
        answers[tenant] = (await clinics[tenant].data("boss", mutation))["admitPatient"]
        assert (await clinics[tenant].data("boss", mutation))["admitPatient"] == answers[tenant], "the same event"
    asked = (
        'query($token: String) { patient(patientId: "key:new", minRevision: $token) { name } '
        'event(eventId: "once") { data } completion(eventId: "once") { status } }'
    )
    for tenant, name in names.items():
        data = await clinics[tenant].data("boss", asked, token=answers[tenant]["receipt"]["token"])
        assert data["patient"] == {"name": name}
        assert data["event"]["data"]["name"] == name
        assert data["completion"] == {"status": "SUCCESS"}
    await clinics[ACME].data("boss", admission("key:only", "Cid", 'eventId: "mine"'))
    nothing = '{ event(eventId: "mine") { data } completion(eventId: "mine") { status } }'
    assert await clinics[GLOBEX].data("boss", nothing) == {"event": None, "completion": None}
    assert "1 to 128" in (await clinics[GLOBEX].error("boss", '{ event(eventId: "acme!mine") { data } }'))["message"]


async def test_a_conflict_names_plain_ids(clinics: dict[str, Clinic]) -> None:
    """Errors of the pipeline say nothing of tenants."""
    data = await clinics[ACME].data("boss", admission("key:p1", "Ann", "expectedSequence: 7"))
    assert data["admitPatient"]["__typename"] == "SequenceConflict"
    assert "at 1" in data["admitPatient"]["message"] or "1" in data["admitPatient"]["message"]
    await clinics[ACME].data("boss", admission("key:p1", "Ann", 'eventId: "twice"'))
    used = await clinics[ACME].data("boss", admission("key:p1", "Bob", 'eventId: "twice"'))
    assert used["admitPatient"]["__typename"] == "EventIdConflict"
    assert ACME not in str([data, used])


async def test_who_has_no_tenant_is_refused(clinics: dict[str, Clinic]) -> None:
    """Callers without one get a typed error, over HTTP and websockets; so do those without credentials."""
    answer = await clinics[NOBODYS].ask("p1", "{ __typename }")
    assert answer.status_code == 403
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "TENANT_REQUIRED"
    assert "'tid'" in error["message"]
    assert (await clinics[ACME].ask(None, "{ doctors { totalCount } }")).status_code == 401
    socket = Websocket(clinics[ACME].gateway.app, "graphql-transport-ws")
    await socket.open()
    await socket.send({"type": "connection_init", "payload": {"apiKey": clinics[NOBODYS].keys["p1"]}})
    with pytest.raises(Closed) as closed:
        await socket.receive()
    assert closed.value.code == 4403


async def test_an_operator_without_a_tenant_oversees_all(clinics: dict[str, Clinic]) -> None:
    """It sees stored events as they are stored, and what keeps the cluster going; no entry, and it submits nothing."""
    overseer = clinics[NOBODYS]
    data = await overseer.data("boss", "{ events(first: 1000) { edges { node { aggregateId } } } pipelines { name } }")
    ids = {each["node"]["aggregateId"] for each in data["events"]["edges"]}
    assert {"acme!key:p1", "globex!key:p1"} <= ids
    for document in ("{ patients { totalCount } }", admission("key:p1", "Ann")):
        errors = (await overseer.ask("boss", document)).json()["errors"]
        assert {each["extensions"]["code"] for each in errors} == {"FORBIDDEN"}
    assert (await overseer.gateway.http.get("/metrics", headers={"x-api-key": overseer.keys["boss"]})).is_success


async def test_a_tenants_operator_mends_nothing_of_all(clinics: dict[str, Clinic]) -> None:
    """Pipelines, dead letters, rebuilds, snapshots and figures are those of all tenants."""
    boss = clinics[ACME]
    for field in ("pipelines { name }", "deadLetters { totalCount }", "rebuilds { id }", "snapshots { id }"):
        assert (await boss.error("boss", f"{{ {field} }}"))["extensions"]["code"] == "FORBIDDEN"
    metrics = await boss.gateway.http.get("/metrics", headers={"x-api-key": boss.keys["boss"]})
    assert metrics.status_code == 403

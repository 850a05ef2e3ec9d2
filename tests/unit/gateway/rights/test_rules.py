"""Rules at work: the past, events, submissions, streams, and the caller that guards see."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hazelgate import Catalog, Identity
from hazelgate.client.rights.rights import LimitedRights, Rights
from hazelgate.client.rights.shapes import shape_of
from hazelgate.gateway.settings import Settings
from hazelgate.sourcing.errors import CatalogError
from hazelgate.testing import given
from tests.support.callers import keys_file
from tests.support.gateway import running_gateway
from tests.unit.gateway.rights.clinic import Patient, PatientAdmitted
from tests.unit.gateway.rights.conftest import Clinic

MOVE = 'mutation { moveVisit(input: {visitId: "%s", patientId: "%s"}) { __typename } }'
ADMIT = (
    'mutation { admitPatient(input: {patientId: "%s", name: "n", phone: "p", insurance: "i", region: "north", '
    'doctorId: "d1", score: 1}) { __typename ... on PatientPayload { patient { name } } } }'
)


async def instant(clinic: Clinic) -> str:
    """Now, as the last event has it."""
    found = await clinic.data("boss", "{ events(last: 1) { edges { node { timestamp } } } }")
    text: str = found["events"]["edges"][0]["node"]["timestamp"]
    return text


# ---------------------------------------------------------------- the past


async def test_the_past_of_an_entry_is_for_those_who_see_it_now_and_saw_it_then(clinic: Clinic) -> None:
    before = await instant(clinic)
    await clinic.data("boss", MOVE % ("v2", "key:p1"))
    then = f'{{ visit(visitId: "v2", asOf: "{before}") {{ diagnosis }} }}'
    now = '{ visit(visitId: "v2") { diagnosis } }'
    assert (await clinic.data("p1", now))["visit"] == {"diagnosis": "diagnosis-v2"}
    assert (await clinic.data("p1", then))["visit"] is None, "it was another's"
    assert (await clinic.data("p2", now))["visit"] is None
    assert (await clinic.data("p2", then))["visit"] is None, "it is another's"
    assert (await clinic.data("boss", then))["visit"] == {"diagnosis": "diagnosis-v2"}


async def test_a_history_shows_the_events_that_the_caller_may_read(clinic: Clinic) -> None:
    query = '{ visit(visitId: "v1") { history(first: 1) { edges { node { eventType } } pageInfo { hasNextPage } } } }'
    shown = (await clinic.data("p1", query))["visit"]["history"]
    assert [each["node"]["eventType"] for each in shown["edges"]] == ["VisitRecorded"]
    assert not shown["pageInfo"]["hasNextPage"], "what is hidden counts for nothing"
    assert (await clinic.data("boss", query))["visit"]["history"]["pageInfo"]["hasNextPage"]


# ---------------------------------------------------------------- events


async def test_an_event_is_shown_by_type_row_and_field(clinic: Clinic) -> None:
    query = "{ events { edges { node { eventType data } } } }"

    async def shown(who: str) -> list[Any]:
        found = await clinic.data(who, query)
        return [(each["node"]["eventType"], each["node"]["data"]) for each in found["events"]["edges"]]

    assert {name for name, _ in await shown("p1")} == {"PatientAdmitted", "VisitRecorded"}
    assert len(await shown("p1")) == 2
    assert await shown("northern") == [
        ("VisitRecorded", {"visitId": "v1", "region": "north"}),
        ("VisitRecorded", {"visitId": "v3", "region": "north"}),
    ]
    assert await shown("nowhere") == []
    assert len(await shown("boss")) == 11
    assert (await clinic.error("stranger", query))["extensions"]["code"] == "FORBIDDEN"


async def test_an_event_and_its_fate_are_for_its_readers_and_its_submitter(clinic: Clinic) -> None:
    all_ = await clinic.data("boss", "{ events { edges { node { eventId eventType aggregateId id } } } }")
    ids = {
        (node["eventType"], node["aggregateId"]): node for node in (each["node"] for each in all_["events"]["edges"])
    }
    own, other, amended = (
        ids[each] for each in (("VisitRecorded", "v1"), ("VisitRecorded", "v2"), ("VisitAmended", "v1"))
    )
    for node, seen in ((own, True), (other, False), (amended, False)):
        found = await clinic.data(
            "p1",
            f'{{ event(eventId: "{node["eventId"]}") {{ data }} node(id: "{node["id"]}") {{ id }} '
            f'completion(eventId: "{node["eventId"]}") {{ status }} }}',
        )
        assert [each is not None for each in found.values()] == [seen] * 3, node
    visit = (
        'mutation { recordVisit(input: {visitId: "v9", patientId: "key:p2", region: "south", diagnosis: "x", '
        'cost: "1", drugs: [{label: "y"}]}, options: {eventId: "e9"}) { __typename } }'
    )
    await clinic.data("northern", visit)
    asked = '{ completion(eventId: "e9") { status } }'
    assert (await clinic.data("northern", asked))["completion"] == {"status": "SUCCESS"}, "it has sent it"
    assert (await clinic.data("nowhere", asked))["completion"] is None


async def test_the_catalog_of_events_has_those_that_the_caller_may_use(clinic: Clinic) -> None:
    query = "{ eventCatalog { eventType updates } }"
    assert (await clinic.data("northern", query))["eventCatalog"] == [
        {"eventType": "VisitRecorded", "updates": ["visit-view"]}
    ]
    assert (await clinic.data("stranger", query))["eventCatalog"] == []
    error = await clinic.error("p1", '{ events(types: ["VisitAmended"]) { edges { cursor } } }')
    unknown = await clinic.error("p1", '{ events(types: ["VisitAmendex"]) { edges { cursor } } }')
    assert error["message"].replace("VisitAmended", "?") == unknown["message"].replace("VisitAmendex", "?")


async def test_the_schema_of_an_event_names_the_fields_that_the_caller_may_see() -> None:
    catalog = Catalog.load("hazelgate.domain")
    identity = Identity(subject="sue", roles=("support",))
    support = LimitedRights(catalog, shape_of(catalog, {"support"}), identity)
    shown = json.dumps(support.json_schema(catalog.spec("OrderCreated")))
    assert "customerId" in shown
    assert "orderId" in shown
    assert not any(hidden in shown for hidden in ("customerEmail", "OrderLine", "priceAtOrder"))
    assert "OrderLine" in json.dumps(Rights(catalog).json_schema(catalog.spec("OrderCreated")))


# ---------------------------------------------------------------- submissions


async def test_an_event_is_submitted_where_its_rule_holds(clinic: Clinic) -> None:
    assert (await clinic.data("p1", ADMIT % "key:p1"))["admitPatient"]["patient"] == {"name": "n"}
    error = await clinic.error("p1", ADMIT % "key:p2")
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "a rule of the domain says which" in error["message"]
    refused = (await clinic.ask("stranger", ADMIT % "x")).json()["errors"]
    assert {each["extensions"]["code"] for each in refused} == {"FORBIDDEN"}


async def test_handle_event_is_no_way_around(clinic: Clinic) -> None:
    handle = 'mutation($data: JSON!, $type: String!) { handleEvent(input: {eventType: $type, aggregateId: "%s", data: $data}) { __typename } }'  # noqa: E501
    patient = {"name": "n", "phone": "p", "insurance": "i", "region": "r", "doctorId": "d", "score": 1}
    stored = len(clinic.gateway.cluster.engine.map("event-store"))
    for who, event_type, key in (
        ("p1", "PatientAdmitted", "key:p2"),
        ("p1", "VisitMoved", "v1"),
        ("p1", "Nonsense", "x"),
    ):
        error = await clinic.error(who, handle % key, type=event_type, data=patient)
        assert error["extensions"]["code"] == "FORBIDDEN", event_type
    several = "mutation($inputs: [HandleEventInput!]!) { handleEvents(inputs: $inputs) { __typename } }"
    inputs = [{"eventType": "PatientAdmitted", "aggregateId": key, "data": patient} for key in ("key:p1", "key:p2")]
    assert (await clinic.error("p1", several, inputs=inputs))["extensions"]["code"] == "FORBIDDEN"
    assert len(clinic.gateway.cluster.engine.map("event-store")) == stored, "all or none"
    assert await clinic.data("p1", several, inputs=inputs[:1])


async def test_a_payload_shows_what_the_caller_may_see(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry comes with the word on the event, and the rule of its rows holds all the same."""
    asked: list[str] = []
    read = clinic.gateway.cluster.read

    async def counted(map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        asked.append(map_name)
        return await read(map_name, keys)

    monkeypatch.setattr(clinic.gateway.cluster, "read", counted)
    visit = (
        'mutation { recordVisit(input: {visitId: "%s", patientId: "key:p2", region: "%s", diagnosis: "x", cost: "1", '
        'drugs: [{label: "y"}]}) { ... on VisitPayload { visit { patientId } } } }'
    )
    assert (await clinic.data("northern", visit % ("v8", "north")))["recordVisit"] == {"visit": {"patientId": "key:p2"}}
    assert (await clinic.data("northern", visit % ("v9", "south")))["recordVisit"] == {"visit": None}
    assert "visit-view" not in asked


async def test_who_has_submitted_an_event_is_kept_with_it(clinic: Clinic) -> None:
    await clinic.data("p1", ADMIT % "key:p1")
    records = [json.loads(each) for each in clinic.gateway.cluster.engine.map("event-store").values()]
    last = max(records, key=lambda each: str(each["cursor"]))
    assert last["metadata"]["identity"]["subject"] == "key:p1"


def test_a_guard_sees_the_submitter() -> None:
    admitted = PatientAdmitted(patient_id="p1", name="n", phone="p", insurance="i", region="r", doctor_id="d", score=1)
    seen = Patient(patient_id="p1", name="n", phone="p", insurance="i", region="r", doctor_id="d", score=1)
    given().when(admitted).then(seen)
    given().when(admitted, identity=Identity(subject="p1")).then(seen)
    banned = Identity(subject="p1", claims={"banned": True})
    given().when(admitted, identity=banned).then_rejected("patient_id")


# ---------------------------------------------------------------- streams


async def test_a_subscriber_hears_of_an_entry_until_it_may_see_it_no_more(clinic: Clinic) -> None:
    query = "subscription { visitChanged { ... on VisitChange { change visitId causedBy { eventType } visit { diagnosis } } } }"  # noqa: E501
    sockets = {who: await clinic.socket(who) for who in ("p1", "p2", "boss")}
    for socket in sockets.values():
        await socket.subscribe("1", query)
        await socket.settle()

    async def hears(who: str) -> str:
        change = (await sockets[who].receive())["payload"]["data"]["visitChanged"]
        assert (change["causedBy"] is None) is (who != "boss"), "they may not read such events"
        assert (change["visit"] is None) is (change["change"] == "LEFT")
        kind: str = change["change"]
        return kind

    await clinic.data("boss", MOVE % ("v1", "key:p1"))
    assert [await hears(who) for who in ("boss", "p1")] == ["CHANGED", "CHANGED"]
    await clinic.data("boss", MOVE % ("v1", "key:p2"))
    assert [await hears(who) for who in ("boss", "p1", "p2")] == ["CHANGED", "LEFT", "CHANGED"]
    await clinic.data("boss", MOVE % ("v1", "key:p3"))
    assert [await hears(who) for who in ("boss", "p2")] == ["CHANGED", "LEFT"]
    await sockets["p1"].settle()
    assert sockets["p1"].waiting == 0, "it is told once"
    for socket in sockets.values():
        await socket.leave()


# ---------------------------------------------------------------- the start


async def test_a_field_of_ones_own_that_leads_to_a_view_without_a_right_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leaking_api.py").write_text(
        "from hazelgate import allow\nfrom hazelgate.api import query\n"
        "from tests.unit.gateway.rights.clinic import Bill\n"
        "@query(access=[allow('staff')])\nasync def any_bill() -> Bill | None:\n    return None\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    path, _ = keys_file(tmp_path, ci=["operator"])
    settings = Settings(domain="tests.unit.gateway.rights.clinic", api="leaking_api", api_keys_file=path)
    with pytest.raises(CatalogError, match="as the role 'staff' sees it"):
        async with running_gateway(settings):
            pass


async def test_without_identity_rules_say_nothing() -> None:
    async with running_gateway(Settings(domain="tests.unit.gateway.rights.clinic")) as gateway:
        assert await gateway.data("{ patients { totalCount } deadLetters { totalCount } }")
        assert (await gateway.data(ADMIT % "anybody"))["admitPatient"]["patient"] == {"name": "n"}
        [record] = gateway.cluster.engine.map("event-store").values()
        assert "metadata" not in json.loads(record) or json.loads(record)["metadata"] == {}

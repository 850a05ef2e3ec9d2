"""Fields of one's own act with the rights of their caller, and are shown to the roles that they name."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hazelgate.gateway.identity.api_keys import new_key
from hazelgate.gateway.settings import Settings
from tests.support.callers import keys_file
from tests.support.gateway import Gateway, running_gateway

CLINIC = "tests.unit.gateway.rights.clinic"
API = """
from collections.abc import AsyncIterator
from hazelgate import Id, allow
from hazelgate.api import Context, context_of, extend, mutation, query, subscription
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.unit.gateway.rights.clinic import Bill, Doctor, DoctorHired, Patient, Visit

@query(access=[allow("patient"), allow("staff")])
async def one_patient(context: Context, patient_id: Id) -> Patient | None:
    return await context.reads.get(Patient, patient_id)

@query(access=[allow("patient")])
async def made_up(patient_id: Id) -> Patient | None:
    return Patient(patient_id=patient_id, name="n", phone="p", insurance="i", region="r", doctor_id="d", score=1)

@query(access=[allow("staff")])
async def last_diagnosis(context: Context, patient_id: Id) -> str | None:
    bill = await context.reads.get(Bill, patient_id)
    return None if bill is None else bill.last_diagnosis

@query(access=[allow("patient"), allow("anonymous")])
async def whoever(context: Context) -> str:
    return "nobody" if context.identity is None else context.identity.subject

@query
async def forgotten() -> str:
    return "secret"

@mutation(access=[allow("patient")])
async def hire(context: Context) -> str:
    await context.handle_event(DoctorHired(doctor_id="d9", name="n", salary=1))
    return "done"

@extend(Patient)
def initials(patient: Patient) -> str:
    return patient.insurance

@extend(Patient, access=[allow("staff")])
def badge(patient: Patient) -> str:
    return patient.name[:1]

async def patient_of(request: Request) -> JSONResponse:
    found = await context_of(request).reads.get(Patient, request.path_params["key"])
    return JSONResponse(None if found is None else found.name)

routes = [Route("/patients/{key}", patient_of)]
"""


@pytest.fixture
async def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Gateway, dict[str, str]]]:
    """A patient `key:p1`, a helper with no region, and an operator."""
    (tmp_path / "clinic_api.py").write_text(API)
    monkeypatch.syspath_prepend(tmp_path)
    path, keys = keys_file(tmp_path, p1=["patient"], helper=["staff"], boss=["operator"])
    async with running_gateway(Settings(domain=CLINIC, api="clinic_api", api_keys_file=path)) as gateway:
        for n in "12":
            given = (
                f'patientId: "key:p{n}", name: "n{n}", phone: "p", insurance: "i", region: "r", doctorId: "d", score: 1'
            )
            answer = await ask(
                (gateway, keys), "boss", f"mutation {{ admitPatient(input: {{{given}}}) {{ __typename }} }}"
            )
            assert "errors" not in answer
        yield gateway, keys
    sys.modules.pop("clinic_api", None)


Clinic = tuple[Gateway, dict[str, str]]


async def ask(clinic: Clinic, who: str | None, query: str) -> dict[str, Any]:
    gateway, keys = clinic
    headers = {} if who is None else {"x-api-key": keys[who]}
    answer: dict[str, Any] = (await gateway.http.post("/graphql", json={"query": query}, headers=headers)).json()
    return answer


async def test_reads_give_what_the_caller_may_see(clinic: Clinic) -> None:
    query = '{ one: onePatient(patientId: "key:p1") { name } two: onePatient(patientId: "key:p2") { name } }'
    assert (await ask(clinic, "p1", query))["data"] == {"one": {"name": "n1"}, "two": None}
    assert (await ask(clinic, "helper", query))["data"] == {"one": None, "two": None}, "its key has no region"


async def test_an_entry_of_ones_own_making_is_held_against_the_rules_too(clinic: Clinic) -> None:
    query = '{ one: madeUp(patientId: "key:p1") { name } two: madeUp(patientId: "key:p2") { name } }'
    assert (await ask(clinic, "p1", query))["data"] == {"one": {"name": "n"}, "two": None}


async def test_a_view_that_the_caller_may_not_read_is_an_error(clinic: Clinic) -> None:
    [error] = (await ask(clinic, "helper", '{ lastDiagnosis(patientId: "key:p1") }'))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_a_field_is_there_for_the_roles_that_it_names(clinic: Clinic) -> None:
    assert (await ask(clinic, "p1", "{ whoever }"))["data"] == {"whoever": "key:p1"}
    assert (await ask(clinic, None, "{ whoever }"))["data"] == {"whoever": "nobody"}
    for who in ("helper", "boss"):
        assert (await ask(clinic, who, "{ whoever }"))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    for who in ("p1", "helper", "boss"):
        assert "errors" in await ask(clinic, who, "{ forgotten }")


async def test_a_field_on_a_view_is_for_those_who_see_all_of_it_or_are_named(clinic: Clinic) -> None:
    query = "{ patients { edges { node { %s } } } }"
    assert "errors" not in await ask(clinic, "p1", query % "initials badge")
    assert "errors" in await ask(clinic, "helper", query % "initials")
    assert "errors" not in await ask(clinic, "helper", query % "badge")


async def test_an_event_is_submitted_with_the_rights_of_the_caller(clinic: Clinic) -> None:
    [error] = (await ask(clinic, "p1", "mutation { hire }"))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_a_route_has_the_rights_of_its_caller(clinic: Clinic) -> None:
    gateway, keys = clinic

    async def name(key: str, who: str) -> httpx.Response:
        return await gateway.http.get(f"/patients/{key}", headers={"x-api-key": keys[who]})

    assert (await name("key:p1", "p1")).json() == "n1"
    assert (await name("key:p2", "p1")).json() is None
    assert (await name("key:p2", "boss")).json() == "n2"


async def test_a_route_shows_its_callers_tenant_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a field of one's own; who has no tenant reaches neither."""
    (tmp_path / "clinic_api.py").write_text(API)
    monkeypatch.syspath_prepend(tmp_path)
    made = {name: new_key(name, ["patient", "operator"], {"tid": name}) for name in ("acme", "globex")}
    made["nobody"] = new_key("nobody", ["patient"])
    made["overseer"] = new_key("overseer", ["operator"])
    path = tmp_path / "keys.toml"
    path.write_text("\n".join(lines for _, lines in made.values()))
    keys = {name: text for name, (text, _) in made.items()}
    settings = Settings(domain=CLINIC, api="clinic_api", api_keys_file=path, tenant_claim="tid")
    async with running_gateway(settings) as gateway:
        for tenant in ("acme", "globex"):
            given = f'patientId: "p1", name: "{tenant}", phone: "", insurance: "", region: "", doctorId: "d", score: 1'
            answer = await ask(
                (gateway, keys), tenant, f"mutation {{ admitPatient(input: {{{given}}}) {{ __typename }} }}"
            )
            assert "errors" not in answer
        for tenant in ("acme", "globex"):
            told = await gateway.http.get("/patients/p1", headers={"x-api-key": keys[tenant]})
            assert told.json() == tenant
            query = '{ onePatient(patientId: "p1") { name } }'
            assert (await ask((gateway, keys), tenant, query))["data"] == {"onePatient": {"name": tenant}}
        assert (await gateway.http.get("/patients/p1", headers={"x-api-key": keys["nobody"]})).status_code == 403
        for who in ({}, {"x-api-key": keys["overseer"]}):
            answered = await gateway.http.get("/patients/p1", headers=who)
            assert answered.is_error
            assert "acme" not in answered.text
    sys.modules.pop("clinic_api", None)

"""
All fields, as each role, by every way of asking: what a caller may not see is in no answer.

The truth is written here once more, by hand, and knows nothing of how it is enforced. Every text and number of the
clinic says whose it is, so a leak shows wherever it comes out: in data, in an error, in a cursor.
"""

# ruff: noqa: E501  (a document of GraphQL reads best in one line)

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hazelgate.client.views.cursors import decode_opaque
from hazelgate.gateway.transports.plain import Plain
from hazelgate.schema.nodes import GlobalId
from tests.unit.gateway.rights.conftest import CALLERS, Clinic, RepeatingClinic

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(280)]

EVERYBODY: tuple[str | None, ...] = (*CALLERS, None)


@dataclass(frozen=True)
class Secret:
    """Something that stands in one field of one entry."""

    view: str
    key: str
    field: str
    text: str

    @property
    def patient(self) -> str:
        """The number of the patient whose it is."""
        return self.key[-1]


def secrets() -> Iterator[Secret]:
    for n in "12":
        yield Secret("Doctor", f"d{n}", "name", f"name-d{n}")
        yield Secret("Doctor", f"d{n}", "salary", f"91000{n}")
    for n in "123":
        patient, visit = f"key:p{n}", f"v{n}"
        yield Secret("Patient", patient, "name", f"name-p{n}")
        yield Secret("Patient", patient, "phone", f"phone-p{n}")
        yield Secret("Patient", patient, "insurance", f"insurance-p{n}")
        yield Secret("Patient", patient, "score", f"92000{n}")
        yield Secret("Visit", visit, "diagnosis", f"diagnosis-v{n}")
        yield Secret("Visit", visit, "diagnosis", f"first-v{n}")
        yield Secret("Visit", visit, "cost", f"93000{n}.5")
        yield Secret("Visit", visit, "drugs", f"drug-v{n}")


SECRETS = tuple(secrets())
REGIONS = {"1": "north", "2": "south", "3": "north"}


def may_see(who: str | None, secret: Secret) -> bool:
    """The truth."""
    patient = secret.patient
    if who == "boss":
        return True
    if secret.view == "Doctor":
        return secret.field == "name"
    if who in ("p1", "p2"):
        return patient == who[-1]
    if who == "northern":
        return REGIONS[patient] == "north" and secret.view == "Patient" and secret.field in ("name", "phone")
    if who == "p3":  # its own bill and admission whole; of the rest that which both of its roles show
        if secret.view == "Patient":
            return patient == "3" or (patient == "2" and secret.field in ("name", "phone"))
        return patient == "3" and (secret.field == "cost" or secret.text.startswith("first-"))
    if who == "auditor":
        return secret.view == "Visit" and secret.field == "cost"
    return False


# ---------------------------------------------------------------- ways of asking

FIELDS = {
    "doctor": ("doctors", "doctorId", ("name", "salary"), ("d1", "d2")),
    "patient": (
        "patients",
        "patientId",
        ("name", "phone", "insurance", "score", "region"),
        ("key:p1", "key:p2", "key:p3"),
    ),
    "visit": (
        "visits",
        "visitId",
        ("diagnosis", "cost", "drugs { label }", "headline", "region"),
        ("v1", "v2", "v3"),
    ),
    "bill": ("bills", "patientId", ("total", "lastDiagnosis"), ("key:p1", "key:p2", "key:p3")),
}
"""By one: many, the key, fields, keys."""
TYPES = {"doctor": "Doctor", "patient": "Patient", "visit": "Visit", "bill": "Bill"}
LINKS = {"patient": ("visits { edges { node { %s } } }", "doctor { %s }", "bill { %s }"), "visit": ("patient { %s }",)}
LINKED = {"visits": "visit", "doctor": "doctor", "bill": "bill", "patient": "patient"}
EVENT = "eventId eventType aggregateId source timestamp correlationId sequence data"
FILTERS = {
    "name": '{ eq: "%s" }', "phone": '{ startsWith: "%s" }', "insurance": '{ contains: "%s" }', "score": "{ eq: %s }",
    "salary": "{ gte: %s }", "diagnosis": '{ eq: "%s" }', "cost": '{ gte: "%s" }', "total": '{ gte: "%s" }',
    "lastDiagnosis": '{ startsWith: "%s" }', "drugs": '{ some: { label: { eq: "%s" } } }',
}  # fmt: skip
PAST = "2999-01-01T00:00:00Z"


def reads() -> Iterator[tuple[str, str]]:
    """The name of a way, and a document that asks for one field by it."""
    for one, (many, key, fields, keys) in FIELDS.items():
        listed = json.dumps(list(keys))
        plural = {"doctorId": "doctorIds", "patientId": "patientIds", "visitId": "visitIds"}[key]
        representations = ", ".join(f'{{__typename: "{TYPES[one]}", {key}: "{each}"}}' for each in keys)
        ids = json.dumps([GlobalId(TYPES[one], each).encode() for each in keys])
        for field in fields:
            page = f"{{ totalCount edges {{ cursor node {{ {field} }} }} pageInfo {{ startCursor endCursor }} }}"
            for each in keys:
                yield "query", f'{{ {one}({key}: "{each}") {{ {field} }} }}'
                yield (
                    "node",
                    f'{{ node(id: "{GlobalId(TYPES[one], each).encode()}") {{ ... on {TYPES[one]} {{ {field} }} }} }}',
                )
                yield "asOf", f'{{ {one}({key}: "{each}", asOf: "{PAST}") {{ {field} }} }}'
            yield "byIds", f"{{ {many}ById({plural}: {listed}) {{ {field} }} }}"
            yield "nodes", f"{{ nodes(ids: {ids}) {{ ... on {TYPES[one]} {{ {field} }} }} }}"
            yield "connection", f"{{ {many} {page} }}"
            yield "connection", f"{{ {many}(last: 2) {page} }}"
            yield (
                "executor",
                f"query($yes: Boolean = true) {{ {many} {{ edges {{ node {{ {field} __typename @include(if: $yes) history {{ edges {{ node {{ sequence }} }} }} }} }} }} }}",
            )
            yield (
                "entities",
                f"{{ _entities(representations: [{representations}]) {{ ... on {TYPES[one]} {{ {field} }} }} }}",
            )
        for sort in ("NAME", "SCORE", "SALARY", "COST", "TOTAL", "ID", "AT"):
            yield (
                "sort",
                f"{{ {many}(sort: {{field: {sort}}}) {{ edges {{ cursor node {{ {key} }} }} pageInfo {{ endCursor }} }} }}",
            )
        for kind in ("sum", "min", "max"):
            for field in ("score", "salary", "cost", "total"):
                yield "aggregate", f"{{ {many}Aggregate {{ count {kind} {{ {field} }} }} }}"
        for group in ("DOCTOR_ID", "PATIENT_ID", "STATUS"):
            yield "aggregate", f"{{ {many}Aggregate(groupBy: [{group}]) {{ group count max {{ cost score total }} }} }}"
        for link in LINKS.get(one, ()):
            other = LINKED[link.split()[0]]
            for field in FIELDS[other][2]:
                yield "link", f"{{ {many} {{ edges {{ node {{ {link % field} }} }} }} }}"
                for each in keys:
                    yield "link", f'{{ {one}({key}: "{each}") {{ {link % field} }} }}'
        for each in keys:
            yield "history", f'{{ {one}({key}: "{each}") {{ history {{ edges {{ cursor node {{ {EVENT} }} }} }} }} }}'
        yield "history", f"{{ {many} {{ edges {{ node {{ history {{ edges {{ node {{ {EVENT} }} }} }} }} }} }} }}"
        yield "revision", f"{{ {many} {{ edges {{ node {{ revision {{ version causedBy }} }} }} }} }}"
    yield "events", f"{{ events {{ edges {{ cursor node {{ {EVENT} }} }} }} }}"
    yield "events", f"{{ events(last: 50) {{ edges {{ cursor node {{ {EVENT} }} }} }} }}"
    for each in ("key:p1", "key:p2", "key:p3", "v1", "v2", "v3", "d1"):
        for rest in ("", ", last: 3"):
            yield "events", f'{{ events(aggregateId: "{each}"{rest}) {{ edges {{ node {{ {EVENT} }} }} }} }}'
    for each in ("DoctorHired", "PatientAdmitted", "VisitRecorded", "VisitAmended"):
        yield "events", f'{{ events(types: ["{each}"]) {{ edges {{ node {{ {EVENT} }} }} }} }}'
    yield "errors", '{ visits(filter: {cost: {gte: "x"}}) { totalCount } }'
    yield "errors", '{ patients(after: "bm9uc2Vuc2U") { totalCount } }'
    yield "eventCatalog", "{ eventCatalog { eventType jsonSchema updates } }"
    yield "operators", "{ deadLetters { totalCount edges { node { event { data } error } } } }"
    yield (
        "operators",
        "{ pipelineMetrics { eventsTotal } pipelines { name } views { view } rebuilds { id } snapshots { id } }",
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif value is not None:
        text = str(value)
        yield text
        opaque = decode_opaque(text) if re.fullmatch(r"[A-Za-z0-9_-]{6,}", text) else None
        if opaque is not None:
            yield opaque


def whole_text(answer: str) -> str:
    """All that an answer says, that in cursors and ids, too."""
    return "\n".join(_texts(json.loads(answer)))


class Checks:
    """Counts what was looked at, and tells of each leak."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        """By way, how many secrets were shown to those who may see them."""
        self.leaks: list[str] = []

    def look(self, who: str | None, way: str, asked: str, answer: str) -> None:
        said = whole_text(answer)
        for secret in SECRETS:
            self.done[way] += 1
            if secret.text in said and secret.text not in asked:
                if may_see(who, secret):
                    self.seen[way] += 1
                else:
                    self.leaks.append(f"{who} by {way}: {secret} in {answer[:300]} of {asked}")

    def require_none(self) -> None:
        assert self.leaks == [], f"{len(self.leaks)} leaks\n" + "\n".join(self.leaks[:10])

    def tell(self, about: str) -> None:
        total = sum(self.done.values())
        ways = ", ".join(f"{way} {number:,}" for way, number in sorted(self.done.items()))
        print(f"\n{about}: {total:,} checks, {len(self.leaks)} leaks ({ways})")


async def test_no_read_shows_anybody_what_they_may_not_see(clinic: Clinic) -> None:
    """Each field by each way as each caller; and what a caller may see, every way shows to somebody."""
    checks = Checks()
    for way, document in reads():
        for who in EVERYBODY:
            checks.look(who, way, document, (await clinic.ask(who, document)).text)
    checks.tell("reads")
    checks.require_none()
    silent = {"errors", "eventCatalog", "operators", "revision", "executor"}
    assert set(checks.done) - set(checks.seen) - silent == {"sort"} - set(checks.seen)
    assert sum(checks.done.values()) > 50_000


async def test_the_executor_shows_no_more_than_plans_do(unplanned: Clinic) -> None:
    """The same walk, each answer from graphql-core alone."""
    checks = Checks()
    for way, document in reads():
        for who in ("p1", "p3", "northern", None):
            checks.look(who, way, document, (await unplanned.ask(who, document)).text)
    checks.tell("reads by the executor")
    checks.require_none()
    assert checks.seen["connection"]
    assert checks.seen["link"]


async def test_a_head_that_comes_again_shows_no_more(
    repeating: RepeatingClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same walk over connections whose requests are answered without ASGI, and those of one entry without a task."""
    taken = Counter[str]()
    for name in ("go", "_answered"):
        monkeypatch.setattr(Plain, name, counted(taken, name, getattr(Plain, name)))
    checks = Checks()
    who_asks = ("p1", "p3", "northern", None)
    for way, document in reads():
        for who in who_asks:
            checks.look(who, way, document, (await repeating.ask(who, document)).text)
    checks.tell("reads by heads that come again")
    checks.require_none()
    assert checks.seen["query"]
    assert checks.seen["connection"]
    assert taken["go"] == len(list(reads())) * len(who_asks) - 2 * len(who_asks)
    assert taken["_answered"]


def counted(taken: Counter[str], name: str, method: Callable[..., None]) -> Callable[..., None]:
    """The method, which counts how often it is called."""

    def call(*given: Any) -> None:
        taken[name] += 1
        method(*given)

    return call


async def test_no_filter_tells_what_it_may_not_show(clinic: Clinic) -> None:
    """A filter by a hidden value finds nothing, counts nothing, and says nothing else than one by a wrong value."""
    checks = 0
    for secret in SECRETS:
        one = secret.view.lower()
        many, key, _, _ = FIELDS[one]
        stored = secret.text if "first-" not in secret.text else secret.text.replace("first", "diagnosis")
        value = stored + "0" if secret.field == "cost" else stored
        wrong = "999999" if value[0].isdigit() else "nothing"
        for who in EVERYBODY:
            answers = []
            for asked in (value, wrong):
                condition = f"filter: {{{secret.field}: {FILTERS[secret.field] % asked}}}"
                answers.append(
                    (
                        await clinic.ask(
                            who, f"{{ {many}({condition}) {{ totalCount edges {{ node {{ {key} }} }} }} }}"
                        )
                    ).text
                    + (await clinic.ask(who, f"{{ {many}Aggregate({condition}) {{ count }} }}")).text
                )
                checks += 2
            visible = [each for each in SECRETS if (each.view, each.field) == (secret.view, secret.field)]
            if not any(may_see(who, each) for each in visible):
                assert answers[0].replace(value, "?") == answers[1].replace(wrong, "?"), (who, secret)
            elif not may_see(who, secret):
                assert secret.key not in answers[0].replace(value, "?"), (who, secret)
    print(f"\nfilters: {checks:,} checks, 0 leaks")
    assert checks > 600


def may_hear(who: str, stream: str, patient: str) -> bool:
    """Whether a stream may name entries of a patient to a caller."""
    if who == "boss" or (who == "auditor" and not stream.startswith("patient")):
        return True
    own = {"p1": "1", "p2": "2", "p3": "23", "northern": "13"}
    return patient in own.get(who, "")


SUBSCRIPTIONS = {
    "doctor": "subscription { doctorChanged { ... on DoctorChange { cursor change doctorId causedBy { data } doctor { %s } } } }",
    "patient": "subscription { patientChanged { ... on PatientChange { cursor change patientId causedBy { eventType data } patient { %s } } } }",
    "visit": "subscription { visitChanged { ... on VisitChange { cursor change visitId causedBy { eventType data } visit { %s } } } }",
    "bill": "subscription { billChanged { ... on BillChange { cursor change patientId causedBy { eventType data } bill { %s } } } }",
}


async def change_everything(clinic: Clinic) -> None:
    """Each entry changes, and is what it was."""
    for n in "123":
        await clinic.data(
            "boss",
            f'mutation {{ amendVisit(input: {{visitId: "v{n}", diagnosis: "diagnosis-v{n}"}}) {{ __typename }} }}',
        )
        await clinic.data(
            "boss",
            f'mutation {{ admitPatient(input: {{patientId: "key:p{n}", name: "name-p{n}", phone: "phone-p{n}", '
            f'insurance: "insurance-p{n}", region: "{REGIONS[n]}", doctorId: "d1", score: 92000{n}}}) {{ __typename }} }}',
        )
        await clinic.data(
            "boss",
            f'mutation {{ recordVisit(input: {{visitId: "v{n}", patientId: "key:p{n}", region: "{REGIONS[n]}", '
            f'diagnosis: "first-v{n}", cost: "93000{n}.50", drugs: [{{label: "drug-v{n}"}}]}}) {{ __typename }} }}',
        )
        await clinic.data(
            "boss", 'mutation { hireDoctor(input: {doctorId: "d1", name: "name-d1", salary: 910001}) { __typename } }'
        )


async def test_no_stream_shows_anybody_what_they_may_not_see(clinic: Clinic) -> None:
    """Each field by each stream as each caller, while everything changes; keys of hidden entries are secrets, too."""
    checks = Checks()
    heard: Counter[str] = Counter()
    hidden_keys: list[str] = []
    sockets = {}
    asked: dict[str, str] = {}
    for one, document in SUBSCRIPTIONS.items():
        for field in FIELDS[one][2]:
            asked[f"{one}.{field}"] = document % field
    asked["events"] = f"subscription {{ events {{ ... on EventNotice {{ cursor event {{ {EVENT} }} }} }} }}"
    asked["metrics"] = "subscription { pipelineMetrics { eventsTotal } }"
    for who in CALLERS:
        socket = sockets[who] = await clinic.socket(who)
        for name, document in asked.items():
            await socket.subscribe(name, document)
        await socket.settle()
    await change_everything(clinic)
    for who, socket in sockets.items():
        await socket.settle()
        while socket.waiting:
            message = await socket.receive()
            name = message.get("id", "")
            checks.look(who, "events" if name == "events" else "subscription", "", json.dumps(message))
            if message["type"] == "next" and name != "metrics":
                heard[who] += 1
                said = whole_text(json.dumps(message["payload"]))
                hidden_keys += [
                    f"{who} by {name}: {said!r}"
                    for n in "123"
                    if not may_hear(who, name, n) and re.search(rf"\b(key:p{n}|v{n})\b", said)
                ]
            assert not (name == "metrics" and message["type"] == "next" and who != "boss")
        await socket.leave()
    checks.tell("streams")
    checks.require_none()
    assert hidden_keys == []
    assert heard["boss"] > heard["p1"] > 0
    assert heard["northern"] > 0
    assert heard["stranger"] == 3, "the names of doctors"


async def test_a_socket_of_nobody_gets_what_anybody_may_see(clinic: Clinic) -> None:
    """Nobody in particular may read the doctors' names here, and nothing else."""
    socket = await clinic.socket(None)
    await socket.subscribe("1", "{ doctors { edges { node { name } } } }")
    assert "name-d1" in json.dumps(await socket.receive())
    await socket.subscribe("2", "{ patients { totalCount } }")
    while (message := await socket.receive())["id"] != "2":
        pass
    assert message["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    await socket.leave()


async def test_the_walk_would_see_a_leak(clinic: Clinic) -> None:
    """The walk is worth something: with the truth of a patient, an operator's answers are full of leaks."""
    checks = Checks()
    for way, document in list(reads())[:40]:
        checks.look("p1", way, document, (await clinic.ask("boss", document)).text)
    assert checks.leaks

"""A domain with rules of every kind. Texts and numbers in it tell whose they are, so that none can leak unseen."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from hazelgate import (
    By,
    Event,
    EventRecord,
    Id,
    Identity,
    Instant,
    Rejected,
    Value,
    View,
    allow,
    claim,
    event,
    guard,
    projection,
    replace,
)

OWN = By("patient_id") == claim("sub")
REGION = {"region": {"eq": claim("regions")}}


def is_own(event: PatientAdmitted, identity: Identity) -> bool:
    """A patient admits itself."""
    return event.patient_id == identity.subject


@event(
    "DoctorHired", aggregate="Doctor", key="doctor_id", mutation="hireDoctor", creates=True,
    access=[allow("operator")],
)  # fmt: skip
class DoctorHired(Event):
    """A doctor."""

    doctor_id: Id
    name: str
    salary: int


@event(
    "PatientAdmitted", aggregate="Patient", key="patient_id", mutation="admitPatient", creates=True,
    access=[allow("patient", when=is_own), allow("operator")],
    readers=[allow("patient", rows=OWN), allow("operator")],
)  # fmt: skip
class PatientAdmitted(Event):
    """A patient."""

    patient_id: Id
    name: str
    phone: str
    insurance: str
    region: str
    doctor_id: Id
    score: int


class Drug(Value):
    """A drug."""

    label: str


@event(
    "VisitRecorded", aggregate="Visit", key="visit_id", mutation="recordVisit", creates=True,
    access=[allow("staff"), allow("operator")],
    readers=[allow("patient", rows=OWN), allow("staff", rows=REGION, fields=["region"]), allow("operator")],
)  # fmt: skip
class VisitRecorded(Event):
    """A visit."""

    visit_id: Id
    patient_id: Id
    region: str
    diagnosis: str
    cost: Decimal
    drugs: tuple[Drug, ...]


@event("VisitAmended", aggregate="Visit", key="visit_id", mutation="amendVisit", access=[allow("operator")])
class VisitAmended(Event):
    """Another diagnosis. Nobody but operators reads such events."""

    visit_id: Id
    diagnosis: str


@event("VisitMoved", aggregate="Visit", key="visit_id", mutation="moveVisit", access=[allow("operator")])
class VisitMoved(Event):
    """A visit is another patient's."""

    visit_id: Id
    patient_id: Id


class Status(StrEnum):
    """How a visit is."""

    OPEN = "OPEN"
    AMENDED = "AMENDED"


class Doctor(View):
    """A doctor."""

    doctor_id: Id
    name: str
    salary: int


class Patient(View):
    """A patient."""

    patient_id: Id
    name: str
    phone: str
    insurance: str
    region: str
    doctor_id: Id
    score: int


class Prescribed(View):
    """A drug of a visit."""

    label: str


class Visit(View):
    """A visit."""

    visit_id: Id
    patient_id: Id
    region: str
    diagnosis: str
    cost: Decimal
    drugs: tuple[Prescribed, ...]
    status: Status
    at: Instant


class Bill(View):
    """All visits of a patient."""

    patient_id: Id
    visits: int
    total: Decimal
    last_diagnosis: str


doctors = projection(
    "doctor-view", Doctor, key="doctor_id", indexes={"name": By("name"), "salary": By("salary")},
    access=[allow("anonymous", fields=["name"]), allow("authenticated", fields=["name"]), allow("operator")],
)  # fmt: skip
patients = projection(
    "patient-view",
    Patient,
    key="patient_id",
    indexes={
        "name": By("name"),
        "score": By("score"),
        "regionAndScore": By("region", "score"),
        "regionAndName": By("region", "name"),
    },
    access=[
        allow("patient", rows=OWN),
        allow("staff", rows=REGION, fields=["name", "phone", "region", "visits"]),
        allow("operator"),
    ],
)
visits = projection(
    "visit-view",
    Visit,
    key="visit_id",
    indexes={"cost": By("cost"), "patient": By("patient_id", "cost"), "at": By("at")},
    sort="cost",
    access=[
        allow("patient", rows=OWN),
        allow("staff", rows=REGION, fields=["patient_id", "at", "status", "patient", "revision", "history"]),
        allow("auditor", fields=["cost", "status"]),
        allow("operator"),
    ],
)
bills = projection(
    "bill-view", Bill, key="patient_id", indexes={"total": By("total")},
    access=[allow("patient", rows=OWN), allow("auditor", fields=["total"]), allow("operator")],
)  # fmt: skip
bills.fed_by(visits, by="patient_id")
patients.link("visits", visits, by="patient_id")
patients.link("doctor", doctors, key="doctor_id")
patients.link("bill", bills, key="patient_id")
visits.link("patient", patients, key="patient_id")


@visits.field
def headline(visit: Visit) -> str:
    """What it was."""
    return f"about {visit.diagnosis}"


@guard(PatientAdmitted)
def names_its_submitter(event: PatientAdmitted, identity: Identity | None) -> None:
    """A banned caller admits nobody."""
    if identity is not None and identity.claim("banned"):
        raise Rejected("patient_id", f"{identity.subject} may not")


@doctors.on(DoctorHired, key="doctor_id")
def hired(_: None, event: DoctorHired) -> Doctor:
    """A new doctor."""
    return Doctor(doctor_id=event.doctor_id, name=event.name, salary=event.salary)


@patients.on(PatientAdmitted, key="patient_id")
def admitted(_: Patient | None, event: PatientAdmitted) -> Patient:
    """A new patient."""
    return Patient(
        patient_id=event.patient_id, name=event.name, phone=event.phone, insurance=event.insurance,
        region=event.region, doctor_id=event.doctor_id, score=event.score,
    )  # fmt: skip


@visits.on(VisitRecorded, key="visit_id")
def recorded(_: Visit | None, event: VisitRecorded, record: EventRecord) -> Visit:
    """A new visit."""
    return Visit(
        visit_id=event.visit_id, patient_id=event.patient_id, region=event.region, diagnosis=event.diagnosis,
        cost=event.cost, drugs=tuple(Prescribed(label=each.label) for each in event.drugs), status=Status.OPEN,
        at=record.timestamp,
    )  # fmt: skip


@visits.on(VisitAmended, key="visit_id")
def amended(visit: Visit, event: VisitAmended) -> Visit:
    """Another diagnosis."""
    return replace(visit, diagnosis=event.diagnosis, status=Status.AMENDED)


@visits.on(VisitMoved, key="visit_id")
def moved(visit: Visit, event: VisitMoved) -> Visit:
    """Another patient's."""
    return replace(visit, patient_id=event.patient_id)


@bills.on(VisitRecorded, key="patient_id")
def billed(bill: Bill | None, event: VisitRecorded) -> Bill:
    """One visit more."""
    bill = bill or Bill(patient_id=event.patient_id, visits=0, total=Decimal(0), last_diagnosis="")
    return replace(bill, visits=bill.visits + 1, total=bill.total + event.cost, last_diagnosis=event.diagnosis)

"""What a catalog answers, and what it refuses to be made of."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from hazelgate import Catalog, Event, View
from hazelgate.projector.core.plans import make_plans
from hazelgate.sourcing.declaring.registry import (
    EventRegistration,
    FoldRegistration,
    GuardRegistration,
    Registration,
    UpcastRegistration,
    ViewRegistration,
)
from hazelgate.sourcing.declaring.values import Read
from hazelgate.sourcing.errors import CatalogError, InvalidEvent, UnknownEventType
from hazelgate.sourcing.structure.decoding import Decoder
from tests.unit.sourcing.counters import CATALOG, Counted, Counter


class Made(Event):
    """It was made.

    And more about it.
    """

    made_id: str
    parts: tuple[str, ...] = ()


class Other(Event):
    other_id: str


class Shown(View):
    shown_id: str


MADE = EventRegistration("m", "Made", "Thing", "made_id", 1, Made)
SHOWN = ViewRegistration("m", "shown-view", Shown, "shown_id", MappingProxyType({}))


def fold(cls: type[Event] = Made, view: str = "shown-view", key: Any = "made_id") -> FoldRegistration:
    return FoldRegistration("m", "m.fold", view, cls, key, lambda entry, event: entry)


def upcast(from_version: int) -> UpcastRegistration:
    return UpcastRegistration("m", Made, from_version, lambda data: data)


def made(version: int) -> EventRegistration:
    return EventRegistration("m", "Made", "Thing", "made_id", version, Made)


def test_an_event_type_says_what_it_is() -> None:
    spec = Catalog([MADE, SHOWN, fold()]).spec("Made")
    assert (spec.aggregate, spec.version, spec.key) == ("Thing", 1, "made_id")
    assert (spec.description, spec.updates, spec.readable_versions) == ("It was made.", ("shown-view",), (1,))
    assert spec.aggregate_id(Made(made_id="x")) == "x"
    assert spec.json_schema()["$defs"]["Made"]["required"] == ["madeId"]


def test_an_event_type_is_found_by_name_class_and_event() -> None:
    event = Counted(counter_id="a", by=1)
    assert CATALOG.spec("Counted") is CATALOG.spec(Counted) is CATALOG.spec(event)


@pytest.mark.parametrize("unknown", ["Unheard", Other, Other(other_id="x")])
def test_what_is_not_in_it_is_unknown(unknown: Any) -> None:
    with pytest.raises(UnknownEventType):
        CATALOG.spec(unknown)


def test_readable_versions_are_those_that_upcasts_reach() -> None:
    assert CATALOG.spec("Counted").readable_versions == (1, 2, 3)
    assert Catalog([made(4), upcast(3)]).spec("Made").readable_versions == (3, 4)


def test_old_data_is_lifted_and_parsed_data_is_decoded_too() -> None:
    assert CATALOG.decode("Counted", 1, b'{"counterId":"a","n":4}') == Counted(counter_id="a", by=4)
    assert CATALOG.decode("Counted", None, {"counterId": "a", "by": 4}) == Counted(counter_id="a", by=4)


@pytest.mark.parametrize("version", [0, 4, -1])
def test_other_versions_are_unknown_and_the_message_lists_those_that_are_not(version: int) -> None:
    with pytest.raises(UnknownEventType, match="1, 2, 3"):
        CATALOG.decode("Counted", version, b"{}")


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"nonsense", {"counterId": 5, "n": "x"}, {"counterId": "\ud800", "n": 1}]
)
def test_old_data_that_does_not_fit_is_invalid(data: Any) -> None:
    with pytest.raises(InvalidEvent):
        CATALOG.decode("Counted", 1, data)


def test_what_is_encoded_is_decoded() -> None:
    event = Counted(counter_id="a", by=4, group="g")
    assert CATALOG.decode("Counted", 3, CATALOG.encode(event)) == event


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (Counted(counter_id="\ud800", by=1), ("counterId",)),
        (Counted(counter_id="a", by="1"), ("by",)),  # type: ignore[arg-type]
        (Counted(counter_id="a", by=1, group="g\0"), ("group",)),
    ],
)
def test_an_event_that_holds_what_it_must_not_is_not_encoded(event: Event, path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidEvent) as caught:
        CATALOG.encode(event)
    assert [problem.path for problem in caught.value.problems] == [path]


@pytest.mark.parametrize("is_decoded", [True, False])
def test_an_event_is_checked_once(is_decoded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    event = CATALOG.decode("Counted", 3, CATALOG.encode(Counted(counter_id="c", by=1)))
    checked: list[bytes] = []
    monkeypatch.setattr(Decoder, "decode", lambda _, raw: checked.append(bytes(raw)))
    encoded = CATALOG.encode(event, is_decoded=is_decoded)
    assert checked == ([] if is_decoded else [encoded])


def test_a_view_entry_is_encoded_and_decoded() -> None:
    spec = CATALOG.views["counter-view"]
    counter = Counter(counter_id="a", total=5)
    assert spec.sort_keys(counter, "a") == {"total": "65000015 a", "id": "a"}
    raw = (
        b'{"_meta":{"version":7,"causedBy":"e","updatedAt":"t","applied":{"3":9},"keys":{}},"counterId":"a","total":5}'
    )
    assert spec.decode(raw) == counter
    assert msgspec.json.decode(spec.encode(spec.decode_meta(raw), counter)) == {
        **msgspec.json.decode(raw), "history": []
    }  # fmt: skip


def test_the_fingerprint_tells_domains_apart_and_only_those() -> None:
    assert Catalog([MADE]).fingerprint == Catalog([MADE]).fingerprint
    others: list[list[Registration]] = [[made(2)], [MADE, SHOWN], [MADE, SHOWN, fold()]]
    fingerprints = {Catalog(each).fingerprint for each in others}
    assert len(fingerprints | {Catalog([MADE]).fingerprint}) == 4


CONTRADICTIONS: list[tuple[list[Registration], str]] = [
    ([MADE, EventRegistration("m", "Made", "Thing", "other_id", 1, Other)], "two classes"),
    ([MADE, EventRegistration("m", "Again", "Thing", "made_id", 1, Made)], "registered twice"),
    ([EventRegistration("m", "Made", "Thing", "id", 1, Made)], "no field 'id'"),
    ([made(0)], "versions are 1, 2, 3"),
    ([made(2), upcast(1), upcast(1)], "two upcasts from version 1"),
    ([made(2), upcast(2)], "never used"),
    ([made(4), upcast(1), upcast(3)], "lacks an upcast from version 2"),
    ([SHOWN, SHOWN], "two projections"),
    ([SHOWN, ViewRegistration("m", "b-view", Shown, "shown_id", {})], "two views"),
    ([ViewRegistration("m", "shown-view", Shown, "id", {})], "no field 'id'"),
    ([SHOWN, fold()], "no registered event"),
    ([MADE, fold()], "no registered view"),
    ([GuardRegistration("m", "m.g", Made, {}, lambda event: None)], "no registered event"),
    ([MADE, GuardRegistration("m", "m.g", Made, {"x": Read(Shown, "made_id")}, lambda event, x: None)], "makes"),
    ([MADE, SHOWN, fold(key="nothing")], "no field 'nothing'"),
    ([MADE, SHOWN, fold(key="made_id.deep")], "no fields of its own"),
]


@pytest.mark.parametrize(("registrations", "message"), CONTRADICTIONS)
def test_a_domain_that_contradicts_itself_is_refused(registrations: list[Registration], message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        make_plans(Catalog(registrations))


def test_a_module_without_events_is_no_domain() -> None:
    with pytest.raises(CatalogError, match="registers no event"):
        Catalog.load("hazelgate.sourcing.clock")


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda event: event, "takes 1 parameters"),
        (lambda entry, event, rest: entry, "has the parameter 'rest'"),
        (lambda entry, event, record, key, when: entry, "has the parameter 'when'"),
    ],
)
def test_a_fold_takes_the_entry_the_event_and_more_by_name(function: Any, problem: str) -> None:
    with pytest.raises(CatalogError, match=problem):
        Catalog([MADE, SHOWN, FoldRegistration("m", "m.fold", "shown-view", Made, "made_id", function)])


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda event, y: None, "declares the read 'x' and has no parameter"),
        (lambda event, x, y: None, "has the parameter 'y', which nobody gives"),
    ],
)
def test_a_guard_takes_its_reads_by_name(function: Any, problem: str) -> None:
    read = {"x": Read(Shown, "made_id")}
    with pytest.raises(CatalogError, match=problem):
        Catalog([MADE, SHOWN, GuardRegistration("m", "m.g", Made, read, function)])


def test_loading_takes_what_is_registered_in_the_module_and_nothing_else() -> None:
    assert set(Catalog.load("docs.examples.tickets").event_types) == {"TicketOpened", "TicketClosed"}
    assert "TicketOpened" not in Catalog.load("hazelgate.domain").event_types

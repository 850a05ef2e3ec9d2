"""The golden files: an event can't be changed so that history is lost, without the test saying so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta

from hazelgate import Catalog, Event, Id, Json
from hazelgate.sourcing.declaring.registry import EventRegistration, UpcastRegistration
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.golden import Kind, check, file_name, record, require_readable

Upcast = Callable[[Json], Json]


class First(Event):
    """As it was written first."""

    thing_id: Id
    qty: Annotated[int, Meta(ge=1, le=10)]
    note: str | None = None


class Renamed(Event):
    thing_id: Id
    quantity: Annotated[int, Meta(ge=1, le=10)]
    note: str | None = None


class Tightened(Event):
    thing_id: Id
    qty: Annotated[int, Meta(ge=1, le=9)]
    note: str | None = None


class Grown(Event):
    thing_id: Id
    qty: Annotated[int, Meta(ge=1, le=10)]
    note: str | None = None
    colour: str | None = None


class Unguessable(Event):
    thing_id: Id
    code: Annotated[str, Meta(pattern="^QX[0-9]{7}$")]


class Guessable(Event):
    thing_id: Id
    code: Annotated[str, Meta(pattern="^QX[0-9]{7}$", examples=["QX1234567"])]


def catalog(cls: type[Event], version: int = 1, *upcasts: Upcast, aggregate: str = "Thing") -> Catalog:
    """A domain of this one event."""
    return Catalog(
        [
            EventRegistration(__name__, "Happened", aggregate, "thing_id", version, cls),
            *(UpcastRegistration(__name__, cls, step, function) for step, function in enumerate(upcasts, 1)),
        ]
    )


def qty_is_quantity(data: Json) -> Json:
    return {"quantity" if name == "qty" else name: value for name, value in data.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The golden files of version 1."""
    record(catalog(First), tmp_path)
    return tmp_path


def found(domain: Catalog, folder: Path) -> list[Kind]:
    return [finding.kind for finding in check(domain, folder)]


def test_an_unchanged_event_is_fine(folder: Path) -> None:
    require_readable(catalog(First), folder)
    assert record(catalog(First), folder) == []


def test_a_file_holds_a_stored_event_with_every_field_and_one_with_the_least(folder: Path) -> None:
    golden = json.loads((folder / "Happened.v1.json").read_bytes())
    data = [each["data"] for each in golden["records"]]
    assert data == [{"thingId": "example", "qty": 1, "note": "example"}, {"thingId": "example", "qty": 1}]
    assert golden["records"][0]["eventVersion"] == 1


def test_a_version_that_is_not_recorded_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"UNRECORDED Happened version 1: no golden file: run `hazelgate events"):
        require_readable(catalog(First), tmp_path)


def test_a_change_without_a_new_version_fails(folder: Path) -> None:
    with pytest.raises(AssertionError, match=r"qty is gone .*raise the version to 2 and write @upcast\(Renamed, from"):
        require_readable(catalog(Renamed), folder)


def test_a_tightened_bound_fails(folder: Path) -> None:
    assert Kind.INCOMPATIBLE in found(catalog(Tightened), folder)


def test_an_optional_field_is_compatible_and_only_has_to_be_recorded(folder: Path) -> None:
    assert found(catalog(Grown), folder) == [Kind.UNRECORDED]
    record(catalog(Grown), folder)
    assert found(catalog(Grown), folder) == []
    assert Kind.INCOMPATIBLE in found(catalog(First), folder), "events with the new field are stored by now"


def test_a_new_version_without_an_upcaster_fails(folder: Path) -> None:
    [unreadable, unrecorded] = check(catalog(Renamed, 2), folder)
    assert (unreadable.kind, unrecorded.kind) == (Kind.UNREADABLE, Kind.UNRECORDED)
    assert "add @upcast(Renamed, from_version=1)" in unreadable.message


def test_a_new_version_with_an_upcaster_passes_once_it_is_recorded(folder: Path) -> None:
    domain = catalog(Renamed, 2, qty_is_quantity)
    assert found(domain, folder) == [Kind.UNRECORDED]
    assert [path.name for path in record(domain, folder)] == ["Happened.v2.json"]
    require_readable(domain, folder)


def test_a_version_is_never_lowered(folder: Path) -> None:
    record(catalog(Renamed, 2, qty_is_quantity), folder)
    assert Kind.UNREADABLE in found(catalog(First), folder)


def test_an_event_type_does_not_go_away(folder: Path) -> None:
    assert found(Catalog([]), folder) == [Kind.UNREADABLE]


def test_an_event_stays_with_its_aggregate(folder: Path) -> None:
    assert found(catalog(First, aggregate="Other"), folder) == [Kind.INCOMPATIBLE]


def stumbles(data: Json) -> Json:
    return {"thingId": data["thingId"], "quantity": data["qty"], "note": data["note"]}


def changes_what_it_is_given(data: Json) -> Json:
    data["quantity"] = data.pop("qty")
    return data


counted = iter(range(1, 1_000))


def depends_on_something_else(data: Json) -> Json:
    return {**qty_is_quantity(data), "note": str(next(counted))}


def changes_whose_it_is(data: Json) -> Json:
    return {**qty_is_quantity(data), "thingId": "another"}


@pytest.mark.parametrize(
    ("upcast", "says"),
    [
        (stumbles, "KeyError: 'note'"),
        (lambda data: data, "is required"),
        (changes_what_it_is_given, "changes the data that it is given"),
        (depends_on_something_else, "another result the second time"),
        (changes_whose_it_is, "belongs to example, and reads as an event of another"),
    ],
)
def test_an_upcaster_that_is_wrong_is_found(folder: Path, upcast: Upcast, says: str) -> None:
    messages = [finding.message for finding in check(catalog(Renamed, 2, upcast), folder)]
    assert any(says in message for message in messages), messages


class NewAndTight(Event):
    thing_id: Id
    quantity: Annotated[int, Meta(ge=1, le=9)]
    note: str | None = None


def test_an_old_event_at_the_limit_of_its_version_has_to_be_readable_too(folder: Path) -> None:
    messages = [str(finding) for finding in check(catalog(NewAndTight, 2, qty_is_quantity), folder)]
    assert any(re.search("UNREADABLE.*with qty=10, which it allowed", message) for message in messages), messages


def test_nothing_incompatible_is_recorded(folder: Path) -> None:
    with pytest.raises(CatalogError, match="before this is mended"):
        record(catalog(Renamed), folder)


def test_a_field_that_no_example_comes_to_mind_for_says_how_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"no example of Unguessable\.code .*Meta\(examples="):
        record(catalog(Unguessable), tmp_path)
    assert len(record(catalog(Guessable), tmp_path)) == 1


@pytest.mark.parametrize("content", ["{", "{}", '{"eventType": 3}'])
def test_a_damaged_file_is_told(folder: Path, content: str) -> None:
    (folder / "Happened.v1.json").write_text(content)
    with pytest.raises(CatalogError, match=r"Happened\.v1\.json is no golden file"):
        check(catalog(First), folder)


def test_a_file_under_another_name_is_told(folder: Path) -> None:
    (folder / "Happened.v1.json").rename(folder / "Happened.v7.json")
    with pytest.raises(CatalogError, match=r"name it Happened\.v1\.json"):
        check(catalog(First), folder)


def test_any_event_type_has_a_file_name() -> None:
    assert file_name("shop/Order placed", 1) == "shop%2FOrder%20placed.v1.json"


def damaged(golden: Any) -> Any:
    golden["records"][0] = {"no": "record"}
    return golden


def test_a_record_that_is_none_is_told(folder: Path) -> None:
    path = folder / "Happened.v1.json"
    path.write_text(json.dumps(damaged(json.loads(path.read_bytes()))))
    assert found(catalog(First), folder) == [Kind.UNREADABLE]

"""An event's functions for a view are applied as one, to the entries that each of them is about."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hazelgate import Event, EventRecord, Id, View
from hazelgate.projector.core.plans import Fold, make_plans
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.registry import EventRegistration, FoldRegistration, ViewRegistration


class Moved(Event):
    box_id: Id
    near: Id
    far: Id


class Place(View):
    place_id: Id
    seen: tuple[str, ...] = ()


class Box(View):
    box_id: Id


RECORD = EventRecord(
    cursor="",
    lane=0,
    position=0,
    event_id="e1",
    event_type="Moved",
    event_version=1,
    aggregate_type="Box",
    aggregate_id="b1",
    sequence=1,
    correlation_id="c",
    source="test",
    timestamp="t",
    received_at="t",
    data=msgspec.Raw(b"{}"),
)
EVENT = Moved(box_id="b1", near="p1", far="p2")


def said(word: str) -> Any:
    def fold(place: Place | None, event: Moved) -> Place:
        return Place(place_id="p1", seen=(*(place.seen if place else ()), word))

    return fold


def with_id(place: Place | None, event: Moved, record: EventRecord) -> Place:
    return Place(place_id="p1", seen=(*(place.seen if place else ()), record.event_id))


def registered(name: str, function: Any, *, key: Any = "near") -> FoldRegistration:
    return FoldRegistration("boxes", name, "place-view", Moved, key, function)


def test_functions_are_applied_one_after_the_other() -> None:
    fold = Fold.of(
        [registered("one", said("one")), registered("two", with_id), registered("three", said("3"))],
        Place,
    )
    assert fold.name == "one, two, three"
    assert fold.apply(None, EVENT, RECORD, "p1") == Place(place_id="p1", seen=("one", "e1", "3"))


@pytest.mark.parametrize("made", [None, Box(box_id="b1"), {}])
@pytest.mark.parametrize("function", [lambda made: lambda *_: made, lambda made: lambda entry, event, record: made])
def test_a_function_that_returns_another_thing_than_the_view_is_named(made: Any, function: Any) -> None:
    """Wherever it stands among several."""
    wrong = registered("boxes.wrong", function(made))
    right = registered("boxes.right", said("x"))
    for several in ([wrong], [wrong, right], [right, wrong]):
        with pytest.raises(TypeError, match=rf"boxes\.wrong returned {type(made).__name__}; it has to return Place"):
            Fold.of(several, Place).apply(None, EVENT, RECORD, "p1")


def test_each_entry_is_folded_by_the_functions_that_are_about_it() -> None:
    catalog = Catalog(
        [
            EventRegistration("boxes", "Moved", "Box", "box_id", 1, Moved),
            ViewRegistration("boxes", "place-view", Place, "place_id", {}),
            registered("near", said("near")),
            registered("both", said("both"), key=lambda event: sorted({event.near, event.far})),
            registered("far", said("far"), key="far"),
        ]
    )
    (plan,) = make_plans(catalog)["Moved"].views
    targets = plan.targets(EVENT, "")
    assert {key: fold.name for key, fold in targets.items()} == {"p1": "near, both", "p2": "both, far"}
    assert targets["p2"].apply(None, EVENT, RECORD, "p1") == Place(place_id="p1", seen=("both", "far"))
    meeting = plan.targets(Moved(box_id="b1", near="p1", far="p1"), "")
    assert {key: fold.name for key, fold in meeting.items()} == {"p1": "near, both, far"}

"""The checker of `make chaos` finds every kind of harm, and nothing where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.answers import Answer, AnswerLog, Told
from tests.chaos.checking import Broken, Maps, Seen, check, folded_district, folded_meter

METERS = ("m1", "m2")
READINGS = 4


class World:
    """What a faultless run leaves: two meters with four readings each, in one district. Tests then do harm to it."""

    def __init__(self) -> None:
        log = AnswerLog()
        self.maps = Maps()
        self.seen: list[Seen] = []
        for number in range(READINGS):
            for meter_id in METERS:
                event_id = f"e-{meter_id}-{number}"
                answer = log.submitted(
                    event_id, meter_id, number, 20 + number, "d1", wait_for="PROJECTED", bulk=log.next_call()
                )
                log.answered(answer, Told.OK, "SUCCESS", number + 1)
                self.store(event_id, meter_id, number)
        self.answers = log.answers
        self.fold()

    def store(self, event_id: str, meter_id: str, number: int, *, sequence: int = 0) -> None:
        """Put one event into the store, with its completion, and tell the subscriber."""
        sequence = sequence or number + 1
        lane = METERS.index(meter_id)
        self.maps.store[f"Meter:{sequence}@{meter_id}"] = {
            "eventId": event_id,
            "aggregateId": meter_id,
            "sequence": sequence,
            "lane": lane,
            "position": sequence * 10,
            "cursor": f"{sequence * 10:016d}-{lane:05d}",
            "data": {
                "meterId": meter_id,
                "number": number,
                "units": 20 + number,
                "district": "d1",
                "seen": sequence - 1,
            },
        }
        self.maps.completed[event_id] = {"eventId": event_id, "status": "SUCCESS"}
        self.seen.append(Seen(event_id, lane, sequence * 10, meter_id, sequence))

    def history(self, meter_id: str) -> list[dict[str, Any]]:
        """The stored events of a meter."""
        return [record for record in self.maps.store.values() if record["aggregateId"] == meter_id]

    def fold(self) -> None:
        """Make the views what they have to be."""
        for meter_id in METERS:
            self.maps.meters[meter_id] = {"_meta": {}, **(folded_meter(self.history(meter_id)) or {})}
        self.maps.districts["d1"] = {"_meta": {}, **(folded_district(list(self.maps.store.values())) or {})}

    def found(self) -> set[Broken]:
        """The kinds of harm that the checker sees."""
        return {violation.broken for violation in check(self.answers, self.maps, self.seen)}

    def answer(self, event_id: str) -> Answer:
        """What was told of one event."""
        return next(answer for answer in self.answers if answer.event_id == event_id)


@pytest.fixture
def world() -> World:
    return World()


def test_where_all_is_well_nothing_is_found(world: World) -> None:
    assert check(world.answers, world.maps, world.seen) == []


@pytest.mark.parametrize("status", ["SUCCESS", "STORED", "ACCEPTED"])
def test_a_lost_record_is_found(world: World, status: str) -> None:
    """The last of its meter and all that speaks of it: only the client remembers it."""
    del world.maps.store["Meter:4@m1"]
    del world.maps.completed["e-m1-3"]
    world.seen = [one for one in world.seen if one.event_id != "e-m1-3"]
    world.answer("e-m1-3").status = status
    world.fold()
    assert Broken.LOST in world.found()


def test_an_accepted_event_that_was_refused_later_is_not_lost(world: World) -> None:
    del world.maps.store["Meter:4@m1"]
    world.maps.completed["e-m1-3"]["status"] = "REJECTED"
    world.seen = [one for one in world.seen if one.event_id != "e-m1-3"]
    world.answer("e-m1-3").status, world.answer("e-m1-3").sequence = "ACCEPTED", None
    world.fold()
    assert world.found() == set()


def test_another_event_under_the_same_id_is_a_loss(world: World) -> None:
    world.maps.store["Meter:4@m1"]["data"]["number"] = 99
    world.fold()
    assert world.found() == {Broken.LOST}


def test_an_event_stored_twice_is_found(world: World) -> None:
    world.store("e-m1-3", "m1", 3, sequence=5)
    world.fold()
    assert Broken.TWICE in world.found()


@pytest.mark.parametrize("view", ["meters", "districts"])
def test_an_event_folded_twice_is_found(world: World, view: str) -> None:
    """Neither the store nor anything else knows of it."""
    for entry in getattr(world.maps, view).values():
        entry["count"] += 1
        entry["units"] += 20
    assert world.found() == {Broken.TWICE}


@pytest.mark.parametrize("view", ["meters", "districts"])
def test_an_event_that_was_never_folded_is_found(world: World, view: str) -> None:
    for entry in getattr(world.maps, view).values():
        entry["count"] -= 1
        entry["units"] -= 20
    assert world.found() == {Broken.VIEW}


def test_an_entry_that_is_missing_is_found(world: World) -> None:
    del world.maps.meters["m1"]
    assert world.found() == {Broken.VIEW}


def test_readings_folded_in_another_order_are_found(world: World) -> None:
    """All the sums are right."""
    first, second, *rest = world.history("m1")
    world.maps.meters["m1"] = {"_meta": {}, **(folded_meter([second, first, *rest]) or {})}
    assert world.found() == {Broken.ORDER}


def test_readings_stored_in_another_order_than_submitted_are_found(world: World) -> None:
    first, second = world.maps.store["Meter:1@m1"], world.maps.store["Meter:2@m1"]
    for name in ("eventId", "data"):
        first[name], second[name] = second[name], first[name]
    first["data"]["seen"], second["data"]["seen"] = 0, 1
    world.answer("e-m1-0").sequence, world.answer("e-m1-1").sequence = 2, 1
    world.seen = [one for one in world.seen if one.meter_id != "m1"]
    world.seen += [
        Seen(record["eventId"], 0, record["position"], "m1", record["sequence"]) for record in world.history("m1")
    ]
    world.fold()
    assert world.found() == {Broken.ORDER}


def test_readings_that_nobody_waited_for_may_come_in_any_order(world: World) -> None:
    """Submitted at once, they have no order."""
    for number in (0, 1):
        world.answer(f"e-m1-{number}").answered_order = 1_000
    first, second = world.answer("e-m1-0"), world.answer("e-m1-1")
    first.order, second.order = second.order, first.order
    assert world.found() == set()


@pytest.mark.parametrize("sequence", [5, 3])
def test_a_gap_in_the_sequence_is_found(world: World, sequence: int) -> None:
    """Number 4 is called 5, or 3 a second time."""
    world.maps.store["Meter:4@m1"]["sequence"] = sequence
    assert Broken.ORDER in world.found()


def test_a_guard_that_did_not_see_what_came_before_is_found(world: World) -> None:
    world.maps.store["Meter:4@m1"]["data"]["seen"] = 2
    assert world.found() == {Broken.ORDER}


def test_a_missing_completion_is_found(world: World) -> None:
    del world.maps.completed["e-m1-3"]
    assert world.found() == {Broken.UNFINISHED}


def test_a_leftover_in_pending_is_found(world: World) -> None:
    world.maps.pending["e-m1-3@m1"] = {}
    assert world.found() == {Broken.UNFINISHED}


@pytest.mark.parametrize("status", ["REJECTED", "ACCEPTED"])
def test_a_completion_that_denies_the_store_is_found(world: World, status: str) -> None:
    world.maps.completed["e-m1-3"]["status"] = status
    assert world.found() == {Broken.ANSWER}


@pytest.mark.parametrize("status", ["REJECTED", "OVERLOADED", "PIPELINE_UNAVAILABLE"])
def test_an_event_that_was_said_not_to_be_in_and_is_in_is_found(world: World, status: str) -> None:
    answer = world.answer("e-m1-3")
    answer.told, answer.status, answer.sequence = Told.FAILED, status, None
    assert world.found() == {Broken.ANSWER}


@pytest.mark.parametrize("status", ["REJECTED", "GUARD_FAILED", "DEAD_LETTERED"])
def test_a_good_reading_that_bore_the_blame_is_found(world: World, status: str) -> None:
    """A projector was killed, and the event it had in hand was taken for the cause."""
    log = AnswerLog()
    log.answers = world.answers
    answer = log.submitted("e-new", "m1", 9, 20, "d1", wait_for="PROJECTED", bulk=99)
    log.answered(answer, Told.FAILED, status)
    assert world.found() == {Broken.ANSWER}


def test_a_sequence_that_was_told_and_not_given_is_found(world: World) -> None:
    world.answer("e-m1-3").sequence = 7
    assert world.found() == {Broken.ANSWER}


def test_what_waits_behind_a_dead_letter_is_not_missed(world: World) -> None:
    """The letter names the event and those behind it; all of them are stored, none of them is in that entry."""
    held = [world.maps.store["Meter:3@m1"], world.maps.store["Meter:4@m1"]]
    world.maps.letters["dl-1"] = {
        "eventId": held[0]["eventId"],
        "projection": "district-view",
        "entryKey": "d1",
        "waiting": [{"key": "Meter:4@m1"}],
    }
    rest = [record for record in world.maps.store.values() if record not in held]
    world.maps.districts["d1"] = {"_meta": {"blocked": {"Meter@m1": "dl-1"}}, **(folded_district(rest) or {})}
    world.maps.completed["e-m1-2"]["status"] = world.maps.completed["e-m1-3"]["status"] = "DEAD_LETTERED"
    assert world.found() == set()
    world.maps.letters["dl-1"]["waiting"] = []
    world.maps.completed["e-m1-3"]["status"] = "SUCCESS"
    assert world.found() == {Broken.VIEW}, "an event that neither waits nor was folded is missed"


def test_a_completion_that_names_a_dead_letter_which_is_gone_is_found(world: World) -> None:
    """Its letter was resolved, and nobody was told."""
    world.maps.completed["e-m1-2"]["status"] = "DEAD_LETTERED"
    assert world.found() == {Broken.ANSWER}


def test_a_subscriber_that_saw_an_event_twice_is_found(world: World) -> None:
    world.seen.append(world.seen[-1])
    assert world.found() == {Broken.STREAM}


def test_a_subscriber_that_saw_events_in_another_order_is_found(world: World) -> None:
    world.seen[0], world.seen[2] = world.seen[2], world.seen[0]
    assert world.found() == {Broken.STREAM}


@pytest.mark.parametrize("place", [2, -1])
def test_a_subscriber_that_missed_an_event_is_found_unless_told_of_a_gap(world: World, place: int) -> None:
    """In the midst, and the last of all."""
    missed = world.seen.pop(place)
    assert world.found() == {Broken.STREAM}
    world.seen.insert(len(world.seen) if place < 0 else place, Seen())
    assert world.found() == set(), f"{missed} was left out, and the subscriber knows"


def test_nobody_has_to_listen(world: World) -> None:
    assert check(world.answers, world.maps, None) == []

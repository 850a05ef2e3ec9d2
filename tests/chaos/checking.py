"""
Says whether what clients were told, what the maps hold and what a subscriber saw fit together (I1 to I6 of the aims).

It imports nothing of the code under test: its fold is a second one, written down as plainly as can be.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any

from tests.chaos.answers import Answer, Told

Json = dict[str, Any]

REFUSED_UNITS = 13
UNFOLDABLE = "toxic"


class Broken(StrEnum):
    """What a violation is counted as."""

    LOST = "lost"
    TWICE = "applied twice"
    ORDER = "out of order"
    UNFINISHED = "unfinished"
    VIEW = "wrong view"
    STREAM = "wrong in the stream"
    ANSWER = "wrong answer"


@dataclass(frozen=True)
class Violation:
    """One thing that may not be."""

    broken: Broken
    what: str

    def __str__(self) -> str:
        return f"{self.broken}: {self.what}"


@dataclass(frozen=True)
class Maps:
    """The maps as they are, once all is quiet: key to decoded JSON."""

    pending: Json = field(default_factory=dict)
    store: Json = field(default_factory=dict)
    completed: Json = field(default_factory=dict)
    meters: Json = field(default_factory=dict)
    districts: Json = field(default_factory=dict)
    letters: Json = field(default_factory=dict)
    decisions: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """One thing a subscriber was given: an event, or (without an id) word of a gap."""

    event_id: str = ""
    lane: int = 0
    position: int = 0
    meter_id: str = ""
    sequence: int = 0


def check(
    answers: Sequence[Answer], maps: Maps, seen: Sequence[Seen] | None, *, forgets: bool = False
) -> list[Violation]:
    """
    All violations.

    Args:
        answers: What the load client was told.
        maps: The maps, after quiet.
        seen: What a subscriber saw that listened all the time; None where nobody did.
        forgets: All memory was lost in between: what was committed is to be there, completions and what was only
            accepted need not.
    """
    by_event: dict[str, list[Json]] = defaultdict(list)
    for record in maps.store.values():
        by_event[record["eventId"]].append(record)
    return [
        *_lost(answers, by_event, maps, forgets),
        *_stored_twice(by_event),
        *_sequences(maps),
        *_submission_order(answers, by_event),
        *_innocent(answers),
        *_unfinished(answers, maps, forgets),
        *_views(maps),
        *(() if seen is None else _stream(seen, maps)),
    ]


def _lost(answers: Sequence[Answer], by_event: dict[str, list[Json]], maps: Maps, forgets: bool) -> Iterable[Violation]:
    """I1: what was acknowledged is in the store, as it was submitted. And what was refused is not."""
    acknowledged = {answer.event_id for answer in answers if answer.told is Told.OK}
    for answer in answers:
        records = by_event.get(answer.event_id, [])
        if answer.told is Told.OK:
            refused_later = answer.status == "ACCEPTED" and (forgets or _status(maps, answer.event_id) == "REJECTED")
            if not records and not refused_later:
                yield Violation(Broken.LOST, f"{answer.event_id} was answered {answer.status} and is not in the store")
        if answer.told is Told.OK and answer.sequence is not None and records:
            [record, *_] = records
            if record["sequence"] != answer.sequence:
                yield Violation(
                    Broken.ANSWER, f"{answer.event_id} was given {answer.sequence} and has {record['sequence']}"
                )
        for record in records:
            data = record["data"]
            if (data["meterId"], data["number"]) != (answer.meter_id, answer.number):
                yield Violation(Broken.LOST, f"{answer.event_id} is in the store as another event")
        if answer.status == "REJECTED" and records:
            yield Violation(Broken.ANSWER, f"{answer.event_id} was refused and is in the store")
    refused: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        refused[answer.event_id].append(answer)
    for event_id, all_of_it in refused.items():
        if event_id not in acknowledged and event_id in by_event and all(a.told is Told.FAILED for a in all_of_it):
            yield Violation(Broken.ANSWER, f"{event_id} is in the store; all its answers said it is not")


def _status(maps: Maps, event_id: str) -> str | None:
    completion = maps.completed.get(event_id)
    return None if completion is None else str(completion["status"])


def _stored_twice(by_event: dict[str, list[Json]]) -> Iterable[Violation]:
    """I2 in the store: one record an event."""
    for event_id, records in by_event.items():
        if len(records) > 1:
            yield Violation(Broken.TWICE, f"{event_id} is in the store {len(records)} times")


def _histories(maps: Maps) -> dict[str, list[Json]]:
    """The records of each meter, in the order of their numbers."""
    histories: dict[str, list[Json]] = defaultdict(list)
    for record in maps.store.values():
        histories[record["aggregateId"]].append(record)
    for history in histories.values():
        history.sort(key=lambda record: int(record["sequence"]))
    return histories


def _sequences(maps: Maps) -> Iterable[Violation]:
    """I3 in the store: 1, 2, 3… for each meter, its positions growing, its guards having seen all that came before."""
    for meter_id, history in _histories(maps).items():
        numbers = [record["sequence"] for record in history]
        if numbers != list(range(1, len(history) + 1)):
            yield Violation(Broken.ORDER, f"meter {meter_id} has the sequences {_shortened(numbers)}")
        for earlier, later in pairwise(history):
            if earlier["position"] >= later["position"] or earlier["lane"] != later["lane"]:
                yield Violation(Broken.ORDER, f"{later['eventId']} of {meter_id} has a position before its forerunner")
        for record in history:
            if record["data"]["seen"] != record["sequence"] - 1:
                yield Violation(
                    Broken.ORDER,
                    f"the guard of {record['eventId']}, {record['sequence']} of {meter_id}, "
                    f"saw {record['data']['seen']} readings before it",
                )


def _shortened(numbers: list[int]) -> str:
    return str(numbers if len(numbers) <= 12 else [*numbers[:6], "…", *numbers[-6:]])


def _submission_order(answers: Sequence[Answer], by_event: dict[str, list[Json]]) -> Iterable[Violation]:
    """I3 for submitters: what was accepted before another of its meter was submitted comes before it in the store."""
    counted = Counter(answer.event_id for answer in answers)
    of_meter: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        # Submitted more than once, an event's place may be that of any of its submissions.
        if counted[answer.event_id] == 1 and answer.told is Told.OK and answer.event_id in by_event:
            of_meter[answer.meter_id].append(answer)
    for meter_id, submitted in of_meter.items():
        last: Answer | None = None
        for answer in sorted(submitted, key=lambda one: one.order):
            if last is not None and (last.answered_order < answer.order or last.bulk == answer.bulk):
                earlier, later = by_event[last.event_id][0]["sequence"], by_event[answer.event_id][0]["sequence"]
                if earlier > later:
                    yield Violation(
                        Broken.ORDER,
                        f"{last.event_id} was accepted before {answer.event_id} was submitted to {meter_id}, "
                        f"and they have the sequences {earlier} and {later}",
                    )
            last = answer


def _innocent(answers: Sequence[Answer]) -> Iterable[Violation]:
    """Only what the guard has to refuse is refused, and only what can't be folded is dead-lettered, whatever died."""
    for answer in answers:
        if answer.status in ("REJECTED", "GUARD_FAILED") and answer.units != REFUSED_UNITS:
            yield Violation(Broken.ANSWER, f"{answer.event_id} is a good reading and was refused: {answer.status}")
        if answer.status == "DEAD_LETTERED" and UNFOLDABLE not in answer.district:
            yield Violation(Broken.ANSWER, f"{answer.event_id} is a good reading and was dead-lettered")


def _unfinished(answers: Sequence[Answer], maps: Maps, forgets: bool) -> Iterable[Violation]:
    """I4: nothing is pending, and whatever was accepted or stored has a last word that says what is true."""
    for key in maps.pending:
        yield Violation(Broken.UNFINISHED, f"{key} is still pending")
    stored = {record["eventId"]: record for record in maps.store.values()}
    accepted = {answer.event_id for answer in answers if answer.told is Told.OK}
    in_letters = {event_id for event_id, *_ in _waiting(maps)}
    for event_id in sorted(accepted | stored.keys()):
        status = _status(maps, event_id)
        if status is None and forgets:
            continue
        if status is None:
            yield Violation(Broken.UNFINISHED, f"{event_id} has no completion")
        elif (event_id in stored) != (status in ("SUCCESS", "DEAD_LETTERED")):
            where = "is in the store" if event_id in stored else "is not in the store"
            yield Violation(Broken.ANSWER, f"{event_id} {where}, and its completion says {status}")
        elif (status == "DEAD_LETTERED") != (event_id in in_letters):
            where = "is in a dead letter" if event_id in in_letters else "is in no dead letter"
            yield Violation(Broken.ANSWER, f"{event_id} {where}, and its completion says {status}")


def _views(maps: Maps) -> Iterable[Violation]:
    """I2 and I5: each entry is the fold of the stored events, but for those that wait behind a dead letter."""
    histories = _histories(maps)
    held = _held(maps)
    meters = {
        meter_id: folded_meter(
            [record for record in history if (record["eventId"], "meter-view", meter_id) not in held]
        )
        for meter_id, history in histories.items()
    }
    of_district: dict[str, list[Json]] = defaultdict(list)
    for record in sorted(maps.store.values(), key=lambda record: str(record["cursor"])):
        of_district[record["data"]["district"]].append(record)
    districts = {
        district: folded_district(
            [record for record in records if (record["eventId"], "district-view", district) not in held]
        )
        for district, records in of_district.items()
    }
    yield from _compared("meter", meters, maps.meters)
    yield from _compared("district", districts, maps.districts)


def _held(maps: Maps) -> set[tuple[str, str, str]]:
    """Which event is not in which entry, for the dead letters or an operator say so: (eventId, view, entry key)."""
    held = _waiting(maps)
    for decision in maps.decisions.values():
        if decision["action"] == "DISCARDED":
            held.add((decision["eventId"], decision["projection"], decision["entryKey"]))
    return held


def _waiting(maps: Maps) -> set[tuple[str, str, str]]:
    """Which event is in a dead letter, or waits behind it, for which entry: (eventId, view, entry key)."""
    waiting = set()
    for letter in maps.letters.values():
        place = (letter["projection"], letter["entryKey"])
        waiting.add((letter["eventId"], *place))
        waiting |= {
            (maps.store[one["key"]]["eventId"], *place) for one in letter["waiting"] if one["key"] in maps.store
        }
    return waiting


def folded_meter(history: Sequence[Json]) -> Json | None:
    """The meter's entry, by the book."""
    count, units, trail = 0, 0, 0
    for record in history:
        count += 1
        units += record["data"]["units"]
        trail = (trail * 31 + record["data"]["number"] + 1) % 2_147_483_647
    return {"count": count, "units": units, "trail": trail} if history else None


def folded_district(records: Sequence[Json]) -> Json | None:
    """The district's entry, by the book."""
    return {"count": len(records), "units": sum(record["data"]["units"] for record in records)} if records else None


def _compared(kind: str, folded: dict[str, Json | None], entries: Json) -> Iterable[Violation]:
    for key in sorted(folded.keys() | entries.keys()):
        wanted, entry = folded.get(key), entries.get(key)
        if entry is not None and entry["_meta"].get("absent"):
            entry = None
        is_there = (
            None if entry is None else {name: entry[name] for name in ("count", "units", "trail") if name in entry}
        )
        if is_there == wanted:
            continue
        what = f"{kind} {key} is {is_there}; its stored events make {wanted}"
        if is_there is not None and is_there["count"] > (0 if wanted is None else wanted["count"]):
            yield Violation(Broken.TWICE, what)
        elif is_there is not None and wanted is not None and is_there["count"] == wanted["count"]:
            yield Violation(Broken.ORDER if kind == "meter" else Broken.VIEW, what)
        else:
            yield Violation(Broken.VIEW, what)


def _stream(seen: Sequence[Seen], maps: Maps) -> Iterable[Violation]:
    """I6: each event once, in the order of its meter; where one is missing, a gap was told before the next came."""
    last: dict[str, int] = {}
    events: set[str] = set()
    gap_told = False
    for one in seen:
        if not one.event_id:
            gap_told = True
            last.clear()
            continue
        if one.event_id in events:
            yield Violation(Broken.STREAM, f"{one.event_id} came twice")
            continue
        events.add(one.event_id)
        is_known = one.meter_id in last or not gap_told
        if is_known and one.sequence != last.get(one.meter_id, 0) + 1:
            before = last.get(one.meter_id, 0)
            yield Violation(Broken.STREAM, f"{one.sequence} of meter {one.meter_id} came after its {before}")
        last[one.meter_id] = one.sequence
    for meter_id, history in _histories(maps).items():
        if (meter_id in last or not gap_told) and last.get(meter_id, 0) < len(history):
            yield Violation(
                Broken.STREAM, f"{last.get(meter_id, 0) + 1} of meter {meter_id} never came, and no gap was told"
            )

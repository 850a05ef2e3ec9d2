"""Who wants an event."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest

from hazelgate.client.event_stream import Changed, Heard
from hazelgate.client.following.happenings import Happening, Readings
from hazelgate.client.following.interests import ChangesOf, EventsOf, Interests, Wanted
from hazelgate.projector.past import Lineage
from hazelgate.sourcing.envelope import EventRecord
from hazelgate.testing.memory import MemoryCluster
from tests.unit.client.following.test_feed import Topic, record


class Follows:
    """Stands for the lineage of a view whose entries have the key that the event's data is."""

    def __init__(self, *event_types: str) -> None:
        self.event_types = frozenset(event_types)
        self.asked = 0

    def keys(self, record: EventRecord) -> list[str]:
        self.asked += 1
        return [msgspec.json.decode(record.data)]


def changes(follows: Follows, key: str | None = None, view: str = "v") -> ChangesOf:
    return ChangesOf(view, cast(Lineage, follows), key)


def happening(
    event_type: str = "A", aggregate_id: str = "t", key: str = "k", changed: Changed | None = None
) -> Happening:
    made = msgspec.structs.replace(
        record(1, event_type), aggregate_id=aggregate_id, data=msgspec.Raw(msgspec.json.encode(key))
    )
    return Happening(made, 1, Readings(cast(MemoryCluster, Topic())), changed)


def heard(event: Happening) -> Heard:
    """As much of it as is read of each."""
    record = event.record
    return Heard(
        record.cursor, record.lane, record.position, record.event_type, record.aggregate_id, changed=event.changed
    )


def wanting(interests: Interests[str], event: Happening) -> list[str]:
    """Those who want it; nobody may be left out of the quick look."""
    found = interests.wanting(event)
    assert not found or interests.may_want(heard(event))
    return sorted(found)


@pytest.fixture
def interests() -> Interests[str]:
    return Interests()


@pytest.mark.parametrize(
    ("wanted", "given", "is_wanted"),
    [
        (EventsOf(), happening(), True),
        (EventsOf(frozenset({"A", "B"})), happening("A"), True),
        (EventsOf(frozenset({"A", "B"})), happening("C"), False),
        (EventsOf(frozenset()), happening("A"), False),
        (EventsOf(None, "t"), happening(aggregate_id="t"), True),
        (EventsOf(None, "t"), happening(aggregate_id="u"), False),
        (EventsOf(frozenset({"A"}), "t"), happening("A", "t"), True),
        (EventsOf(frozenset({"A"}), "t"), happening("B", "t"), False),
        (EventsOf(frozenset({"A"}), "t"), happening("A", "u"), False),
        (changes(Follows("A")), happening("A"), True),
        (changes(Follows("A")), happening("B"), False),
        (changes(Follows("A"), "k"), happening("A", key="k"), True),
        (changes(Follows("A"), "k"), happening("A", key="l"), False),
        (changes(Follows("A")), happening(changed={"v": {"k": 1}}), True),
        (changes(Follows("A")), happening(changed={"w": {"k": 1}}), False),
        (changes(Follows("A"), "l"), happening(changed={"v": {"k": 1, "l": 7}}), True),
        (changes(Follows("A"), "l"), happening(changed={"v": {"k": 1}}), False),
        (changes(Follows("A"), "t"), happening(changed={"v": {"": 1}}), True),
        (changes(Follows("A"), "k"), happening(changed={}), False),
        (lambda record: record.sequence == 1, happening(), True),
        (lambda record: record.sequence == 2, happening(), False),
    ],
)
def test_an_event_is_for_those_who_want_it(
    interests: Interests[str], wanted: Wanted, given: Happening, is_wanted: bool
) -> None:
    interests.add("s", wanted)
    assert wanting(interests, given) == (["s"] if is_wanted else [])
    interests.remove("s")
    assert wanting(interests, given) == []
    assert not interests.may_want(heard(given))
    assert len(interests) == 0


def test_each_who_wants_it_gets_it_once(interests: Interests[str]) -> None:
    follows = Follows("A", "B")
    every: list[Wanted] = [EventsOf(), EventsOf(frozenset({"A", "B"})), EventsOf(None, "t"), changes(follows)]
    every += [changes(follows, "k"), changes(Follows("A"), view="w"), lambda _: True]
    for number, wanted in enumerate(every):
        interests.add(str(number), wanted)
    assert wanting(interests, happening()) == [str(number) for number in range(len(every))]


def test_an_event_that_names_what_it_has_changed_is_not_folded(interests: Interests[str]) -> None:
    follows = Follows("A")
    interests.add("s", changes(follows, "k"))
    assert wanting(interests, happening(changed={"v": {"k": 1}})) == ["s"]
    assert follows.asked == 0


def test_of_an_event_that_changes_other_entries_nothing_more_is_read(interests: Interests[str]) -> None:
    interests.add("s", changes(Follows("A"), "k"))
    assert not interests.may_want(heard(happening(changed={"v": {"l": 1}})))


def test_the_keys_of_an_event_are_found_once_however_many_follow_other_entries(interests: Interests[str]) -> None:
    follows = Follows("A")
    for number in range(1_000):
        interests.add(f"s{number}", changes(follows, f"k{number}"))
    assert wanting(interests, happening(key="k7")) == ["s7"]
    assert wanting(interests, happening(key="other")) == []
    assert follows.asked == 2


def test_removing_one_leaves_the_others(interests: Interests[str]) -> None:
    follows = Follows("A")
    for name in ("s", "t"):
        interests.add(name, changes(follows, "k"))
    interests.add("u", changes(follows))
    interests.remove("s")
    interests.remove("s")
    assert wanting(interests, happening()) == ["t", "u"]

"""A domain as small as can be, with a fault of each kind: what the tests of the projector are about."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from hazelgate import (
    By,
    Catalog,
    Event,
    EventRecord,
    Hidden,
    Id,
    Json,
    Rejected,
    View,
    event,
    guard,
    projection,
    replace,
    upcast,
)

POISON = 13


@event("CounterStarted", aggregate="Counter", key="counter_id")
class CounterStarted(Event):
    """A counter is there."""

    counter_id: Id


@event("Counted", aggregate="Counter", key="counter_id", version=3)
class Counted(Event):
    """It counts on. Version 1 said "n", version 2 "by" without a group."""

    counter_id: Id
    by: Annotated[int, Meta(ge=1, le=1_000)]
    group: Id = "all"
    total: int | None = None


@event("Noted", aggregate="Counter", key="counter_id")
class Noted(Event):
    """Something that no view shows."""

    counter_id: Id
    note: str


@upcast(Counted, from_version=1)
def n_is_by(data: Json) -> Json:
    return {"counterId": data["counterId"], "by": data["n"]}


@upcast(Counted, from_version=2)
def a_group_is_given(data: Json) -> Json:
    return {**data, "group": "all"}


class Counter(View):
    """One counter."""

    counter_id: Id
    total: int
    history: Hidden[tuple[int, ...]] = ()


class Group(View):
    """All counters of a group together."""

    group: Id
    total: int = 0
    largest: int = 0
    last_at: str = ""


@guard(Counted, reads={"counter": Counter.by("counter_id")})
def completes_the_total(event: Counted, counter: Counter | None) -> Counted:
    if counter is None:
        raise Rejected("counter_id", "no such counter")
    if event.by == 666:
        raise ZeroDivisionError("a fault of the guard")
    if event.by == 667:
        return replace(event, by=0)
    if event.by == 668:
        return "nonsense"  # type: ignore[return-value]
    return replace(event, total=counter.total + event.by)


@guard(Counted)
def is_not_unlucky(event: Counted) -> None:
    if event.by == 7:
        raise Rejected("by", "7 is unlucky")


counters = projection("counter-view", Counter, key="counter_id", indexes={"total": By("total")})
groups = projection("group-view", Group, key="group")


@counters.on(CounterStarted, key="counter_id")
def started(_: None, event: CounterStarted) -> Counter:
    return Counter(counter_id=event.counter_id, total=0)


@counters.on(Counted, key="counter_id")
def counted(counter: Counter, event: Counted) -> Counter:
    history: Any = (*counter.history, event.by)
    if event.by == 669:
        history = ("\ud800",)  # can't be encoded
    return replace(counter, total=counter.total + event.by, history=history)


@groups.on(Counted, key=lambda event: event.group)
def added(group: Group | None, event: Counted, record: EventRecord) -> Group:
    if event.by == POISON:
        raise ValueError("a fault of the projection")
    group = group or Group(group=event.group)
    return replace(
        group,
        total=group.total + event.by,
        largest=max(group.largest, event.by),
        last_at=max(group.last_at, record.timestamp),
    )


CATALOG = Catalog.load(__name__)

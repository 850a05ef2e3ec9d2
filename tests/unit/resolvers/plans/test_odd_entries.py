"""Whatever stands in an entry's JSON, a plan answers as graphql-core's executor does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import msgspec
import pytest

from hazelgate.gateway.graphql.execution import Way
from tests.support.both_ways import Domain, World
from tests.support.declared import declared
from tests.support.operations import Operation
from tests.support.worlds import ODD

REMOVED: Any = object()
VALUES = (*ODD, "red", -(2**31) - 1, -(2**53) - 1, 1e16, 1e300, 0.0, 2.0, False, "2026-01-01", [None], [[]], REMOVED)

KINDS = declared(
    """
    class Colour(StrEnum):
        RED = "red"
        GREEN = "GREEN"

    class Level(IntEnum):
        LOW = 1
        HIGH = 10

    class Same(StrEnum):
        RED = "RED"

    class Part(Value):
        name: str
        level: Level | None = None
        more: Json = None

    class Thing(View):
        thing_id: Id
        text: str
        ref: Id | None
        whole: int
        long: Long
        ratio: float
        flag: bool
        money: Decimal
        at: Instant
        moment: datetime | None
        day: date
        colour: Colour
        level: Level
        same: Same
        more: Json
        maybe_more: Json | None
        part: Part
        maybe_part: Part | None
        parts: tuple[Part, ...]
        texts: tuple[str | None, ...]
        levels: tuple[Level, ...]
        grid: tuple[tuple[int, ...], ...]
        secret: Hidden[int] = 0

    @event("ThingMade", aggregate="Thing", key="thing_id", creates=True)
    class ThingMade(Event):
        thing_id: Id

    things = projection("thing-view", Thing, key="thing_id")
    things.link("self", things, key="ref")
    things.link("others", things, key="parts.name")

    @things.field
    def words(thing: Thing) -> tuple[str, ...]:
        return tuple(thing.text.split())

    @things.field
    def per_part(thing: Thing) -> Decimal:
        return thing.money / len(thing.parts)

    @things.on(ThingMade, key="thing_id")
    def made(thing: Thing | None, event: ThingMade) -> Thing:
        raise NotImplementedError
    """
)
FIELDS = [
    *("thingId", "text", "ref", "whole", "long", "ratio", "flag", "money", "at", "moment", "day"),
    *("colour", "level", "same", "more", "maybeMore", "part", "maybePart", "parts", "texts", "levels", "grid", "_meta"),
]
PARTS = "{ name level more }"
ALL = f"""{{
  id thingId text ref whole long ratio flag money at moment day colour level same more maybeMore part {PARTS}
  maybePart {PARTS} parts {PARTS} texts levels grid words perPart self {{ text }} others {{ text }}
  revision {{ version }}
}}"""
COMPOSITE = {"part": PARTS, "maybePart": PARTS, "parts": PARTS}


@cache
def world() -> World:
    return World(Domain.of(KINDS), Random(7), odd=0.0)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def put(path: list[Any], value: Any) -> None:
    """Make an entry that has this value at this place."""
    entry = msgspec.json.decode(world().cluster.engine.map("thing-view")["b"])
    entry["thingId"] = "a"
    entry["parts"] = [{"name": "b", "level": 1, "more": {}}, {"name": "c", "level": None, "more": 1}]
    entry["part"] = {"name": "d", "level": 10, "more": []}
    holder = entry
    for name in path[:-1]:
        holder = holder[name]
    if value is not REMOVED:
        holder[path[-1]] = value
    elif isinstance(holder, list) or path[-1] in holder:
        del holder[path[-1]]
    world().cluster.engine.map("thing-view")["a"] = msgspec.json.encode(entry)


def require_alike(runner: asyncio.Runner, selections: list[str]) -> None:
    for selection in selections:
        runner.run(world().compare(Operation(f'{{ thing(thingId: "a") {selection} }}', {})))
    runner.run(world().compare(Operation(f'{{ thingsById(thingIds: ["b", "a"]) {selections[0]} }}', {})))


@pytest.mark.parametrize("field", FIELDS)
def test_a_field(runner: asyncio.Runner, field: str) -> None:
    """Alone, under another name, and among all others; with values of every kind, and without any."""
    inner = COMPOSITE.get(field, "")
    selections = [f"{{ {field} {inner} }}", f"{{ other: {field} {inner} __typename }}", ALL]
    if field == "_meta":
        selections = ["{ revision { version } }", "{ id }", "{ revision { __typename } }", "{ text }"]
    for value in VALUES:
        put([field], value)
        require_alike(runner, selections)


@pytest.mark.parametrize(
    "path",
    [["parts", 1], ["parts", 0, "name"], ["parts", 0, "level"], ["parts", 1, "more"], ["part", "name"]],
    ids=lambda path: ".".join(map(str, path)),
)
def test_a_place_within(runner: asyncio.Runner, path: list[Any]) -> None:
    for value in VALUES:
        put(path, value)
        require_alike(runner, [f"{{ parts {PARTS} part {PARTS} }}", "{ others { thingId } }", "{ perPart words }", ALL])


@pytest.mark.parametrize("name", ["version", "causedBy", "updatedAt", "absent"])
def test_a_part_of_where_an_entry_stands(runner: asyncio.Runner, name: str) -> None:
    for value in VALUES:
        if name == "absent" and value is not REMOVED and value:
            continue  # an entry that is absent has no fields: the next test
        put(["_meta", name], value)
        require_alike(runner, ["{ revision { version } }", "{ revision { causedBy updatedAt } text }", "{ ref }"])


NO_ENTRIES = (
    b"[]",
    b"1",
    b"null",
    b"{}",
    b"{",
    b"",
    b'{"_meta":{}}',
    b'{"_meta":null,"thingId":"a","text":"x"}',
    b'{"text":"x","_meta":{},"thingId":"a"}',
    b'{"_meta":{"version":1,"causedBy":"e","updatedAt":"u","applied":{},"keys":{},"absent":true}}',
)


@pytest.mark.parametrize("raw", NO_ENTRIES)
def test_an_entry_that_is_none(runner: asyncio.Runner, raw: bytes) -> None:
    world().cluster.engine.map("thing-view")["a"] = raw
    require_alike(runner, ["{ text }", "{ ref }", "{ revision { version } }", "{ id x: text }", "{ __typename }"])


@pytest.mark.parametrize("place", ["ref @include(if: $v) text", "... @skip(if: $v) { ref } text"])
def test_null_where_a_condition_has_a_default(runner: asyncio.Runner, place: str) -> None:
    """It is a value that `@skip` and `@include` refuse."""
    inner = f'thing(thingId: "a") {{ {place} }}'
    for selection in (inner, f"{inner} @include(if: $v)", f"... @skip(if: $v) {{ {inner} }}"):
        operation = f"query ($v: Boolean = true) {{ {selection} }}"
        for given in ({}, {"v": None}, {"v": False}, {"v": 1}):
            runner.run(world().compare(Operation(operation, given)))
    assert world().ways.total() > 0


def test_all_of_this_is_the_plans_and_the_executors_now_and_then(runner: asyncio.Runner) -> None:
    """Else nothing was compared."""
    for value in ("x", 1):
        put(["text"], value)
        require_alike(runner, ["{ text }", ALL])
    assert world().ways[Way.PLAN] > 2
    assert world().ways[Way.DEVIATED] > 2

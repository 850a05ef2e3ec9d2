"""When members are told what a process wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from hazelgate.client.cluster import Cluster
from hazelgate.client.event_stream import EVERYTHING, Wish, joined
from hazelgate.client.following import wishing
from hazelgate.client.following.wishing import Wishing
from hazelgate.sourcing.errors import PipelineUnavailable
from tests.support.until import until

NOTHING, ONE, TWO = Wish(), Wish(types=frozenset({"A"})), Wish(types=frozenset({"A", "B"}))


class Members:
    """Those who are told."""

    def __init__(self) -> None:
        self.told: list[Wish] = []
        self.are_away = False
        self.hang = asyncio.Event()
        self.hang.set()

    async def want(self, wish: Wish, by: object) -> None:
        self.told.append(wish)
        await self.hang.wait()
        if self.are_away:
            raise PipelineUnavailable("away")


class Process:
    """A process whose wish the test says."""

    def __init__(self) -> None:
        self.members = Members()
        self.wish = NOTHING
        self.wishing = Wishing(cast(Cluster, self.members), lambda: self.wish)

    def wants(self, wish: Wish) -> None:
        self.wish = wish
        self.wishing.changed()

    async def told(self, *wishes: Wish) -> None:
        await until(lambda: self.members.told == list(wishes), timeout_seconds=10)


@pytest.fixture
async def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    monkeypatch.setattr(wishing, "WIDER_SECONDS", 0.0)
    monkeypatch.setattr(wishing, "NARROWER_SECONDS", 60.0)
    monkeypatch.setattr(wishing, "RETRY_SECONDS", 0.005)
    return Process()


@pytest.fixture
async def started(process: Process) -> AsyncIterator[Process]:
    process.wishing.start()
    await process.told(NOTHING)
    process.members.told.clear()
    yield process
    process.wishing.close()


async def test_before_the_process_listens_nothing_is_told(process: Process) -> None:
    process.wants(ONE)
    await asyncio.sleep(0.01)
    assert process.members.told == []


async def test_members_are_told_what_is_wanted_in_the_end(started: Process) -> None:
    started.wants(ONE)
    started.wants(TWO)
    await started.told(TWO)


async def test_a_wish_for_less_is_told_when_the_last_one_has_stood_for_a_while(
    started: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.wants(TWO)
    await started.told(TWO)
    started.wants(ONE)
    await asyncio.sleep(0.01)
    assert started.members.told == [TWO]
    monkeypatch.setattr(wishing, "NARROWER_SECONDS", 0.0)
    started.wants(ONE)
    await started.told(TWO, ONE)


async def test_a_wish_for_more_does_not_wait_for_one_for_less(started: Process) -> None:
    started.wants(ONE)
    await started.told(ONE)
    started.wants(NOTHING)
    await asyncio.sleep(0.01)
    started.wants(TWO)
    await started.told(ONE, TWO)


async def test_a_wish_that_changes_while_the_last_one_is_told_is_told_next(started: Process) -> None:
    started.members.hang.clear()
    started.wants(ONE)
    await started.told(ONE)
    started.wants(TWO)
    await asyncio.sleep(0.01)
    started.members.hang.set()
    await started.told(ONE, TWO)


async def test_a_wish_that_did_not_get_there_is_told_again(started: Process) -> None:
    started.members.are_away = True
    started.wants(ONE)
    await until(lambda: len(started.members.told) > 2)
    started.members.are_away = False
    assert set(map(str, started.members.told)) == {str(ONE)}


async def test_to_a_member_that_may_not_know_it_the_same_wish_is_told_again(started: Process) -> None:
    """Also while it is being told to the others."""
    started.wants(ONE)
    await started.told(ONE)
    started.members.hang.clear()
    started.wishing.renew()
    await started.told(ONE, ONE)
    started.wishing.renew()
    await asyncio.sleep(0.01)
    started.members.hang.set()
    await started.told(ONE, ONE, ONE)


def entries(view: str, *keys: str) -> Wish:
    return Wish(entries={view: frozenset(keys)})


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (EVERYTHING, TWO),
        (TWO, ONE),
        (ONE, NOTHING),
        (entries("v", "k", "l"), entries("v", "k")),
        (Wish(views=frozenset({"v"})), entries("v", "k")),
        (Wish(aggregates=frozenset({"a", "b"})), Wish(aggregates=frozenset({"a"}))),
    ],
)
def test_a_wide_wish_covers_a_narrow_one_and_not_the_other_way(wide: Wish, narrow: Wish) -> None:
    assert wide.covers(narrow)
    assert wide.covers(wide)
    assert not narrow.covers(wide)
    assert joined([narrow, wide]).covers(wide)
    assert wide.covers(joined([narrow, wide]))


def test_wishes_of_several_are_joined() -> None:
    several = [ONE, entries("v", "k"), entries("v", "l"), entries("w", "m"), Wish(views=frozenset({"w"}))]
    assert joined(several) == Wish(types=frozenset({"A"}), views=frozenset({"w"}), entries={"v": frozenset({"k", "l"})})

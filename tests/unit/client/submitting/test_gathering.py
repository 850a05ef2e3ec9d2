"""Submissions that are made at about the same time go to a member together, and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hazelgate.client.cluster import Admission
from hazelgate.client.submitting.gathering import MAX_EVENTS_PER_CALL, SubmitGathering
from hazelgate.sourcing.errors import PipelineUnavailable
from tests.support.until import until


class Member:
    """Takes events in, but for those named "refused"; every call waits until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self._going: list[asyncio.Event] = []

    async def __call__(self, events: Sequence[tuple[str, bytes]]) -> list[Admission]:
        going = asyncio.Event()
        self._going.append(going)
        self.calls.append([key for key, _ in events])
        await going.wait()
        return [Admission.FULL if key.startswith("refused") else Admission.TAKEN for key, _ in events]

    def let_go(self, call: int) -> None:
        self._going[call].set()


def event(key: str) -> list[tuple[str, bytes]]:
    return [(key, b"{}")]


async def test_submissions_of_one_tick_are_one_call_and_each_gets_its_own_answer() -> None:
    member = Member()
    submissions = SubmitGathering(member)
    calls = [asyncio.create_task(submissions.submit(event(key))) for key in ("1@a", "refused@b", "3@a")]
    await until(lambda: member.calls == [["1@a", "refused@b", "3@a"]])
    member.let_go(0)
    assert await asyncio.gather(*calls) == [[Admission.TAKEN], [Admission.FULL], [Admission.TAKEN]]


async def test_an_aggregates_events_never_overtake_one_another() -> None:
    member = Member()
    submissions = SubmitGathering(member, max_calls=5)
    first = asyncio.create_task(submissions.submit(event("1@a")))
    await until(lambda: len(member.calls) == 1)
    second = asyncio.create_task(submissions.submit(event("2@a")))
    third = asyncio.create_task(submissions.submit([*event("3@a"), *event("3@b")]))
    fourth = asyncio.create_task(submissions.submit(event("4@b")))
    other = asyncio.create_task(submissions.submit(event("5@c")))
    await until(lambda: len(member.calls) == 2)
    assert member.calls[1] == ["5@c"], "what has nothing to do with it goes on; b waits behind what waits for a"
    member.let_go(0)
    await until(lambda: len(member.calls) == 3)
    assert member.calls[2] == ["2@a", "3@a", "3@b", "4@b"]
    member.let_go(1)
    member.let_go(2)
    await asyncio.gather(first, second, third, fourth, other)


async def test_a_flood_is_sent_in_parts_and_answered_as_one() -> None:
    sent: list[int] = []

    async def take(events: Sequence[tuple[str, bytes]]) -> list[Admission]:
        sent.append(len(events))
        return [Admission.TAKEN] * len(events)

    submissions = SubmitGathering(take)
    answer = await submissions.submit([(f"{n}@{n}", b"{}") for n in range(2 * MAX_EVENTS_PER_CALL + 1)])
    assert list(answer) == [Admission.TAKEN] * (2 * MAX_EVENTS_PER_CALL + 1)
    assert sorted(sent) == [1, MAX_EVENTS_PER_CALL, MAX_EVENTS_PER_CALL]


async def test_a_failed_call_lets_its_aggregates_go() -> None:
    attempts = 0

    async def fails_once(events: Sequence[tuple[str, bytes]]) -> list[Admission]:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise PipelineUnavailable("gone")
        return [Admission.TAKEN]

    submissions = SubmitGathering(fails_once)
    with pytest.raises(PipelineUnavailable):
        await submissions.submit(event("1@a"))
    assert await submissions.submit(event("1@a")) == [Admission.TAKEN]

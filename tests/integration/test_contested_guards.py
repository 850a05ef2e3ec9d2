"""Guards that hold (I9): what a guard has read is still so when its event is stored, on any number of members."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from hazelgate import Catalog, Event
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.sourcing.errors import EventError, EventRejected, PipelineUnavailable
from hazelgate.sourcing.ids import new_id
from tests.domains.bookings.bookings import BookingMade, MemberChanged, MemberJoined, RoomOpened
from tests.support import raw
from tests.support.connected import connected, handling
from tests.support.many import Node, Nodes, running_nodes
from tests.support.until import PATIENCE_SECONDS, eventually, until

SLOTS = 100
RIVALS = 3
"""How many want each slot."""
DAY = datetime(2090, 1, 5, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with running_nodes(tmp_path_factory.mktemp("bookings"), 3, domain="tests.domains.bookings.bookings") as nodes:
        yield nodes


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load("tests.domains.bookings.bookings")


@pytest.fixture
async def cluster(nodes: Nodes) -> AsyncIterator[HazelcastCluster]:
    async with connected(nodes.cluster()) as cluster:
        await _whole(cluster)
        yield cluster


async def _whole(cluster: HazelcastCluster) -> None:
    await until(lambda: cluster.state().problem is None and cluster.state().members == 3)


@pytest.fixture
async def handler(catalog: Catalog, cluster: HazelcastCluster) -> AsyncIterator[EventHandler]:
    async with handling(catalog, cluster) as handler:
        yield handler


@pytest.fixture
async def persistent(catalog: Catalog, nodes: Nodes) -> AsyncIterator[EventHandler]:
    """For what is sent again until it is answered: it waits for no call of a member that is gone."""
    async with connected(nodes.cluster(deadline_seconds=2.0)) as cluster, handling(catalog, cluster) as handler:
        await _whole(cluster)
        yield handler


async def _rooms(handler: EventHandler, count: int) -> tuple[list[str], str]:
    """New rooms, and somebody who may book them."""
    rooms = [new_id() for _ in range(count)]
    member = new_id()
    opened = [RoomOpened(room_id=room, name="Blue", seats=4) for room in rooms]
    results = await handler.handle_events(
        [Submission(each) for each in (MemberJoined(member_id=member, name="Ada"), *opened)]
    )
    assert all(isinstance(result, Receipt) for result in results), results
    return rooms, member


def _booking(room: str, member: str, starts_at: datetime) -> BookingMade:
    return BookingMade(
        booking_id=new_id(),
        room_id=room,
        member_id=member,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=10),
    )


def _joining(nickname: str) -> MemberJoined:
    return MemberJoined(member_id=new_id(), name="Ada", nickname=nickname)


async def _contest(handler: EventHandler, wanted: Sequence[Sequence[Event]]) -> list[list[Receipt | EventError]]:
    """What comes of events that rivals send at once, each for itself, as calls of their own."""
    results = await asyncio.gather(
        *(handler.handle_events([Submission(each[rival]) for each in wanted]) for rival in range(len(wanted[0])))
    )
    return [list(of_slot) for of_slot in zip(*results, strict=True)]


def _won(results: list[list[Receipt | EventError]], code: str = "TAKEN") -> list[int]:
    """How many have got each slot; whoever has not was told that it is taken."""
    for of_slot in results:
        for result in of_slot:
            if not isinstance(result, Receipt):
                assert isinstance(result, EventRejected), result
                assert [problem.code for problem in result.problems] == [code]
    return [sum(isinstance(result, Receipt) for result in of_slot) for of_slot in results]


async def test_a_slot_that_rivals_want_at_once_is_booked_once(handler: EventHandler) -> None:
    """Each slot is of a room of its own; its rivals are aggregates of several lanes, on several members."""
    rooms, member = await _rooms(handler, SLOTS)
    wanted = [[_booking(room, member, DAY) for _ in range(RIVALS)] for room in rooms]
    assert _won(await _contest(handler, wanted)) == [1] * SLOTS


async def test_a_nickname_that_rivals_want_at_once_is_one_members(handler: EventHandler) -> None:
    """Declared by `unique=`; there is no guard of the domain's own."""
    names = [new_id() for _ in range(SLOTS)]
    wanted: list[list[Event]] = [[_joining(name) for _ in range(RIVALS)] for name in names]
    assert _won(await _contest(handler, wanted), "NOT_UNIQUE") == [1] * SLOTS


async def test_a_nickname_goes_from_one_to_another_and_is_never_of_two(handler: EventHandler) -> None:
    """Who has it gives it up while rivals want it: as soon as it is free, one has it."""
    names = [new_id() for _ in range(20)]
    owners = [_joining(name) for name in names]
    assert all(isinstance(each, Receipt) for each in await handler.handle_events(list(map(Submission, owners))))
    given_up = [MemberChanged(member_id=owner.member_id, nickname=new_id()) for owner in owners]
    back = [MemberChanged(member_id=owner.member_id, nickname=owner.nickname) for owner in owners]
    results = await asyncio.gather(
        handler.handle_events([Submission(each) for pair in zip(given_up, back, strict=True) for each in pair]),
        *(handler.handle_events([Submission(_joining(name)) for name in names]) for _ in range(RIVALS)),
    )
    assert all(isinstance(each, Receipt) for each in results[0][::2]), results[0]
    contested = zip(results[0][1::2], *results[1:], strict=True)
    assert _won([list(of_name) for of_name in contested], "NOT_UNIQUE") == [1] * len(names)


async def test_slots_of_one_room_and_day_are_each_booked_once(handler: EventHandler) -> None:
    """All of them are in one entry: whoever is second in it decides anew, on what it has become."""
    rooms, member = await _rooms(handler, 1)
    starts = [DAY + timedelta(minutes=10 * number) for number in range(60)]
    wanted = [[_booking(rooms[0], member, start) for _ in range(RIVALS)] for start in starts]
    assert _won(await _contest(handler, wanted)) == [1] * len(starts)


async def _answer(handler: EventHandler, wanted: Event) -> bool:
    """Whether somebody has what is wanted, sent under one id until it is answered for good."""
    options = SubmitOptions(event_id=new_id(), timeout_seconds=2.0)
    answers: list[bool] = []

    async def answered() -> bool:
        try:
            await handler.handle_event(wanted, options)
        except EventRejected as rejected:
            answers.append([problem.code for problem in rejected.problems] not in (["TAKEN"], ["NOT_UNIQUE"]))
        except (EventError, PipelineUnavailable):
            return False
        else:
            answers.append(True)
        return True

    await eventually(answered)
    return answers[0]


async def _contest_under(
    handler: EventHandler, persistent: EventHandler, fault: Callable[[], Awaitable[None]]
) -> list[int]:
    """How many have each slot, and each nickname, where something happens to a member meanwhile."""
    rooms, member = await _rooms(handler, 10)
    starts = [DAY + timedelta(minutes=10 * number) for number in range(20)]
    contests: list[list[Event]] = []
    for start in starts:
        contests += [[_booking(room, member, start) for _ in range(RIVALS)] for room in rooms]
        name = new_id()
        contests.append([_joining(name) for _ in range(RIVALS)])
    waiting = []
    for number, contest in enumerate(contests):
        waiting.append(asyncio.gather(*(_answer(persistent, wanted) for wanted in contest)))
        await asyncio.sleep(0.01)
        if number == len(contests) // 3:
            happening = asyncio.ensure_future(fault())
    won = [sum(await contest) for contest in waiting]
    await happening
    return won


async def _is_left_to(node: Node, seconds: float) -> None:
    await asyncio.sleep(seconds)
    node.member.resume()


async def test_no_slot_is_booked_twice_while_a_member_is_killed(
    nodes: Nodes, handler: EventHandler, persistent: EventHandler, cluster: HazelcastCluster
) -> None:
    """Its claims are void, or their events are stored: whoever takes its lanes over finishes these."""

    async def kill() -> None:
        nodes.nodes[1].member.kill()
        await asyncio.to_thread(nodes.nodes[1].member.start)

    assert set(await _contest_under(handler, persistent, kill)) == {1}
    await _whole(cluster)


async def test_no_slot_is_booked_twice_while_a_member_hangs(
    nodes: Nodes, handler: EventHandler, persistent: EventHandler, cluster: HazelcastCluster
) -> None:
    """The others take it for dead and its lanes over; when it goes on, it is in the middle of a batch."""

    async def pause() -> None:
        nodes.nodes[2].member.pause()
        await _is_left_to(nodes.nodes[2], 15.0)

    assert set(await _contest_under(handler, persistent, pause)) == {1}
    await _whole(cluster)


async def test_nothing_is_claimed_once_all_are_answered(handler: EventHandler, cluster: HazelcastCluster) -> None:
    await cluster.wait_until_ready(PATIENCE_SECONDS)  # the member that hung has come back, and the pipeline starts anew
    rooms, member = await _rooms(handler, 20)
    await _contest(handler, [[_booking(room, member, DAY) for _ in range(RIVALS)] for room in rooms])

    async def none() -> bool:
        return not await raw.keys(cluster, "entry-claims")

    await eventually(none)

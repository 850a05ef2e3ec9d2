"""
Guards that hold (I9): rivals book the same slots and want the same nicknames while members are killed and cut off.

It has a domain of its own, the bookings: each booking is an aggregate, and its guard reads the room's day, which all
bookings of that room feed. Members' nicknames are `unique=`. The checker counts who has a slot or a nickname, in the
views and by the answers.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hazelgate import Catalog, Event
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.sourcing.errors import EventError, EventRejected, PipelineUnavailable
from hazelgate.sourcing.ids import new_id
from tests.chaos.checking import Broken, Violation
from tests.chaos.scene import Result
from tests.chaos.sizes import Size
from tests.domains.bookings.bookings import BookingMade, MemberJoined, RoomOpened, room_day
from tests.support import raw
from tests.support.until import PATIENCE_SECONDS, until

DOMAIN = "tests.domains.bookings.bookings"
ROOMS = 12
RIVALS = 3
SLOT = timedelta(minutes=5)
FIRST = datetime(2090, 1, 5, tzinfo=UTC)
SLOTS_A_DAY = 250
NAMED_EVERY = 3
"""With so many slots a nickname is contested, too."""
AT_ONCE = 24
"""So many slots are contested at a time."""


@dataclass
class Contest:
    """Who wanted which slot, and what was said to each."""

    told: dict[tuple[str, datetime], list[bool]] = field(default_factory=dict)
    named: dict[str, list[bool]] = field(default_factory=dict)
    """By nickname, the same."""
    unanswered: int = 0
    sent: int = 0

    def violations(self, days: dict[str, Any], members: Iterable[Any]) -> Iterable[Violation]:
        """What is wrong with the answers, and with the rooms' days and the members as they are once all is quiet."""
        if self.unanswered:
            yield Violation(Broken.UNFINISHED, f"{self.unanswered} of the rivals are not answered")
        for (room, start), won in self.told.items():
            day = days.get(room_day(room, start), {"slots": []})
            having = [slot for slot in day["slots"] if datetime.fromisoformat(slot["startsAt"]) == start]
            if len(having) > 1:
                yield Violation(Broken.TWICE, f"{room} at {start:%d. %H:%M} is booked {len(having)} times")
            if sum(won) != len(having):
                yield Violation(Broken.ANSWER, f"{room} at {start:%d. %H:%M}: {sum(won)} were told that they have it")
            if not having and len(won) == RIVALS:
                yield Violation(Broken.LOST, f"{room} at {start:%d. %H:%M} is nobody's, and all were refused")
        bearers = Counter(member["nickname"] for member in members)
        for name, won in self.named.items():
            if bearers[name] > 1:
                yield Violation(Broken.TWICE, f"{bearers[name]} members have the nickname {name}")
            if sum(won) != bearers[name]:
                yield Violation(Broken.ANSWER, f"{sum(won)} were told that they have the nickname {name}")
            if not bearers[name] and len(won) == RIVALS:
                yield Violation(Broken.LOST, f"the nickname {name} is nobody's, and all were refused")


@dataclass
class Rivals:
    """A cluster under rivals' load."""

    cluster: HazelcastCluster
    contest: Contest = field(default_factory=Contest)
    recovery_seconds: float | None = None

    async def run(self, seconds: float) -> None:
        """Let them go on for a while."""
        await asyncio.sleep(seconds)

    async def whole(self) -> None:
        """Return when all members are there."""
        await until(lambda: self.cluster.state().problem is None and self.cluster.state().members == 3)

    async def recovered(self, since: float) -> None:
        """Return when a slot is booked that nobody had asked for before, and note how long that took."""
        told = self.contest.told
        before = set(told)
        await until(lambda: any(any(won) for slot, won in told.items() if slot not in before))
        self.recovery_seconds = time.monotonic() - since


@asynccontextmanager
async def rivals(
    cluster_name: str, addresses: Sequence[str], result: Result, *, logs: Path, size: Size, **_: object
) -> AsyncIterator[Rivals]:
    """Rivals book while the block runs; what they leave is checked when it ends, into `result`."""
    cluster = HazelcastCluster(cluster_name=cluster_name, members=addresses, deadline_seconds=3.0)
    handler = EventHandler(Catalog.load(DOMAIN), cluster)
    try:
        await cluster.start()
        await cluster.wait_until_ready(PATIENCE_SECONDS)
        await handler.start()
        rooms, member = await _rooms(handler)
        stage = Rivals(cluster)
        ends = asyncio.Event()
        booking = asyncio.create_task(
            _book(handler, stage.contest, rooms, member, ends, RIVALS / size.bookings_per_second)
        )
        try:
            yield stage
        finally:
            ends.set()
            await booking
        await cluster.wait_until_ready(PATIENCE_SECONDS)
        await _judge(stage, result, logs)
    finally:
        await handler.close()
        await cluster.close()


async def _judge(stage: Rivals, result: Result, logs: Path) -> None:
    contest = stage.contest
    result.sent, result.recovery_seconds = contest.sent, stage.recovery_seconds
    result.acknowledged = sum(sum(won) for won in (*contest.told.values(), *contest.named.values()))
    days = {key: json.loads(value) for key, value in (await raw.entries(stage.cluster, "room-day-view")).items()}
    members = (await raw.entries(stage.cluster, "member-view")).values()
    result.violations += contest.violations(days, map(json.loads, members))
    left = await raw.keys(stage.cluster, "entry-claims")
    if left:
        result.violations.append(Violation(Broken.UNFINISHED, f"{len(left)} entries are still claimed"))
    told = {f"{room} {at}": won for (room, at), won in contest.told.items()}
    (logs / "contested.json").write_text(json.dumps(told))


async def _rooms(handler: EventHandler) -> tuple[list[str], str]:
    rooms, member = [new_id() for _ in range(ROOMS)], new_id()
    opened = [RoomOpened(room_id=room, name="Blue", seats=4) for room in rooms]
    events = [MemberJoined(member_id=member, name="Ada"), *opened]
    options = SubmitOptions(timeout_seconds=30.0)
    for result in await handler.handle_events([Submission(event, options) for event in events]):
        if not isinstance(result, Receipt):
            raise result
    return rooms, member


async def _book(
    handler: EventHandler, contest: Contest, rooms: list[str], member: str, ends: asyncio.Event, pause_seconds: float
) -> None:
    """Contest one slot after the other, some at a time; all of them are answered when it returns."""
    room_at_once = asyncio.Semaphore(AT_ONCE)
    running: set[asyncio.Task[None]] = set()
    number = 0

    async def wanted(events: Iterable[Event]) -> list[bool]:
        won = await asyncio.gather(*(_answer(handler, contest, event) for event in events))
        return [each for each in won if each is not None]

    async def contested(room: str, start: datetime, nickname: str | None) -> None:
        try:
            contest.told[room, start] = await wanted(_booking(room, member, start) for _ in range(RIVALS))
            if nickname is not None:
                contest.named[nickname] = await wanted(
                    MemberJoined(member_id=new_id(), name="Eve", nickname=nickname) for _ in range(RIVALS)
                )
        finally:
            room_at_once.release()

    while not ends.is_set():
        await room_at_once.acquire()
        day, slot = divmod(number // ROOMS, SLOTS_A_DAY)
        start = FIRST + timedelta(days=day) + slot * SLOT
        nickname = new_id() if number % NAMED_EVERY == 0 else None
        task = asyncio.create_task(contested(rooms[number % ROOMS], start, nickname))
        running.add(task)
        task.add_done_callback(running.discard)
        number += 1
        await asyncio.sleep(pause_seconds)
    await asyncio.gather(*running)


def _booking(room: str, member: str, start: datetime) -> BookingMade:
    return BookingMade(booking_id=new_id(), room_id=room, member_id=member, starts_at=start, ends_at=start + SLOT)


async def _answer(handler: EventHandler, contest: Contest, event: Event) -> bool | None:
    """Whether an event has got what it wants, sent under one id until that is known; None where nobody ever said."""
    options = SubmitOptions(event_id=new_id(), timeout_seconds=3.0)
    deadline = time.monotonic() + PATIENCE_SECONDS
    contest.sent += 1
    while time.monotonic() < deadline:
        try:
            await handler.handle_event(event, options)
        except EventRejected:
            return False
        except (EventError, PipelineUnavailable):
            await asyncio.sleep(0.05)
        else:
            return True
    contest.unanswered += 1
    return None

"""A handler that hangs, kills or makes too much costs one event or one entry, within a few time limits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.dead_letters import DeadLetters
from hazelgate.client.operators.rebuilds import Rebuilds, RebuildStatus
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.sourcing.errors import EventDeadLettered, EventRejected
from hazelgate.sourcing.ids import new_id
from tests.support.connected import connected, handling
from tests.support.postgres import Postgres
from tests.support.stack import Stack, running_stack
from tests.support.until import eventually
from tests.support.villains import BOXES, ThingPut

LIMIT_SECONDS = 1.0
RESTARTS = 8
"""Fewer than halving a batch of 201 would take; two or three find out which call it was."""
HANGS = ("loop", "gil", "memory")
"""Deeds that a time limit ends: a busy machine may have it end an innocent call, too."""
BOXES_OF_OTHERS = 20
THINGS = 10
PATIENT = SubmitOptions(timeout_seconds=60.0)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A real member and a supervised projector whose handlers misbehave on demand."""
    folder = tmp_path_factory.mktemp("villains")
    with running_stack(folder, domain="tests.support.villains", handler_timeout_seconds=LIMIT_SECONDS) as stack:
        yield stack


@pytest.fixture(scope="module")
async def cluster(stack: Stack) -> AsyncIterator[HazelcastCluster]:
    async with connected(stack.cluster()) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def handler(cluster: HazelcastCluster) -> AsyncIterator[EventHandler]:
    async with handling(Catalog.load("tests.support.villains"), cluster) as handler:
        yield handler


class _Box(msgspec.Struct):
    things: int


async def _things(cluster: HazelcastCluster, boxes: list[str]) -> list[int | None]:
    entries = await cluster.read(BOXES, boxes)
    decode = msgspec.json.Decoder(_Box).decode
    return [None if entry is None or b'"absent":true' in entry else decode(entry).things for entry in entries]


async def test_a_rebuild_contains_a_fold_that_hangs(handler: EventHandler, cluster: HazelcastCluster) -> None:
    """It hangs on the stored event as it did on the new one; here before other tests have stored more such events."""
    box, others = new_id(), [new_id() for _ in range(3)]
    things = [Submission(ThingPut(box_id=each), PATIENT) for each in others]
    outcomes = await handler.handle_events([*things, Submission(ThingPut(box_id=box, how="fold-loop"), PATIENT)])
    assert isinstance(outcomes.pop(), EventDeadLettered)
    assert all(isinstance(each, Receipt) for each in outcomes)
    before = await cluster.read(BOXES, [box])
    rebuilds = Rebuilds(cluster)
    rebuild_id = await rebuilds.start([BOXES])

    async def is_done() -> bool:
        return (await rebuilds.find(rebuild_id)).status is RebuildStatus.DONE

    await eventually(is_done)
    assert await _things(cluster, others) == [1] * 3
    after = await cluster.read(BOXES, [box])
    blocked = [msgspec.json.decode(entry or b"null")["_meta"]["blocked"] for [entry] in (before, after)]
    assert blocked[0] == blocked[1]


async def test_a_start_over_postgresql_contains_a_fold_that_hangs(postgres: Postgres, tmp_path: Path) -> None:
    """It hangs on the stored event once more, and the cluster comes up all the same."""
    domain, dsn = "tests.support.villains", postgres.new_database()
    box, other = new_id(), new_id()

    def started() -> AbstractContextManager[Stack]:
        return running_stack(tmp_path, domain=domain, handler_timeout_seconds=LIMIT_SECONDS, postgres_dsn=dsn)

    with started() as stack:
        async with connected(stack.cluster()) as cluster, handling(Catalog.load(domain), cluster) as handler:
            await handler.handle_event(ThingPut(box_id=other), PATIENT)
            with pytest.raises(EventDeadLettered) as letter:
                await handler.handle_event(ThingPut(box_id=box, how="fold-loop"), PATIENT)
        stack.member.kill()
    with started() as stack:
        async with connected(stack.cluster()) as cluster:
            assert await _things(cluster, [other, box]) == [1, None]
            letter_now = await DeadLetters(cluster).one(letter.value.dead_letter_id)
            assert letter_now.event_id == letter.value.event_id


async def _outcome(stack: Stack, handler: EventHandler, cluster: HazelcastCluster, how: str, box: str) -> object:
    """What the submitter of the bad event hears, amid 200 others that must all succeed and be in their views."""
    others = [new_id() for _ in range(BOXES_OF_OTHERS)]
    things = [Submission(ThingPut(box_id=other), PATIENT) for _ in range(THINGS) for other in others]
    middle = len(things) // 2
    things.insert(middle, Submission(ThingPut(box_id=box, how=how), PATIENT))
    restarts = _restarts(stack, how)
    heard = list(await handler.handle_events(things))
    outcome = heard.pop(middle)
    assert [each for each in heard if isinstance(each, Exception)] == []
    assert await _things(cluster, others) == [THINGS] * BOXES_OF_OTHERS
    assert _restarts(stack, how) - restarts <= RESTARTS, "each of them costs all others a time limit"
    return outcome


def _restarts(stack: Stack, how: str) -> int:
    """How often the projector's worker was ended so far, in the way in which `how` ends it."""
    restarts = re.findall(r"the worker (.*); it is started again", stack.projector.output())
    return sum(how.endswith(HANGS) or "did not return" not in each for each in restarts)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("fold-loop", r"thing_lies_there did not return within 1 s"),
        ("fold-gil", r"thing_lies_there did not return within 1 s"),
        ("fold-kill", r"thing_lies_there ended its process \(signal 9, SIGKILL\)"),
        ("fold-crash", r"thing_lies_there ended its process \(signal 11, SIGSEGV\)"),
        ("fold-sysexit", r"SystemExit: 4"),
        ("fold-huge", r"thing_lies_there made 104,\d{3},\d{3} bytes; at most 16,777,216"),
        ("fold-memory", r"MemoryError|did not return within 1 s"),
    ],
)
async def test_a_projection_that_misbehaves_blocks_its_entry_alone(
    stack: Stack, handler: EventHandler, cluster: HazelcastCluster, how: str, said: str
) -> None:
    box = new_id()
    await handler.handle_event(ThingPut(box_id=box), PATIENT)
    outcome = await _outcome(stack, handler, cluster, how, box)
    assert isinstance(outcome, EventDeadLettered)
    with pytest.raises(EventDeadLettered):
        await handler.handle_event(ThingPut(box_id=box), PATIENT)
    assert await _things(cluster, [box]) == [1], "what came before stays, what comes after waits"
    (letter,) = await cluster.read("dead-letter-events", [str(outcome.dead_letter_id)])
    assert letter is not None
    assert re.search(said, msgspec.json.decode(letter)["error"])


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("guard-loop", r"things_are_checked failed: HandlerMisbehaved: did not return within 1 s"),
        (
            "guard-exit",  # on a busy machine it may not come to its end in time
            (
                r"things_are_checked failed: HandlerMisbehaved: "
                r"(ended its process \(exit status 3\)|did not return within 1 s)"
            ),
        ),
        ("guard-huge", r"things_are_checked failed: HandlerMisbehaved: it made 104,\d{3},\d{3} bytes"),
    ],
)
async def test_a_guard_that_misbehaves_refuses_its_event(
    stack: Stack, handler: EventHandler, cluster: HazelcastCluster, how: str, said: str
) -> None:
    box = new_id()
    outcome = await _outcome(stack, handler, cluster, how, box)
    assert isinstance(outcome, EventRejected)
    assert outcome.code == "GUARD_FAILED"
    assert re.search(said, str(outcome))
    await handler.handle_event(ThingPut(box_id=box), PATIENT)
    assert await _things(cluster, [box]) == [1], "the aggregate goes on without the refused event"


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("loop", r"thing_lies_there did not return within 1 s"),
        ("kill", r"thing_lies_there ended its process \(signal 9, SIGKILL\)"),
        ("huge", r"thing_lies_there made 104,\d{3},\d{3} bytes; at most 16,777,216"),
        ("sysexit", r"SystemExit: 4"),
    ],
)
async def test_a_projection_that_misbehaves_when_its_letter_is_resolved_is_contained_too(
    handler: EventHandler, cluster: HazelcastCluster, deed: str, said: str
) -> None:
    box, letters = new_id(), DeadLetters(cluster)
    with pytest.raises(EventDeadLettered) as dead:
        await handler.handle_event(ThingPut(box_id=box, how="fold-raise"), PATIENT)
    with pytest.raises(EventDeadLettered):
        await handler.handle_event(ThingPut(box_id=box), PATIENT)
    letter_id = dead.value.dead_letter_id
    edited = asyncio.create_task(
        letters.edit(letter_id, msgspec.json.encode({"boxId": box, "how": f"fold-{deed}"}), "to see")
    )
    others = [new_id() for _ in range(BOXES_OF_OTHERS)]
    await asyncio.gather(*(handler.handle_event(ThingPut(box_id=other), PATIENT) for other in others))
    resolution = await edited
    assert resolution.outcome == "FAILED"
    assert re.search(said, resolution.message)
    letter = await letters.one(letter_id)
    assert (letter.attempts, letter.blocked_count, letter.error) == (2, 1, resolution.message)
    await letters.discard(letter_id, "it does harm")
    assert await _things(cluster, [box, *others]) == [1] * (1 + BOXES_OF_OTHERS), "what waited behind it has followed"


async def test_the_log_shows_where_a_handler_hung(stack: Stack) -> None:
    assert 'villains.py", line' in stack.projector.output()
    assert re.search(r"in hang\b", stack.projector.output())
    assert re.search(r"in hold_the_lock\b", stack.projector.output())


async def test_a_worker_that_is_killed_by_somebody_else_is_no_handlers_fault(
    stack: Stack, handler: EventHandler, cluster: HazelcastCluster
) -> None:
    before = (await cluster.stats()).contained
    boxes = [new_id() for _ in range(BOXES_OF_OTHERS)]
    submitted = asyncio.gather(
        *(handler.handle_event(ThingPut(box_id=box), PATIENT) for _ in range(THINGS) for box in boxes)
    )
    for _ in range(5):
        stack.projector.kill_children()
        await asyncio.sleep(0.3)
    await submitted
    assert await _things(cluster, boxes) == [THINGS] * BOXES_OF_OTHERS
    assert (await cluster.stats()).contained == before

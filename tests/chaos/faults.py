"""The faults, one function each: it hurts a cluster under load, and leaves it whole."""

from __future__ import annotations

import asyncio
import itertools
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hazelgate import WaitFor
from hazelgate.client.figures.pipelines import PipelineState
from hazelgate.client.operators.dead_letters import DeadLetters
from hazelgate.client.operators.rebuilds import Rebuilds, RebuildStatus
from hazelgate.client.operators.replacement import Replacement
from hazelgate.operations.member import MemberOptions
from hazelgate.sourcing.errors import HazelgateError
from tests.chaos import contested, durable, pressure
from tests.chaos.answers import Answer, Told
from tests.chaos.contested import Rivals
from tests.chaos.durable import DurableNodes
from tests.chaos.gateway import reading_of
from tests.chaos.meters import POISON, REPAIRED, MeterRead
from tests.chaos.resuming import read_through_kills
from tests.chaos.scene import DOMAIN, Result, Scene, scene
from tests.chaos.sizes import Size
from tests.chaos.split import SplitNodes, why_not
from tests.support.many import Node, Nodes, narrow
from tests.support.processes import ROOT
from tests.support.until import PATIENCE_SECONDS

HEAP = "320m"
MAJORITY = MemberOptions(quorum=2, heap=HEAP)
ANY_NUMBER = MemberOptions(quorum=1, heap=HEAP)
TINY_JOURNAL = MemberOptions(quorum=2, heap=HEAP, journal_capacity=4)
HOUR_MS = 3_600_000
HEAL_SECONDS = REBUILD_SECONDS = RESOLVE_SECONDS = PATIENCE_SECONDS


async def kill_one(scene: Scene, nodes: Nodes, size: Size) -> None:
    """kill -9 one of three members."""
    await _kill(scene, [nodes.nodes[1]], size)


async def kill_two(scene: Scene, nodes: Nodes, size: Size) -> None:
    """kill -9 two of three members at once; the third is to go on alone, so there is no quorum."""
    await _kill(scene, nodes.nodes[1:], size)


async def _kill(scene: Scene, victims: list[Node], size: Size) -> None:
    await scene.load.run(size.seconds)
    hurt = [
        meter_id
        for victim in victims
        for meter_id in await scene.raw.held_by(victim.address, f"{scene.prefix}probe", 10)
    ]
    since = time.monotonic()
    await asyncio.gather(*(asyncio.to_thread(victim.member.kill) for victim in victims))
    await scene.recovered(since, hurt)
    await scene.load.run(size.seconds)
    for victim in victims:
        await asyncio.to_thread(victim.member.start)
    await scene.load.run(size.seconds)


async def kill_projector(scene: Scene, nodes: Nodes, size: Size) -> None:
    """kill -9 a projector in the midst of a batch, again and again."""
    chance = random.Random(scene.prefix)
    for _ in range(size.times):
        await scene.load.run(0.2 + 0.3 * chance.random())
        victim = chance.choice(nodes.nodes)
        hurt = await scene.raw.held_by(victim.address, f"{scene.prefix}probe", 5)
        since = time.monotonic()
        await asyncio.to_thread(victim.projector.kill)
        await asyncio.to_thread(victim.projector.start)
        await scene.recovered(since, hurt)
    await scene.load.run(size.seconds)


async def pause_member(scene: Scene, nodes: Nodes, size: Size) -> None:
    """SIGSTOP one of three members: its connections stay open, and it says nothing."""
    await scene.load.run(size.seconds)
    victim = nodes.nodes[2]
    hurt = await scene.raw.held_by(victim.address, f"{scene.prefix}probe", 10)
    since = time.monotonic()
    victim.member.pause()
    async with asyncio.TaskGroup() as beside:
        beside.create_task(scene.recovered(since, hurt))
        try:
            await scene.load.run(size.pause_seconds)
        finally:
            victim.member.resume()
    await scene.load.run(size.seconds)


async def pause_projector(scene: Scene, nodes: Nodes, size: Size) -> None:
    """SIGSTOP a projector. What is submitted meanwhile waits for it."""
    await scene.load.run(size.seconds)
    victim = nodes.nodes[0]
    hurt = await scene.raw.held_by(victim.address, f"{scene.prefix}probe", 10)
    victim.projector.pause()
    try:
        await scene.load.run(size.pause_seconds)
    finally:
        since = time.monotonic()
        victim.projector.resume()
    await scene.recovered(since, hurt)
    await scene.load.run(size.seconds)


async def kill_gateway(scene: Scene, nodes: Nodes, size: Size) -> None:
    """A gateway dies between put and reply; another one submits the same again."""
    for round_number in range(size.rounds):
        ids = [f"{scene.prefix}{round_number}x{number}" for number in range(20)]
        dying = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.gateway", nodes.cluster_name, ",".join(nodes.addresses), *ids, cwd=ROOT
        )
        async with asyncio.timeout(90):
            status = await dying.wait()
        if status != -signal.SIGKILL:
            raise RuntimeError(f"the gateway was to die of SIGKILL, and ended with {status}")
        answers = await scene.client.submit([reading_of(event_id) for event_id in ids], ids=ids)
        _require_ok(answers)


async def resume(scene: Scene, nodes: Nodes, size: Size) -> None:
    """Readers come back with their cursors, to three gateways that are killed and started again."""
    scene.violations += await read_through_kills(scene, nodes, size.resumed)


async def tiny_journal(scene: Scene, nodes: Nodes, size: Size) -> None:
    """A journal of 4 places per partition, a slow projection, and a flood of events."""
    writers = 5
    await asyncio.gather(*(_flood(scene, writer, size.flood // writers) for writer in range(writers)))


async def _flood(scene: Scene, writer: int, count: int) -> None:
    """Submit in bulk; what is refused comes again, under its id."""
    meters = [f"{scene.prefix}f{writer}-{number}" for number in range(500)]
    todo = [
        MeterRead(
            meter_id=meters[number % 500],
            number=number // 500,
            units=100,
            district=f"{scene.prefix}slow{number % 7}",
        )
        for number in range(count)
    ]
    waiting = [(scene.prefix + f"f{writer}x{number}", reading) for number, reading in enumerate(todo)]
    waiting.reverse()
    while waiting:
        chunk = [waiting.pop() for _ in range(min(60, len(waiting)))]
        answers = await scene.client.submit(
            [reading for _, reading in chunk], ids=[event_id for event_id, _ in chunk], wait_for=WaitFor.ACCEPTED
        )
        left = [one for one, answer in zip(chunk, answers, strict=True) if answer.told is not Told.OK]
        waiting += reversed(left)
        if left:
            await asyncio.sleep(0.02)


async def poison(scene: Scene, nodes: Nodes, size: Size) -> None:
    """One district that can't be summed up, among many meters: only its own readings wait."""
    meters = [f"{scene.prefix}q{number}" for number in range(size.meters)]
    for round_number in range(2):
        readings = [
            MeterRead(
                meter_id=meter_id,
                number=round_number,
                units=100,
                district=f"{scene.prefix}{'toxic' if number == size.meters // 2 else f'e{number % 9}'}",
            )
            for number, meter_id in enumerate(meters)
        ]
        answers = await scene.client.submit(readings)
        dead = [answer.meter_id for answer in answers if answer.status == "DEAD_LETTERED"]
        if dead != [meters[size.meters // 2]]:
            raise RuntimeError(f"only the poisoned reading was to be dead-lettered, and {dead[:5]} were")


async def retry_letters(scene: Scene, nodes: Nodes, size: Size) -> None:
    """Readings become dead letters, the code is repaired, and an operator resolves them while more come behind them."""
    district = f"{scene.prefix}{POISON}"
    meters = [f"{scene.prefix}r{number}" for number in range(size.letters)]
    letters = DeadLetters(scene.gateway)
    numbers = itertools.count()

    async def read_all() -> list[Answer]:
        number = next(numbers)
        answers = await scene.client.submit(
            [MeterRead(meter_id=each, number=number, units=100, district=district) for each in meters]
        )
        async with asyncio.timeout(RESOLVE_SECONDS):
            for place, answer in enumerate(answers):
                while answer.told is not Told.OK:  # not in time, on a busy machine
                    answer = answers[place] = await scene.client.again(answer)
        return answers

    async def open_letters() -> list[str]:
        return [each.id async for each in letters.find() if each.entry_key == district]

    for _ in range(2):
        if {answer.status for answer in await read_all()} != {"DEAD_LETTERED"}:
            raise RuntimeError("each of these readings was to be dead-lettered")
    opened = await open_letters()
    if len(opened) != len(meters):
        raise RuntimeError(f"each of {len(meters)} meters was to have one dead letter, there are {len(opened)}")
    await letters.discard(opened[0], "to see that this one is left out, and the one behind it is not")
    [failed] = await letters.retry(opened[1:2])
    if failed.outcome != "FAILED":
        raise RuntimeError(f"before the repair a retry was to fail: {failed}")
    async with asyncio.TaskGroup() as beside:
        beside.create_task(scene.load.run(size.seconds))
        for node in nodes.nodes:
            node.projector.environ[REPAIRED] = "yes"
            await asyncio.to_thread(node.projector.stop)
            await asyncio.to_thread(node.projector.start)
    await scene.ready()
    try:
        async with asyncio.TaskGroup() as beside:
            beside.create_task(scene.load.run(size.seconds))
            beside.create_task(_repeated(read_all, 3))
            async with asyncio.timeout(RESOLVE_SECONDS):
                while left := await open_letters():
                    await letters.retry(left)
    finally:
        for node in nodes.nodes:
            del node.projector.environ[REPAIRED]
            await asyncio.to_thread(node.projector.stop)
            await asyncio.to_thread(node.projector.start)
    await scene.ready()


async def _repeated(read_all: Callable[[], Awaitable[list[Answer]]], times: int) -> None:
    for _ in range(times):
        _require_ok(await read_all())


async def same_id(scene: Scene, nodes: Nodes, size: Size) -> None:
    """The same eventId a hundred times at once."""
    for number in range(5):
        reading = MeterRead(meter_id=f"{scene.prefix}same{number}", number=0, units=77, district=f"{scene.prefix}d0")
        calls = [scene.client.submit([reading], ids=[f"{scene.prefix}same{number}"]) for _ in range(100)]
        answers = [answer for [answer] in await asyncio.gather(*calls)]
        _require_ok(answers)
        if {answer.sequence for answer in answers} != {1}:
            raise RuntimeError(f"a repeated event was given { ({answer.sequence for answer in answers}) }")


def _require_ok(answers: list[Answer]) -> None:
    bad = [(answer.event_id, answer.status) for answer in answers if answer.told is not Told.OK]
    if bad:
        raise RuntimeError(f"{len(bad)} of {len(answers)} were not acknowledged: {bad[:5]}")


async def clocks(scene: Scene, nodes: Nodes, size: Size) -> None:
    """Clocks an hour apart, and lanes that move between them: the member that is ahead dies."""
    await _kill(scene, [nodes.nodes[2]], size)


async def join_and_leave(scene: Scene, nodes: Nodes, size: Size) -> None:
    """A fourth member comes, and an old one goes in order, under load."""
    await scene.load.run(size.seconds)
    await asyncio.to_thread(nodes.join)
    await _running(scene, len(nodes.nodes))
    await scene.load.run(size.seconds)
    hurt = await scene.raw.held_by(nodes.nodes[1].address, f"{scene.prefix}probe", 10)
    since = time.monotonic()
    async with asyncio.TaskGroup() as beside:
        beside.create_task(asyncio.to_thread(nodes.nodes[1].stop))
        await scene.recovered(since, hurt)
    await scene.load.run(size.seconds)


async def new_code(scene: Scene, nodes: Nodes, size: Size) -> None:
    """A new version of the code takes the place of the old one, on all members at once, while writes go on."""
    await scene.load.run(size.seconds)
    others = nodes.other_projectors(f"{DOMAIN},tests.chaos.peaks")
    for _, folds in others:
        await asyncio.to_thread(folds.start)
    try:
        since = time.monotonic()
        replacement = Replacement(scene.gateway, HEAL_SECONDS, lambda line: None)
        await replacement.replace(None, tuple(name for name, _ in others))
    except BaseException:
        for _, folds in others:
            folds.kill()
        raise
    await scene.recovered(since, [f"{scene.prefix}probe{number}" for number in range(10)])
    await asyncio.to_thread(nodes.take_over, [folds for _, folds in others])
    await scene.load.run(size.seconds)


async def two_operators(scene: Scene, nodes: Nodes, size: Size) -> None:
    """Two operators at once: two new versions of the code, two rebuilds, and a switch that is followed by a start."""
    await scene.load.run(size.seconds)
    sets = [nodes.other_projectors(f"{DOMAIN},tests.chaos.peaks") for _ in range(2)]
    everyone = [folds for others in sets for _, folds in others]
    for folds in everyone:
        await asyncio.to_thread(folds.start)
    try:
        since = time.monotonic()
        replacing = [
            Replacement(scene.gateway, HEAL_SECONDS, lambda line: None).replace(None, tuple(name for name, _ in others))
            for others in sets
        ]
        _require_one_done(await asyncio.gather(*replacing, return_exceptions=True))
        await scene.recovered(since, [f"{scene.prefix}probe{number}" for number in range(10)])
        used = {each.address for each in (await _running(scene)).members}
        wholes = [{name.partition("=")[2] for name, _ in others} for others in sets]
        if used not in wholes:
            raise RuntimeError(f"members use {used}: half of one operator's projectors and half of the other's")
        rebuilds = Rebuilds(scene.gateway)
        begun = await asyncio.gather(rebuilds.start(), rebuilds.start(), return_exceptions=True)
        _require_one_done(begun)
        for each in begun:
            if isinstance(each, str) and (await rebuilds.wait(each)).status is not RebuildStatus.DONE:
                raise RuntimeError(f"rebuild {each} did not come to its end")
        last = sets[1 - wholes.index(used)]
        await _switch_and_start(scene, dict(name.split("=") for name, _ in last))
        await scene.recovered(time.monotonic(), [f"{scene.prefix}probe{number}" for number in range(10)])
    except BaseException:
        for folds in everyone:
            folds.kill()
        raise
    await asyncio.to_thread(nodes.take_over, [folds for _, folds in last])
    for folds in everyone:
        if all(folds is not kept for _, kept in last):
            await asyncio.to_thread(folds.stop)
    await scene.load.run(size.seconds)


def _require_one_done(answers: Sequence[object]) -> None:
    """Whoever was refused was told so; nobody met anything else."""
    strange = [each for each in answers if isinstance(each, BaseException) and not isinstance(each, HazelgateError)]
    if strange or all(isinstance(each, HazelgateError) for each in answers):
        raise RuntimeError(f"one of two operators was to come through: {answers!r}")


async def _switch_and_start(scene: Scene, projectors: dict[str, str]) -> None:
    """Nothing is waited for in between."""
    [pipeline] = (await scene.gateway.stats()).pipelines
    await Replacement(scene.gateway, HEAL_SECONDS, lambda line: None).drain(pipeline.name)
    asked = {"pipeline": pipeline.name}
    await scene.gateway.control_pipeline({"action": "switch", "projectors": projectors, **asked})
    await scene.gateway.control_pipeline({"action": "start", **asked})
    there = {each.member: each.address for each in (await _running(scene)).members}
    if there != projectors:
        raise RuntimeError(f"members use {there}, and were switched to {projectors}")


async def _running(scene: Scene, members: int = 1) -> PipelineState:
    """The pipeline when it runs on all members, and there are so many."""
    async with asyncio.timeout(HEAL_SECONDS):
        while True:
            [pipeline] = (await scene.gateway.stats()).pipelines
            runs = all((each.job, each.projector) == ("RUNNING", "READY") for each in pipeline.members)
            if runs and len(pipeline.members) >= members:
                return pipeline
            await scene.load.run(0.1)


async def kill_everything(scene: Scene, nodes: Nodes, size: Size) -> None:
    """kill -9 all members and projectors at once; PostgreSQL alone stays, and all is to be there again from it."""
    assert isinstance(nodes, DurableNodes)
    await scene.load.run(size.seconds)
    since = time.monotonic()
    await asyncio.to_thread(nodes.kill_members)
    await nodes.start_members_again()
    await scene.recovered(since, [f"{scene.prefix}probe-{number}" for number in range(5)])
    await scene.load.run(size.seconds)


async def lose_partitions(scene: Scene, nodes: Nodes, size: Size) -> None:
    """kill -9 three of four members at once: some partitions have no copy any more. PostgreSQL has all events."""
    async with asyncio.timeout(HEAL_SECONDS):
        while scene.log.acknowledged < size.letters:  # in each partition there is something to lose
            await scene.load.run(0.5)
    await _kill(scene, nodes.nodes[1:], size)


async def stop_postgres(scene: Scene, nodes: Nodes, size: Size) -> None:
    """PostgreSQL is stopped for a while. What is submitted meanwhile waits for it."""
    assert isinstance(nodes, DurableNodes)
    await scene.load.run(size.seconds)
    await asyncio.to_thread(nodes.postgres.stop)
    await scene.load.run(size.away_seconds)
    since = time.monotonic()
    await asyncio.to_thread(nodes.postgres.start)
    await scene.recovered(since, [f"{scene.prefix}probe-{number}" for number in range(5)])
    await scene.load.run(size.seconds)


async def kill_postgres(scene: Scene, nodes: Nodes, size: Size) -> None:
    """kill -9 PostgreSQL in the midst of its commits, again and again."""
    assert isinstance(nodes, DurableNodes)
    for _ in range(max(1, size.times // 4)):
        await scene.load.run(size.seconds)
        since = time.monotonic()
        await asyncio.to_thread(nodes.postgres.kill)
        await asyncio.to_thread(nodes.postgres.start)
        await scene.recovered(since, [f"{scene.prefix}probe-{number}" for number in range(5)])
    await scene.load.run(size.seconds)


async def rebuild_and_kill(scene: Scene, nodes: Nodes, size: Size) -> None:
    """All views are built again while events come in; half-way a member is killed, and the rebuild goes on."""
    await scene.load.run(size.seconds)
    rebuilds = Rebuilds(scene.gateway)
    total = scene.log.sent
    rebuild_id = await rebuilds.start(events_per_second=max(100, round(total / size.seconds)))
    async with asyncio.timeout(REBUILD_SECONDS):
        while not (await rebuilds.find(rebuild_id)).events:
            await scene.load.run(0.1)
        since = time.monotonic()
        await asyncio.to_thread(nodes.nodes[1].member.kill)
        await scene.recovered(since, [f"{scene.prefix}probe-{number}" for number in range(5)])
        await asyncio.to_thread(nodes.nodes[1].member.start)
        await scene.load.run(size.seconds)
    await scene.load.stop()
    async with asyncio.timeout(REBUILD_SECONDS):
        ended = await rebuilds.wait(rebuild_id)
    if ended.status is not RebuildStatus.DONE:
        raise RuntimeError(f"the rebuild is {ended.status}: {ended.error}")


async def split(scene: Scene, nodes: Nodes, size: Size) -> None:
    """The network between one member and the two others is cut; clients reach all three."""
    assert isinstance(nodes, SplitNodes)
    await scene.load.run(size.seconds)
    alone = 2
    hurt = await scene.raw.held_by(nodes.nodes[alone].address, f"{scene.prefix}probe", 10)
    since = time.monotonic()
    await asyncio.to_thread(nodes.cut, alone)
    async with asyncio.TaskGroup() as beside:
        beside.create_task(scene.recovered(since, hurt))
        await scene.load.run(size.split_seconds)
        await asyncio.to_thread(nodes.heal, alone)
    async with asyncio.timeout(HEAL_SECONDS):
        while scene.gateway.state().members != len(nodes.nodes):
            await scene.load.run(0.2)
    await scene.load.run(size.seconds)


async def kill_and_cut(rivals: Rivals, nodes: Nodes, size: Size) -> None:
    """One member is killed and comes back, then another one is cut off and comes back."""
    assert isinstance(nodes, SplitNodes)
    await rivals.run(size.seconds)
    since = time.monotonic()
    await asyncio.to_thread(nodes.nodes[1].member.kill)
    await rivals.recovered(since)
    await rivals.run(size.seconds)
    await asyncio.to_thread(nodes.nodes[1].member.start)
    await rivals.whole()
    await rivals.run(size.seconds)
    await asyncio.to_thread(nodes.cut, 2)
    await rivals.run(size.split_seconds)
    await asyncio.to_thread(nodes.heal, 2)
    await rivals.whole()
    await rivals.run(size.seconds)


@dataclass(frozen=True)
class Fault:
    """A row of the table."""

    name: str
    happens: Callable[[Any, Nodes, Size], Awaitable[None]]
    """Takes what `stage` gives, most often a `Scene`."""
    options: MemberOptions = field(default_factory=lambda: MAJORITY)
    offsets_ms: tuple[int, ...] = ()
    loaded: bool = True
    """Whether the load client runs meanwhile."""
    recovers_in_seconds: float | None = None
    """The aim; None where there is none."""
    is_split: bool = False
    """Whether its members need a network that can be cut."""
    is_durable: bool = False
    """Whether its members keep their events in PostgreSQL."""
    members: int = 3
    is_narrow: bool = False
    """Whether its members have one thread in each pool."""
    forgets: bool = False
    """Whether all memory is lost: completions, refusals, and what was no more than ACCEPTED."""
    domain: str = DOMAIN
    stage: Callable[..., AbstractAsyncContextManager[Any]] = scene
    """Who loads the cluster and checks it."""

    def nodes(self, folder: Path) -> Nodes:
        """Members for it, not yet started."""
        if self.is_split:
            return SplitNodes(folder, self.members, domain=self.domain, options=self.options)
        if self.is_durable:
            return DurableNodes(folder, self.members, domain=self.domain, options=self.options)
        options = self.options.model_copy(update={"config": narrow(folder)}) if self.is_narrow else self.options
        return Nodes(folder, self.members, domain=self.domain, options=options, offsets_ms=self.offsets_ms)

    async def run(self, nodes: Nodes, size: Size, result: Result, *, seed: int, logs: Path) -> None:
        """It happens to these members, which have started; what the checker finds afterwards is in `result`."""
        async with self.stage(
            nodes.cluster_name,
            nodes.addresses,
            result,
            prefix=f"{self.name.replace('-', '')}-",
            seed=seed,
            logs=logs,
            loaded=self.loaded,
            size=size,
            forgets=self.forgets,
            dsn=nodes.dsn if isinstance(nodes, DurableNodes) else None,
        ) as stage:
            await self.happens(stage, nodes, size)

    def why_not(self) -> str | None:
        """Why it can't happen on this machine; None where it can."""
        if self.is_durable:
            return durable.why_not()
        return why_not() if self.is_split else None


FAULTS = [
    Fault("kill-member", kill_one, recovers_in_seconds=10),
    Fault("kill-two-members", kill_two, options=ANY_NUMBER, recovers_in_seconds=10),
    Fault("kill-projector", kill_projector, recovers_in_seconds=10),
    Fault("pause-member", pause_member),
    Fault("pause-projector", pause_projector, recovers_in_seconds=10),
    Fault("kill-gateway", kill_gateway),
    Fault("resume", resume, loaded=False, forgets=True),
    Fault("tiny-journal", tiny_journal, options=TINY_JOURNAL, loaded=False),
    Fault("poison", poison),
    Fault("retry-letters", retry_letters),
    Fault("same-id", same_id),
    Fault("split", split, is_split=True),
    Fault("contested-guards", kill_and_cut, is_split=True, domain=contested.DOMAIN, stage=contested.rivals),
    Fault("clocks", clocks, offsets_ms=(0, -HOUR_MS // 2, HOUR_MS // 2), recovers_in_seconds=10),
    Fault("join-and-leave", join_and_leave, recovers_in_seconds=10),
    Fault("new-code", new_code, recovers_in_seconds=10),
    Fault("two-operators", two_operators),
    Fault("rebuild-killed", rebuild_and_kill, recovers_in_seconds=10),
    Fault("rebuild-killed-durable", rebuild_and_kill, is_durable=True, recovers_in_seconds=10),
    Fault("kill-everything", kill_everything, is_durable=True, forgets=True, recovers_in_seconds=60),
    Fault(
        "lost-partitions",
        lose_partitions,
        options=ANY_NUMBER,
        members=4,
        is_durable=True,
        forgets=True,
        recovers_in_seconds=60,
    ),
    Fault("stop-postgres", stop_postgres, is_durable=True, recovers_in_seconds=10),
    Fault("kill-postgres", kill_postgres, is_durable=True, recovers_in_seconds=20),
    Fault("cold-deadlock", pressure.send_at_once, members=2, is_narrow=True, loaded=False),
    Fault("hung-gateway", pressure.hang_gateway, recovers_in_seconds=10),
    Fault("heap-full", pressure.fill_heap, recovers_in_seconds=20),
    Fault("slow-count", pressure.count_for_long, is_durable=True, forgets=True, recovers_in_seconds=60),
    Fault("clock-rebuild", pressure.rebuild_by_wrong_clocks, offsets_ms=(-HOUR_MS, 0, HOUR_MS)),
]

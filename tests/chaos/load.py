"""
A load client with a seed: what it submits depends on the seed and the answers alone.

Each writer has meters of its own and submits to them in turn: one event and wait, several without waiting, many in one
call; some again under the same id, twice at once, or after an answer that said nothing.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress

from hazelgate import WaitFor
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.sourcing.errors import (
    EventDeadLettered,
    EventError,
    EventRejected,
    EventTimedOut,
    PipelineOverloaded,
    PipelineUnavailable,
)
from tests.chaos.answers import Answer, AnswerLog, Told
from tests.chaos.meters import REFUSED, MeterRead

PAUSE_AFTER_TROUBLE_SECONDS = 0.1


class Meters:
    """Makes readings of a set of meters, each with the next number of its meter."""

    def __init__(self, ids: Sequence[str], districts: Sequence[str], chance: random.Random) -> None:
        self.ids = list(ids)
        self._districts = list(districts)
        self._chance = chance
        self._numbers = dict.fromkeys(ids, 0)

    def reading(self, meter_id: str | None = None) -> MeterRead:
        """The next of one meter."""
        meter_id = meter_id or self._chance.choice(self.ids)
        number = self._numbers[meter_id]
        self._numbers[meter_id] += 1
        units = REFUSED if self._chance.random() < 0.02 else self._chance.randrange(14, 1_000)
        return MeterRead(meter_id=meter_id, number=number, units=units, district=self._chance.choice(self._districts))


class Client:
    """Submits readings and writes down what it is told."""

    def __init__(self, handler: EventHandler, log: AnswerLog, *, name: str = "c", timeout_seconds: float = 5.0) -> None:
        self.log = log
        self._handler = handler
        self._name = name
        self._timeout_seconds = timeout_seconds
        self._next_id = 0

    def new_id(self) -> str:
        """An eventId, the same in every run."""
        self._next_id += 1
        return f"{self._name}-{self._next_id}"

    async def submit(
        self, readings: Sequence[MeterRead], *, wait_for: WaitFor = WaitFor.PROJECTED, ids: Sequence[str] | None = None
    ) -> list[Answer]:
        """Submit in one call, in order. Never raises what a gateway may answer."""
        bulk = self.log.next_call()
        submissions, answers = [], []
        for event_id, reading in zip(ids or [self.new_id() for _ in readings], readings, strict=True):
            options = SubmitOptions(event_id=event_id, wait_for=wait_for, timeout_seconds=self._timeout_seconds)
            submissions.append(Submission(reading, options))
            answers.append(
                self.log.submitted(
                    event_id,
                    reading.meter_id,
                    reading.number,
                    reading.units,
                    reading.district,
                    wait_for=wait_for.value,
                    bulk=bulk,
                )
            )
        try:
            outcomes = await self._handler.handle_events(submissions)
        except PipelineUnavailable as error:
            told = Told.FAILED if "nothing was" in str(error) else Told.UNKNOWN
            for answer in answers:
                self.log.answered(answer, told, error.code)
        else:
            for answer, outcome in zip(answers, outcomes, strict=True):
                self._note(answer, outcome)
        return answers

    async def again(self, answer: Answer) -> Answer:
        """The same event once more, under the same id, until it is done."""
        reading = MeterRead(
            meter_id=answer.meter_id, number=answer.number, units=answer.units, district=answer.district
        )
        [second] = await self.submit([reading], ids=[answer.event_id])
        return second

    def _note(self, answer: Answer, outcome: Receipt | EventError) -> None:
        match outcome:
            case Receipt():
                self.log.answered(answer, Told.OK, outcome.status.value, outcome.sequence)
            case EventDeadLettered():
                self.log.answered(answer, Told.OK, outcome.code)
            case EventRejected() | PipelineOverloaded():
                self.log.answered(answer, Told.FAILED, outcome.code)
            case EventTimedOut():
                self.log.answered(answer, Told.UNKNOWN, outcome.code)
            case _:
                self.log.answered(answer, Told.UNKNOWN, f"{type(outcome).__name__}: {outcome}")


class Load:
    """
    Writers that go on until they are stopped.

    Args:
        client: What submits.
        seed: Decides who submits what.
        writers: How many there are.
        meters_each: How many meters each has of its own.
        districts: How many districts all of them share.
        prefix: What the names of meters and districts begin with.
        events_per_second: About how many all together submit.
    """

    def __init__(
        self,
        client: Client,
        *,
        seed: int,
        writers: int = 8,
        meters_each: int = 12,
        districts: int = 5,
        events_per_second: float,
        prefix: str = "",
    ) -> None:
        self._client = client
        self._seed = seed
        self._writers = writers
        self._meters_each = meters_each
        self._prefix = prefix
        self._districts = [f"{prefix}d{number}" for number in range(districts)]
        self._events_per_second = events_per_second
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        for writer in range(self._writers):
            self._tasks.append(asyncio.create_task(self._write(writer)))

    async def stop(self) -> None:
        """Let everybody finish what is under way, and answer what is still unknown."""
        self._stopping.set()
        for task in self._tasks:
            await task
        self._tasks.clear()

    async def run(self, seconds: float) -> None:
        """Go on for a while."""
        await asyncio.sleep(seconds)
        for task in self._tasks:
            if task.done():
                task.result()

    async def _write(self, writer: int) -> None:
        chance = random.Random(f"{self._seed}/{writer}")
        meters = Meters(
            [f"{self._prefix}m{writer}-{number}" for number in range(self._meters_each)], self._districts, chance
        )
        pace = self._writers / self._events_per_second
        while not self._stopping.is_set():
            began = time.monotonic()
            answers = await self._act(chance, meters)
            trouble = [answer for answer in answers if answer.told is not Told.OK and answer.status != "REJECTED"]
            for answer in trouble:
                if chance.random() < 0.5:
                    await self._client.again(answer)
            pause = len(answers) * pace - (time.monotonic() - began)
            if trouble:
                pause = max(pause, PAUSE_AFTER_TROUBLE_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(pause, 0.0)):
                    await self._stopping.wait()

    async def _act(self, chance: random.Random, meters: Meters) -> list[Answer]:
        """One of the ways to submit."""
        kind = chance.random()
        if kind < 0.45:
            return await self._client.submit([meters.reading()])
        if kind < 0.55:
            return await self._client.submit([meters.reading()], wait_for=WaitFor.STORED)
        if kind < 0.75:
            meter_id = chance.choice(meters.ids)
            return await self.in_a_row([meters.reading(meter_id) for _ in range(chance.randrange(2, 7))])
        if kind < 0.92:
            return await self._client.submit([meters.reading() for _ in range(chance.randrange(5, 30))])
        [first] = await self._client.submit([meters.reading()])
        return [first, *await asyncio.gather(self._client.again(first), self._client.again(first))]

    async def in_a_row(self, readings: Sequence[MeterRead]) -> list[Answer]:
        """Each as soon as the one before it is accepted, without waiting for what becomes of it."""
        answers: list[Answer] = []
        for reading in readings:
            answers += await self._client.submit([reading], wait_for=WaitFor.ACCEPTED)
        return answers

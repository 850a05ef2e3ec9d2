"""
Waits for the pipeline's word on submitted events.

Notices on `completions.<gatewayId>` answer; a wait costs no read while they flow. A notice can be lost, though (a topic
drops, a connection breaks). So an event is looked up in `completed-events` once it has waited for a while and either
no notice at all comes any more, or events submitted well after it have been answered. All that are due go in one read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence

import msgspec

from hazelgate.client.cluster import Cluster, Subscription, completions_topic
from hazelgate.sourcing.backoff import Backoff
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.envelope import (
    COMPLETED_EVENTS,
    EVENT_IDS,
    EVENT_STORE,
    Completion,
    CompletionError,
    CompletionStatus,
    Envelope,
    EventRecord,
    IdRecord,
)
from hazelgate.sourcing.errors import PipelineUnavailable
from hazelgate.sourcing.repetition import is_repeated

_logger = logging.getLogger(__name__)

GRACE_SECONDS = 0.25
LOOKS = Backoff(first_seconds=GRACE_SECONDS, longest_seconds=2.0)
"""When a batch that nobody answers is looked up, and when again."""
LOOK_UP_AT_ONCE = 1_000

_STORED = CompletionStatus.STORED  # named for each event

_decode_notices = msgspec.json.Decoder(list[Completion]).decode
_decode_completion = msgspec.json.Decoder(Completion).decode
_decode_id_record = msgspec.json.Decoder(IdRecord).decode
_decode_record = msgspec.json.Decoder(EventRecord).decode


class Expected(msgspec.Struct, gc=False):
    """One submitted event, how far it has to get, and for how long somebody waits."""

    envelope: Envelope
    until_stored: bool
    """STORED will do; otherwise only the final word."""
    timeout_seconds: float


class Batch:
    """Events submitted together; `results` holds what is known of each, None where nothing is (yet, or in time)."""

    __slots__ = ("_done", "_left", "expected", "looks", "next_look", "results", "submitted_at")

    def __init__(self, expected: Sequence[Expected], now: float) -> None:
        self.expected = expected
        self.results: list[Completion | None] = [None] * len(expected)
        self.submitted_at = now
        self.looks = 0
        self.put_off(now)
        self._left = len(expected)
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not expected:
            self._done.set_result(None)

    def put_off(self, now: float) -> None:
        """The next look at the batch is later, and the one after that later still."""
        self.looks += 1
        self.next_look = now + LOOKS.pause_seconds(self.looks)

    def resolve(self, index: int, completion: Completion | None) -> None:
        """What became of one event; None gives up on it."""
        self.results[index] = completion
        self._left -= 1
        if self._left == 0 and not self._done.done():
            self._done.set_result(None)

    @property
    def complete(self) -> bool:
        """Every event is resolved."""
        return self._left == 0

    async def wait(self) -> None:
        """Return when the batch is complete."""
        await self._done


class Completions:
    """The events that this gateway waits for."""

    def __init__(self, catalog: Catalog, cluster: Cluster) -> None:
        self._catalog = catalog
        self._cluster = cluster
        self._waiting: dict[str, tuple[Batch, int]] = {}
        self._batches: dict[Batch, None] = {}
        self._subscription: Subscription | None = None
        self._starting = asyncio.Lock()
        self._last_notice = 0.0
        self._answered_up_to = 0.0
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._look_up: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen for notices. A second call does nothing."""
        async with self._starting:
            if self._subscription is None:
                self._subscription = await self._cluster.listen(
                    completions_topic(self._cluster.gateway_id), self._on_notices, interrupted=self._on_interrupted
                )

    async def close(self) -> None:
        """Listen no more; who still waits is told nothing."""
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        if self._look_up is not None:
            self._look_up.cancel()
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            await subscription.close()

    @property
    def started(self) -> bool:
        """Notices are listened for."""
        return self._subscription is not None

    # ------------------------------------------------------------------ waiting

    def expect(self, expected: Sequence[Expected]) -> Batch:
        """Begin to wait. To be called before the events are submitted: an answer may come before the call returns."""
        loop = asyncio.get_running_loop()
        batch = Batch(expected, loop.time())
        for index, one in enumerate(expected):
            self._waiting[one.envelope.submission_id] = (batch, index)
        if expected:
            self._batches[batch] = None
            if self._sweep_timer is None:
                self._sweep_timer = loop.call_later(GRACE_SECONDS, self._sweep)
        return batch

    async def wait(self, batch: Batch) -> None:
        """Return when each event of the batch is answered or its time is up."""
        loop = asyncio.get_running_loop()
        timers = [
            loop.call_at(batch.submitted_at + seconds, self._expire, batch, seconds)
            for seconds in {one.timeout_seconds for one in batch.expected}
        ]
        try:
            await batch.wait()
        finally:
            for timer in timers:
                timer.cancel()
            self.forget(batch)

    def give_up(self, batch: Batch, submission_ids: Iterable[str]) -> None:
        """These events of the batch were not taken in, or their time is up."""
        for submission_id in submission_ids:
            waiting = self._waiting.pop(submission_id, None)
            if waiting is not None:
                batch.resolve(waiting[1], None)

    def forget(self, batch: Batch) -> None:
        """Nobody waits for this batch any more."""
        self._batches.pop(batch, None)
        if not batch.complete:
            for one in batch.expected:
                self._waiting.pop(one.envelope.submission_id, None)

    def _expire(self, batch: Batch, timeout_seconds: float) -> None:
        expired = [one.envelope.submission_id for one in batch.expected if one.timeout_seconds <= timeout_seconds]
        self.give_up(batch, expired)

    # ------------------------------------------------------------------ notices

    def _on_notices(self, message: bytes) -> None:
        self._last_notice = asyncio.get_running_loop().time()
        for completion in _decode_notices(message):
            self._answer(completion.submission_id, completion)

    def _answer(self, submission_id: str, completion: Completion) -> None:
        waiting = self._waiting.get(submission_id)
        if waiting is None:
            return
        batch, index = waiting
        if completion.status is _STORED and not batch.expected[index].until_stored:
            return
        del self._waiting[submission_id]
        if batch.submitted_at > self._answered_up_to:
            self._answered_up_to = batch.submitted_at
        batch.resolve(index, completion)

    def _on_interrupted(self) -> None:
        """Notices may have been missed: look everything up at the next opportunity."""
        self._last_notice = 0.0
        now = asyncio.get_running_loop().time()
        for batch in self._batches:
            batch.next_look = now

    # ------------------------------------------------------------------ fallback

    def _sweep(self) -> None:
        if not self._batches:
            self._sweep_timer = None
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._sweep_timer = loop.call_later(GRACE_SECONDS, self._sweep)
        silent = now - self._last_notice >= GRACE_SECONDS
        due = [
            batch
            for batch in self._batches
            if now >= batch.next_look and (silent or batch.submitted_at + GRACE_SECONDS < self._answered_up_to)
        ]
        if due and (self._look_up is None or self._look_up.done()):
            self._look_up = asyncio.create_task(self._look_up_all(due))

    async def _look_up_all(self, batches: list[Batch]) -> None:
        unanswered = [one for batch in batches for one in batch.expected if one.envelope.submission_id in self._waiting]
        try:
            for at in range(0, len(unanswered), LOOK_UP_AT_ONCE):
                await self._look_up_some(unanswered[at : at + LOOK_UP_AT_ONCE])
        except PipelineUnavailable as error:
            _logger.info("completions could not be looked up: %s", error)
        except msgspec.MsgspecError:
            _logger.exception("completed-events holds something that is no completion")
        now = asyncio.get_running_loop().time()
        for batch in batches:
            batch.put_off(now)

    async def _look_up_some(self, unanswered: list[Expected]) -> None:
        found = await self._cluster.read(COMPLETED_EVENTS, [one.envelope.event_id for one in unanswered])
        of_others: list[tuple[Expected, Completion]] = []
        for one, entry in zip(unanswered, found, strict=True):
            if entry is not None:
                completion = _decode_completion(entry)
                if completion.submission_id == one.envelope.submission_id:
                    self._answer(one.envelope.submission_id, completion)
                else:
                    of_others.append((one, completion))
        if of_others:
            await self._judge(of_others)

    async def _judge(self, of_others: list[tuple[Expected, Completion]]) -> None:
        """
        Other submissions of the same eventIds are through: their results are ours, where they had our payload.

        Where this code can't tell, nobody is answered: the event's own notice, or the end of the wait, is left.
        """
        found = await self._cluster.read(EVENT_IDS, [one.envelope.event_id for one, _ in of_others])
        ids = [None if entry is None else _decode_id_record(entry) for entry in found]
        keys = [known.key for known in ids if known is not None and known.key is not None]
        records = dict(zip(keys, await self._cluster.read(EVENT_STORE, keys), strict=True))
        for (one, completion), known in zip(of_others, ids, strict=True):
            if known is None:
                continue
            stored = records.get(known.key or "")
            record = None if stored is None else _decode_record(stored)
            if record is not None and record.event_id != one.envelope.event_id:
                record = None
            same = is_repeated(self._catalog, one.envelope, known, record)
            if same is not None:
                self._answer(one.envelope.submission_id, completion if same else _conflict(one, completion))


def _conflict(one: Expected, completion: Completion) -> Completion:
    return msgspec.structs.replace(
        completion,
        submission_id=one.envelope.submission_id,
        status=CompletionStatus.REJECTED,
        sequence=None,
        error=CompletionError(
            code="EVENT_ID_CONFLICT",
            message="that eventId was used before, with another payload; give a new event a new id",
        ),
    )

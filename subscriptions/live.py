"""
The subscription to a query: when it runs again.

The query itself is not run here. Each round is one run of it, and whoever takes a round from the stream runs it, with a
cluster that tells the round's watch of every read. By the time the next round is asked for, the watch knows them all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hazelgate.client.following.inbox import InboxClosed
from hazelgate.client.following.watches import Watch, Watches
from hazelgate.schema.arguments import bad_input
from hazelgate.schema.events.streams import Place
from hazelgate.subscriptions.context import Info
from hazelgate.subscriptions.streams import shared

SHORTEST_THROTTLE_MS = 20
LONGEST_THROTTLE_MS = 60_000

_NEWEST = Place("", entry="live")
"""Of every result: a newer one takes the place of one that waits for a slow reader."""


@dataclass(frozen=True, slots=True)
class Round:
    """
    One run of the query.

    Args:
        started: When it began, by the event loop's clock.
        is_early: Whether it is for those alone who have come since the one before.
        again: Has the query run once more, at once.
        owe: Has it run once more for everybody, when that is due: not all have got what this one has found.
    """

    watch: Watch
    started: float
    is_early: bool
    again: Callable[[], None]
    owe: Callable[[], None]
    place: Place = _NEWEST


@shared
async def live(_: Any, info: Info, throttle_ms: int) -> AsyncGenerator[Round, None]:
    """
    The rounds of a query: the first at once, others when an event has touched what the round before has read.

    Raises:
        GraphQLError: `throttleMs` is out of range.
    """
    if not SHORTEST_THROTTLE_MS <= throttle_ms <= LONGEST_THROTTLE_MS:
        raise bad_input("throttleMs", f"from {SHORTEST_THROTTLE_MS} to {LONGEST_THROTTLE_MS:,}")
    rounds = _Rounds(info.context.watches, throttle_ms / 1_000)
    try:
        while True:
            yield rounds.begin()
            await rounds.due()
    except InboxClosed:
        return
    finally:
        rounds.close()


class _Rounds:
    """When the rounds of one query begin."""

    def __init__(self, watches: Watches, throttle_seconds: float) -> None:
        self._watches = watches
        self._throttle_seconds = throttle_seconds
        self._loop = asyncio.get_running_loop()
        self._watch: Watch | None = None
        self._round: Round | None = None
        self._next_at = 0.0
        """Before this, only an early round may begin."""
        self._is_touched = False
        self._wanted = asyncio.Event()
        """Set when somebody has come who has no result yet."""

    def begin(self) -> Round:
        """The round that is due. It hears from now on."""
        self.close()
        watch = self._watch = self._watches.new()
        is_early = self._round is not None and self._wanted.is_set()
        started = self._loop.time()
        self._wanted.clear()
        if not is_early:
            self._is_touched = False
        self._round = Round(watch, started, is_early, self._again, self._owe)
        return self._round

    async def due(self) -> None:
        """
        Until the next round is.

        Raises:
            InboxClosed: The process hears no more.
        """
        assert self._watch is not None
        assert self._round is not None
        if not self._round.is_early:
            # It has at most half of the time, whatever it costs.
            took = self._loop.time() - self._round.started
            self._next_at = self._round.started + max(self._throttle_seconds, 2 * took)
        if not self._is_touched and not self._wanted.is_set():
            await self._watch.touched()
            self._is_touched = not self._wanted.is_set()
        if not self._wanted.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._next_at):
                    await self._wanted.wait()

    def close(self) -> None:
        """Hear no more. A second call does nothing."""
        if self._watch is not None:
            self._watch.close()

    def _owe(self) -> None:
        self._is_touched = True

    def _again(self) -> None:
        self._wanted.set()
        if self._watch is not None:
            self._watch.wake()

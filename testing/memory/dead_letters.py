"""Resolving dead letters over dictionaries: the steps of the real engine, each named before it is taken."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from hazelgate.client.resolutions import Resolution, ResolveOrder
from hazelgate.projector.core.messages import (
    ResolveRequest,
    ResolveResponse,
    Settled,
    SettleRequest,
    SettleResponse,
    Write,
    decode_resolve_response,
    decode_settle_response,
    encode,
)
from hazelgate.sourcing import clock
from hazelgate.sourcing.envelope import COMPLETED_EVENTS, DEAD_LETTER_EVENTS, Completion, DeadLetter

MAX_TRIES = 1_000
UNDER_WAY = "an event of it is on its way into another view: resolve it again in a moment"

T = TypeVar("T")
Steps = Generator[str, None, T]
Loaded = dict[str, dict[str, bytes | None]]


class Engine(Protocol):
    """The part of an engine that resolving needs."""

    def load(self, needs: Mapping[str, list[str]], loaded: Loaded) -> None: ...
    def write(self, writes: Sequence[Write]) -> Steps[list[Write]]: ...
    def map(self, name: str) -> dict[str, bytes]: ...
    def notify(self, notices: Sequence[tuple[str, bytes]]) -> None: ...


class DeadLetters:
    """
    Resolves letters.

    Args:
        engine: The maps, and how they are written.
        resolve: The projector's Resolve, bytes to bytes.
        settle: The projector's Settle, bytes to bytes.
        max_attempts: How often an event that may pass is tried.
        backoff_ms: The pause before its second retry is twice this, and doubles.
    """

    def __init__(
        self,
        engine: Engine,
        resolve: Callable[[bytes], bytes],
        settle: Callable[[bytes], bytes],
        *,
        max_attempts: int = 6,
        backoff_ms: int = 100,
    ) -> None:
        self._engine = engine
        self._resolve = resolve
        self._settle = settle
        self._max_attempts = max_attempts
        self._backoff_ms = backoff_ms

    def retries(self) -> list[tuple[str, str]]:
        """When which letter is to be tried again, the soonest first."""
        return sorted(
            (retry_at, key)
            for key, letter in self._engine.map(DEAD_LETTER_EVENTS).items()
            if (retry_at := _retry_at(letter)) is not None
        )

    def resolve(self, order: ResolveOrder) -> Steps[Resolution]:
        """Resolve one letter; begin anew wherever something changed meanwhile."""
        for _ in range(MAX_TRIES):
            response = self._ask(order)
            refused = False
            *steps, last = response.steps
            for writes in steps:
                refused = bool((yield from self._engine.write(writes)))
                if refused:
                    break
            if refused:
                continue
            gone = any(write.value is None for write in last)
            settled = yield from self._settled(response, order.dead_letter_id if gone else None)
            if settled is None:
                return Resolution(id=order.dead_letter_id, outcome="BUSY", message=UNDER_WAY)
            if (yield from self._engine.write(last)):
                continue
            resolution = msgspec.json.decode(response.answer, type=Resolution)
            if settled:
                completion = msgspec.json.decode(settled[0].completion, type=Completion)
                resolution = msgspec.structs.replace(resolution, completion=completion)
            return resolution
        return Resolution(id=order.dead_letter_id, outcome="BUSY", message="it changed all the while")

    def _ask(self, order: ResolveOrder) -> ResolveResponse:
        loaded: Loaded = {}
        while True:
            request = ResolveRequest(
                order.dead_letter_id,
                order.action,
                None if order.data is None else bytes(order.data),
                order.reason,
                clock.now(),
                self._max_attempts,
                self._backoff_ms,
                loaded,
            )
            response = decode_resolve_response(self._resolve(encode(request)))
            if not response.needs:
                return response
            self._engine.load(response.needs, loaded)

    def _settled(self, response: ResolveResponse, without: str | None) -> Steps[list[Settled] | None]:
        """How the events stand, once it is told; None where one of them is still on its way into a view."""
        if not response.affected:
            return []
        yield "settle"
        loaded: Loaded = {}
        while True:
            answer: SettleResponse = decode_settle_response(
                self._settle(encode(SettleRequest(response.affected, without, clock.now(), loaded)))
            )
            if not answer.needs:
                break
            self._engine.load(answer.needs, loaded)
        if answer.under_way:
            return None
        final = [each for each in answer.events if each.final]
        for each in final:
            yield f"complete {each.event_id}"
            self._engine.map(COMPLETED_EVENTS)[each.event_id] = each.completion
        yield "notify"
        self._engine.notify([(each.reply_to, each.completion) for each in final])
        return answer.events


def _retry_at(letter: bytes) -> str | None:
    key = msgspec.json.decode(letter, type=DeadLetter).meta.keys.get("retryAt")
    return None if key is None else key.partition("|")[0]

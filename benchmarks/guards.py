"""Guards whose reads hold until their events are stored, on three members; and the same guards without claims."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from benchmarks import shop
from benchmarks.figures import Figure, percentile
from benchmarks.seats import SeatNoted, SeatTaken
from benchmarks.stack import event_handler, running_stack
from hazelgate import Event
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.sourcing.ids import new_id

DOMAIN = "benchmarks.seats"
_WARM_UP, _EVENTS, _ROUNDS, _SINGLE = 40_000, 10_000, 5, 500
_SHOWS, _HOT_SHOWS = 20_000, 10


async def figures() -> list[Figure]:
    """Throughput in bulk, and the time of one at a time; each in turns with and without claims."""
    async with (
        running_stack(heap="1g", members=3, domain=DOMAIN) as stack,
        event_handler(stack, domain=DOMAIN) as handler,
    ):
        chance = random.Random(11)
        shows = [new_id() for _ in range(_SHOWS)]

        def taken() -> Event:
            return SeatTaken(ticket_id=new_id(), show_id=chance.choice(shows))

        def noted() -> Event:
            return SeatNoted(ticket_id=new_id(), show_id=chance.choice(shows))

        def hot() -> Event:
            return SeatTaken(ticket_id=new_id(), show_id=chance.choice(shows[:_HOT_SHOWS]))

        for make in (noted, taken):
            await _rate(handler, make, _WARM_UP)
        rates: dict[str, list[float]] = {"taken": [], "noted": [], "hot": []}
        for _ in range(_ROUNDS):
            for name, make in (("taken", taken), ("noted", noted), ("hot", hot)):
                rates[name].append(await _rate(handler, make, _EVENTS))
        singles = {"taken": await _singles(handler, taken), "noted": await _singles(handler, noted)}
    middle = {name: percentile(each, 0.5) for name, each in rates.items()}
    p50 = {name: percentile(each, 0.5) for name, each in singles.items()}
    beside = f"without claims: {middle['noted']:,.0f}/s in turns"
    return [
        Figure("serialized guards on three members, in bulk", middle["taken"], "/s", at_least=3_000, beside=beside),
        Figure(
            f"the same, all events in {_HOT_SHOWS} entries",
            middle["hot"],
            "/s",
            beside="each batch waits for the others'",
        ),
        Figure("guards without claims on three members, in bulk", middle["noted"], "/s"),
        Figure(
            "one serialized event until PROJECTED, p50",
            p50["taken"],
            "ms",
            beside=f"without claims: p50 {p50['noted']:.3g} ms",
        ),
    ]


async def _rate(handler: EventHandler, make: Callable[[], Event], count: int) -> float:
    events = [make() for _ in range(count)]
    started = time.perf_counter()
    await shop.submit_all(handler, events)
    return count / (time.perf_counter() - started)


async def _singles(handler: EventHandler, make: Callable[[], Event]) -> list[float]:
    latencies = []
    for _ in range(_SINGLE):
        started = time.perf_counter()
        await handler.handle_event(make(), shop.OPTIONS)
        latencies.append((time.perf_counter() - started) * 1_000)
    return latencies

"""
What the guarantees cost: a stack as it is, and one whose member leaves them out, in turns on the same machine.

Left out are: ids (looked up, and written), the owner of a lane and what is in the store as a record comes in, the
comparison of what is pending, the version of an entry as it is written, the bound of what is in flight, and the watch
over what stays pending. Numbers, completions and conditions that nobody can do without stay. What the projector does
for it can't be left out (the hash of an event, its id record, the beat before each call of a handler): it is
measured by itself, and counted as if it were.
"""

from __future__ import annotations

import time
import timeit
from dataclasses import dataclass, field

import msgspec

from benchmarks import shop
from benchmarks.figures import Figure, percentile
from benchmarks.stack import RunningStack, event_handler, running_stack
from benchmarks.writes import one_after_the_other
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.projector.core.calls import Calls, Stage
from hazelgate.sourcing.envelope import IdRecord
from hazelgate.sourcing.repetition import payload_hash

WITHOUT = "hazelgate.benchmark.without-guarantees"
AIM_PERCENT = 15
HEAP = "3g"
_WARM_UP, _BULK_EVENTS, _BULK_PAIRS = 120_000, 12_000, 18
_SINGLE_WARM_UP, _SINGLES, _SINGLE_PAIRS = 2_000, 300, 14


@dataclass
class Side:
    """One of the two stacks, and what was measured on it, round by round."""

    stack: RunningStack
    rates: list[float] = field(default_factory=list)
    micros: list[float] = field(default_factory=list)
    """Processor time an event, of member and projector."""
    p50s: list[float] = field(default_factory=list)

    def cpu_seconds(self) -> float:
        return self.stack.cpu_seconds("member") + self.stack.cpu_seconds("projector")


async def cost(stack: RunningStack) -> list[Figure]:
    """In bulk by rate and by processor time, one at a time by p50; of each the median of pairs of rounds."""
    async with running_stack(heap=HEAP, member_property=WITHOUT) as bare:
        kept, left_out = Side(stack), Side(bare)
        async with event_handler(stack) as handler, event_handler(bare) as bare_handler:
            sides = (kept, handler), (left_out, bare_handler)
            for _ in range(2):
                for _, to in sides:
                    await shop.submit_all(to, [shop.new_customer() for _ in range(_WARM_UP // 2)])
            for pair in range(_BULK_PAIRS):
                for side, to in sides if pair % 2 else reversed(sides):
                    await _bulk_round(side, to)
        for side in (kept, left_out):
            await one_after_the_other(side.stack, warm_up=0, measured=_SINGLE_WARM_UP)
        for pair in range(_SINGLE_PAIRS):
            for side in (kept, left_out) if pair % 2 else (left_out, kept):
                p50 = percentile(await one_after_the_other(side.stack, warm_up=0, measured=_SINGLES), 0.5)
                side.p50s.append(p50)
    in_projector = micros_in_the_projector()
    bare_micros = [each - in_projector for each in left_out.micros]
    return [
        _figure("in bulk, by processor time of member and projector", kept.micros, bare_micros, "µs an event"),
        _figure("in bulk, by rate", [1e6 / rate for rate in kept.rates], [1e6 / rate for rate in left_out.rates],
                "µs an event, elapsed"),
        _figure("one at a time over HTTP, by p50", kept.p50s, left_out.p50s, "ms"),
        Figure("of that in the projector, which is not left out", in_projector, "µs an event"),
    ]  # fmt: skip


async def _bulk_round(side: Side, handler: EventHandler) -> None:
    events = [shop.new_customer() for _ in range(_BULK_EVENTS)]
    cpu, started = side.cpu_seconds(), time.perf_counter()
    await shop.submit_all(handler, events)
    side.rates.append(_BULK_EVENTS / (time.perf_counter() - started))
    side.micros.append((side.cpu_seconds() - cpu) * 1e6 / _BULK_EVENTS)


def _figure(name: str, kept: list[float], left_out: list[float], unit: str) -> Figure:
    """What it costs more, of pairs of rounds; and how far the pairs are apart."""
    percents = [100 * (one / other - 1) for one, other in zip(kept, left_out, strict=True)]
    with_all, without = percentile(kept, 0.5), percentile(left_out, 0.5)
    spread = f"pairs from {min(percents):+.0f} to {max(percents):+.0f} %"
    beside = f"with {with_all:,.3g} {unit}, without {without:,.3g}; {spread}"
    return Figure(f"the guarantees cost {name}", percentile(percents, 0.5), "%", at_most=AIM_PERCENT, beside=beside)


def micros_in_the_projector() -> float:
    """What the projector does an event so that it is known when it comes again, and blamed when it hangs."""
    event = shop.new_customer()
    data = msgspec.json.encode(event)
    calls, encode = Calls(), msgspec.json.Encoder().encode

    def once() -> None:
        hash_of_it = payload_hash("CustomerCreated", 1, event.customer_id, data)
        encode(IdRecord(hash=hash_of_it, key=f"Customer:1@{event.customer_id}"))
        for _ in range(6):
            calls.before(Stage.FOLD, "", event.customer_id)

    return min(timeit.repeat(once, number=20_000, repeat=5)) * 1e6 / 20_000

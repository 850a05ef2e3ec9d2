"""What members select of entries, against gateways that read whole ones: over one member, in turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

from benchmarks import plans
from benchmarks.beside_peers import FIELDS, body_of
from benchmarks.figures import Figure
from benchmarks.gateways import UNREACHED, running_gateway
from benchmarks.other_gateway import ALWAYS_SELECTED, NEVER_SELECTED, command
from benchmarks.stack import RunningStack
from benchmarks.turns import Generator, Server, Turns, in_turns, running_generator

_CONNECTIONS = 32
_ROUNDS = 5
_SECONDS = 0.8
_BY_ID, _PAGE = "ordersById", "a page"
_SELECTIONS = {
    "2 fields": "orderId status",
    "half": FIELDS,
    "everything": "orderId customer { customerId name email } status totalAmount cancelReason placedAt "
    "items { productId name sku quantity priceAtOrder }",
}
_SIZES = {_BY_ID: (1, 10, 50, 1_000), _PAGE: (10, 100, 500)}


@dataclass(frozen=True)
class _OverMember(Server):
    """A gateway, and what its member has used whenever the gateway was looked at."""

    stack: RunningStack
    member_seconds: list[float] = field(default_factory=list)

    def cpu_seconds(self) -> float:
        self.member_seconds.append(self.stack.cpu_seconds("member"))
        return super().cpu_seconds()

    def member_ms(self, turns: Turns) -> float:
        """Milliseconds of the member's processor time for one answer."""
        befores, afters = self.member_seconds[::2], self.member_seconds[1::2]
        rounds = zip(befores, afters, turns.made[self.name], strict=True)
        return median((after - before) * 1_000 / made.answers for before, after, made in rounds)


async def by_members_and_by_gateways(stack: RunningStack) -> list[Figure]:
    """Requests a second where members select, for one where the gateway does, for several sizes and selections."""
    keys = (await plans.fill(stack)).orders
    figures = []
    async with (
        running_generator() as generator,
        running_gateway(stack, command=command(ALWAYS_SELECTED), **UNREACHED) as selecting,
        running_gateway(stack, command=command(NEVER_SELECTED), **UNREACHED) as reading,
    ):
        for what, sizes in _SIZES.items():
            for size in sizes:
                for shown, fields in _SELECTIONS.items():
                    servers = [
                        _OverMember("members", selecting.url, selecting.pid, stack),
                        _OverMember("gateway", reading.url, reading.pid, stack),
                    ]
                    bodies = _bodies(what, size, fields, keys)
                    figures.append(await _figure(generator, servers, f"{what} of {size:,}, {shown}", bodies))
    return figures


def _bodies(what: str, size: int, fields: str, keys: list[str]) -> list[str]:
    """Requests at once ask for different entries by id: those that two of them want would be read once."""
    if what == _BY_ID:
        query = f"query ($ids: [ID!]!) {{ ordersById(orderIds: $ids) {{ {fields} }} }}"
        given: list[dict[str, object]] = [{"ids": keys[at : at + size]} for at in range(0, len(keys), size)]
    else:
        query = f"query ($first: Int) {{ orders(first: $first) {{ edges {{ node {{ {fields} }} }} }} }}"
        given = [{"first": size}]
    return [body_of(query, each) for each in given]


async def _figure(generator: Generator, servers: list[_OverMember], name: str, bodies: list[str]) -> Figure:
    turns = await in_turns(
        generator,
        servers,
        bodies,
        connections=_CONNECTIONS,
        rounds=_ROUNDS,
        seconds=_SECONDS,
        warm_up_seconds=_SECONDS,
    )
    shares = (f"{turns.cpu(each.name):.3g}, {each.member_ms(turns):.3g} ms" for each in servers)
    return Figure(
        f"{name}: members select, against whole entries",
        turns.times("members", "gateway"),
        "×",
        beside="processor time of gateway and member {}; with whole entries {}".format(*shares),
    )

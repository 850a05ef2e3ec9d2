"""
How much one client may ask for over time: cost, bytes, connections and subscriptions.

Cost and bytes are buckets that fill again. An operation is let in while its client's buckets are not empty, and then
takes what it costs, if need be more than there is: the debt is waited for. So one large operation passes, and a second
one right behind it does not.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Scope

from hazelgate.gateway.door.forwarding import address_in
from hazelgate.gateway.door.refusals import Reason, Refusals

BURST_SECONDS = 10.0
"""A client that was quiet for so long may take so many seconds' worth at once."""
REFUSED_COST = 100
"""Of an operation that is invalid: it was parsed and validated."""
_MOST_KNOWN = 10_000
_SHORTEST_WAIT_SECONDS = 0.05
_SOCKET_WAIT_SECONDS = 5.0

Key = Callable[[Scope], str]


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What one client may take; 0 is no bound. Each is a setting of the gateway, and described there."""

    cost_per_second: int = 0
    bytes_per_second: int = 0
    max_connections: int = 0
    max_subscriptions: int = 0


class RateLimited(Exception):
    """
    A client asks for more than its share.

    Args:
        retry_after_seconds: When it may be let in again.
    """

    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = max(retry_after_seconds, _SHORTEST_WAIT_SECONDS)

    @property
    def error(self) -> dict[str, object]:
        """It as an error of GraphQL."""
        wait = math.ceil(self.retry_after_seconds * 1_000)
        return {"message": str(self), "extensions": {"code": self.code, "retryAfterMs": wait}}

    @property
    def header(self) -> tuple[bytes, bytes]:
        """It as a header of HTTP, in whole seconds."""
        return (b"retry-after", str(math.ceil(self.retry_after_seconds)).encode())


def address_of(scope: Scope) -> str:
    """The address that a request comes from, as a client's name."""
    return address_in(scope) or "unknown"


class Rates:
    """
    The clients that were seen of late.

    Args:
        limits: What each may take.
        refusals: Told of those that are turned away.
        key_of: Tells clients apart: by their address, where nothing else is known of them.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        limits: RateLimits | None = None,
        refusals: Refusals | None = None,
        key_of: Key = address_of,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or RateLimits()
        self.refusals = refusals or Refusals()
        self.clock = clock
        self._key_of = key_of
        self._known: OrderedDict[str, Client] = OrderedDict()

    def client(self, scope: Scope) -> Client:
        """Whoever asks."""
        key = self._key_of(scope)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Client(self, key)
            self._forget_some()
        else:
            self._known.move_to_end(key)
        return found

    def _forget_some(self) -> None:
        """Those that have not asked for longest, unless they are here."""
        while len(self._known) > _MOST_KNOWN:
            key, client = next(iter(self._known.items()))
            if client.connections:
                self._known.move_to_end(key)
                return
            del self._known[key]


class Client:
    """What one client has taken."""

    __slots__ = ("_bytes", "_cost", "_rates", "connections", "key", "pushed_bytes", "subscriptions")

    def __init__(self, rates: Rates, key: str) -> None:
        self._rates = rates
        self.key = key
        self._cost = _Bucket(rates.limits.cost_per_second, rates.clock())
        self._bytes = _Bucket(rates.limits.bytes_per_second, rates.clock())
        self.connections = 0
        self.subscriptions = 0
        self.pushed_bytes = 0
        """What it got as one of many. Whoever pushes adds to it: a call for each would cost as much as the push."""

    def admit(self) -> None:
        """
        Let an operation in.

        Raises:
            RateLimited: Too much was asked for just before.
        """
        now = self._rates.clock()
        self._bytes.owe(self.pushed_bytes)
        self.pushed_bytes = 0
        for bucket, unit in ((self._cost, "cost"), (self._bytes, "bytes")):
            wait = bucket.wait(now)
            if wait > 0:
                raise self._limited(f"at most {bucket.per_second:,} of {unit} a second", wait)

    def spend(self, cost: int) -> None:
        """Take what an operation costs, once it is let in."""
        self._cost.take(cost, self._rates.clock())

    def spend_bytes(self, number: int) -> None:
        """Take what was sent, by either side."""
        self._bytes.take(number, self._rates.clock())

    def connection(self) -> Connection:
        """
        A connection that stays open, until it is closed.

        Raises:
            RateLimited: There are as many as may be.
        """
        return Connection(self)

    def add_connection(self) -> None:
        """
        One more is open.

        Raises:
            RateLimited: There are as many as may be.
        """
        most = self._rates.limits.max_connections
        if most and self.connections >= most:
            raise self._limited(f"at most {most:,} connections that stay open", _SOCKET_WAIT_SECONDS)
        self.connections += 1

    def add_subscription(self) -> None:
        """
        One more runs. Whoever adds it counts `subscriptions` down as it ends.

        Raises:
            RateLimited: There are as many as may be.
        """
        most = self._rates.limits.max_subscriptions
        if most and self.subscriptions >= most:
            raise self._limited(f"at most {most:,} subscriptions", _SOCKET_WAIT_SECONDS)
        self.subscriptions += 1

    def _limited(self, what: str, wait: float) -> RateLimited:
        self._rates.refusals.add(Reason.RATE, f"{self.key} asks for too much: {what}", self.key)
        return RateLimited(f"too much is asked for: one client may have {what}; wait, and send it again", wait)


class Connection:
    """A connection that stays open, counted for its client."""

    __slots__ = ("client",)

    def __init__(self, client: Client) -> None:
        client.add_connection()
        self.client = client

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.connections -= 1

    def move(self, client: Client) -> None:
        """
        It turns out to be another client's.

        Raises:
            RateLimited: That one has as many as it may have.
        """
        if client is not self.client:
            client.add_connection()
            self.client.connections -= 1
            self.client = client


class _Bucket:
    """Filled with so much a second, up to `BURST_SECONDS`."""

    __slots__ = ("_at", "_level", "per_second")

    def __init__(self, per_second: int, now: float) -> None:
        self.per_second = per_second
        self._level = per_second * BURST_SECONDS
        self._at = now

    def take(self, amount: int, now: float) -> None:
        if self.per_second:
            self._fill(now)
            self._level -= amount

    def owe(self, amount: int) -> None:
        """Take without looking at the clock: a client that was quiet gets as much as a burst more."""
        if self.per_second:
            self._level -= amount

    def wait(self, now: float) -> float:
        """How long until there is something in it."""
        if not self.per_second:
            return 0.0
        self._fill(now)
        return 0.0 if self._level > 0 else -self._level / self.per_second + _SHORTEST_WAIT_SECONDS

    def _fill(self, now: float) -> None:
        most = self.per_second * BURST_SECONDS
        level = self._level + (now - self._at) * self.per_second
        self._level = most if level > most else level
        self._at = now

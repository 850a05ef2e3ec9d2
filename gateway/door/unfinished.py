"""
Connections whose request has not come in full.

Whoever opens a thousand connections and says nothing would take all that a process may open. So there are only so many
of them, and the oldest go when one more comes. A connection that has just come is spared: after a stall of the gateway
a thousand honest ones may be taken at once, before the first of them is read.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hazelgate.gateway.door.refusals import Reason, Refusals


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How much a connection may take before its request is there. Each is a setting of the gateway."""

    max_header_bytes: int = 32_768
    max_headers: int = 100
    header_timeout_seconds: float = 10.0
    body_timeout_seconds: float = 30.0
    max_unfinished: int = 512
    max_unfinished_per_address: int = 128


SPARED_SECONDS = 1.0
"""How old a connection is at least that has to go for another."""


class Connection(Protocol):
    """What can be closed."""

    def drop(self) -> None:
        """Close it without a word."""


class Unfinished:
    """Those that wait for the rest of a request, the oldest first."""

    def __init__(
        self, limits: ConnectionLimits, refusals: Refusals, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._refusals = refusals
        self._clock = clock
        self._all: dict[Connection, str] = {}
        self._of_address: dict[str, dict[Connection, float]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def add(self, connection: Connection, address: str) -> None:
        """One more; the oldest go where there are too many, of its address first."""
        if connection in self._all:
            return
        siblings = self._of_address.get(address, {})
        while len(siblings) >= self._limits.max_unfinished_per_address and self._drop(next(iter(siblings)), address):
            pass
        while len(self._all) >= self._limits.max_unfinished:
            oldest = next(iter(self._all))
            if not self._drop(oldest, self._all[oldest]):
                break
        self._all[connection] = address
        self._of_address.setdefault(address, {})[connection] = self._clock()

    def remove(self, connection: Connection) -> None:
        """Its request is there, or it is closed."""
        address = self._all.pop(connection, None)
        if address is None:
            return
        siblings = self._of_address[address]
        del siblings[connection]
        if not siblings:
            del self._of_address[address]

    def _drop(self, connection: Connection, address: str) -> bool:
        """Whether it is old enough to go."""
        if self._clock() - self._of_address[address][connection] < SPARED_SECONDS:
            return False
        self.remove(connection)
        detail = f"{len(self._all) + 1:,} connections wait for a request; the oldest of {address} is closed"
        self._refusals.add(Reason.HALF_OPEN, detail, address)
        connection.drop()
        return True

"""How a member itself is, and whom it sees, in its own words ("PipelineStats" in docs/reference/protocol.md)."""

from __future__ import annotations

import msgspec

_GATEWAY = "gateway"
_CODE = "code="


def gateway_labels(code: str) -> tuple[str, ...]:
    """By these the members know a client as a gateway, and its domain's code."""
    return _GATEWAY, f"{_CODE}{code}"


class ConnectedGateway(msgspec.Struct, frozen=True):
    """A gateway that is connected to a member."""

    name: str
    host: str
    labels: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The fingerprint of its domain's code; empty where it does not say."""
        return next((each.removeprefix(_CODE) for each in self.labels if each.startswith(_CODE)), "")


class SnapshotFigures(msgspec.Struct, frozen=True, rename="camel"):
    """How the taking of snapshots stands."""

    every_seconds: int = 0
    """0: by hand only."""
    taken_at: str | None = None
    """When the last one was begun that is known of."""
    problem: str | None = None
    """Why the last one could not be taken."""


class LostPartitions(msgspec.Struct, frozen=True):
    """Partitions whose every copy is gone, and that no operator has acknowledged."""

    at: str
    partitions: int
    of: int


class Vitals(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One member's own."""

    address: str = ""
    """`host:port`."""
    cluster_size: int = 0
    """How many members it sees, itself among them."""
    expected_members: int = 0
    """How many addresses of members it was started with."""
    clock_micros: int = 0
    """Its clock as it answered; 0 where it has none of its own."""
    heap_used: int = 0
    """Bytes in use after the last collection."""
    heap_max: int = 0
    store: str = "memory"
    """Where it keeps events: memory or PostgreSQL."""
    snapshots: SnapshotFigures | None = None
    """None where none are kept, and on all members but the oldest."""
    lost: LostPartitions | None = None
    gateways: tuple[ConnectedGateway, ...] = ()


class ClockDifference(msgspec.Struct, frozen=True):
    """How far a member's clock is ahead of this machine's, as well as the way there lets one know."""

    seconds: float
    within_seconds: float

    @staticmethod
    def of(vitals: Vitals, asked_at: float, answered_at: float) -> ClockDifference | None:
        """
        From when a member was asked and had answered, by this machine's clock; None where it has no clock of its own.
        """
        if not vitals.clock_micros:
            return None
        middle = (asked_at + answered_at) / 2
        return ClockDifference(vitals.clock_micros / 1e6 - middle, (answered_at - asked_at) / 2)

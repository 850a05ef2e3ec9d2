"""How much of a fault there is: at length for `make chaos`, in short for `make test`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How much of a fault there is."""

    seconds: float
    """How long the load runs before it and after it."""
    times: int
    """How often the projector is killed."""
    pause_seconds: float
    """How long something is stopped."""
    split_seconds: float
    """How long the network is cut: longer than the failure detector takes."""
    flood: int
    """How many events go through the tiny journal."""
    meters: int
    """Among how many meters the poison is."""
    rounds: int
    """How many gateways are killed."""
    letters: int
    """How many dead letters are retried."""
    away_seconds: float
    """How long PostgreSQL is stopped."""
    events_per_second: float
    """About how many the load client submits meanwhile."""
    bookings_per_second: float
    """About how many rivals ask for, at most."""
    resumed: int
    """How many events are written while readers come back with their cursors."""


LONG = Size(
    seconds=8,
    times=20,
    pause_seconds=15,
    split_seconds=30,
    flood=50_000,
    meters=1_000,
    rounds=10,
    letters=300,
    away_seconds=60,
    events_per_second=200,
    bookings_per_second=2_000,
    resumed=100_000,
)
SHORT = Size(
    seconds=1.5,
    times=3,
    pause_seconds=3,
    split_seconds=12,
    flood=1_500,
    meters=60,
    rounds=2,
    letters=20,
    away_seconds=4,
    events_per_second=60,
    bookings_per_second=150,
    resumed=3_000,
)

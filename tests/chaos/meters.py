"""
The domain that is hurt: meters whose readings arrive, in districts that sum them up.

A meter's entry shows the order in which its readings were folded, and a reading holds what its guard saw of the meter.
A district is fed by many meters. Where "toxic" is part of its name, readings can't be folded there, but by the code as
it is once it was repaired (`REPAIRED` in the projector's environment); where "slow" is, each takes a while.
"""

from __future__ import annotations

import os
import time
from typing import Annotated

from msgspec import Meta

from hazelgate import Event, Id, Rejected, View, event, guard, projection, replace

METERS = "meter-view"
DISTRICTS = "district-view"
POISON = "toxic"
REFUSED = 13
"""A reading that the guard refuses."""

REPAIRED = "CHAOS_REPAIRED"
"""The variable that stands for a later version of this module."""
_is_repaired = REPAIRED in os.environ
SLOW = "slow"
SLOWNESS_SECONDS = 0.001


@event("MeterRead", aggregate="Meter", key="meter_id")
class MeterRead(Event):
    """Somebody has read a meter."""

    meter_id: Id
    number: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    """Which of the client's readings of this meter it is."""
    units: Annotated[int, Meta(ge=0, le=1_000_000)]
    district: Id
    seen: int | None = None
    """How many readings the guard found in the meter's entry."""


class Meter(View):
    """What was read, and in which order."""

    meter_id: str
    count: int
    units: int
    trail: int
    """A number that depends on the order of all readings."""


class District(View):
    """The sums over all meters, whatever the order."""

    district: str
    count: int
    units: int


@guard(MeterRead, reads={"meter": Meter.by("meter_id")})
def a_reading_knows_how_many_came_before(event: MeterRead, meter: Meter | None) -> MeterRead:
    if event.units == REFUSED:
        raise Rejected("units", "is not wanted")
    return replace(event, seen=0 if meter is None else meter.count)


meters = projection(METERS, Meter, key="meter_id")
districts = projection(DISTRICTS, District, key="district")


@meters.on(MeterRead, key="meter_id")
def read(meter: Meter | None, event: MeterRead) -> Meter:
    before = Meter(meter_id=event.meter_id, count=0, units=0, trail=0) if meter is None else meter
    return replace(
        before,
        count=before.count + 1,
        units=before.units + event.units,
        trail=(before.trail * 31 + event.number + 1) % 2_147_483_647,
    )


@districts.on(MeterRead, key="district")
def summed_up(district: District | None, event: MeterRead) -> District:
    if POISON in event.district and not _is_repaired:
        raise ValueError("this district can't be summed up")
    if SLOW in event.district:
        time.sleep(SLOWNESS_SECONDS)
    before = District(district=event.district, count=0, units=0) if district is None else district
    return replace(before, count=before.count + 1, units=before.units + event.units)

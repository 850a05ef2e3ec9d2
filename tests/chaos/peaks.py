"""
What the next version of the meters' code has in addition: the largest reading of each meter.

A projector that is given both modules runs other code than one that has the meters alone, and reads the same events.
"""

from __future__ import annotations

from hazelgate import View, projection
from tests.chaos.meters import MeterRead

PEAKS = "peak-view"


class Peak(View):
    """The most that was read at once."""

    meter_id: str
    units: int


peaks = projection(PEAKS, Peak, key="meter_id")


@peaks.on(MeterRead, key="meter_id")
def higher(peak: Peak | None, event: MeterRead) -> Peak:
    before = 0 if peak is None else peak.units
    return Peak(meter_id=event.meter_id, units=max(before, event.units))

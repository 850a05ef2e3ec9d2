"""A domain of big events, for tests of what is bounded by bytes."""

from __future__ import annotations

from hazelgate import By, Event, Id, View, event, projection, replace

PARCELS = "parcel-view"


@event("ParcelSent", aggregate="Parcel", key="parcel_id")
class ParcelSent(Event):
    """Something is on its way."""

    parcel_id: Id
    contents: str


class Parcel(View):
    """What is known of a parcel."""

    parcel_id: str
    sent: int


parcels = projection(PARCELS, Parcel, key="parcel_id", indexes={"id": By("parcel_id")})


@parcels.on(ParcelSent, key="parcel_id")
def sent(parcel: Parcel | None, event: ParcelSent) -> Parcel:
    before = Parcel(parcel_id=event.parcel_id, sent=0) if parcel is None else parcel
    return replace(before, sent=before.sent + 1)

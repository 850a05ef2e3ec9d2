"""Records of one aggregate by their sequences."""

import msgspec

from hazelgate.resolvers.requests import RequestReads
from hazelgate.sourcing.envelope import EVENT_STORE, EventRecord
from hazelgate.sourcing.ids import store_key

_decode = msgspec.json.Decoder(EventRecord).decode


async def read_records(
    reads: RequestReads, aggregate_type: str, aggregate_id: str, sequences: range
) -> list[EventRecord]:
    """The records of these sequences, in order. Those that the store does not have are left out."""
    keys = [store_key(aggregate_type, sequence, aggregate_id) for sequence in sequences]
    return [_decode(raw) for raw in await reads.load_many(EVENT_STORE, keys) if raw is not None]

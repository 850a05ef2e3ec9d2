"""
What operators decided about dead letters, as whoever folds stored events again has to keep it.

The engine loads the decisions about the events of a batch with its first round: there are none in almost every batch.
"""

from __future__ import annotations

import msgspec

from hazelgate.projector.core.entries import Loaded
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import DEAD_LETTER_DECISIONS, UNREADABLE, Decision, DecisionAction, EventRecord
from hazelgate.sourcing.ids import dead_letter_id

_decode_decision = msgspec.json.Decoder(Decision).decode


class Decisions:
    """The decisions that were loaded for a batch. False where there are none."""

    __slots__ = ("_by_id", "_catalog")

    def __init__(self, catalog: Catalog, loaded: Loaded) -> None:
        self._catalog = catalog
        self._by_id = {
            key: _decode_decision(raw) for key, raw in loaded.get(DEAD_LETTER_DECISIONS, {}).items() if raw is not None
        }

    def __bool__(self) -> bool:
        return bool(self._by_id)

    def about(self, record: EventRecord, projection: str = UNREADABLE, entry_key: str = "") -> Decision | None:
        """What was decided about an event and an entry; by default about an event that could not even be read."""
        return self._by_id.get(dead_letter_id(record.event_id, projection, entry_key)) if self._by_id else None

    def event(self, record: EventRecord, decision: Decision | None) -> Event | None:
        """
        The event as it counts: as it is stored, with other data, or None where it is left out.

        Raises:
            BaseException: Whatever an upcast raises.
        """
        if decision is None:
            return self._catalog.decode(record.event_type, record.event_version, record.data)
        if decision.action is DecisionAction.DISCARDED or not decision.data:
            return None
        return self._catalog.decode(record.event_type, decision.event_version, decision.data)

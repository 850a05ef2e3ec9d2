"""A letter of an event is resolved while its batch has another view still to write."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from hazelgate import Catalog
from hazelgate.client.resolutions import Resolution, ResolveOrder
from hazelgate.client.submitting.submissions import Sealer, SubmitOptions
from hazelgate.projector.process import Processor
from hazelgate.sourcing import clock
from hazelgate.sourcing.envelope import COMPLETED_EVENTS, DEAD_LETTER_EVENTS
from hazelgate.sourcing.ids import pending_key
from hazelgate.testing.memory import MemoryEngine
from hazelgate.testing.memory.engine import Maps, take_all
from tests.support.ledger import ACCOUNTS, MOODY, SOON_PASSES, AccountOpened, MoneyPaidIn

CATALOG = Catalog.load("tests.support.ledger")
OWNER = f"{MOODY}late"


class Members:
    """Two members over the same maps, and what was answered."""

    def __init__(self) -> None:
        self.maps: Maps = {}
        self.answers: dict[str, list[str]] = defaultdict(list)
        processor = Processor(CATALOG)
        self.one, self.other = (
            MemoryEngine(
                processor.process, self._hear, resolve=processor.resolve, settle=processor.settle, maps=self.maps
            )
            for _ in range(2)
        )

    def _hear(self, topic: str, message: bytes) -> None:
        if topic.startswith("completions."):
            for completion in msgspec.json.decode(message):
                self.answers[completion["eventId"]].append(completion["status"])

    def put(self, engine: MemoryEngine, event_id: str, event: AccountOpened | MoneyPaidIn) -> None:
        options = SubmitOptions(event_id=event_id)
        encoded = Sealer(CATALOG, source="test", reply_to="gateway").seal(event, options, clock.now())[1]
        engine.put(pending_key(event_id, event.account_id), encoded)

    def resolve(self, action: str) -> Resolution:
        [letter] = self.maps[DEAD_LETTER_EVENTS]
        return take_all(self.other.dead_letters.resolve(ResolveOrder(dead_letter_id=letter, action=action)))

    def balance(self) -> Any:
        return msgspec.json.decode(self.maps[ACCOUNTS]["a"])["balance"]


def test_an_event_is_not_final_before_its_other_view_is_written() -> None:
    members = Members()
    for account in "ab":
        members.put(members.one, f"open-{account}", AccountOpened(account_id=account, owner=OWNER))
    take_all(members.one.run_batch())

    members.put(members.one, "late", MoneyPaidIn(account_id="a", amount=SOON_PASSES))
    batch = members.one.run_batch()
    assert any(step == f"write {ACCOUNTS} a" for step in batch)
    members.put(members.other, "first", MoneyPaidIn(account_id="b", amount=1))
    take_all(members.other.run_batch())

    for action in ("AGAIN", "RETRY"):
        assert members.resolve(action).outcome == "BUSY"
    assert "late" not in members.maps[COMPLETED_EVENTS]
    assert "late" not in members.answers
    assert members.balance() == 0

    take_all(batch)
    assert members.balance() == SOON_PASSES
    assert members.resolve("AGAIN").outcome == "RESOLVED"
    assert not members.maps[DEAD_LETTER_EVENTS]
    assert msgspec.json.decode(members.maps[COMPLETED_EVENTS]["late"])["status"] == "SUCCESS"
    assert members.answers["late"] == ["SUCCESS"]

"""
Everything that can go wrong between any two steps, in any order: a state machine for Hypothesis.

Three engines in memory play three members over the same maps. They take their batches step by step, and between any two
steps a member may crash, lanes may move, the journal may lose what it had, a submission may come again. After each run
`check_log` folds the stored events by itself, in as few words as possible, and compares.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sourcing import Catalog, clock
from sourcing.cluster import EVENT_STREAM, Admission
from sourcing.envelope import (
    AGGREGATE_HEADS,
    COMPLETED_EVENTS,
    DEAD_LETTER_EVENTS,
    EVENT_IDS,
    EVENT_STORE,
    PENDING_EVENTS,
)
from sourcing.events import Event
from sourcing.ids import pending_key
from sourcing.memory import MemoryEngine
from sourcing.memory.engine import Maps, Steps, lane_of
from sourcing.projector.process import Processor
from sourcing.submissions import Sealer, SubmitOptions
from tests.support.ledger import ACCOUNTS, OWNERS, POISON, AccountOpened, MoneyPaidIn

CATALOG = Catalog.load("tests.support.ledger")
MEMBERS = 3
ACCOUNT_IDS = ("a-1", "a-2", "a-3", "a-5")
PEOPLE = ("ann", "bob", POISON)
Json = dict[str, Any]
MakeEngine = Callable[..., MemoryEngine]


@dataclass
class Log:
    """What the outside has seen."""

    maps: Maps
    acknowledged: set[str] = field(default_factory=set)
    answers: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))
    """By submission."""
    streamed: list[Json] = field(default_factory=list)
    in_order: bool = True
    """A journal that has lost an event which a crash had left stored lets a later one be published before it."""

    def hear(self, topic: str, message: bytes) -> None:
        """A message of the cluster: what it says has to be true by now."""
        if topic == EVENT_STREAM:
            for record in msgspec.json.decode(message):
                key = f"Account:{record['sequence']}@{record['aggregateId']}"
                assert key in self.maps.get(EVENT_STORE, {}), f"{key} is published and not stored"
                self.streamed.append(record)
        elif topic.startswith("completions."):
            for completion in msgspec.json.decode(message):
                self.answers[completion["submissionId"]].append(completion)
                if completion["status"] not in ("REJECTED",):
                    self._check_promise(completion)

    def _check_promise(self, completion: Json) -> None:
        event_id, status = completion["eventId"], completion["status"]
        record = self.stored().get(event_id)
        assert record is not None, f"{event_id} is answered with {status} and not stored"
        self.acknowledged.add(event_id)
        if status == "SUCCESS":
            raw = self.maps.get(ACCOUNTS, {}).get(record["aggregateId"])
            assert raw is not None, f"{event_id} is answered with SUCCESS and its account is not there"
            mark = msgspec.json.decode(raw)["_meta"]["applied"][str(record["lane"])]
            assert mark >= record["position"], f"{event_id} is answered with SUCCESS and not in its view"

    def stored(self) -> dict[str, Json]:
        """The stored records by their events' ids."""
        records = [msgspec.json.decode(raw) for raw in self.maps.get(EVENT_STORE, {}).values()]
        by_id = {record["eventId"]: record for record in records}
        assert len(by_id) == len(records), "an event is stored twice"
        return by_id


class CrashMachine(RuleBasedStateMachine):
    """The machine. `make_engine` and `process` may be replaced by ones with a fault, to see that it is found."""

    make_engine: MakeEngine = MemoryEngine
    process: Callable[[bytes], bytes] = staticmethod(Processor(CATALOG).process)

    def __init__(self) -> None:
        super().__init__()
        self.maps: Maps = {}
        self.log = Log(self.maps)
        self.shift = 0
        self.engines = [
            type(self).make_engine(
                type(self).process,
                self.log.hear,
                maps=self.maps,
                takes=lambda lane, member=member: self.member_of(lane) == member,
                max_batch=3,
            )
            for member in range(MEMBERS)
        ]
        self.running: dict[int, Steps[list[bytes]]] = {}
        self.sealer = Sealer(CATALOG, source="machine", reply_to="gateway")
        self.sent: list[tuple[str, Event]] = []
        self.submissions: dict[str, tuple[str, Event, int | None]] = {}
        self.expired: set[str] = set()

    def member_of(self, lane: int) -> int:
        """Whose lane it is just now."""
        return (zlib.crc32(b"%d" % lane) + self.shift) % MEMBERS

    # ------------------------------------------------------------ what clients do

    @initialize()
    def accounts_are_opened(self) -> None:
        for account_id, owner in zip(ACCOUNT_IDS, ("ann", "ann", "bob", POISON), strict=True):
            self.submit(f"open-{account_id}", AccountOpened(account_id=account_id, owner=owner))

    @rule(account_id=st.sampled_from(ACCOUNT_IDS), amount=st.sampled_from((1, 2, 4, 666)))
    def somebody_pays(self, account_id: str, amount: int) -> None:
        self.submit(f"e-{len(self.sent)}", MoneyPaidIn(account_id=account_id, amount=amount))

    @rule(account_id=st.sampled_from(ACCOUNT_IDS), expected=st.integers(0, 6), writers=st.integers(1, 3))
    def several_expect_the_same(self, account_id: str, expected: int, writers: int) -> None:
        for _ in range(writers):
            self.submit(f"e-{len(self.sent)}", MoneyPaidIn(account_id=account_id, amount=8), expected)

    @rule(data=st.data(), same=st.booleans())
    def an_id_comes_again(self, data: st.DataObject, same: bool) -> None:
        event_id, event = data.draw(st.sampled_from(self.sent))
        if not same and isinstance(event, MoneyPaidIn):
            event = MoneyPaidIn(account_id=event.account_id, amount=event.amount + 100)
        self.submit(event_id, event)

    def submit(self, event_id: str, event: Event, expected: int | None = None) -> None:
        envelope, encoded = self.sealer.seal(
            event, SubmitOptions(event_id=event_id, expected_sequence=expected), clock.now()
        )
        key = pending_key(event_id, envelope.aggregate_id)
        before = self.maps.get(PENDING_EVENTS, {}).get(key)
        [admission] = self.engines[self.member_of(lane_of(key))].submit([(key, encoded)])
        if admission is Admission.CONFLICT:
            assert before is not None
            assert msgspec.json.decode(before)["data"] != msgspec.json.decode(encoded)["data"]
            assert self.maps[PENDING_EVENTS][key] == before, "what is pending was overwritten"
            return
        assert admission is Admission.TAKEN
        self.sent.append((event_id, event))
        self.submissions[envelope.submission_id] = (event_id, event, expected)

    # ------------------------------------------------------------ what the cluster does

    @rule(member=st.integers(0, MEMBERS - 1), steps=st.integers(1, 25))
    def a_member_goes_on(self, member: int, steps: int) -> None:
        for _ in range(steps):
            if member not in self.running:
                if self.engines[member].idle:
                    return
                self.running[member] = self.engines[member].run_batch()
            try:
                next(self.running[member])
            except StopIteration:
                del self.running[member]

    @rule(member=st.integers(0, MEMBERS - 1))
    def a_member_crashes(self, member: int) -> None:
        if (steps := self.running.pop(member, None)) is not None:
            steps.close()
        self.engines[member].restart()

    @rule(shift=st.integers(1, MEMBERS - 1))
    def lanes_move(self, shift: int) -> None:
        """A member joins or leaves: the job starts anew on all of them, with other lanes."""
        self.shift += shift
        for member in range(MEMBERS):
            self.a_member_crashes(member)

    @precondition(lambda self: any(not engine.idle for engine in self.engines))
    @rule(member=st.integers(0, MEMBERS - 1))
    def the_journal_forgets(self, member: int) -> None:
        self.log.in_order = False
        self.engines[member].lose_journal()

    @rule(member=st.integers(0, MEMBERS - 1))
    def the_reconciler_looks(self, member: int) -> None:
        if member not in self.running:
            self.engines[member].restart()

    @rule()
    def what_is_remembered_expires(self) -> None:
        """An hour later: completions, and the refusals that are remembered by id."""
        pending = {key.partition("@")[0] for key in self.maps.get(PENDING_EVENTS, {})}
        for event_id in [each for each in self.maps.get(COMPLETED_EVENTS, {}) if each not in pending]:
            del self.maps[COMPLETED_EVENTS][event_id]
            self.expired.add(event_id)
        ids = self.maps.get(EVENT_IDS, {})
        for event_id in [each for each, raw in ids.items() if b'"completion":' in raw and each not in pending]:
            del ids[event_id]

    # ------------------------------------------------------------ what has to be true in the end

    def teardown(self) -> None:
        """Everything comes to an end, and nothing crashes any more."""
        for _ in range(3):
            for member in range(MEMBERS):
                for _ in self.running.pop(member, ()):
                    pass
                self.engines[member].restart()
                while not self.engines[member].idle:
                    for _ in self.engines[member].run_batch():
                        pass
        assert not self.maps.get(PENDING_EVENTS), "something stays pending"
        check_log(self.log)
        self.check_answers()

    def check_answers(self) -> None:
        """I4, and what was promised about expected sequences and ids."""
        stored = self.log.stored()
        completions = {event_id: msgspec.json.decode(raw) for event_id, raw in self.maps[COMPLETED_EVENTS].items()}
        for submission_id, (event_id, event, expected) in self.submissions.items():
            completion = completions.get(event_id)
            assert completion is not None or event_id in self.expired, f"{event_id} has no completion"
            if completion is not None:
                assert (completion["status"] != "REJECTED") == (event_id in stored), completion
            for answer in self.log.answers[submission_id]:
                code = answer.get("error", {}).get("code")
                if answer["status"] == "SUCCESS" and isinstance(event, MoneyPaidIn):
                    assert stored[event_id]["data"]["amount"] == event.amount, "an id's other payload was acknowledged"
                if code == "SEQUENCE_CONFLICT":
                    assert answer["error"]["expectedSequence"] != answer["error"]["actualSequence"]
                if event_id in stored and expected is not None and self._only(event_id):
                    assert stored[event_id]["sequence"] == expected + 1, "two writers won"

    def _only(self, event_id: str) -> bool:
        return sum(sent == event_id for sent, _ in self.sent) == 1


def check_log(log: Log) -> None:
    """I1, I2, I3, I5 and I6, from the maps alone."""
    stored = log.stored()
    assert log.acknowledged <= set(stored), "an acknowledged event is not in the store"
    histories: dict[str, list[Json]] = defaultdict(list)
    for record in sorted(stored.values(), key=lambda each: each["sequence"]):
        histories[record["aggregateId"]].append(record)
    heads = {key: msgspec.json.decode(raw)["_meta"]["version"] for key, raw in log.maps[AGGREGATE_HEADS].items()}
    accounts, owners, versions, waiting = {}, Counter[str](), Counter[str](), []
    for account_id, records in histories.items():
        assert [each["sequence"] for each in records] == list(range(1, len(records) + 1)), "a gap in a history"
        assert [each["position"] for each in records] == sorted(each["position"] for each in records)
        assert heads[f"Account@{account_id}"] == len(records)
        paid = [each for each in records if each["eventType"] == "MoneyPaidIn"]
        owner = records[0]["data"]["owner"]
        balance = sum(each["data"]["amount"] for each in paid)
        last = records[-1]["eventId"]
        accounts[account_id] = (owner, balance, len(paid), len(records), last)
        if owner == POISON:
            waiting += [f"Account:{each['sequence']}@{account_id}" for each in paid]
        elif paid:
            owners[owner] += balance
            versions[owner] += len(paid)
    shown = {key: msgspec.json.decode(raw) for key, raw in log.maps.get(ACCOUNTS, {}).items()}
    assert accounts == {
        key: (each["owner"], each["balance"], each["payments"], each["_meta"]["version"], each["_meta"]["causedBy"])
        for key, each in shown.items()
    }, "a view of one aggregate is not the fold of its events"
    people = {key: msgspec.json.decode(raw) for key, raw in log.maps.get(OWNERS, {}).items() if key != POISON}
    assert owners == {key: each["total"] for key, each in people.items()}, "a view of several is not the fold"
    assert versions == {key: each["_meta"]["version"] for key, each in people.items()}
    letters = [msgspec.json.decode(raw) for raw in log.maps.get(DEAD_LETTER_EVENTS, {}).values()]
    held = [key for each in letters for key in (each["eventKey"], *(one["key"] for one in each["waiting"]))]
    assert sorted(held) == sorted(waiting), "a dead letter has too little, or too much"
    first_seen: dict[str, list[int]] = defaultdict(list)
    for record in log.streamed:
        if record["sequence"] not in first_seen[record["aggregateId"]]:
            first_seen[record["aggregateId"]].append(record["sequence"])
    seen = {key: each if log.in_order else sorted(each) for key, each in first_seen.items()}
    assert seen == {key: [each["sequence"] for each in records] for key, records in histories.items()}, (
        "subscribers see events in another order, or not at all"
    )

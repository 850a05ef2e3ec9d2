"""
Everything that can go wrong between any two steps, in any order: a state machine for Hypothesis.

Three engines in memory play three members over the same maps. They take their batches step by step, and between any two
steps a member may crash, lanes may move, the journal may lose what it had, a submission may come again. Dead letters
are resolved step by step, too: by operators, and by the members' watch over what may pass. After each run `check_log`
folds the stored events by itself, in as few words as possible, and compares.
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

from hazelgate import Catalog
from hazelgate.client.cluster import EVENT_STREAM, Admission
from hazelgate.client.resolutions import Resolution, ResolveOrder
from hazelgate.client.submitting.submissions import Sealer, SubmitOptions
from hazelgate.projector.process import Processor
from hazelgate.sourcing import clock
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import (
    AGGREGATE_HEADS,
    COMPLETED_EVENTS,
    DEAD_LETTER_DECISIONS,
    DEAD_LETTER_EVENTS,
    EVENT_IDS,
    EVENT_STORE,
    PENDING_EVENTS,
)
from hazelgate.sourcing.ids import pending_event_id, pending_key
from hazelgate.sourcing.repetition import is_pending_again
from hazelgate.testing.memory import MemoryEngine
from hazelgate.testing.memory.engine import Maps, Steps, lane_of, take_all
from tests.support.ledger import ACCOUNTS, ALWAYS_FAILS, MOODY, OWNERS, POISON, SOON_PASSES, AccountOpened, MoneyPaidIn

CATALOG = Catalog.load("tests.support.ledger")
MEMBERS = 3
GRUMPY = f"{MOODY}grumpy"
OWNER_OF = {
    "a-1": "ann",
    "a-706": "ann",
    "a-2": "ann",
    "a-3": "bob",
    "a-5": POISON,
    "a-6": GRUMPY,
    "a-69": GRUMPY,
    "a-7": GRUMPY,
}
"""a-1 and a-706 are in one lane, as are a-6 and a-69."""
EDITED_AMOUNT = 3
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
    """The machine. `make_engine`, `process`, `resolve` may be replaced by ones with a fault, to see it found."""

    make_engine: MakeEngine = MemoryEngine
    processor = Processor(CATALOG)
    process: Callable[[bytes], bytes] = staticmethod(processor.process)
    resolve: Callable[[bytes], bytes] = staticmethod(processor.resolve)

    def __init__(self) -> None:
        super().__init__()
        self.maps: Maps = {}
        self.log = Log(self.maps)
        self.shift = 0
        self.engines = [
            type(self).make_engine(
                type(self).process,
                self.log.hear,
                resolve=type(self).resolve,
                settle=self.processor.settle,
                maps=self.maps,
                takes=lambda lane, member=member: self.member_of(lane) == member,
                max_batch=3,
            )
            for member in range(MEMBERS)
        ]
        self.running: dict[int, Steps[list[bytes]]] = {}
        self.resolving: dict[int, tuple[str, Steps[Resolution]]] = {}
        """By member the letter that it resolves: no two of them the same at a time."""
        self.sealer = Sealer(CATALOG, source="machine", reply_to="gateway")
        self.sent: list[tuple[str, Event]] = []
        self.submissions: dict[str, tuple[str, Event, int | None]] = {}
        self.expired: set[str] = set()

    def member_of(self, lane: int) -> int:
        """Whose lane it is just now."""
        return (zlib.crc32(b"%d" % lane) + self.shift) % MEMBERS

    # ------------------------------------------------------------ what clients do

    @initialize(through=st.booleans())
    def accounts_are_opened(self, through: bool) -> None:
        """If `through`, all are open before anything else happens: members meet in an owner's entry sooner."""
        for account_id, owner in OWNER_OF.items():
            self.submit(f"open-{account_id}", AccountOpened(account_id=account_id, owner=owner))
        for engine in self.engines if through else ():
            while not engine.idle:
                take_all(engine.run_batch())

    @rule(account_id=st.sampled_from([*OWNER_OF]), amount=st.sampled_from((1, 2, 4, 666, ALWAYS_FAILS, SOON_PASSES)))
    def somebody_pays(self, account_id: str, amount: int) -> None:
        self.submit(f"e-{len(self.sent)}", MoneyPaidIn(account_id=account_id, amount=amount))

    @rule(account_id=st.sampled_from([*OWNER_OF]), expected=st.integers(0, 6), writers=st.integers(1, 3))
    def several_expect_the_same(self, account_id: str, expected: int, writers: int) -> None:
        for _ in range(writers):
            self.submit(f"e-{len(self.sent)}", MoneyPaidIn(account_id=account_id, amount=8), expected)

    @rule(data=st.data(), same=st.booleans())
    def an_id_comes_again(self, data: st.DataObject, same: bool) -> None:
        event_id, event = data.draw(st.sampled_from(self.sent))
        if not same and isinstance(event, MoneyPaidIn):
            event = MoneyPaidIn(account_id=event.account_id, amount=event.amount + 100)
        self.submit(event_id, event)

    @rule(data=st.data())
    def other_code_makes_the_same_event(self, data: st.DataObject) -> None:
        """A gateway of another version has got the same command once more."""
        event_id, event = data.draw(st.sampled_from(self.sent))
        self.submit(event_id, event, by_old_code=True)

    def submit(self, event_id: str, event: Event, expected: int | None = None, *, by_old_code: bool = False) -> None:
        envelope, encoded = self.sealer.seal(
            event, SubmitOptions(event_id=event_id, expected_sequence=expected), clock.now()
        )
        if by_old_code and isinstance(event, MoneyPaidIn):
            data = msgspec.Raw(b'{"accountId":"%b","sum":%d}' % (event.account_id.encode(), event.amount))
            envelope = msgspec.structs.replace(envelope, event_version=1, data=data)
            encoded = msgspec.json.encode(envelope)
        key = pending_key(event_id, envelope.aggregate_id)
        before = self.maps.get(PENDING_EVENTS, {}).get(key)
        [admission] = self.engines[self.member_of(lane_of(key))].submit([(key, encoded)])
        if admission is Admission.CONFLICT:
            assert before is not None
            assert msgspec.json.decode(before)["data"] != msgspec.json.decode(encoded)["data"]
            assert self.maps[PENDING_EVENTS][key] == before, "what is pending was overwritten"
            if not is_pending_again(CATALOG, before, envelope):
                return
            key = pending_key(event_id, envelope.aggregate_id, envelope.submission_id)
            [admission] = self.engines[self.member_of(lane_of(key))].submit([(key, encoded)])
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
        if (resolving := self.resolving.pop(member, None)) is not None:
            resolving[1].close()
        self.engines[member].restart()

    @precondition(lambda self: self.maps.get(DEAD_LETTER_EVENTS))
    @rule(member=st.integers(0, MEMBERS - 1), data=st.data(), action=st.sampled_from(("RETRY", "EDIT", "DISCARD")))
    def a_letter_is_to_be_resolved(self, member: int, data: st.DataObject, action: str) -> None:
        """By an operator; one that may pass by the member's watch."""
        others = {letter_id for letter_id, _ in self.resolving.values()}
        free = sorted(self.maps[DEAD_LETTER_EVENTS].keys() - others)
        if member not in self.resolving and free:
            letter_id = data.draw(st.sampled_from(free))
            letter = msgspec.json.decode(self.maps[DEAD_LETTER_EVENTS][letter_id])
            order = order_of(letter, "AGAIN" if "retryAt" in letter["_meta"]["keys"] else action)
            self.resolving[member] = (letter_id, self.engines[member].dead_letters.resolve(order))

    @rule(member=st.integers(0, MEMBERS - 1), steps=st.integers(1, 12))
    def a_resolving_goes_on(self, member: int, steps: int) -> None:
        for _ in range(steps):
            if member not in self.resolving:
                return
            try:
                next(self.resolving[member][1])
            except StopIteration:
                del self.resolving[member]

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
        pending = {pending_event_id(key) for key in self.maps.get(PENDING_EVENTS, {})}
        for event_id in [each for each in self.maps.get(COMPLETED_EVENTS, {}) if each not in pending]:
            del self.maps[COMPLETED_EVENTS][event_id]
            self.expired.add(event_id)
        ids = self.maps.get(EVENT_IDS, {})
        for event_id in [each for each, raw in ids.items() if b'"completion":' in raw and each not in pending]:
            del ids[event_id]

    # ------------------------------------------------------------ what has to be true in the end

    def teardown(self) -> None:
        """Everything comes to an end, and nothing crashes any more: batches, what may pass, and then all letters."""
        for member in range(MEMBERS):
            _, steps = self.resolving.pop(member, ("", None))
            for _ in steps or ():
                pass
        for _ in range(3):
            for member in range(MEMBERS):
                for _ in self.running.pop(member, ()):
                    pass
                self.engines[member].restart()
                while not self.engines[member].idle:
                    take_all(self.engines[member].run_batch())
        self.resolve_all("AGAIN", lambda letter: "retryAt" in letter["_meta"]["keys"])
        assert not self.maps.get(PENDING_EVENTS), "something stays pending"
        check_log(self.log)
        self.check_answers()
        self.resolve_all("DISCARD", lambda letter: True)
        check_log(self.log)
        entries = [msgspec.json.decode(raw) for raw in self.maps.get(OWNERS, {}).values()]
        assert not any("blocked" in entry["_meta"] for entry in entries), "a letter is gone, and blocks still"

    def resolve_all(self, action: str, wanted: Callable[[Json], bool]) -> None:
        """Until there is no such letter any more."""
        letters = self.maps.get(DEAD_LETTER_EVENTS, {})
        for _ in range(1_000):
            found = [letter for letter in map(msgspec.json.decode, letters.values()) if wanted(letter)]
            if not found:
                return
            for letter in found:
                take_all(self.engines[0].dead_letters.resolve(order_of(letter, action)))
        raise AssertionError(f"{len(letters)} letters stay")

    def check_answers(self) -> None:
        """I4, and what was promised about expected sequences and ids."""
        stored = self.log.stored()
        held = {stored_id for stored_id, record in stored.items() if key_of(record) in held_by(letters_of(self.maps))}
        completions = {event_id: msgspec.json.decode(raw) for event_id, raw in self.maps[COMPLETED_EVENTS].items()}
        for submission_id, (event_id, event, expected) in self.submissions.items():
            completion = completions.get(event_id)
            assert completion is not None or event_id in self.expired, f"{event_id} has no completion"
            if completion is not None:
                assert (completion["status"] != "REJECTED") == (event_id in stored), completion
                if event_id not in self.expired:
                    assert (completion["status"] == "DEAD_LETTERED") == (event_id in held), completion
            for answer in self.log.answers[submission_id]:
                code = answer.get("error", {}).get("code")
                if answer["status"] == "SUCCESS" and isinstance(event, MoneyPaidIn):
                    assert stored[event_id]["data"]["amount"] == event.amount, "an id's other payload was acknowledged"
                if code == "EVENT_ID_CONFLICT" and event_id in stored:
                    assert not isinstance(event, MoneyPaidIn) or event.amount != stored[event_id]["data"]["amount"], (
                        "an event that came again was taken for another"
                    )
                if code == "SEQUENCE_CONFLICT":
                    assert answer["error"]["expectedSequence"] != answer["error"]["actualSequence"]
                if event_id in stored and expected is not None and self._only(event_id):
                    assert stored[event_id]["sequence"] == expected + 1, "two writers won"

    def _only(self, event_id: str) -> bool:
        return sum(sent == event_id for sent, _ in self.sent) == 1


def order_of(letter: Json, action: str) -> ResolveOrder:
    """What somebody wants to become of a letter."""
    account_id = letter["eventKey"].partition("@")[2]
    data = {"accountId": account_id, "owner": letter["entryKey"], "amount": EDITED_AMOUNT}
    raw = msgspec.Raw(msgspec.json.encode(data)) if action == "EDIT" else None
    return ResolveOrder(dead_letter_id=letter["id"], action=action, data=raw, reason="why")


def letters_of(maps: Maps) -> list[Json]:
    """The dead letters that are left."""
    return [msgspec.json.decode(raw) for raw in maps.get(DEAD_LETTER_EVENTS, {}).values()]


def held_by(letters: list[Json]) -> list[str]:
    """The store keys of all that is in them."""
    return [key for each in letters for key in (each["eventKey"], *(one["key"] for one in each["waiting"]))]


def key_of(record: Json) -> str:
    """Where a record is in the store."""
    return f"Account:{record['sequence']}@{record['aggregateId']}"


def check_log(log: Log) -> None:
    """I1, I2, I3, I5 and I6, from the maps alone."""
    stored = log.stored()
    assert log.acknowledged <= set(stored), "an acknowledged event is not in the store"
    histories: dict[str, list[Json]] = defaultdict(list)
    for record in sorted(stored.values(), key=lambda each: each["sequence"]):
        histories[record["aggregateId"]].append(record)
    heads = {key: msgspec.json.decode(raw)["_meta"]["version"] for key, raw in log.maps[AGGREGATE_HEADS].items()}
    decisions = {
        each["eventId"]: each["action"]
        for each in map(msgspec.json.decode, log.maps.get(DEAD_LETTER_DECISIONS, {}).values())
    }
    held = held_by(letters_of(log.maps))
    accounts, owners, versions = {}, Counter[str](), Counter[str]()
    for account_id, records in histories.items():
        assert [each["sequence"] for each in records] == list(range(1, len(records) + 1)), "a gap in a history"
        assert [each["position"] for each in records] == sorted(each["position"] for each in records)
        assert heads[f"Account@{account_id}"] == len(records)
        paid = [each for each in records if each["eventType"] == "MoneyPaidIn"]
        owner = records[0]["data"]["owner"]
        balance = sum(each["data"]["amount"] for each in paid)
        last = records[-1]["eventId"]
        accounts[account_id] = (owner, balance, len(paid), len(records), last)
        behind = False
        for each in paid:
            amount = EDITED_AMOUNT if decisions.get(each["eventId"]) == "EDITED" else each["data"]["amount"]
            if key_of(each) in held:
                behind = True
            elif decisions.get(each["eventId"]) != "DISCARDED":
                assert not behind, "an event has passed one that waits"
                assert owner != POISON, "a poisoned event was folded"
                assert owner != GRUMPY or amount != ALWAYS_FAILS, "an event was folded that can't be"
                owners[owner] += amount
                versions[owner] += 1
    shown = {key: msgspec.json.decode(raw) for key, raw in log.maps.get(ACCOUNTS, {}).items()}
    assert accounts == {
        key: (each["owner"], each["balance"], each["payments"], each["_meta"]["version"], each["_meta"]["causedBy"])
        for key, each in shown.items()
    }, "a view of one aggregate is not the fold of its events"
    people = {key: msgspec.json.decode(raw) for key, raw in log.maps.get(OWNERS, {}).items()}
    shown_people = {key: each["total"] for key, each in people.items() if "total" in each}
    assert owners == shown_people, "a view of several is not the fold"
    for key, each in people.items():
        # Where letters were resolved, each event that waited has counted, too.
        assert key in (POISON, GRUMPY) or versions[key] == each["_meta"]["version"]
    stored_keys = {key_of(record) for record in stored.values()}
    assert len(held) == len(set(held)), "an event waits twice"
    assert set(held) <= stored_keys, "what waits is not stored"
    first_seen: dict[str, list[int]] = defaultdict(list)
    for record in log.streamed:
        if record["sequence"] not in first_seen[record["aggregateId"]]:
            first_seen[record["aggregateId"]].append(record["sequence"])
    seen = {key: each if log.in_order else sorted(each) for key, each in first_seen.items()}
    assert seen == {key: [each["sequence"] for each in records] for key, records in histories.items()}, (
        "subscribers see events in another order, or not at all"
    )

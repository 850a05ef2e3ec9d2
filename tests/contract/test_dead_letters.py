"""What becomes of dead letters: retries by themselves, and what operators decide; real and fake alike."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from hazelgate import Completion, CompletionStatus
from hazelgate.client.cluster import Cluster
from hazelgate.client.operators.dead_letters import DeadLetters
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.sourcing.envelope import DEAD_LETTER_DECISIONS, DeadLetter, WaitFor
from hazelgate.sourcing.errors import DeadLetterEditInvalid, DeadLetterUnknown, EventDeadLettered, EventTimedOut
from hazelgate.sourcing.ids import new_id
from tests.contract.test_pipeline import read, read_present
from tests.support.ledger import (
    ALWAYS_FAILS,
    FAILS_AT_FIRST,
    MOODY,
    NEVER_PASSES,
    OWNERS,
    SOON_PASSES,
    AccountOpened,
    MoneyPaidIn,
    mend,
)
from tests.support.until import eventually


class Purse:
    """A moody owner with an account, and what is paid into it."""

    def __init__(self, cluster: Cluster, handler: EventHandler) -> None:
        self.cluster = cluster
        self.handler = handler
        self.letters = DeadLetters(cluster)
        self.owner = f"{MOODY}{new_id()}"
        self.account = new_id()

    async def open(self) -> Purse:
        await self.handler.handle_event(AccountOpened(account_id=self.account, owner=self.owner))
        return self

    async def another(self) -> Purse:
        """Another account of the same owner: another aggregate that feeds the same entry."""
        other = Purse(self.cluster, self.handler)
        other.owner = self.owner
        return await other.open()

    def pay(self, amount: int, event_id: str | None = None) -> asyncio.Task[Receipt]:
        payment = MoneyPaidIn(account_id=self.account, amount=amount)
        return asyncio.create_task(
            self.handler.handle_event(payment, SubmitOptions(event_id=event_id, timeout_seconds=60.0))
        )

    async def fails(self, amount: int) -> str:
        """The id of the letter that this payment ends in."""
        with pytest.raises(EventDeadLettered) as dead:
            await self.pay(amount)
        return dead.value.dead_letter_id

    async def total(self) -> int | None:
        entry = await read(self.cluster, OWNERS, self.owner)
        return None if entry is None else entry.get("total")

    async def found(self) -> list[DeadLetter]:
        return [each async for each in self.letters.find(projection=OWNERS) if each.entry_key == self.owner]

    async def status(self, event_id: str) -> Completion:
        completion = await self.handler.completion(event_id)
        assert completion is not None
        return completion


@pytest.fixture
async def purse(cluster: Cluster, handler: EventHandler) -> Purse:
    return await Purse(cluster, handler).open()


async def test_what_is_not_there_yet_comes_with_another_aggregate_and_those_behind_follow_in_order(
    purse: Purse,
) -> None:
    """The events of the aggregate wait, everything else flows on: so what is missing can come."""
    first, behind = purse.pay(SOON_PASSES), purse.pay(5)
    await eventually(purse.found)
    assert await purse.total() is None
    other = await purse.another()
    assert (await other.pay(1)).status is CompletionStatus.SUCCESS
    receipts = [await first, await behind]
    assert [(each.status, each.sequence) for each in receipts] == [
        (CompletionStatus.SUCCESS, 2),
        (CompletionStatus.SUCCESS, 3),
    ]
    assert await purse.total() == 1 + SOON_PASSES + 5
    assert await purse.found() == []


async def test_an_entry_goes_on_with_other_aggregates_while_one_is_blocked(purse: Purse) -> None:
    letter_id = await purse.fails(ALWAYS_FAILS)
    other = await purse.another()
    assert (await other.pay(2)).status is CompletionStatus.SUCCESS
    second = await other.fails(ALWAYS_FAILS)
    await purse.fails(5)
    assert await purse.total() == 2
    assert {each.id for each in await purse.found()} == {letter_id, second}
    await purse.letters.discard(letter_id, "the first")
    assert await purse.total() == 2 + 5
    assert [each.id for each in await purse.found()] == [second]
    await purse.letters.discard(second, "the second")
    assert (await other.pay(3)).status is CompletionStatus.SUCCESS
    assert await purse.total() == 2 + 5 + 3


async def test_what_never_passes_is_a_dead_letter_in_the_end(purse: Purse) -> None:
    held, behind = purse.pay(NEVER_PASSES, event_id := new_id()), purse.pay(5)
    await eventually(purse.found)
    assert (await purse.status(event_id)).status is CompletionStatus.STORED
    assert await purse.total() is None
    for waiting in (held, behind):
        with pytest.raises(EventDeadLettered):
            await waiting
    [letter] = await purse.found()
    assert (letter.attempts, letter.retry_at, letter.blocked_count) == (6, None, 1)
    assert letter.error == "NotYet: nothing was paid in before"
    assert letter.last_failed_at > letter.first_failed_at

    async def nobody_looks_for_it() -> bool:
        # Those who wait are told first.
        [letter] = await purse.found()
        return "retryAt" not in letter.meta.keys

    await eventually(nobody_looks_for_it)


async def test_a_retry_that_succeeds_lets_those_behind_follow_in_order(purse: Purse) -> None:
    ids = [new_id(), new_id()]
    with pytest.raises(EventDeadLettered) as dead:
        await purse.pay(FAILS_AT_FIRST, ids[0])
    with pytest.raises(EventDeadLettered):
        await purse.pay(5, ids[1])
    mend(purse.owner)
    [resolution] = await purse.letters.retry([dead.value.dead_letter_id])
    assert resolution.outcome == "RESOLVED"
    assert resolution.completion is not None
    assert (resolution.completion.status, resolution.completion.sequence) == (CompletionStatus.SUCCESS, 2)
    assert await purse.total() == FAILS_AT_FIRST + 5
    assert [(await purse.status(each)).status for each in ids] == [CompletionStatus.SUCCESS] * 2
    assert await purse.found() == []
    assert (await purse.pay(1)).status is CompletionStatus.SUCCESS


async def test_a_retry_that_fails_again_counts(purse: Purse) -> None:
    letter_id = await purse.fails(ALWAYS_FAILS)
    before = await purse.letters.one(letter_id)
    [resolution] = await purse.letters.retry([letter_id])
    after = await purse.letters.one(letter_id)
    assert (resolution.outcome, after.attempts) == ("FAILED", before.attempts + 1)
    assert after.last_failed_at > before.last_failed_at
    assert after.first_failed_at == before.first_failed_at
    assert resolution.completion is not None
    assert resolution.completion.status is CompletionStatus.DEAD_LETTERED


async def test_a_waiting_one_that_fails_in_its_turn_is_the_new_letter(purse: Purse) -> None:
    letter_id = await purse.fails(FAILS_AT_FIRST)
    ids = [new_id() for _ in range(3)]
    for event_id, amount in zip(ids, (5, ALWAYS_FAILS, 7), strict=True):
        with pytest.raises(EventDeadLettered):
            await purse.pay(amount, event_id)
    mend(purse.owner)
    await purse.letters.retry([letter_id])
    assert await purse.total() == FAILS_AT_FIRST + 5
    [letter] = await purse.found()
    assert (letter.event_id, letter.blocked_count) == (ids[1], 1)
    assert (await purse.status(ids[0])).status is CompletionStatus.SUCCESS
    for event_id in ids[1:]:
        error = (await purse.status(event_id)).error
        assert error is not None
        assert error.dead_letter_id == letter.id
    await purse.letters.discard(letter.id, "not needed")
    assert await purse.total() == FAILS_AT_FIRST + 5 + 7


async def test_an_edit_folds_other_data_and_leaves_the_stored_event(purse: Purse) -> None:
    letter_id = await purse.fails(ALWAYS_FAILS)
    await purse.fails(5)
    letter = await purse.letters.one(letter_id)
    data = {"accountId": purse.account, "owner": purse.owner, "amount": 12}
    resolution = await purse.letters.edit(letter_id, msgspec.json.encode(data), "a typing error")
    assert resolution.completion is not None
    assert resolution.completion.status is CompletionStatus.SUCCESS
    assert await purse.total() == 12 + 5
    stored = await read_present(purse.cluster, "event-store", letter.event_key)
    assert stored["data"]["amount"] == ALWAYS_FAILS
    decision = await read_present(purse.cluster, DEAD_LETTER_DECISIONS, letter_id)
    assert (decision["action"], decision["data"], decision["reason"]) == ("EDITED", data, "a typing error")
    assert (decision["eventId"], decision["projection"], decision["entryKey"]) == (letter.event_id, OWNERS, purse.owner)


@pytest.mark.parametrize(
    ("change", "path"),
    [({"amount": "much"}, ("amount",)), ({"accountId": "other"}, ("accountId",)), ({"owner": "ann"}, ())],
)
async def test_an_edit_that_does_not_fit_changes_nothing(
    purse: Purse, change: dict[str, object], path: tuple[str, ...]
) -> None:
    letter_id = await purse.fails(ALWAYS_FAILS)
    before = await purse.letters.one(letter_id)
    data = {"accountId": purse.account, "owner": purse.owner, "amount": 12} | change
    with pytest.raises(DeadLetterEditInvalid) as invalid:
        await purse.letters.edit(letter_id, msgspec.json.encode(data))
    assert [problem.path for problem in invalid.value.problems] == [path]
    assert await purse.letters.one(letter_id) == before


async def test_a_discarded_event_is_left_out_of_that_entry_alone(purse: Purse) -> None:
    letter_id = await purse.fails(ALWAYS_FAILS)
    await purse.fails(5)
    resolution = await purse.letters.discard(letter_id, "fraud")
    assert resolution.completion is not None
    assert resolution.completion.status is CompletionStatus.SUCCESS
    assert await purse.total() == 5
    account = await read_present(purse.cluster, "account-view", purse.account)
    assert account["balance"] == ALWAYS_FAILS + 5
    decision = await read_present(purse.cluster, DEAD_LETTER_DECISIONS, letter_id)
    assert (decision["action"], decision["reason"]) == ("DISCARDED", "fraud")


async def test_a_letter_that_is_not_there_is_said(purse: Purse) -> None:
    with pytest.raises(DeadLetterUnknown, match="no dead letter nonsense"):
        await purse.letters.discard("nonsense", "why")
    [resolution] = await purse.letters.retry(["nonsense"])
    assert resolution.outcome == "UNKNOWN"


async def test_a_decision_that_is_sent_again_is_made_once_and_answered_twice(purse: Purse) -> None:
    """Whose answer was lost can't know whether the letter went. Another decision finds no letter."""

    def data_of(amount: int) -> bytes:
        return msgspec.json.encode({"accountId": purse.account, "owner": purse.owner, "amount": amount})

    letter_id = await purse.fails(ALWAYS_FAILS)
    for _ in range(2):
        assert (await purse.letters.discard(letter_id, "fraud")).outcome == "RESOLVED"
    with pytest.raises(DeadLetterUnknown):
        await purse.letters.edit(letter_id, data_of(3))
    [again] = await purse.letters.retry([letter_id])
    assert again.outcome == "UNKNOWN"

    letter_id = await purse.fails(ALWAYS_FAILS)
    for amount in (3, 3):
        assert (await purse.letters.edit(letter_id, data_of(amount))).outcome == "RESOLVED"
    with pytest.raises(DeadLetterUnknown):
        await purse.letters.edit(letter_id, data_of(4))
    with pytest.raises(DeadLetterUnknown):
        await purse.letters.discard(letter_id, "fraud")
    assert await purse.total() == 3


async def test_an_entry_that_is_blocked_shows_its_last_good_state(purse: Purse) -> None:
    await purse.pay(2)
    await purse.fails(ALWAYS_FAILS)
    await purse.fails(5)
    assert await purse.total() == 2


async def test_nothing_is_lost_or_doubled_while_letters_are_resolved_and_events_keep_coming(purse: Purse) -> None:
    letter_id = await purse.fails(ALWAYS_FAILS)
    running = True

    async def keep_paying() -> int:
        paid = 0
        while running:
            options = SubmitOptions(wait_for=WaitFor.STORED)
            payments = [Submission(MoneyPaidIn(account_id=purse.account, amount=1), options) for _ in range(5)]
            for outcome in await purse.handler.handle_events(payments):
                assert isinstance(outcome, Receipt | EventTimedOut)
                paid += 1
        return paid

    paying = asyncio.create_task(keep_paying())
    sabotage = 0
    for _ in range(5):
        await asyncio.sleep(0.05)
        await purse.letters.discard(letter_id, "to see what follows")
        sabotage += 1
        letter_id = await purse.fails(ALWAYS_FAILS)
    running = False
    paid = await paying
    await purse.letters.discard(letter_id, "the last")

    async def all_there() -> bool:
        return await purse.total() == paid

    await eventually(all_there)
    account = await read_present(purse.cluster, "account-view", purse.account)
    assert account["balance"] == paid + (sabotage + 1) * ALWAYS_FAILS
    assert await purse.found() == []

"""Dead letters on a real member, resolved while load goes on: what waits behind them follows, and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.dead_letters import DeadLetters
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.sourcing.envelope import DEAD_LETTER_DECISIONS, CompletionStatus
from hazelgate.sourcing.errors import EventDeadLettered, EventError
from hazelgate.sourcing.ids import new_id
from tests.support.accounts import open_accounts
from tests.support.connected import handling
from tests.support.ledger import ALWAYS_FAILS, FAILS_AT_FIRST, MOODY, OWNERS, AccountOpened, MoneyPaidIn, mend
from tests.support.until import REST_SECONDS, eventually, until

OTHERS = 200


class Poisoned:
    """An owner's account, with payments that his entry can't take, and others behind them."""

    def __init__(self, cluster: HazelcastCluster, handler: EventHandler) -> None:
        self.owner, self.account, self.events = f"{MOODY}{new_id()}", new_id(), list[str]()
        self._cluster, self._handler = cluster, handler

    async def pay(self, amounts: Sequence[int]) -> list[Receipt | EventError]:
        """One after the other, without waiting for any."""
        events = [(MoneyPaidIn(account_id=self.account, amount=amount), new_id()) for amount in amounts]
        self.events += [event_id for _, event_id in events]
        return await self._handler.handle_events(
            [Submission(event, SubmitOptions(event_id=event_id, timeout_seconds=60.0)) for event, event_id in events]
        )

    async def entry(self) -> dict[str, Any]:
        [raw] = await self._cluster.read(OWNERS, [self.owner])
        found: dict[str, Any] = msgspec.json.decode(raw or b"{}")
        return found

    async def letters(self) -> list[tuple[str, list[str]]]:
        """Each with what waits behind it."""
        return [
            (each.id, [waiting.key for waiting in each.waiting])
            async for each in DeadLetters(self._cluster).find(projection=OWNERS)
            if each.entry_key == self.owner
        ]

    def keys(self, *sequences: int) -> list[str]:
        return [f"Account:{sequence}@{self.account}" for sequence in sequences]


async def test_letters_are_resolved_among_many_others_and_those_behind_follow_in_order(
    ledger: Catalog, real_cluster: HazelcastCluster
) -> None:
    """One by a retry, one by an edit, the rest all at once, and each has more come behind it all the while."""
    letters, stop = DeadLetters(real_cluster), asyncio.Event()
    async with handling(ledger, real_cluster) as handler:
        everybody = new_id()
        others = await open_accounts(handler, OTHERS, payments=0, owner=everybody)
        poisoned = [Poisoned(real_cluster, handler) for _ in range(4)]
        for one in poisoned:
            await handler.handle_event(AccountOpened(account_id=one.account, owner=one.owner))
            outcomes = await one.pay((FAILS_AT_FIRST, 5, ALWAYS_FAILS, 6))
            assert [type(each) for each in outcomes] == [EventDeadLettered] * 4
            [(_, waiting)] = await one.letters()
            assert waiting == one.keys(3, 4, 5)

        async def pay_others() -> int:
            rounds = 0
            while not stop.is_set() or rounds == 0:
                paid = await handler.handle_events(
                    [Submission(MoneyPaidIn(account_id=each, amount=1)) for each in others]
                )
                assert all(isinstance(each, Receipt) for each in paid), "only what is poisoned waits"
                rounds += 1
                await asyncio.sleep(REST_SECONDS)
            return rounds

        async def pay_behind(one: Poisoned) -> int:
            more = 0
            while not stop.is_set() or more == 0:
                await one.pay((1,))
                more += 1
                await asyncio.sleep(REST_SECONDS)
            return more

        load = asyncio.create_task(pay_others())
        behind = [asyncio.create_task(pay_behind(one)) for one in poisoned]
        mend(*(one.owner for one in poisoned))
        one, edited, *_ = poisoned
        [resolved] = await letters.retry([(await one.letters())[0][0]])
        assert (resolved.outcome, (await one.entry())["total"]) == ("RESOLVED", FAILS_AT_FIRST + 5), "up to the next"
        data = msgspec.json.encode({"accountId": edited.account, "owner": edited.owner, "amount": 9})
        await letters.edit((await edited.letters())[0][0], data)
        assert (await edited.entry())["total"] == 9 + 5
        left = [letter for each in poisoned for letter, _ in await each.letters()]
        assert [each.outcome for each in await letters.retry(left)] == ["FAILED", "FAILED", "RESOLVED", "RESOLVED"]
        for each in poisoned:
            [(letter, waiting)] = await each.letters()
            assert waiting[: 1 + 1] == each.keys(5, 6), "those behind the second are still in order"
            await letters.discard(letter, "is not liked")
            await until(lambda: len(each.events) > 6)  # noqa: B023
        stop.set()
        assert await load > 0
        counts = await asyncio.gather(*behind)

        for each, more in zip(poisoned, counts, strict=True):
            assert await each.letters() == []
            entry = await each.entry()
            first = 9 if each is edited else FAILS_AT_FIRST
            assert entry["total"] == first + 5 + 6 + more
            assert entry["_meta"]["causedBy"] == each.events[-1]
            await eventually(lambda: all_succeeded(handler, each.events))  # noqa: B023
        [raw] = await real_cluster.read(OWNERS, [everybody])
        assert msgspec.json.decode(raw or b"{}")["total"] == OTHERS * load.result()


async def all_succeeded(handler: EventHandler, event_ids: Sequence[str]) -> bool:
    """Whether their completions say so."""
    completions = await asyncio.gather(*(handler.completion(event_id) for event_id in event_ids))
    return {each.status for each in completions if each is not None} == {CompletionStatus.SUCCESS}


async def test_of_two_operators_who_decide_otherwise_one_is_kept_and_that_one_was_done(
    ledger: Catalog, real_cluster: HazelcastCluster
) -> None:
    """Whoever folds the log again goes by the decision: it has to be the one that the entry was folded by."""
    letters = DeadLetters(real_cluster)
    async with handling(ledger, real_cluster) as handler:
        poisoned = [Poisoned(real_cluster, handler) for _ in range(12)]
        for one in poisoned:
            await handler.handle_event(AccountOpened(account_id=one.account, owner=one.owner))
            await one.pay((ALWAYS_FAILS, 5))

        async def decide_otherwise(one: Poisoned) -> int:
            [(letter, _)] = await one.letters()
            data = msgspec.json.encode({"accountId": one.account, "owner": one.owner, "amount": 9})
            said = await asyncio.gather(
                letters.edit(letter, data), letters.discard(letter, "is not liked"), return_exceptions=True
            )
            assert any(not isinstance(each, BaseException) for each in said), said
            [decision] = await real_cluster.read(DEAD_LETTER_DECISIONS, [letter])
            return 9 + 5 if msgspec.json.decode(decision or b"{}")["action"] == "EDITED" else 5

        decided = await asyncio.gather(*(decide_otherwise(one) for one in poisoned))
        assert [(await one.entry())["total"] for one in poisoned] == decided

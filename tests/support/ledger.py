"""
A domain for tests of the machinery: accounts that money is paid into.

It has what the machinery has to cope with: a guard that refuses, a guard that completes, an entry that one aggregate
feeds, an entry that several feed, sort keys, an event in its second version, and a projection that fails on demand
(owner "poison").
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from hazelgate import By, Event, Id, Json, NotYet, Rejected, View, event, guard, projection, replace, upcast

ACCOUNTS = "account-view"
OWNERS = "owner-view"
POISON = "poison"
MOODY = "moody-"
"""Owners whose name begins so can't take some amounts: not ever, not before they are mended, or before others came."""
ALWAYS_FAILS, SOON_PASSES, NEVER_PASSES, FAILS_AT_FIRST = 13, 14, 15, 16
MENDED = "HAZELGATE_TESTS_MENDED"
"""Names the folder with a file by the name of each owner who is mended: projectors are other processes."""


def mend(*owners: str) -> None:
    """From now on the projection takes FAILS_AT_FIRST for these owners, as if its code had been mended."""
    for owner in owners:
        Path(os.environ[MENDED], owner).touch()


@event("AccountOpened", aggregate="Account", key="account_id")
class AccountOpened(Event):
    """Somebody has an account from now on."""

    account_id: Id
    owner: Id


@event("MoneyPaidIn", aggregate="Account", key="account_id", version=2)
class MoneyPaidIn(Event):
    """An account holds more than before. Version 1 said `sum`."""

    account_id: Id
    amount: Annotated[int, Meta(ge=1, le=1_000_000)]
    owner: Id | None = None


@upcast(MoneyPaidIn, from_version=1)
def sum_is_amount(data: Json) -> Json:
    return {"amount" if name == "sum" else name: value for name, value in data.items()}


class Account(View):
    """What is on an account."""

    account_id: str
    owner: str
    balance: int
    payments: int


class Owner(View):
    """What somebody has on all accounts."""

    owner: str
    total: int


@guard(AccountOpened, reads={"account": Account.by("account_id")})
def an_account_opens_once(event: AccountOpened, account: Account | None) -> None:
    if account is not None:
        raise Rejected("account_id", "is open already")


@guard(MoneyPaidIn, reads={"account": Account.by("account_id")})
def payments_know_the_owner(event: MoneyPaidIn, account: Account | None) -> MoneyPaidIn:
    if account is None:
        raise Rejected("account_id", "is no account")
    if event.amount == 666:
        raise Rejected("amount", "is not wanted")
    return replace(event, owner=account.owner)


accounts = projection(
    ACCOUNTS,
    Account,
    key="account_id",
    indexes={
        "id": By("account_id"),
        "balance": By("balance"),
    },
)
owners = projection(OWNERS, Owner, key="owner", indexes={"id": By("owner")})


@accounts.on(AccountOpened, key="account_id")
def opened(account: Account | None, event: AccountOpened) -> Account:
    return Account(account_id=event.account_id, owner=event.owner, balance=0, payments=0)


@accounts.on(MoneyPaidIn, key="account_id")
def paid_in(account: Account, event: MoneyPaidIn) -> Account:
    return replace(account, balance=account.balance + event.amount, payments=account.payments + 1)


@owners.on(MoneyPaidIn, key="owner")
def richer(owner: Owner | None, event: MoneyPaidIn) -> Owner:
    if event.owner == POISON:
        raise ValueError("poisoned")
    if (event.owner or "").startswith(MOODY):
        _be_moody(owner, event, event.owner or "")
    before = Owner(owner=event.owner or "", total=0) if owner is None else owner
    return replace(before, total=before.total + event.amount)


def _be_moody(owner: Owner | None, event: MoneyPaidIn, name: str) -> None:
    """FAILS_AT_FIRST is not pure, as a projection has to be: it plays one that is mended meanwhile."""
    if event.amount == ALWAYS_FAILS or (event.amount == FAILS_AT_FIRST and not Path(os.environ[MENDED], name).exists()):
        raise ValueError(f"{event.amount} is not liked")
    if event.amount == NEVER_PASSES or (event.amount == SOON_PASSES and owner is None):
        raise NotYet("nothing was paid in before")

"""
The next version of `ledger`: a payment also says through which channel it came.

Versions 1 and 2 of MoneyPaidIn, which are in the store, are read by upcasters.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hazelgate import By, Event, Id, Json, Rejected, View, event, guard, projection, replace, upcast

ACCOUNTS = "account-view"
OWNERS = "owner-view"
POISON = "poison"


@event("AccountOpened", aggregate="Account", key="account_id")
class AccountOpened(Event):
    """Somebody has an account from now on."""

    account_id: Id
    owner: Id


@event("MoneyPaidIn", aggregate="Account", key="account_id", version=3)
class MoneyPaidIn(Event):
    """An account holds more than before. Version 1 said `sum`, version 2 no channel."""

    account_id: Id
    amount: Annotated[int, Meta(ge=1, le=1_000_000)]
    channel: str
    owner: Id | None = None


@upcast(MoneyPaidIn, from_version=1)
def sum_is_amount(data: Json) -> Json:
    return {"amount" if name == "sum" else name: value for name, value in data.items()}


@upcast(MoneyPaidIn, from_version=2)
def all_was_paid_at_the_counter(data: Json) -> Json:
    return {**data, "channel": "counter"}


class Account(View):
    """What is on an account."""

    account_id: str
    owner: str
    balance: int
    payments: int
    last_channel: str | None = None


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
    return replace(
        account, balance=account.balance + event.amount, payments=account.payments + 1, last_channel=event.channel
    )


@owners.on(MoneyPaidIn, key="owner")
def richer(owner: Owner | None, event: MoneyPaidIn) -> Owner:
    if event.owner == POISON:
        raise ValueError("poisoned")
    before = Owner(owner=event.owner or "", total=0) if owner is None else owner
    return replace(before, total=before.total + event.amount)

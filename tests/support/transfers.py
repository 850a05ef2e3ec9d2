"""A domain whose guards rest on two entries each: transfers between accounts, which no account may overdraw."""

from __future__ import annotations

from hazelgate import Event, Id, Rejected, View, event, guard, projection, replace


class Balance(View):
    """What is on an account, and the least that has ever been on it."""

    account_id: Id
    amount: int
    lowest: int


@event("BalanceOpened", aggregate="Account", key="account_id")
class BalanceOpened(Event):
    """An account begins with some money."""

    account_id: Id
    amount: int


@event("TransferMade", aggregate="Transfer", key="transfer_id")
class TransferMade(Event):
    """Money goes from one account to another one."""

    transfer_id: Id
    from_id: Id
    to_id: Id
    amount: int


@guard(TransferMade, reads={"source": Balance.by("from_id"), "target": Balance.by("to_id")})
def is_covered(event: TransferMade, source: Balance | None, target: Balance | None) -> None:
    """There is enough on the one account, and the other one is there."""
    if target is None:
        raise Rejected("to_id", "is no account", code="NO_ACCOUNT")
    if source is None or source.amount < event.amount:
        raise Rejected("amount", "is more than there is", code="NOT_COVERED")


balances = projection("balance-view", Balance, key="account_id")


@balances.on(BalanceOpened, key="account_id")
def opened(_: Balance | None, event: BalanceOpened) -> Balance:
    """As it begins."""
    return Balance(account_id=event.account_id, amount=event.amount, lowest=event.amount)


@balances.on(TransferMade, key="from_id")
def sent(balance: Balance, event: TransferMade) -> Balance:
    """Less."""
    left = balance.amount - event.amount
    return replace(balance, amount=left, lowest=min(balance.lowest, left))


@balances.on(TransferMade, key="to_id")
def received(balance: Balance, event: TransferMade) -> Balance:
    """More."""
    return replace(balance, amount=balance.amount + event.amount)

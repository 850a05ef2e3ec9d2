"""The ledger with one projection more: what a domain looks like after somebody wanted to know something new."""

from __future__ import annotations

from hazelgate import By, View, projection, replace
from tests.support.ledger import MoneyPaidIn

PAYMENTS = "payment-count-view"


class PaymentCount(View):
    """How often an account was paid into."""

    account_id: str
    payments: int


payment_counts = projection(PAYMENTS, PaymentCount, key="account_id", indexes={"id": By("account_id")})


@payment_counts.on(MoneyPaidIn, key="account_id")
def one_more(count: PaymentCount | None, event: MoneyPaidIn) -> PaymentCount:
    count = count or PaymentCount(account_id=event.account_id, payments=0)
    return replace(count, payments=count.payments + 1)

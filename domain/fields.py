"""The types of the shop's fields."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from hazelgate import Check

CENT = Decimal("0.01")
MAX_MONEY = Decimal("9999999999.99")
MAX_STOCK = 2**31 - 1


def is_money(amount: Decimal) -> bool:
    """Whether an amount can be paid to the cent: finite, not negative, two decimals at most, and below the ceiling."""
    return amount.is_finite() and 0 <= amount <= MAX_MONEY and amount == amount.quantize(CENT)


def cents(amount: Decimal) -> Decimal:
    """The amount with two decimals, as money is stored."""
    return abs(amount.quantize(CENT))


Money = Annotated[Decimal, Check(is_money, "must be an amount from 0 to 9,999,999,999.99, exact to the cent")]
"""Exact to the cent. Never a float."""

Name = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"\S", description="1 to 200 characters, not only blanks")
]
Address = Annotated[str, Meta(max_length=500, description="at most 500 characters")]
Description = Annotated[str, Meta(max_length=5_000, description="at most 5,000 characters")]
Reason = Annotated[
    str, Meta(min_length=1, max_length=500, pattern=r"\S", description="1 to 500 characters, not only blanks")
]
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f\x7f]{1,64}@[^@\s.\x00-\x1f\x7f]+(\.[^@\s.\x00-\x1f\x7f]+)+$(?!\n)",
        description="an email address, as ada@example.org",
    ),
]
Sku = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$(?!\n)",
        description="1 to 64 letters, digits, or any of . _ / -, a letter or digit first",
    ),
]
OrderQuantity = Annotated[int, Meta(ge=1, le=10_000, description="1 to 10,000")]
StockQuantity = Annotated[int, Meta(ge=1, le=1_000_000_000, description="1 to 1,000,000,000")]
StockOnHand = Annotated[int, Meta(ge=0, le=1_000_000_000, description="0 to 1,000,000,000")]

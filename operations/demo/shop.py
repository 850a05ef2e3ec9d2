"""What the demo shop sells, to whom, and how its orders go. The same seed makes the same choices."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, Literal

CUSTOMERS = 300
PRODUCTS = 200

_FIRST_NAMES = (
    "Ada Ben Chloé Dmitri Elif Femi Grace Hugo Ines Jonas Kaya Liam Mira Noor Oskar Priya Quinn Rosa Sven Tara"
)
_LAST_NAMES = "Abara Berg Costa Dvořák Eriksen Farouk Garcia Hale Ito Jensen Kumar Lindt Moreau Novak Okafor"
_STREETS = "Mill Lane|Harbour Street|Station Road|Orchard Way|Bridge Street|Hazel Avenue"
_MATERIALS = "Oak Steel Linen Copper Glass Walnut Wool Slate Cork Brass"
_THINGS = (
    "Lamp|Desk|Kettle|Shelf|Stool|Notebook|Bowl|Clock|Tray|Mirror|Basket|Planter|Vase|Rug|Hook|Bench|Frame|Jug|Box|Mat"
)
_REASONS = ("changed my mind", "ordered twice", "found it nearby", "delivery takes too long")

Outcome = Literal["confirm", "cancel", "leave"]


@dataclass(frozen=True, kw_only=True)
class OrderPlan:
    """One order to place, and what becomes of it."""

    customer_id: str
    quantities: Mapping[str, int]
    """How many of which product id."""
    outcome: Outcome
    decided_after_seconds: float
    reason: str


def customers(count: int = CUSTOMERS) -> list[dict[str, Any]]:
    """Inputs of createCustomer, all names different."""
    first_names, last_names, streets = _FIRST_NAMES.split(), _LAST_NAMES.split(), _STREETS.split("|")
    found = []
    for number in range(count):
        first = first_names[number % len(first_names)]
        last = last_names[number // len(first_names) % len(last_names)]
        found.append(
            {
                "customerId": f"customer-{number + 1:04}",
                "name": f"{first} {last}",
                "email": f"customer{number + 1}@example.com",
                "address": f"{number * 7 % 120 + 1} {streets[number % len(streets)]}",
            }
        )
    return found


def products(seed: int, count: int = PRODUCTS) -> list[dict[str, Any]]:
    """Inputs of createProduct, all names different."""
    random = Random(f"{seed} products")
    materials, things = _MATERIALS.split(), _THINGS.split("|")
    found = []
    for number in range(count):
        material, thing = materials[number % len(materials)], things[number // len(materials) % len(things)]
        found.append(
            {
                "productId": f"product-{number + 1:04}",
                "sku": f"{material[:3]}-{thing[:3]}-{number + 1:04}".upper(),
                "name": f"{material} {thing}",
                "description": f"A {thing.lower()} of {material.lower()}, made to last.",
                "price": str(Decimal(random.randint(450, 24_900)) / 100),
                "quantityOnHand": random.randint(20, 200),
            }
        )
    return found


class OrderBook:
    """Plans one order after another, and the pauses between them."""

    def __init__(self, seed: int, customer_ids: list[str], product_ids: list[str]) -> None:
        self._random = Random(f"{seed} orders")
        self._customer_ids = customer_ids
        self._product_ids = product_ids

    def next_order(self) -> OrderPlan:
        """Most orders are confirmed, some cancelled, and a few left as they are."""
        random = self._random
        bought = random.sample(self._product_ids, random.choice((1, 1, 2, 2, 3, 4)))
        outcome: Outcome = random.choices(("confirm", "cancel", "leave"), (75, 15, 10))[0]
        return OrderPlan(
            customer_id=random.choice(self._customer_ids),
            quantities={product_id: random.randint(1, 5) for product_id in bought},
            outcome=outcome,
            decided_after_seconds=random.uniform(1.0, 6.0),
            reason=random.choice(_REASONS),
        )

    def next_pause_seconds(self, orders_per_second: float) -> float:
        """As between customers who know nothing of one another, but never long enough to look dead."""
        return min(self._random.expovariate(orders_per_second), 3.0 / orders_per_second)

"""What the demo shop sells, and how its orders go."""

from collections import Counter

from hazelgate.operations.demo.shop import CUSTOMERS, PRODUCTS, OrderBook, customers, products


def book(seed: int) -> OrderBook:
    return OrderBook(
        seed, [customer["customerId"] for customer in customers()], [product["productId"] for product in products(seed)]
    )


def test_no_two_customers_and_no_two_products_are_the_same() -> None:
    """A list of them is worth looking at."""
    assert len({customer["name"] for customer in customers()}) == CUSTOMERS
    assert len({customer["email"] for customer in customers()}) == CUSTOMERS
    assert len({product["name"] for product in products(1)}) == PRODUCTS
    assert len({product["sku"] for product in products(1)}) == PRODUCTS


def test_the_same_seed_makes_the_same_shop_and_the_same_orders() -> None:
    """What one sees on one machine, another sees too."""
    one, same, other = book(1), book(1), book(2)
    plans = [one.next_order() for _ in range(50)]
    assert plans == [same.next_order() for _ in range(50)]
    assert plans != [other.next_order() for _ in range(50)]
    assert products(1) == products(1) != products(2)


def test_most_orders_are_confirmed_and_some_are_cancelled() -> None:
    """So that every kind of change is on show."""
    orders = book(1)
    outcomes = Counter(orders.next_order().outcome for _ in range(1_000))
    assert outcomes["confirm"] > outcomes["cancel"] > outcomes["leave"] > 0


def test_the_pause_between_orders_is_what_was_asked_for_on_average_and_bounded() -> None:
    """A steady trickle: it never looks dead."""
    orders = book(1)
    pauses = [orders.next_pause_seconds(2.0) for _ in range(2_000)]
    assert 0.4 < sum(pauses) / len(pauses) < 0.6
    assert max(pauses) <= 1.5

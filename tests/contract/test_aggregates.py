"""Figures over maps: sums, extremes and groups, the same from the members and in memory."""

from __future__ import annotations

from typing import Any

import pytest

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.filters import condition
from hazelgate.client.reading.queries import AggregatePage, AggregateQuery, Group, KeyRange
from hazelgate.sourcing.ids import new_id
from hazelgate.testing.memory.generations import VIEW_GENERATIONS
from tests.support.maps import Put

ORDERS: list[dict[str, Any]] = [
    {"status": "OPEN", "total": "0.10", "stock": 3, "at": "2026-01-02", "seen": "2026-01-02T00:00:00Z"},
    {"status": "OPEN", "total": "0.20", "stock": 12, "at": None, "seen": "2026-01-02T01:00:00.5+02:00"},
    {"status": "PAID", "total": "12345678901234567890123456789.01", "stock": 1.5, "at": "\uffee"},
    {"status": "PAID", "total": "much", "at": "🦊", "open": True},
    {"total": "1", "at": "2026-01-01"},
]
TOTAL, STOCK, AT, STATUS = ("total",), ("stock",), ("at",), ("status",)


@pytest.fixture
async def orders(put: Put) -> str:
    """The name of a view with them."""
    view = f"{new_id()}-view"
    await put(VIEW_GENERATIONS, view, {"live": view, "indexes": ["n"]})
    for number, order in enumerate(ORDERS):
        await put(view, f"k{number}", {"_meta": {"version": 1, "keys": {"n": str(number)}}, **order})
    return view


async def ask(cluster: Cluster, view: str, **what: Any) -> AggregatePage:
    return await cluster.aggregate(AggregateQuery(map_name=view, index="n", **what))


async def test_sums_are_exact(cluster: Cluster, orders: str) -> None:
    page = await ask(cluster, orders, sums=(TOTAL, STOCK))
    assert page.groups == [Group((), 5, ("12345678901234567890123456790.31", "16.5"), (), ())]
    assert page.scanned == 5


async def test_the_least_and_the_greatest_compare_as_numbers_as_moments_or_as_texts(
    cluster: Cluster, orders: str
) -> None:
    page = await ask(
        cluster,
        orders,
        extremes=(TOTAL, STOCK, AT, ("seen",), ("nowhere",)),
        numbers=(STOCK, TOTAL),
        instants=(("seen",),),
    )
    [group] = page.groups
    assert group.minima == ("0.10", "1.5", "2026-01-01", "2026-01-02T01:00:00.5+02:00", None)
    assert group.maxima == ("12345678901234567890123456789.01", "12", "🦊", "2026-01-02T00:00:00Z", None)


async def test_entries_are_grouped_by_what_they_have(cluster: Cluster, orders: str) -> None:
    page = await ask(cluster, orders, group_by=(STATUS, ("open",)), sums=(TOTAL,), extremes=(AT,))
    assert page.groups == [
        Group((None, None), 1, ("1",), ("2026-01-01",), ("2026-01-01",)),
        Group(("OPEN", None), 2, ("0.30",), ("2026-01-02",), ("2026-01-02",)),
        Group(("PAID", None), 1, ("12345678901234567890123456789.01",), ("\uffee",), ("\uffee",)),
        Group(("PAID", True), 1, ("0",), ("🦊",), ("🦊",)),
    ]


async def test_figures_are_over_what_lies_in_the_ranges_and_passes_the_filter(cluster: Cluster, orders: str) -> None:
    ranges = (KeyRange(None, "1"), KeyRange("2", "4"))
    paid = condition(STATUS, "eq", "PAID")
    assert (await ask(cluster, orders, ranges=ranges, group_by=(STATUS,))).groups == [
        Group(("OPEN",), 1, (), (), ()),
        Group(("PAID",), 2, (), (), ()),
    ]
    assert (await ask(cluster, orders, ranges=ranges, filter=paid)).groups == [Group((), 2, (), (), ())]
    assert (await ask(cluster, orders, ranges=ranges[:1], filter=paid)).groups == []


async def test_a_count_alone_looks_at_no_entry(cluster: Cluster, orders: str) -> None:
    page = await ask(cluster, orders, max_scanned=1)
    assert (page.groups, page.scanned, page.exceeded) == ([Group((), 5, (), (), ())], 0, False)
    assert (await ask(cluster, orders, ranges=(KeyRange("x"),))).groups == []


async def test_too_many_entries_or_groups_are_not_answered(cluster: Cluster, orders: str) -> None:
    enough = await ask(cluster, orders, group_by=(STATUS,), max_scanned=5, max_groups=3)
    assert (len(enough.groups), enough.exceeded) == (3, False)
    for bound in ({"max_scanned": 4}, {"max_groups": 2}):
        page = await ask(cluster, orders, group_by=(STATUS,), **bound)
        assert (page.groups, page.exceeded) == ([], True)

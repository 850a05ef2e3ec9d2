"""Pages of several members become one page."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazelgate.client.reading.filters import all_of, condition
from hazelgate.client.reading.queries import (
    AggregatePage,
    AggregateQuery,
    EntryPage,
    EntryQuery,
    Group,
    KeyRange,
    PageEntry,
    are_whole,
    decode_aggregate,
    decode_page,
    encode_aggregate,
    encode_query,
    merge_aggregates,
    merge_pages,
)


def page(values: list[str], query: EntryQuery, found: int) -> EntryPage:
    ordered = sorted(values, reverse=query.descending)[: query.limit]
    return EntryPage([PageEntry(value, msgspec.Raw(b"{}")) for value in ordered], found if query.count else None)


@pytest.mark.exhaustive
@given(
    st.lists(st.lists(st.text(max_size=3), max_size=8), min_size=1, max_size=4),
    st.booleans(),
    st.integers(min_value=0, max_value=10),
)
def test_a_merged_page_is_the_page_of_everything(shares: list[list[str]], descending: bool, limit: int) -> None:
    query = EntryQuery(map_name="m", descending=descending, limit=limit, count=True)
    merged = merge_pages(query, [page(share, query, len(share)) for share in shares])
    everything = sorted((value for share in shares for value in share), reverse=descending)
    assert [each.index_value for each in merged.entries] == everything[:limit]
    assert merged.count == len(everything)


def test_a_count_that_nobody_asked_for_is_not_made_up() -> None:
    query = EntryQuery(map_name="m")
    assert merge_pages(query, [page(["a"], query, 1), page(["b"], query, 1)]).count is None


def test_a_query_is_written_as_the_engine_reads_it() -> None:
    query = EntryQuery(
        map_name="orders",
        index="placedAt",
        ranges=(KeyRange("a", "b"), KeyRange.behind("c")),
        filter=all_of([condition(["total"], "gte", "1.00", "number"), condition(["status"], "in", ["X"])]),
        max_scanned=100,
    )
    assert msgspec.json.decode(encode_query(query)) == {
        "selection": None,
        "map": "orders",
        "index": "placedAt",
        "ranges": [["a", "b"], ["c\0", None]],
        "descending": False,
        "limit": 20,
        "count": False,
        "filter": {
            "and": [
                {"path": ["total"], "op": "gte", "value": "1.00", "as": "number"},
                {"path": ["status"], "op": "in", "value": ["X"], "as": "text"},
            ]
        },
        "maxScanned": 100,
    }


def test_a_page_is_read_as_the_engine_writes_it() -> None:
    answer = decode_page(b'{"entries":[["k1",{"a":1}]],"count":null,"scanned":3,"exceeded":false}')
    assert [(each.index_value, bytes(each.entry)) for each in answer.entries] == [("k1", b'{"a":1}')]
    assert (answer.count, answer.scanned, answer.exceeded) == (None, 3, False)


def test_a_merged_page_has_looked_at_what_all_have_and_exceeds_where_one_does() -> None:
    query = EntryQuery(map_name="m")
    pages = [EntryPage([], scanned=3), EntryPage([], scanned=101, exceeded=True)]
    merged = merge_pages(query, pages)
    assert (merged.scanned, merged.exceeded) == (104, True)
    assert not merge_pages(query, pages[:1] * 2).exceeded


SUMS = AggregateQuery(
    map_name="m",
    index="id",
    group_by=(("status",),),
    sums=(("total",),),
    extremes=(("total",), ("name",), ("at",)),
    numbers=(("total",),),
    instants=(("at",),),
    max_groups=2,
)


def test_an_aggregate_is_written_as_the_engine_reads_it() -> None:
    assert msgspec.json.decode(encode_aggregate(SUMS)) == {
        "map": "m",
        "index": "id",
        "ranges": [[None, None]],
        "filter": None,
        "maxScanned": None,
        "groupBy": [["status"]],
        "sums": [["total"]],
        "extremes": [["total"], ["name"], ["at"]],
        "numbers": [["total"]],
        "instants": [["at"]],
        "maxGroups": 2,
    }


def test_groups_that_are_alike_come_together_exactly() -> None:
    ten, nine = "2026-01-02T10:00:00+01:00", "2026-01-02T09:30:00Z"
    first = decode_aggregate(
        b'{"groups":[[["b"],2,["12345678901234567890123456789.01"],["9","b",null],["9","b",null]],'
        b'[[null],1,["1"],["1",null,null],["1",null,null]]],"scanned":3,"exceeded":false}'
    )
    second = AggregatePage(
        [
            Group(("b",), 1, ("0.99",), ("10", "é", ten), ("10", "é", ten)),
            Group(("b",), 1, ("0",), (None, None, nine), (None, None, nine)),
        ],
        scanned=2,
    )
    merged = merge_aggregates(SUMS, [first, second])
    assert merged.groups == [
        Group((None,), 1, ("1",), ("1", None, None), ("1", None, None)),
        Group(("b",), 4, ("12345678901234567890123456790.00",), ("9", "b", ten), ("10", "é", nine)),
    ]
    assert (merged.scanned, merged.exceeded) == (5, False)


def test_more_groups_than_wanted_exceed_when_they_come_together() -> None:
    pages = [AggregatePage([Group((name,), 1, ("0",), (None,) * 3, (None,) * 3)]) for name in "abc"]
    assert not merge_aggregates(SUMS, pages[:2]).exceeded
    assert merge_aggregates(SUMS, pages).exceeded


@pytest.mark.parametrize(
    ("own", "whole"),
    [
        (["1f"], True),
        (["13", "1c"], True),
        (["10", "1f"], True),
        (["11", "12", "1c"], True),
        (["13"], False),
        (["13", "18"], False),
        (["17", "1c"], False),
        (["1f", "1f"], False),
        ([""], True),
        ([], True),
    ],
)
def test_answers_are_whole_where_each_of_four_partitions_is_in_one_of_them(own: list[str], whole: bool) -> None:
    assert are_whole([EntryPage([], partitions=each) for each in own]) is whole
    assert are_whole([AggregatePage([], partitions=each) for each in own]) is whole

"""Pages of several members become one page."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hazelgate.client.reading.queries import (
    Condition,
    EntryPage,
    EntryQuery,
    PageEntry,
    decode_page,
    encode_query,
    merge_pages,
)


def page(values: list[str], query: EntryQuery, found: int) -> EntryPage:
    ordered = sorted(values, reverse=query.descending)[: query.limit]
    return EntryPage([PageEntry(value, msgspec.Raw(b"{}")) for value in ordered], found if query.count else None)


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
        from_value="a",
        to_value="b",
        to_inclusive=False,
        filter=(Condition("total", "ge", "1.00", "decimal"), Condition("status", "in", ["X"])),
    )
    assert msgspec.json.decode(encode_query(query)) == {
        "map": "orders",
        "index": "placedAt",
        "from": "a",
        "fromInclusive": True,
        "to": "b",
        "toInclusive": False,
        "descending": False,
        "limit": 20,
        "count": False,
        "filter": [
            {"path": "total", "op": "ge", "value": "1.00", "as": "decimal"},
            {"path": "status", "op": "in", "value": ["X"]},
        ],
    }


def test_a_page_is_read_as_the_engine_writes_it() -> None:
    answer = decode_page(b'{"entries":[["k1",{"a":1}]],"count":null}')
    assert [(each.index_value, bytes(each.entry)) for each in answer.entries] == [("k1", b'{"a":1}')]
    assert answer.count is None

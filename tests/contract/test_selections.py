"""What members select of entries: the real cluster and the one in memory answer alike."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hazelgate.client.cluster import Cluster
from hazelgate.client.reading.queries import EntryPage, EntryQuery
from hazelgate.sourcing.ids import new_id
from tests.support.maps import Put

META = {"_meta": {"version": 1}}
SELECTION: list[list[Any]] = [
    ["__typename", "constant", False, "Thing"],
    ["text", "text", False],
    ["flag", "boolean", True],
    ["whole", "int", True],
    ["long", "long", True],
    ["ratio", "float", True],
    ["kind", "enum", True, ["RED", "GREEN"]],
    ["parts", "list", True, ["object", True, [["name", "text", False]]]],
]
EXPECTED = (
    '{"__typename":"Thing","text":"ä","flag":null,"whole":null,"long":null,"ratio":null,"kind":null,"parts":null}'
)
FINE: list[dict[str, Any]] = [
    {},
    {"flag": True, "whole": -7, "long": 2**40, "ratio": 2.5, "kind": "GREEN", "more": [{"text": 1}]},
    {"parts": []},
    {"parts": [{"name": 'a"b', "other": 1}, None, {"other": 1, "name": ""}]},
    {"long": 0.5, "ratio": -1e-7},
]
ODD: list[dict[str, Any]] = [
    {"text": None},
    {"text": 1},
    {"flag": 0},
    {"whole": 2**31},
    {"whole": 1.5},
    {"whole": "1"},
    {"long": 2**63},
    {"ratio": 1},
    {"ratio": 1e300},
    {"kind": "BLUE"},
    {"kind": 1},
    {"parts": {}},
    {"parts": [{}]},
    {"parts": [{"name": None}]},
    {"parts": ["a"]},
]


async def selected(cluster: Cluster, put: Put, *entries: dict[str, Any] | None) -> bytes | None:
    map_name, keys = f"things-{new_id()}", [f"k{number}" for number in range(len(entries))]
    for key, entry in zip(keys, entries, strict=True):
        if entry is not None:
            await put(map_name, key, entry)
    return await cluster.select(map_name, keys, msgspec.json.encode(SELECTION).decode())


def thing(more: dict[str, Any]) -> dict[str, Any]:
    return {**META, "text": "ä", **more}


async def test_what_is_selected_comes_in_the_order_of_the_keys_and_of_the_selection(cluster: Cluster, put: Put) -> None:
    gone = {"_meta": {"version": 2, "absent": True}}
    assert (
        await selected(cluster, put, thing({}), None, gone, thing({})) == f"[{EXPECTED},null,null,{EXPECTED}]".encode()
    )
    assert await selected(cluster, put) == b"[]"


async def test_values_that_are_as_the_selection_has_them_are_given_out(cluster: Cluster, put: Put) -> None:
    found = msgspec.json.decode(await selected(cluster, put, *map(thing, FINE)) or b"")
    names = [name for name, *_ in SELECTION]
    expected = [{name: ({"__typename": "Thing"} | thing(each)).get(name) for name in names} for each in FINE]
    expected[3]["parts"] = [{"name": 'a"b'}, None, {"name": ""}]
    assert found == expected
    assert all(list(each) == names for each in found)


@pytest.mark.parametrize("odd", ODD, ids=str)
async def test_nothing_is_selected_beside_an_entry_that_is_otherwise(
    cluster: Cluster, put: Put, odd: dict[str, Any]
) -> None:
    assert await selected(cluster, put, thing({}), thing(odd)) is None


async def test_one_that_is_otherwise_takes_nothing_from_others_who_ask_at_once(cluster: Cluster, put: Put) -> None:
    assert await selected(cluster, put, {"text": "no _meta"}) is None
    assert await selected(cluster, put, thing({})) == f"[{EXPECTED}]".encode()


async def page_of(cluster: Cluster, put: Put, *entries: dict[str, Any]) -> EntryPage:
    map_name, selection = f"things-{new_id()}", msgspec.json.encode(SELECTION).decode()
    for number, entry in enumerate(entries):
        await put(map_name, f"k{number}", entry)
    return await cluster.query(EntryQuery(map_name=map_name, limit=3, count=True, selection=selection))


async def test_a_page_has_what_is_selected_and_its_places(cluster: Cluster, put: Put) -> None:
    gone = {"_meta": {"version": 2, "absent": True}}
    page = await page_of(cluster, put, thing({}), gone, thing({}), thing({}))
    assert (page.selected, page.count) == (True, 4)
    assert [(each.index_value, bytes(each.entry).decode()) for each in page.entries] == [
        ("k0", EXPECTED),
        ("k1", "null"),
        ("k2", EXPECTED),
    ]


@pytest.mark.parametrize("odd", ODD, ids=str)
async def test_a_page_has_whole_entries_where_one_of_them_is_otherwise(
    cluster: Cluster, put: Put, odd: dict[str, Any]
) -> None:
    entries = [thing({}), thing(odd), thing({"flag": True})]
    page = await page_of(cluster, put, *entries)
    assert not page.selected
    assert [msgspec.json.decode(each.entry) for each in page.entries] == entries


async def test_what_is_otherwise_behind_a_page_does_not_count(cluster: Cluster, put: Put) -> None:
    page = await page_of(cluster, put, thing({}), thing({}), thing({}), thing({"text": 1}))
    assert page.selected

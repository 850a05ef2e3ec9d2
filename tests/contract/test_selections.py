"""What members select of entries: the real cluster and the one in memory answer alike."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hazelgate.client.cluster import Cluster
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

"""Whatever a domain declares, its schema is valid; whatever a filter asks, the plan finds what a naive look finds."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Any

import msgspec
import pytest
from graphql import build_schema, print_schema, validate_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from hazelgate import Catalog, Event, Filled, Id, View
from hazelgate.client.reading.filters import Filter, matches
from hazelgate.client.reading.planning import plan
from hazelgate.client.reading.queries import EntryQuery
from hazelgate.client.views.filtering import filter_of
from hazelgate.gateway.graphql.executable_schema import graphql_schema
from hazelgate.sourcing.declaring.registry import (
    EventRegistration,
)
from hazelgate.sourcing.envelope import EntryMeta
from hazelgate.sourcing.model.fields import FieldSpec, FieldType, ListOf, Scalar, fields_of
from hazelgate.sourcing.model.views import ViewSpec
from hazelgate.testing.memory.queries import query_entries
from tests.support.descriptions import undescribed
from tests.support.random_domains import VALUES, Domain, Shape, domains

EXAMPLES = settings(max_examples=60)


@pytest.mark.exhaustive
@EXAMPLES
@given(domains(3), st.booleans())
def test_every_catalog_derives_a_valid_schema(domain: Domain, federation: bool) -> None:
    """Everything in it has a description."""
    schema = graphql_schema(Catalog(domain.registrations()), federation=federation)
    assert validate_schema(schema) == []
    assert list(undescribed(schema)) == []
    assert set(build_schema(print_schema(schema)).type_map) == set(schema.type_map)


# ---------------------------------------------------------------- filters


def entries_of(view: ViewSpec, shape: Shape) -> st.SearchStrategy[dict[str, bytes]]:
    """Some entries, as the projector writes them."""

    def entry(cls: Any, of: Shape, keys: Mapping[str, str]) -> st.SearchStrategy[Any]:
        given: dict[str, st.SearchStrategy[Any]] = {name: st.just(key) for name, key in keys.items()}
        for name, (kind, optional) in of.fields.items():
            may_be_null = optional and kind not in ("ref", "instant")
            given[name] = st.one_of(st.none(), VALUES[kind]) if may_be_null else VALUES[kind]
        given |= {name: st.lists(VALUES[kind], max_size=2).map(tuple) for name, kind in of.lists.items()}
        if of.value is not None:
            nested = next(each.type for each in fields_of(cls) if each.python_name == "nested")
            given["nested"] = entry(nested, of.value, {})
            given["nested_list"] = st.lists(entry(nested, of.value, {}), max_size=2).map(tuple)
        return st.builds(cls, **given)

    def encoded(found: list[View]) -> dict[str, bytes]:
        made = {}
        for each in found:
            key = getattr(each, view.key)
            meta = EntryMeta(version=1, caused_by="e", updated_at="", applied={}, keys=view.sort_keys(each, key))
            made[key] = view.encode(meta, each)
        return made

    keys = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=4)
    return keys.flatmap(
        lambda found: st.tuples(*(entry(view.cls, shape, {view.key: key}) for key in found)).map(list).map(encoded)
    )


OPERATORS = {
    "order": ("eq", "ne", "in", "gt", "gte", "lt", "lte", "isNull"),
    "equality": ("eq", "ne", "in", "isNull"),
    "text": ("startsWith", "contains", "eqIgnoreCase", "startsWithIgnoreCase", "containsIgnoreCase"),
}


def filters_of(fields: tuple[FieldSpec, ...], *, logic: bool, depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """Filters as clients write them, parsed."""
    by_field = {each.name: _of(each.type) for each in fields if _of(each.type) is not None}
    one = st.sampled_from(sorted(by_field)).flatmap(lambda name: by_field[name].map(lambda made: {name: made}))
    several = st.lists(one, min_size=1, max_size=2).map(lambda found: {k: v for each in found for k, v in each.items()})
    if not logic or depth == 0:
        return several
    inner = filters_of(fields, logic=True, depth=depth - 1)
    return st.one_of(
        several,
        st.lists(inner, min_size=1, max_size=2).map(lambda found: {"and": found}),
        st.lists(inner, min_size=1, max_size=2).map(lambda found: {"or": found}),
        inner.map(lambda found: {"not": found}),
    )


def _of(held: FieldType) -> Any:
    if isinstance(held, ListOf):
        item = _of(held.item)
        return (
            None
            if item is None
            else st.sampled_from(["some", "every", "none"]).flatmap(lambda name: item.map(lambda made: {name: made}))
        )
    if isinstance(held, Scalar) or issubclass(held, (StrEnum, IntEnum)):
        values = _values(held)
        names = OPERATORS["order" if held in _ORDERED else "equality"]
        names = names if held is not Scalar.STRING else (*names, *OPERATORS["text"])
        names = tuple(name for name in names if held is not Scalar.BOOLEAN or name in ("eq", "isNull"))
        return st.sampled_from(names).flatmap(lambda name: _operand(name, values))
    return filters_of(tuple(each for each in fields_of(held) if not each.hidden), logic=False)


def _operand(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    if name == "isNull":
        return st.booleans().map(lambda each: {name: each})
    return (st.lists(values, max_size=3) if name == "in" else values).map(lambda each: {name: each})


_ORDERED = (
    Scalar.STRING, Scalar.INT, Scalar.LONG, Scalar.FLOAT, Scalar.DECIMAL, Scalar.DATE_TIME, Scalar.DATE
)  # fmt: skip


def _values(held: Any) -> st.SearchStrategy[Any]:
    kinds = {
        Scalar.STRING: "text", Scalar.ID: "ref", Scalar.INT: "whole", Scalar.LONG: "long", Scalar.FLOAT: "ratio",
        Scalar.BOOLEAN: "flag", Scalar.DECIMAL: "money", Scalar.DATE_TIME: "moment", Scalar.DATE: "day",
    }  # fmt: skip
    if isinstance(held, Scalar):
        return VALUES[kinds[held]]
    return st.sampled_from([member.value for member in held])


def naive(tree: Filter | None, entries: Mapping[str, bytes]) -> set[str]:
    """The keys of what the filter lets through, each looked at."""
    return {key for key, raw in entries.items() if tree is None or matches(tree, msgspec.json.decode(raw))}


@pytest.mark.exhaustive
@EXAMPLES
@given(st.data())
def test_plans_find_what_a_look_at_each_entry_finds(data: st.DataObject) -> None:
    domain = data.draw(domains(1, least_indexes=1))
    view = Catalog(domain.registrations()).views["view-0"]
    entries = data.draw(entries_of(view, domain.shapes[0]))
    indexed = {part.path[0] for index in view.indexes.values() for part in index.parts}
    helped = filters_of(tuple(each for each in view.fields if each.name in indexed), logic=False)
    given = data.draw(st.one_of(helped, filters_of(view.fields, logic=True)))
    tree = filter_of(view, given)
    expected = naive(tree, entries)
    sorts = [None, *((index.name, descending) for index in view.sorts for descending in (False, True))]
    for sort in sorts:
        made = plan(tree, view.indexes, sort, (view.key_index, False))
        found = query_entries(
            entries,
            EntryQuery(
                map_name=view.name,
                index=made.index,
                ranges=made.ranges,
                descending=made.descending,
                limit=100,
                count=True,
                filter=made.rest,
            ),
        )
        keys = [msgspec.json.decode(each.entry)[view.key_name] for each in found.entries]
        assert (sorted(keys), found.count) == (sorted(expected), len(expected)), (given, sort, made)
        if sort is not None:
            # Those that are alike in it come in any order; each list has its own, and keeps to it.
            part = view.indexes[sort[0]].parts[0]
            values = [part.component(part.get(view.decode(bytes(each.entry)))) for each in found.entries]
            assert values == sorted(values, reverse=sort[1]), (given, sort, made)


def test_a_filled_field_is_in_no_input() -> None:
    """Beside the random ones, which have none."""

    class Done(Event):
        done_id: Id
        by: Filled[str] = None

    schema = graphql_schema(Catalog([EventRegistration(__name__, "Done", "Thing", "done_id", 1, Done)]))
    assert list(schema.type_map["DoneInput"].fields) == ["doneId"]  # type: ignore[attr-defined]

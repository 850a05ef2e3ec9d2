"""Faults planted into the compiler of plans: the comparison with the executor finds each."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import msgspec
import pytest
from graphql import GraphQLNonNull

from hazelgate import Catalog
from hazelgate.client.views.cursors import cursor_of
from hazelgate.resolvers.plans import documents, pages, planning, reading, results, submitting, writing
from hazelgate.resolvers.plans.arguments import Arguments
from hazelgate.resolvers.plans.deviations import Deviation
from hazelgate.resolvers.plans.pages import HistoryFollower, Pages
from hazelgate.resolvers.plans.planning import Planner
from hazelgate.resolvers.plans.projecting import KeyFollower, Projection
from hazelgate.resolvers.plans.reading import Read
from hazelgate.resolvers.plans.selections import Constant, EnumShape, ResultField, StoredField
from hazelgate.resolvers.plans.submitting import Submitting
from hazelgate.resolvers.plans.variables import Variables
from hazelgate.resolvers.plans.writing import completer
from hazelgate.resolvers.requests import RequestReads
from tests.support.both_ways import Difference, Domain, World
from tests.support.operations import Operation

DOMAINS = ("tests.unit.resolvers.derived.shelf", "tests.domains.bookings.bookings")
MOST_WORLDS = 150
WORLDS_WITHOUT_A_FAULT = 30
OPERATIONS_OF_EACH = 4

pytestmark = [
    pytest.mark.exhaustive,
    # As in test_equality.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Fault = Callable[[pytest.MonkeyPatch], None]


@cache
def domain(name: str) -> Domain:
    return Domain.of(Catalog.load(name))


async def first_difference(worlds: int = MOST_WORLDS, *, writes: bool = False) -> Difference | None:
    """What the comparison finds first; None where it finds nothing."""
    for seed in range(worlds):
        chance = Random(seed)
        found = domain(DOMAINS[seed % len(DOMAINS)])
        world, operations = World(found, chance), found.writes(chance) if writes else found.operations(chance)
        try:
            for _ in range(OPERATIONS_OF_EACH):
                await world.compare(operations.one())
        except Difference as difference:
            return difference
    return None


# ---------------------------------------------------------------- what may go wrong


def lost_alias(patch: pytest.MonkeyPatch) -> None:
    real = Planner._field

    def field(*given: Any) -> Any:
        made = real(*given)
        return dataclasses.replace(made, name=made.source) if isinstance(made, StoredField) else made

    patch.setattr(Planner, "_field", field)


def null_not_propagated(patch: pytest.MonkeyPatch) -> None:
    real = reading.Reads.struct

    def struct(self: Any) -> Any:
        for each in list(self._by_source.values())[1:]:
            each.required = False
        return real(self)

    patch.setattr(reading.Reads, "struct", struct)


def null_in_a_list_let_through(patch: pytest.MonkeyPatch) -> None:
    real = Read.items

    class Lenient(Read):
        __slots__ = ()

        @property
        def type(self) -> Any:
            self.required = False
            return super().type

    def items(self: Read) -> Read:
        if self.item is None:
            self.item = Lenient()
        return real(self)

    patch.setattr(Read, "items", items)


def wrong_path(patch: pytest.MonkeyPatch) -> None:
    real = reading.Reads.along

    def along(self: Any, path: Any) -> Any:
        real(self, path)
        return real(self, [dataclasses.replace(path[0], name=f"{path[0].name}_"), *path[1:]])

    patch.setattr(reading.Reads, "along", along)


def first_key_in_place_of_all(patch: pytest.MonkeyPatch) -> None:
    real = KeyFollower.values

    async def values(self: Any, keys: Any, run: Any) -> Any:
        return await real(self, [each[:1] for each in keys], run)

    patch.setattr(KeyFollower, "values", values)


def enum_by_value(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(EnumShape, "is_stored_as_shown", property(lambda _: True))


def wrong_type_name(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planning, "Constant", lambda name, value: Constant(name, value.lower()))


def whole_number_out_of_range(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(reading.SCALAR_TYPES, "Int", int)


def inexact_float(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(reading.SCALAR_TYPES, "Float", float)


def number_as_text(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(reading.SCALAR_TYPES, "String", Any)


def float_as_long(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(reading.SCALAR_TYPES, "Long", float)


def absent_entry_shown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading.Reads, "any_required", True)
    patch.setattr(reading.Reads, "struct", _lenient(reading.Reads.struct))


def _lenient(real: Any) -> Any:
    def struct(self: Any) -> Any:
        for each in self._by_source.values():
            each.required = False
        return real(self)

    return struct


def skip_decided_once(patch: pytest.MonkeyPatch) -> None:
    real = documents.OperationPlans.variant

    def variant(self: Any, variables: Any) -> Any:
        kept = self.__dict__.setdefault("kept", variables)
        return real(self, {**dict.fromkeys(variables), **kept, **dict.fromkeys(self._conditions, True)})

    patch.setattr(documents.OperationPlans, "variant", variant)


def default_of_a_variable_lost(patch: pytest.MonkeyPatch) -> None:
    real = Variables.read
    patch.setattr(
        Variables, "read", lambda self, given: {k: v for k, v in real(self, given).items() if k in (given or {})}
    )


def argument_in_an_input_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Arguments, "read", lambda self, variables, whole: {**self.constant})


def computed_field_that_fails(patch: pytest.MonkeyPatch) -> None:
    real = writing._computed

    def computed(each: Any) -> Any:
        function = real(each)

        def lenient(value: Any) -> Any:
            try:
                return function(value)
            except Exception:
                return None

        return lenient

    patch.setattr(writing, "_computed", computed)


def global_id_of_the_key_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(writing, "_node_id", lambda view: lambda key: key)


def cursor_of_another_list(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pages, "cursor_of", lambda order, key: cursor_of(f"{order}x", key))


def absent_entry_keeps_its_edge(patch: pytest.MonkeyPatch) -> None:
    real = Pages._made

    def made(self: Any, shown: Any) -> Any:
        placed, values, links = real(self, shown)
        absent = [None] * (len(shown.entries) - len(placed))
        return shown.entries, {node: [*each, *absent] for node, each in values.items()}, links

    patch.setattr(Pages, "_made", made)


def count_of_the_page(patch: pytest.MonkeyPatch) -> None:
    async def count(reads: Any, entries: Any) -> int:
        return 1

    patch.setattr(pages, "count_list", count)


def link_without_its_own_filter(patch: pytest.MonkeyPatch) -> None:
    real = Pages.value

    async def value(self: Any, arguments: Any, run: Any, within: Any = None) -> Any:
        return await real(self, arguments, run)

    patch.setattr(Pages, "value", value)


def fields_in_another_order(patch: pytest.MonkeyPatch) -> None:
    real = Planner.entry

    def entry(*given: Any) -> Any:
        made = real(*given)
        return dataclasses.replace(made, fields=made.fields[::-1])

    patch.setattr(Planner, "entry", entry)


def fragment_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = Planner.__init__
    patch.setattr(Planner, "__init__", lambda self, schema, fragments, *more: real(self, schema, {}, *more))


def error_as_null(patch: pytest.MonkeyPatch) -> None:
    real = Projection.made

    def made(self: Any, raws: Any, links: Any, **named: Any) -> Any:
        try:
            return real(self, raws, links, **named)
        except Deviation:
            return [None for _ in raws]

    patch.setattr(Projection, "made", made)


def entry_of_an_older_read(patch: pytest.MonkeyPatch) -> None:
    real = Projection.made
    patch.setattr(Projection, "made", lambda self, raws, links, **named: real(self, raws[::-1], links, **named))


def revision_without_its_parts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(writing, "IN_META", {})


def history_of_another_entry(patch: pytest.MonkeyPatch) -> None:
    real = HistoryFollower._page
    patch.setattr(HistoryFollower, "_page", lambda self, key, arguments, run: real(self, "a", arguments, run))


def history_without_its_window(patch: pytest.MonkeyPatch) -> None:
    real = HistoryFollower._page
    patch.setattr(HistoryFollower, "_page", lambda self, key, arguments, run: real(self, key, {}, run))


FAULTS: list[Fault] = [
    history_of_another_entry,
    history_without_its_window,
    lost_alias,
    null_not_propagated,
    null_in_a_list_let_through,
    wrong_path,
    first_key_in_place_of_all,
    enum_by_value,
    wrong_type_name,
    whole_number_out_of_range,
    inexact_float,
    number_as_text,
    float_as_long,
    absent_entry_shown,
    skip_decided_once,
    default_of_a_variable_lost,
    argument_in_an_input_lost,
    computed_field_that_fails,
    global_id_of_the_key_alone,
    cursor_of_another_list,
    absent_entry_keeps_its_edge,
    count_of_the_page,
    link_without_its_own_filter,
    fields_in_another_order,
    fragment_forgotten,
    error_as_null,
    entry_of_an_older_read,
    revision_without_its_parts,
]


# ---------------------------------------------------------------- what may go wrong with mutations


def lost_alias_of_a_result(patch: pytest.MonkeyPatch) -> None:
    real = Planner._result_field

    def field(*given: Any) -> Any:
        made = real(*given)
        return dataclasses.replace(made, name=made.source) if isinstance(made, ResultField) else made

    patch.setattr(Planner, "_result_field", field)


def fields_of_a_result_in_another_order(patch: pytest.MonkeyPatch) -> None:
    real = Planner._result

    def result(*given: Any) -> Any:
        made = real(*given)
        return dataclasses.replace(made, fields=made.fields[::-1])

    patch.setattr(Planner, "_result", result)


def value_of_a_result_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(results, "completer", lambda made: lambda value: value)


def null_in_a_result_let_through(patch: pytest.MonkeyPatch) -> None:
    def lenient(made: Any) -> Any:
        return completer(made.of_type if isinstance(made, GraphQLNonNull) else made)

    patch.setattr(results, "completer", lenient)


def result_of_another_type(patch: pytest.MonkeyPatch) -> None:
    real = submitting._Result.__init__
    before: list[Any] = []

    def init(self: Any, selection: Any) -> None:
        real(self, before[-1] if selection.type_name == "EventRejected" and before else selection)
        before.append(selection)

    patch.setattr(submitting._Result, "__init__", init)


def failed_mutation_as_null(patch: pytest.MonkeyPatch) -> None:
    real = Submitting.value

    async def value(self: Any, run: Any) -> Any:
        try:
            return await real(self, run)
        except Exception:
            return None

    patch.setattr(Submitting, "value", value)


def event_submitted_twice(patch: pytest.MonkeyPatch) -> None:
    real = Submitting.value

    async def value(self: Any, run: Any) -> Any:
        try:
            return await real(self, run)
        except Exception:
            run.begun.pop(self._name, None)
            raise

    patch.setattr(Submitting, "value", value)


def mutations_at_once(patch: pytest.MonkeyPatch) -> None:
    real = documents.PlannedOperation.data

    async def data(self: Any, run: Any) -> Any:
        self._is_serial = False
        return await real(self, run)

    patch.setattr(documents.PlannedOperation, "data", data)


def entry_of_before_the_event(patch: pytest.MonkeyPatch) -> None:
    real = Submitting.value

    async def value(self: Any, run: Any) -> Any:
        key = self._arguments.read(run.variables, run.whole)["input"].get("orderId", "a")
        view = self._submits.view
        before = None if view is None else await run.reads.load_several(view.name, (key,))

        async def load_several(_self: Any, _name: Any, _keys: Any) -> Any:
            return before

        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(RequestReads, "load_several", load_several)
            return await real(self, run)

    patch.setattr(Submitting, "value", value)


def options_lost(patch: pytest.MonkeyPatch) -> None:
    real = Arguments.read

    def read(self: Any, variables: Any, whole: Any) -> Any:
        found = real(self, variables, whole)
        return {name: each for name, each in found.items() if name != "options"} if "input" in found else found

    patch.setattr(Arguments, "read", read)


FAULTS_OF_MUTATIONS: list[Fault] = [
    lost_alias_of_a_result,
    fields_of_a_result_in_another_order,
    value_of_a_result_unchecked,
    result_of_another_type,
    failed_mutation_as_null,
    event_submitted_twice,
    entry_of_before_the_event,
    options_lost,
    lost_alias,
    wrong_type_name,
    skip_decided_once,
    fragment_forgotten,
]


_SHOWS_BOOK = '(input: {bookId: "a"}) { ... on BookPayload { receipt { aggregateId } book { title author sold } } }'
FAULTS_OF_RARE_MUTATIONS: dict[Fault, tuple[dict[str, Any], str]] = {
    null_in_a_result_let_through: ({"aggregate_id": None}, f"mutation {{ bookSold{_SHOWS_BOOK} }}"),
    mutations_at_once: (
        {},
        "mutation {" + " ".join(f"{name}: bookSold{_SHOWS_BOOK}" for name in "abc") + "}",
    ),
}
"""What random mutations seldom have: in a receipt, and among what is asked for."""


REMOVED: Any = object()
PARTS = [{"title": "x", "pages": 1, "bookId": "b"}, {"title": "y", "pages": 2, "bookId": "c"}]
SHOWN_BY: dict[Fault, tuple[list[str], Any, str]] = {
    null_not_propagated: (["title"], None, '{ book(bookId: "a") { bookId title } }'),
    null_in_a_list_let_through: (["tags"], [None], '{ book(bookId: "a") { tags } }'),
    whole_number_out_of_range: (["pages"], 2**31, '{ book(bookId: "a") { pages } }'),
    inexact_float: (["weight"], 2**53 + 1, '{ book(bookId: "a") { weight } }'),
    computed_field_that_fails: (["parts"], [], '{ book(bookId: "a") { pagesPerPart } }'),
    revision_without_its_parts: (["_meta", "updatedAt"], REMOVED, '{ book(bookId: "a") { revision { version } } }'),
    first_key_in_place_of_all: (["parts"], PARTS, '{ book(bookId: "a") { others { bookId } } }'),
    default_of_a_variable_lost: (
        ["title"],
        "x",
        "query ($first: Int = 2) { books(first: $first) { edges { node { title } } } }",
    ),
}
"""What random entries and operations seldom have: where, which value, and what is asked for."""


async def directed_difference(path: list[str], value: Any, text: str) -> Difference | None:
    world = World(domain(DOMAINS[0]), Random(1), 0.0)
    books = world.cluster.engine.map("book-view")
    book = msgspec.json.decode(books["a"])
    *outer, last = path
    holder = book
    for name in outer:
        holder = holder[name]
    holder[last] = value
    if value is REMOVED:
        del holder[last]
    books["a"] = msgspec.json.encode(book)
    try:
        await world.compare(Operation(text, {}))
    except Difference as difference:
        return difference
    assert world.invalid == 0, "nothing was asked"
    return None


async def difference_of_writes(receipt: dict[str, Any], text: str) -> Difference | None:
    for seed in range(WORLDS_WITHOUT_A_FAULT):
        world = World(domain(DOMAINS[0]), Random(seed), 0.0, fails=0.0)
        world.outcomes.receipt = receipt
        try:
            await world.compare(Operation(text, {}))
        except Difference as difference:
            return difference
        assert world.invalid == 0, "nothing was submitted"
    return None


@pytest.mark.parametrize("fault", [each for each in FAULTS if each not in SHOWN_BY], ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert asyncio.run(first_difference()) is not None


@pytest.mark.parametrize("fault", SHOWN_BY, ids=lambda fault: fault.__name__)
def test_a_planted_fault_that_takes_a_rare_entry_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asyncio.run(directed_difference(*SHOWN_BY[fault])) is None
    fault(monkeypatch)
    assert asyncio.run(directed_difference(*SHOWN_BY[fault])) is not None


@pytest.mark.parametrize("fault", FAULTS_OF_MUTATIONS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_of_mutations_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert asyncio.run(first_difference(writes=True)) is not None


@pytest.mark.parametrize("fault", FAULTS_OF_RARE_MUTATIONS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_that_takes_a_rare_mutation_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asyncio.run(difference_of_writes(*FAULTS_OF_RARE_MUTATIONS[fault])) is None
    fault(monkeypatch)
    assert asyncio.run(difference_of_writes(*FAULTS_OF_RARE_MUTATIONS[fault])) is not None


@pytest.mark.parametrize("writes", [False, True])
def test_without_a_fault_nothing_is_found(writes: bool) -> None:
    """With the same operations over the same entries."""
    assert asyncio.run(first_difference(WORLDS_WITHOUT_A_FAULT, writes=writes)) is None

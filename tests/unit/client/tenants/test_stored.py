"""Stored ids and plain ones: each tenant's are its own, and what is read has plain ones everywhere."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazelgate import Catalog
from hazelgate.client.cluster import stream_topic
from hazelgate.client.event_stream import Mark, Wish
from hazelgate.client.reading.filters import condition
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.client.submitting.submissions import DEFAULT_OPTIONS, Sealer
from hazelgate.client.tenants import cluster
from hazelgate.client.tenants.cluster import TenantCluster, Tenants
from hazelgate.client.tenants.stored import OtherTenant, Tenant
from hazelgate.sourcing.envelope import (
    AGGREGATE_HEADS,
    DEAD_LETTER_DECISIONS,
    DEAD_LETTER_EVENTS,
    EVENT_IDS,
    EVENT_STORE,
    PENDING_EVENTS,
    DeadLetter,
    Decision,
    DecisionAction,
    EntryMeta,
    IdRecord,
    WaitingEvent,
    encode_json,
)
from hazelgate.sourcing.errors import Forbidden
from hazelgate.sourcing.ids import (
    dead_letter_id,
    is_id,
    is_stored_id,
    is_tenant,
    pending_key,
    plain_id,
    prefix_of,
    store_key,
    tenant_prefix,
)
from hazelgate.sourcing.sort_keys import Kind, component, of_tenant
from hazelgate.testing.memory import MemoryCluster
from tests.support.ledger import AccountOpened

CLUSTER = MemoryCluster.of(Catalog.load("tests.support.ledger"))
names = st.text("abAB019._:~-", min_size=1, max_size=12)
ids = st.text("abAB019._:~-", min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
META = EntryMeta(
    version=3,
    caused_by="acme!e1",
    updated_at="2026-01-01T00:00:00.000000Z",
    applied={4: 5},
    keys={"id": "!!acme!k", "name": "!!acme!x "},
    blocked={"Order@acme!o1": "acme!dl-1"},
)
LETTERS_META = EntryMeta(version=1, caused_by="acme!e1", updated_at="t", applied={}, keys={"failedAt": "t|acme!dl-1"})


@given(names, ids, names, ids)
def test_ids_of_two_tenants_never_meet(one: str, mine: str, other: str, theirs: str) -> None:
    stored, others = tenant_prefix(one) + mine, tenant_prefix(other) + theirs
    assert (stored == others) == ((one, mine) == (other, theirs))
    assert is_stored_id(stored)
    assert not is_id(stored)
    assert (prefix_of(stored), plain_id(stored)) == (tenant_prefix(one), mine)
    assert (prefix_of(mine), plain_id(mine)) == ("", mine)


@pytest.mark.parametrize("name", ["", "a!b", "a b", "a@b", "ä", "a\n", "x" * 65, None, 7, ["a"]])
def test_not_everything_names_a_tenant(name: object) -> None:
    assert not is_tenant(name)


@given(names, names, texts, texts)
def test_a_tenants_range_of_an_index_has_its_entries_and_no_others(
    one: str, other: str, value: str, theirs: str
) -> None:
    [own] = _cluster(one)._ranges((KeyRange(),))
    assert own.start is not None
    assert own.end is not None

    def lies_within(key: str) -> bool:
        return str(own.start) <= key < str(own.end)

    key = component(Kind.TEXT, value)
    assert lies_within(of_tenant(tenant_prefix(one)) + key)
    assert lies_within(of_tenant(tenant_prefix(other)) + component(Kind.TEXT, theirs)) == (one == other)
    assert not lies_within(component(Kind.TEXT, theirs)), "that of no tenant, whatever its text"
    assert not lies_within(component(Kind.TEXT, f"!{one}!{theirs}"))


@given(names, texts, texts)
def test_a_range_within_a_tenant_is_the_range_without(tenant: str, bound: str, value: str) -> None:
    plain = KeyRange(component(Kind.TEXT, bound), None)
    [stored] = _cluster(tenant)._ranges((plain,))
    key = component(Kind.TEXT, value)
    kept = of_tenant(tenant_prefix(tenant)) + key
    assert (str(plain.start) <= key) == (str(stored.start) <= kept < str(stored.end))


def _cluster(tenant: str, *views: str) -> TenantCluster:
    return Tenants(CLUSTER, dict.fromkeys(views)).cluster_of(tenant)


def test_a_letter_has_one_id_within_its_tenant() -> None:
    plain = dead_letter_id("e1", "v", "k")
    assert dead_letter_id("acme!e1", "v", "acme!k") == f"acme!{plain}"


def test_keys_of_maps_get_the_prefix_where_ids_stand() -> None:
    acme = Tenant("acme")
    assert acme.stored_key(EVENT_STORE, store_key("Order", 3, "o1")) == "Order:3@acme!o1"
    assert acme.stored_key(AGGREGATE_HEADS, "Order@o1") == "Order@acme!o1"
    assert acme.stored_key(PENDING_EVENTS, pending_key("e1", "o1", "s1")) == "acme!e1/s1@acme!o1"
    assert acme.stored_key(EVENT_IDS, "e1") == "acme!e1"
    assert acme.stored_key("any-view", "o1") == "acme!o1"


def test_an_entry_keeps_its_fields_and_loses_the_prefix_in_its_meta() -> None:
    raw = b'{"_meta":%s,"note":"acme!e1 is fine","orderId":"k"}' % encode_json(META)
    plain = msgspec.json.decode(Tenant("acme").value("any-view", raw))
    assert plain["note"] == "acme!e1 is fine"
    meta = plain["_meta"]
    assert (meta["causedBy"], meta["keys"]) == ("e1", {"id": "k", "name": "x "})
    assert meta["blocked"] == {"Order@o1": "dl-1"}
    assert (meta["version"], meta["applied"]) == (3, {"4": 5})


def test_what_operators_keep_has_plain_ids_too() -> None:
    acme = Tenant("acme")
    letter = DeadLetter(
        meta=LETTERS_META, id="acme!dl-1", event_key="Order:1@acme!o1", event_id="acme!e1", event_type="Ordered",
        lane=1, position=2, projection="v", entry_key="acme!k", error="x", attempts=1, blocked_count=1,
        first_failed_at="t", last_failed_at="t", waiting=(WaitingEvent(key="Order:2@acme!o1", lane=1, position=3),),
    )  # fmt: skip
    decision = Decision(
        id="acme!dl-1", event_id="acme!e1", projection="v", entry_key="acme!k", action=DecisionAction.DISCARDED, at="t"
    )
    read = acme.value(DEAD_LETTER_EVENTS, encode_json(letter)) + acme.value(
        DEAD_LETTER_DECISIONS, encode_json(decision)
    )
    assert b"acme" not in read
    assert b'"Order:2@o1"' in read
    known = acme.value(EVENT_IDS, encode_json(IdRecord(hash="h", key="Order:1@acme!o1")))
    assert msgspec.json.decode(known) == {"hash": "h", "key": "Order:1@o1"}


def test_what_is_another_tenants_is_an_error_wherever_it_comes() -> None:
    globex = Tenant("globex")
    entry = b'{"_meta":%s,"orderId":"k"}' % encode_json(META)
    for map_name, raw in (
        ("any-view", entry),
        (EVENT_IDS, encode_json(IdRecord(hash="h", key="Order:1@acme!o1"))),
        (EVENT_IDS, encode_json(IdRecord(hash="h", key="Order:1@o1"))),
    ):
        with pytest.raises(OtherTenant):
            globex.value(map_name, raw)
    for id_ in ("acme!o1", "o1", "xglobex!o1"):
        with pytest.raises(OtherTenant):
            globex.plain(id_)


def test_a_filter_of_the_log_is_narrowed_and_names_stored_ids() -> None:
    acme = _cluster("acme")
    own = condition(["aggregateId"], "startsWith", "acme!")
    assert acme._of_log(None) == own
    asked = {
        "or": [
            condition(["aggregateId"], "in", ["o1", "o2"]),
            {"not": condition(["eventId"], "eq", "e1")},
            condition(["eventType"], "eq", "T"),
            condition(["data", "aggregateId"], "eq", "o1"),
        ]
    }
    assert acme._of_log(asked) == {
        "and": [
            own,
            {
                "or": [
                    condition(["aggregateId"], "in", ["acme!o1", "acme!o2"]),
                    {"not": condition(["eventId"], "eq", "acme!e1")},
                    condition(["eventType"], "eq", "T"),
                    condition(["data", "aggregateId"], "eq", "o1"),
                ]
            },
        ]
    }
    with pytest.raises(Forbidden):
        acme._of_log(condition(["eventId"], "contains", "cme!"))
    with pytest.raises(Forbidden):
        acme._of_log(condition(["aggregateId"], "eq", "ACME!o1", "folded"))


async def test_entries_are_walked_by_an_index_alone() -> None:
    acme = _cluster("acme", "any-view")
    for query in (EntryQuery(map_name="any-view"), EntryQuery(map_name=EVENT_STORE), EntryQuery(map_name="rebuilds")):
        with pytest.raises(Forbidden):
            await acme.query(query)


async def test_a_tenant_with_few_events_among_many_gets_whole_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a filter would look at too much, parts of the log are looked at here; a page is the same."""
    catalog = Catalog.load("tests.support.ledger")
    whole = MemoryCluster.of(catalog)
    await whole.start()
    tenants = Tenants(whole, catalog.views)
    handlers = {name: EventHandler(catalog, tenants.cluster_of(name)) for name in ("acme", "globex")}
    for number in range(60):
        name = "acme" if number % 12 == 5 else "globex"
        await handlers[name].handle_event(AccountOpened(account_id=f"a{number}", owner="ann"))
    acme = tenants.cluster_of("acme")

    async def pages(limit: int, descending: bool) -> list[str]:
        found: list[str] = []
        within = KeyRange()
        while True:
            query = EntryQuery(
                map_name=EVENT_STORE, index="cursor", ranges=(within,), limit=limit, descending=descending
            )
            page = (await acme.query(query)).entries
            found += [msgspec.json.decode(each.entry)["aggregateId"] for each in page]
            if len(page) < limit:
                return found
            last = page[-1].index_value
            within = KeyRange(None, last) if descending else KeyRange(f"{last}\0")

    expected = ["a5", "a17", "a29", "a41", "a53"]
    for most, part in ((10_000, 1_000), (3, 4), (1, 1), (20, 7)):
        monkeypatch.setattr(cluster, "_MOST_SCANNED", most)
        monkeypatch.setattr(cluster, "_PART", part)
        for limit in (1, 2, 5, 9):
            assert await pages(limit, False) == expected, (most, part, limit)
            assert await pages(limit, True) == expected[::-1], (most, part, limit)
    for handler in handlers.values():
        await handler.close()
    await whole.close()


def test_an_event_of_the_stream_has_plain_ids_and_names_and_so_has_its_mark() -> None:
    mark = Mark("0001-00001", "OrderCreated", "Order:1@acme!o1", {"order-view": {"": 1}, "agent-view": {"acme!a1": 2}})
    names = {"order-view": {"": 1}, "agent-view": {"a1": 2}}
    assert Tenant("acme").of_mark(mark) == Mark("0001-00001", "OrderCreated", "Order:1@o1", names)
    with pytest.raises(OtherTenant):
        Tenant("globex").of_mark(mark)
    with pytest.raises(OtherTenant):
        Tenant("acme").of_mark(mark._replace(changed={"agent-view": {"globex!a1": 2}}))


def test_a_tenants_wish_is_sent_with_stored_ids() -> None:
    wish = Wish(aggregates=frozenset({"o1"}), views=frozenset({"v"}), entries={"w": frozenset({"k"})})
    assert Tenant("acme").stored_wish(wish) == Wish(
        aggregates=frozenset({"acme!o1"}), views=frozenset({"v"}), entries={"w": frozenset({"acme!k"})}
    )


def test_a_tenants_event_asks_for_no_entry() -> None:
    """Its key would be a plain one, which is another tenant's or nobody's."""
    catalog = Catalog.load("tests.support.ledger")
    sealer = Sealer(catalog, source="test", reply_to="g")
    event = AccountOpened(account_id="a1", owner="ann")
    envelope, raw = sealer.seal(event, DEFAULT_OPTIONS, "2026-01-01T00:00:00.000000Z", show="account-view/a1")
    assert raw.startswith(b'{"show":"account-view/a1",')
    assert b"show" not in Tenant("acme").submitted(envelope)


async def test_a_mark_is_told_to_its_tenant() -> None:
    """What is of one tenant alone comes to no other."""
    memory = MemoryCluster.of(Catalog.load("tests.support.ledger"))
    await memory.start()
    tenants = Tenants(memory, {"account-view": None})
    heard: dict[str, list[bytes]] = {"acme": [], "globex": []}
    for name, told in heard.items():
        await tenants.cluster_of(name).listen(stream_topic(memory.gateway_id), told.append)
    mark = Mark("0001-00001", "AccountOpened", "Account:1@acme!a1", {"account-view": {"": 1}})
    memory._publish(stream_topic(memory.gateway_id), encode_json([mark]))
    await asyncio.sleep(0.01)
    plain = mark._replace(key="Account:1@a1")
    assert heard == {"acme": [encode_json([plain])], "globex": []}

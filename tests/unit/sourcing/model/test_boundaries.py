"""Which reads of guards hold until the event is stored."""

from __future__ import annotations

import pytest

from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.registry import (
    EventRegistration,
    FoldRegistration,
    GuardRegistration,
    Registration,
    ViewRegistration,
)
from hazelgate.sourcing.declaring.values import Event, Read, View
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.model.boundaries import Boundary


class Opened(Event):
    account_id: str
    owner_id: str


class Joined(Event):
    owner_id: str


class Account(View):
    account_id: str


class Owner(View):
    owner_id: str


def _event(cls: type[Event], aggregate: str, key: str) -> EventRegistration:
    return EventRegistration("m", cls.__name__, aggregate, key, 1, cls, None)


def _fold(view: str, cls: type[Event], key: str) -> FoldRegistration:
    return FoldRegistration("m", f"m.{view}.{cls.__name__}", view, cls, key, lambda entry, event: entry)


DECLARED: list[Registration] = [
    _event(Opened, "Account", "account_id"),
    _event(Joined, "Owner", "owner_id"),
    ViewRegistration("m", "accounts", Account, "account_id", {}),
    ViewRegistration("m", "owners", Owner, "owner_id", {}),
    _fold("accounts", Opened, "account_id"),
    _fold("owners", Joined, "owner_id"),
]
OWNERS_COUNT = _fold("owners", Opened, "owner_id")
"""Accounts feed the entry of their owner, too."""


def boundary(cls: type[Event], read: Read, *more: Registration) -> Boundary:
    guard = GuardRegistration("m", "m.guard", cls, {"read": read}, lambda event, read: None)
    return Catalog([*DECLARED, *more, guard]).boundaries.of(guard, read)


def test_an_aggregates_own_entry_is_kept_in_order_by_its_lane() -> None:
    assert boundary(Opened, Account.by("account_id")) is Boundary.LANE


def test_an_entry_that_the_event_does_not_feed_is_read_as_it_is_then() -> None:
    assert boundary(Opened, Owner.by("owner_id")) is Boundary.SNAPSHOT


def test_an_entry_that_others_feed_with_the_event_is_claimed() -> None:
    assert boundary(Opened, Owner.by("owner_id"), OWNERS_COUNT) is Boundary.FEEDS
    assert boundary(Joined, Owner.by("owner_id"), OWNERS_COUNT) is Boundary.FEEDS


def test_another_aggregates_entry_of_the_events_own_view_is_claimed() -> None:
    assert boundary(Opened, Account.by("owner_id")) is Boundary.FEEDS


def test_a_read_may_ask_for_it_where_the_event_feeds_nothing() -> None:
    assert boundary(Opened, Owner.by("owner_id", serialized=True)) is Boundary.ASKED
    assert boundary(Opened, Account.by("account_id", serialized=True)) is Boundary.LANE


def test_a_read_may_waive_it() -> None:
    assert boundary(Opened, Owner.by("owner_id", snapshot=True), OWNERS_COUNT) is Boundary.WAIVED


def test_a_read_can_t_do_both() -> None:
    with pytest.raises(CatalogError, match=r"guard m\.guard reads Owner with `serialized` and `snapshot`"):
        boundary(Opened, Owner.by("owner_id", serialized=True, snapshot=True))

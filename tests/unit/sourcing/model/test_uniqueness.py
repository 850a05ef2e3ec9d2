"""`unique=` of events: what the catalog makes of it, what holds, and mistakes in it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hazelgate import Catalog
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.model.boundaries import Boundary
from hazelgate.testing import given
from tests.support.declared import declared

VIEW = "unique-Account-email"
SHOP = """
    class Size(StrEnum):
        SMALL = "small"

    class Account(View):
        account_id: Id

    @event("AccountOpened", aggregate="Account", key="account_id", unique=["email"])
    class AccountOpened(Event):
        account_id: Id
        email: str | None = None

    @event("EmailChanged", aggregate="Account", key="account_id", unique={"new_email": "email"})
    class EmailChanged(Event):
        account_id: Id
        new_email: str | UnsetType | None = UNSET

    @event("AccountClosed", aggregate="Account", key="account_id", frees=["email"])
    class AccountClosed(Event):
        account_id: Id

    @event("ShopOpened", aggregate="Shop", key="shop_id", unique=["email"])
    class ShopOpened(Event):
        shop_id: Id
        email: str

    @event("Corrected", aggregate="Account", key="account_id", unique=["email"], frees=["email"])
    class Corrected(Event):
        account_id: Id
        email: str | None = None

    @guard(Corrected)
    def lowered(event: Corrected) -> Corrected:
        return replace(event, email=event.email and event.email.lower())

    accounts = projection("account-view", Account, key="account_id")

    @accounts.on(AccountOpened, EmailChanged, AccountClosed, Corrected, key="account_id")
    def seen(account: Account | None, event: Any) -> Account:
        return Account(account_id=event.account_id)
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return declared(SHOP)


class Said:
    """Makes events of the domain by their names."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def __call__(self, name: str, **fields: Any) -> Any:
        return self._catalog.spec(name).cls(**fields)


@pytest.fixture
def said(catalog: Catalog) -> Said:
    return Said(catalog)


@pytest.fixture
def opened(said: Said) -> Any:
    return said("AccountOpened", account_id="ann", email="a@b")


def test_another_aggregate_is_refused_and_not_told_who_holds_the_value(
    catalog: Catalog, said: Said, opened: Any
) -> None:
    other = given(opened, catalog=catalog).when(said("AccountOpened", account_id="bob", email="a@b"))
    other.then_rejected("email")
    with pytest.raises(AssertionError, match=re.escape("email: is taken already; it has to be unique")) as refused:
        other.then()
    assert "ann" not in str(refused.value)


def test_an_aggregate_may_say_its_own_value_again(catalog: Catalog, said: Said, opened: Any) -> None:
    given(opened, catalog=catalog).when(said("EmailChanged", account_id="ann", new_email="a@b")).then(times=2)


def test_event_types_of_one_aggregate_share_a_name(catalog: Catalog, said: Said, opened: Any) -> None:
    bob = said("AccountOpened", account_id="bob", email="b@b")
    taken = said("EmailChanged", account_id="bob", new_email="a@b")
    given(opened, bob, catalog=catalog).when(taken).then_rejected("new_email")


def test_aggregates_of_another_type_do_not_share_it(catalog: Catalog, said: Said, opened: Any) -> None:
    given(opened, catalog=catalog).when(said("ShopOpened", shop_id="ann", email="a@b")).then()


def test_a_value_that_was_given_up_is_free_and_is_not_got_back(catalog: Catalog, said: Said, opened: Any) -> None:
    moved = said("EmailChanged", account_id="ann", new_email="new@b")
    bob = said("AccountOpened", account_id="bob", email="a@b")
    given(opened, moved, catalog=catalog).when(bob).then(times=2)
    back = said("EmailChanged", account_id="ann", new_email="a@b")
    given(opened, moved, bob, catalog=catalog).when(back).then_rejected("new_email")
    given(opened, moved, catalog=catalog).when(back, bob).then_rejected("email")


def test_none_says_no_value_and_null_that_differs_from_left_out_gives_it_up(
    catalog: Catalog, said: Said, opened: Any
) -> None:
    bob = said("AccountOpened", account_id="bob", email="a@b")
    nothing = [said("AccountOpened", account_id="ann"), said("EmailChanged", account_id="ann")]
    given(opened, *nothing, catalog=catalog).when(bob).then_rejected("email")
    given(said("AccountOpened", account_id="eve"), catalog=catalog).when(said("AccountOpened", account_id="bob")).then()
    cleared = said("EmailChanged", account_id="ann", new_email=None)
    given(opened, cleared, catalog=catalog).when(bob).then(times=2)


def test_frees_gives_the_value_up(catalog: Catalog, said: Said, opened: Any) -> None:
    bob = said("AccountOpened", account_id="bob", email="a@b")
    given(opened, said("AccountClosed", account_id="ann"), catalog=catalog).when(bob).then(times=2)
    given(opened, said("Corrected", account_id="ann"), catalog=catalog).when(bob).then(times=2)


def test_what_guards_have_made_of_the_value_counts(catalog: Catalog, said: Said, opened: Any) -> None:
    eve = said("Corrected", account_id="eve", email="A@B")
    given(opened, catalog=catalog).when(eve).then_rejected("email")
    ann = said("Corrected", account_id="ann", email="A@B")
    given(opened, ann, catalog=catalog).when(said("AccountOpened", account_id="bob", email="a@b")).then_rejected(
        "email"
    )


def test_all_that_is_wrong_is_told_together(catalog: Catalog) -> None:
    both = declared("""
        class Account(View):
            account_id: Id

        @event("Opened", aggregate="Account", key="account_id", unique=["email", "phone"])
        class Opened(Event):
            account_id: Id
            email: str
            phone: int
    """)
    make = both.spec("Opened").cls
    past = given(make(account_id="ann", email="a", phone=1), catalog=both)
    past.when(make(account_id="bob", email="a", phone=1)).then_rejected("email", "phone")


def test_it_is_a_view_that_no_api_shows_and_its_reads_are_claimed(catalog: Catalog) -> None:
    view = catalog.views[VIEW]
    assert (view.in_api, view.is_derived, view.access) == (False, True, ())
    assert catalog.spec("EmailChanged").updates == ("account-view", VIEW)
    [guard] = [each for each in catalog.guards if catalog.spec(each.cls).name == "EmailChanged"]
    assert {catalog.boundaries.of(guard, read) for read in guard.reads.values()} == {Boundary.FEEDS}


def test_its_code_is_the_same_each_time_and_another_for_another_field() -> None:
    again = declared(SHOP)
    changed = declared(SHOP.replace("new_email", "email_now"))
    assert again.view_fingerprints[VIEW] == declared(SHOP).view_fingerprints[VIEW]
    assert again.view_fingerprints[VIEW] != changed.view_fingerprints[VIEW]


OPENED = """
    @event("Opened", aggregate="Box", key="box_id", {0})
    class Opened(Event):
        box_id: Id
        label: str
        tags: tuple[str, ...] = ()
        weight: float = 0.0
        price: Decimal = Decimal(0)
"""


@pytest.mark.parametrize(
    ("declaration", "mistake"),
    [
        ('unique=["name"]', "event 'Opened' has 'name' in `unique`; Opened has no such field"),
        ('unique=["box_id"]', "event 'Opened' has 'box_id' in `unique`, which is the aggregate's id"),
        ('unique=["tags"]', "event 'Opened' has 'tags' in `unique`, whose values can't be told apart by their text"),
        ('unique=["weight"]', "event 'Opened' has 'weight' in `unique`, whose values can't be told apart"),
        ('unique=["price"]', "event 'Opened' has 'price' in `unique`, whose values can't be told apart"),
        ('unique={"label": "a-b"}', "event 'Opened' calls what 'label' shares 'a-b'; give it a name"),
        ('unique="label"', "event 'Opened' has a text as `unique`; give a list: unique=[\"label\"]"),
        ('frees=["label"]', "event 'Opened' has 'label' in `frees`; no event of Box has that in `unique`"),
        ('unique=["label"], frees=["tag"]', "no event of Box has that in `unique`, these are: label"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_says_how_to_mend_it(declaration: str, mistake: str) -> None:
    with pytest.raises(CatalogError, match=re.escape(mistake)):
        declared(OPENED.replace("{0}", declaration))


def test_two_fields_of_an_event_do_not_share_a_name() -> None:
    with pytest.raises(CatalogError, match="has 'label' and 'other' in `unique` as 'name'; name them apart"):
        declared(
            OPENED.replace("{0}", 'unique={"label": "name", "other": "name"}').replace(
                "label: str", "label: str\n        other: str"
            )
        )

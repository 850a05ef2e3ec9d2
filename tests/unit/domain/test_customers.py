"""What the shop says about customers."""

import pytest

from hazelgate.domain.customers import Customer, CustomerCreated, CustomerUpdated
from hazelgate.testing import given
from hazelgate.testing.scenarios import AT

ADA = CustomerCreated(customer_id="c1", name="Ada", email="ada@example.org")


def customer(**changes: str) -> Customer:
    fields = {"name": "Ada", "email": "ada@example.org", "address": None, **changes}
    return Customer(customer_id="c1", created_at=AT, **fields)  # type: ignore[arg-type]


def test_a_new_customer_is_in_the_view_with_the_time_of_submission() -> None:
    given().when(ADA).then(customer(), times=3)


def test_a_customer_is_created_once() -> None:
    given(ADA).when(ADA).then_rejected("customer_id")


def test_what_an_update_leaves_out_stays() -> None:
    given(ADA).when(CustomerUpdated(customer_id="c1", address="1 Main St")).then(customer(address="1 Main St"), times=2)


def test_what_an_update_names_changes() -> None:
    given(ADA).when(CustomerUpdated(customer_id="c1", name="Ada L.", email="a@l.org")).then(
        customer(name="Ada L.", email="a@l.org")
    )


def test_an_update_has_to_name_something() -> None:
    given(ADA).when(CustomerUpdated(customer_id="c1")).then_rejected("")


def test_nobody_is_not_updated_and_both_problems_are_named() -> None:
    given().when(CustomerUpdated(customer_id="c1")).then_rejected("customer_id", "")


@pytest.mark.parametrize(
    "email",
    ["", "ada", "@example.org", "ada@", "ada@example", "a b@example.org", "ada@exam ple.org", "ada@@example.org",
     "ada@example..org", "ada@example.org\n", "ada\0@example.org", "a" * 65 + "@example.org",
     "a@" + "b" * 250 + ".org"],
)  # fmt: skip
def test_an_email_of_no_sane_form_is_refused(email: str) -> None:
    given().when(CustomerCreated(customer_id="c1", name="Ada", email=email)).then_rejected("email")


@pytest.mark.parametrize("email", ["ada@example.org", "ada.l+tag@mail.example.co.uk", "ädä@exämple.org"])
def test_an_email_of_a_sane_form_is_taken(email: str) -> None:
    given().when(CustomerCreated(customer_id="c1", name="Ada", email=email)).then(customer(email=email))


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "Ada\0"])
def test_a_name_has_1_to_200_characters_and_no_nul(name: str) -> None:
    given().when(CustomerCreated(customer_id="c1", name=name, email="ada@example.org")).then_rejected("name")


def test_all_problems_of_an_event_are_reported_together() -> None:
    event = CustomerCreated(customer_id="c1", name="", email="?", address="\0")
    given().when(event).then_rejected("name", "email", "address")

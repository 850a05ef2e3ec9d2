"""Every type, field, argument and enum value says what it is."""

from __future__ import annotations

import pytest
from graphql import build_schema, validate_schema

from hazelgate import Catalog
from hazelgate.gateway.graphql.executable_schema import graphql_schema
from tests.support.descriptions import undescribed

DOMAINS = ["hazelgate.domain", "docs.examples.tickets", "tests.domains.bookings.bookings"]


@pytest.mark.parametrize("domain", DOMAINS)
def test_everything_says_what_it_is(domain: str) -> None:
    schema = graphql_schema(Catalog.load(domain))
    assert validate_schema(schema) == []
    assert list(undescribed(schema)) == []


def test_what_says_nothing_is_noticed() -> None:
    schema = build_schema("enum E { A } input I { f: E } type Query { q(a: I): Int }")
    assert set(undescribed(schema)) == {"Query", "Query.q", "Query.q(a)", "I", "I.f", "E", "E.A"}

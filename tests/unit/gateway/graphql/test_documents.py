"""Documents are parsed and validated once."""

import pytest
from graphql import OperationType, build_schema

from hazelgate.gateway.graphql.documents import Documents, InvalidDocument
from hazelgate.gateway.graphql.limits import Limits

SCHEMA = build_schema("type Query { a: Int } type Mutation { b: Int }")


@pytest.fixture
def documents() -> Documents:
    return Documents(SCHEMA, Limits(max_tokens=100))


def test_the_same_text_gives_the_same_document(documents: Documents) -> None:
    assert documents.get("{ a }") is documents.get("{ a }")


def test_only_so_many_are_kept(documents: Documents) -> None:
    first = documents.get("{ a }")
    for number in range(600):
        documents.get(f"{{ a{number}: a }}")
    assert documents.get("{ a }") is not first


def test_one_that_is_used_again_is_kept(documents: Documents) -> None:
    first = documents.get("{ a }")
    for number in range(600):
        documents.get(f"{{ a{number}: a }}")
        documents.get("{ a }")
    assert documents.get("{ a }") is first


def test_a_long_one_is_not_kept_and_has_no_plans(documents: Documents) -> None:
    short, long = documents.get("{ a }"), documents.get("{ a }" + " " * 40_000)
    assert short.plans is not None
    assert long.plans is None
    assert documents.get("{ a }" + " " * 40_000) is not long


@pytest.mark.parametrize("text", ["{", "{ b }", "{ a(", "{ " + "a " * 100 + "}"])
def test_what_is_invalid_is_refused_each_time(documents: Documents, text: str) -> None:
    for _ in range(2):
        with pytest.raises(InvalidDocument) as invalid:
            documents.get(text)
        assert invalid.value.errors


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("{ a }", None, OperationType.QUERY),
        ("mutation M { b }", None, OperationType.MUTATION),
        ("query A { a } mutation B { b }", "B", OperationType.MUTATION),
        ("query A { a } mutation B { b }", "C", None),
        ("query A { a } mutation B { b }", None, None),
    ],
)
def test_a_name_picks_an_operation(
    documents: Documents, text: str, name: str | None, expected: OperationType | None
) -> None:
    assert documents.get(text).operation_type(name) is expected


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("{ a }", None, None),
        ("mutation M { b }", None, "M"),
        ("query A { a } mutation B { b }", "B", "B"),
        ("query A { a } mutation B { b }", "C", None),
        ("query A { a } mutation B { b }", None, None),
    ],
)
def test_an_operation_has_the_name_that_its_document_gives_it(
    documents: Documents, text: str, name: str | None, expected: str | None
) -> None:
    """A name that the document does not have is a text of the client's, and no name."""
    assert documents.get(text).operation_name(name) == expected

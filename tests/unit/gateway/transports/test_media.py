"""Which media type an Accept header asks for."""

import pytest

from hazelgate.gateway.transports.media import GRAPHQL_RESPONSE, HTML, JSON, negotiate


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json; charset=utf-8", JSON),
        ("APPLICATION/JSON", JSON),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (f"*/*, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0.1, {JSON};q=0.2", JSON),
        (f"{GRAPHQL_RESPONSE};q=0, {JSON};q=0", None),
        (f"{JSON};q=high", None),
        ("text/html", None),
        (",", None),
    ],
)
def test_the_best_of_ours_that_the_header_takes(accept: str, expected: str | None) -> None:
    assert negotiate(accept) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("text/html,application/xhtml+xml,*/*;q=0.8", HTML), ("text/*", HTML), ("*/*", JSON), ("application/json", JSON)],
)
def test_html_is_for_those_who_ask_for_it(accept: str, expected: str) -> None:
    assert negotiate(accept, html=True) == expected

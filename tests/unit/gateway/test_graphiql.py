"""Which GraphiQL page is served."""

from pathlib import Path

from hazelgate.gateway.graphiql import load_page


def test_the_bundled_page_is_served_where_it_was_built(tmp_path: Path) -> None:
    """It needs no network."""
    page = tmp_path / "graphiql.html"
    page.write_text("<!doctype html>bundled", encoding="utf-8")
    assert load_page(page) == (b"<!doctype html>bundled", True)


def test_a_checkout_without_it_serves_one_that_says_it_needs_a_network(tmp_path: Path) -> None:
    """A blank page offline would otherwise look like a broken gateway."""
    html, self_contained = load_page(tmp_path / "missing.html")
    assert not self_contained
    assert b"loads it from a CDN" in html
    assert b"make setup" in html

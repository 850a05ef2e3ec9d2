"""Which GraphiQL page is served."""

from pathlib import Path

from hazelgate.gateway.graphiql import load_page


def test_the_bundled_page_is_served_where_it_was_built(tmp_path: Path) -> None:
    """It needs no network."""
    page = tmp_path / "graphiql.html"
    page.write_text("<!doctype html>bundled", encoding="utf-8")
    assert load_page(bundled=page) == (b"<!doctype html>bundled", True)


def test_a_checkout_without_it_serves_one_that_says_it_needs_a_network(tmp_path: Path) -> None:
    """A blank page offline would otherwise look like a broken gateway."""
    html, self_contained = load_page(bundled=tmp_path / "missing.html")
    assert not self_contained
    assert b"loads it from a CDN" in html
    assert b"make setup" in html


OPERATION = "query Orders { orders }"


def test_it_opens_with_the_operations_that_it_is_given(tmp_path: Path) -> None:
    """Both pages: that with everything inside, and that from a CDN."""
    page = tmp_path / "graphiql.html"
    page.write_bytes(b'GraphiQL.show({"title":"x","defaultTabs":[]})')
    assert load_page([OPERATION], page)[0] == (
        b'GraphiQL.show({"title":"x","defaultTabs":[{"query":"query Orders { orders }"}]})'
    )
    assert OPERATION.encode() in load_page([OPERATION], tmp_path / "missing.html")[0]


def test_a_docstring_ends_no_script(tmp_path: Path) -> None:
    """Operations carry a domain's descriptions."""
    page = tmp_path / "graphiql.html"
    page.write_bytes(b'"defaultTabs":[]')
    assert b"<" not in load_page(["# </script><b>"], page)[0]

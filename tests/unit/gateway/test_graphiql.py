"""Which GraphiQL page is served."""

from pathlib import Path

from hazelgate.gateway.graphiql import load_page, policy_of


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


def test_a_page_may_run_the_scripts_that_stand_in_it_and_no_others() -> None:
    page = b"<script>one()</script><style>a{}</style><script>two()</script>"
    policy = policy_of(page)
    [scripts] = [each for each in policy.split("; ") if each.startswith("script-src")]
    assert scripts.count("'sha256-") == 2
    assert "unsafe" not in scripts
    assert "frame-ancestors 'none'" in policy


def test_every_script_of_the_pages_that_are_served_is_allowed() -> None:
    """Those that are loaded from elsewhere, too: by their whole address."""
    for page, self_contained in (load_page(["{ a }"]), load_page(["{ a }"], Path("nowhere"))):
        policy = policy_of(page)
        assert policy.count("'sha256-") + policy.count(".js") == page.count(b"</script>")
        assert ("https://" in policy) == (not self_contained)

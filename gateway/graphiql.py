"""The GraphiQL page that a browser gets at `/graphql`."""

from pathlib import Path

_HERE = Path(__file__).parent
BUNDLED_PAGE = _HERE / "_bundled" / "graphiql.html"
CDN_PAGE = _HERE / "graphiql_cdn.html"


def load_page(bundled: Path = BUNDLED_PAGE) -> tuple[bytes, bool]:
    """
    Read the page to serve.

    Returns:
        The HTML in UTF-8, and whether it is self-contained. A wheel always has the page with everything inside; a
        checkout on a machine without npm has only one that loads GraphiQL from a CDN, and says so at its top.
    """
    try:
        return bundled.read_bytes(), True
    except FileNotFoundError:
        return CDN_PAGE.read_bytes(), False

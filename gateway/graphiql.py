"""The GraphiQL page that a browser gets at `/graphql`."""

from pathlib import Path

_HERE = Path(__file__).parent
BUNDLED_PAGE = _HERE / "_bundled" / "graphiql.html"
CDN_PAGE = _HERE / "graphiql_cdn.html"


def load_page(bundled: Path = BUNDLED_PAGE) -> tuple[str, bool]:
    """
    Read the page to serve.

    Returns:
        The HTML, and whether it is self-contained. A wheel always has the page with everything inside; a checkout on a
        machine without npm has only one that loads GraphiQL from a CDN, and says so at its top.
    """
    try:
        return bundled.read_text(encoding="utf-8"), True
    except FileNotFoundError:
        return CDN_PAGE.read_text(encoding="utf-8"), False

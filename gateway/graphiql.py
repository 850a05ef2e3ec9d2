"""The GraphiQL page that a browser gets at `/graphql`."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

_HERE = Path(__file__).parent
BUNDLED_PAGE = _HERE / "_bundled" / "graphiql.html"
CDN_PAGE = _HERE / "graphiql_cdn.html"

_TABS = b'"defaultTabs":[]'
"""Where a page has room for operations: both are written so."""
_INLINE = re.compile(rb"<script(?: type=\"module\")?>")
_SCRIPTS = re.compile(rb'<script[^>]* src="(https://[^"]+)"')
_STYLES = re.compile(rb'<link[^>]* href="(https://[^"]+)"')


class Page:
    """The page as it is sent."""

    def __init__(self, html: bytes) -> None:
        self.html = html
        self.policy = policy_of(html).encode()
        self.tag = f'W/"{hashlib.blake2b(html, digest_size=16).hexdigest()}"'
        self._packing: dict[str, asyncio.Task[bytes]] = {}
        """By the name of a coding."""

    async def packed(self, name: str, pack: Callable[[bytes], bytes]) -> bytes:
        """It in a coding, made once, for the first who wants it so."""
        if name not in self._packing:
            self._packing[name] = asyncio.create_task(asyncio.to_thread(pack, self.html))
        return await asyncio.shield(self._packing[name])


def load_page(operations: Sequence[str] = (), bundled: Path = BUNDLED_PAGE) -> tuple[bytes, bool]:
    """
    Read the page to serve.

    Args:
        operations: With these it opens, each in a tab.
        bundled: The page with everything inside.

    Returns:
        The HTML in UTF-8, and whether it is self-contained. A wheel always has the page with everything inside; a
        checkout on a machine without npm has only one that loads GraphiQL from a CDN, and says so at its top.
    """
    try:
        page, self_contained = bundled.read_bytes(), True
    except FileNotFoundError:
        page, self_contained = CDN_PAGE.read_bytes(), False
    before, found, after = page.rpartition(_TABS)
    return (b"".join((before, _tabs(operations), after)) if found else page), self_contained


def policy_of(page: bytes) -> str:
    """
    The page's Content-Security-Policy: it runs the scripts that stand in it, by their hashes, and no others.

    Its editor writes styles as it goes, and its workers are made of text that is in the page.
    """
    hashes = (base64.b64encode(hashlib.sha256(each).digest()).decode() for each in _inline_scripts(page))
    loaded = [[each.decode() for each in kind.findall(page)] for kind in (_SCRIPTS, _STYLES)]
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src", *(f"'sha256-{each}'" for each in hashes), *loaded[0]]),
            "worker-src blob:",
            " ".join(["style-src 'unsafe-inline'", *loaded[1]]),
            "font-src data:",
            "img-src data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _inline_scripts(page: bytes) -> Iterator[bytes]:
    """One has megabytes: its end is looked for as text, which an expression would walk byte by byte."""
    end = 0
    while (begin := _INLINE.search(page, end)) and (end := page.find(b"</script>", begin.end())) >= 0:
        yield page[begin.end() : end]


def _tabs(operations: Sequence[str]) -> bytes:
    """As JSON that can stand within a script, whatever a domain's docstrings say."""
    tabs = msgspec.json.encode([{"query": operation} for operation in operations])
    return b'"defaultTabs":' + tabs.replace(b"<", b"\\u003c").replace(b">", b"\\u003e")

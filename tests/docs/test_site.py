"""The site is built without a warning, needs nothing from elsewhere, and its diagrams are drawn."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from docs.generating import staging
from tests.docs.browser import Browser
from tests.docs.pages import DOCS, ROOT, blocks, docs_pages, name_of

_LOADS = re.compile(
    r"<(?:script|img|iframe)[^>]*\ssrc=[\"'](?:https?:)?//|<link[^>]*\shref=[\"'](?:https?:)?//|url\([\"']?(?:https?:)?//"
)
_DRAW = """async (diagrams) => {
  const wrong = [];
  for (const [name, text] of diagrams) {
    await mermaid.render("diagram", text).catch((error) => wrong.push([name, String(error)]));
  }
  return wrong;
}"""
MERMAID = DOCS / "assets" / "mermaid.min.js"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as `make docs` builds it."""
    if find_spec("sphinx") is None:
        pytest.skip("Sphinx is not installed: it is in the extra `docs`")
    folder = tmp_path_factory.mktemp("site")
    staging.stage(folder / "pages")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    command += ["-c", "docs/generating", str(folder / "pages"), str(folder / "html")]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    assert built.returncode == 0, built.stdout.decode()
    return folder / "html"


@pytest.mark.timeout(600)
def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    files = [path for suffix in ("html", "css") for path in site.rglob(f"*.{suffix}")]
    assert files
    assert [path.name for path in files if _LOADS.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.timeout(600)
def test_every_diagram_is_drawn() -> None:
    if not MERMAID.is_file():
        pytest.skip("Mermaid is not here: `make docs` brings it")
    diagrams = [
        (f"{name_of(page)}:{block.line}", block.text)
        for page in (*docs_pages(), ROOT / "README.md")
        for block in blocks(page.read_text(encoding="utf-8"))
        if block.is_picture
    ]
    assert diagrams
    with Browser() as browser:
        page = browser.page()
        page.add_script_tag(path=MERMAID)
        page.evaluate("mermaid.initialize({ startOnLoad: false })")
        wrong = page.evaluate(_DRAW, diagrams)
    assert wrong == []


def test_a_load_from_elsewhere_would_be_found() -> None:
    assert _LOADS.search('<script async src="https://unpkg.com/mermaid"></script>')
    assert not _LOADS.search('<a href="https://example.org">elsewhere</a>')

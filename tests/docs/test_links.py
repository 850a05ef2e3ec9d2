"""Each link of a page leads to something that is there."""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, anchors, links, name_of, prose_pages, slug

PAGES = pytest.mark.parametrize("page", [*prose_pages(), ROOT / "CHANGELOG.md"], ids=name_of)

_MENTION = re.compile(r"\b(?:docs|tests/docs)/[\w/-]+\.(?:md|py|svg|json)\b")
_SOURCES = ("*.py", "*.java", "*.yaml", "*.sql", "Makefile", "Dockerfile", "*.toml")


@lru_cache
def anchors_of(page: Path) -> set[str]:
    """The anchors of a page."""
    return anchors(page.read_text(encoding="utf-8"))


@PAGES
def test_a_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page.read_text(encoding="utf-8")):
        if link.target.startswith(("http://127.0.0.1", "https://")):
            continue
        path, _, anchor = link.target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors_of(there)):
            broken.append(link)
    assert broken == []


@PAGES
def test_a_page_of_the_site_links_to_no_file_outside(page: Path) -> None:
    """The site has no others."""
    if not page.is_relative_to(DOCS):
        return
    targets = [link.target.partition("#")[0] for link in links(page.read_text(encoding="utf-8"))]
    outside = [
        target
        for target in targets
        if target and "://" not in target and not (page.parent / target).resolve().is_relative_to(DOCS)
    ]
    assert outside == []


def test_a_page_that_a_source_names_is_there() -> None:
    named: dict[str, list[str]] = {}
    listed = subprocess.run(["git", "ls-files", "-z", *_SOURCES], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    for path in map(Path, filter(None, listed.stdout.decode().split("\0"))):
        if (ROOT / path).is_file():
            for found in _MENTION.findall((ROOT / path).read_text(encoding="utf-8")):
                named.setdefault(found, []).append(str(path))
    assert named
    assert {found: by for found, by in named.items() if not (ROOT / found).exists()} == {}


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Why it holds", "why-it-holds"),
        ("Member → snapshots: a child process", "member--snapshots-a-child-process"),
        ("1. Write a domain", "1-write-a-domain"),
    ],
)
def test_a_heading_has_the_anchor_that_github_gives_it(heading: str, name: str) -> None:
    assert slug(heading) == name


def test_a_repeated_heading_has_an_anchor_of_its_own() -> None:
    assert anchors("# One\n\n## One\n\n## One\n") == {"one", "one-1", "one-2"}

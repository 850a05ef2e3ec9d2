"""Markdown pages as tests look at them: sentences, cells, headings, links, and blocks that run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SHOP_CATALOG = DOCS / "reference" / "shop"
"""What `hazelgate catalog` writes; a test of that command keeps it up to date."""

_COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?])[)*_\"]*\s+(?=\S)")
_CELLS = ("th_open", "td_open")


def prose_pages() -> list[Path]:
    """Each page whose prose is measured."""
    by_themselves = ("README.md", "CONTRIBUTING.md", "tests/docs/README.md", "examples/customers/README.md")
    return [*(ROOT / name for name in by_themselves), *docs_pages()]


def docs_pages() -> list[Path]:
    """Each page of the site that is written by hand."""
    return sorted(path for path in DOCS.rglob("*.md") if not path.is_relative_to(SHOP_CATALOG))


def name_of(page: Path) -> str:
    """The page as it is named in a report."""
    return page.relative_to(ROOT).as_posix()


@lru_cache
def tokens_of(text: str) -> tuple[Token, ...]:
    """The page, parsed."""
    return tuple(MarkdownIt("commonmark").enable("table").parse(text))


@dataclass(frozen=True)
class Passage:
    """A run of prose: a paragraph, an item of a list, a heading, or a cell of a table."""

    line: int
    kind: str
    """`prose`, `heading` or `cell`."""
    text: str


def passages(text: str) -> Iterator[Passage]:
    """The prose of a page. Code in a line counts as one word."""
    kind, line = "prose", 0
    for token in tokens_of(text):
        if token.map is not None:
            line = token.map[0] + 1
        if token.type == "heading_open":
            kind = "heading"
        elif token.type in _CELLS:
            kind = "cell"
        elif token.type == "inline":
            yield Passage(line, kind, _plain(token))
            kind = "prose"


def _plain(inline: Token) -> str:
    parts: list[str] = []
    for child in inline.children or ():
        if child.type == "text":
            parts.append(child.content)
        elif child.type == "code_inline":
            parts.append("`code`")
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(child.content)
    return "".join(parts)


def sentences(passage: str) -> list[str]:
    """The sentences of a passage."""
    return [part.strip() for part in _SENTENCE_END.split(passage) if part.strip()]


def words(sentence: str) -> list[str]:
    """What is counted: whatever has a letter or a digit."""
    return [word for word in sentence.split() if any(character.isalnum() for character in word)]


def anchors(text: str) -> set[str]:
    """The names under which the headings of a page are linked to: those of GitHub, which the site has as well."""
    found: set[str] = set()
    for passage in passages(text):
        if passage.kind == "heading":
            name, number = slug(passage.text), 1
            while name in found:
                name, number = f"{slug(passage.text)}-{number}", number + 1
            found.add(name)
    return found


def slug(heading: str) -> str:
    """A heading as the name of its anchor."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`code`", "code").lower()).strip().replace(" ", "-")


@dataclass(frozen=True)
class Link:
    """A link or a picture on a page."""

    line: int
    target: str


def links(text: str) -> Iterator[Link]:
    """Each link and picture of a page."""
    line = 0
    for token in tokens_of(text):
        if token.map is not None:
            line = token.map[0] + 1
        for child in token.children or ():
            target = child.attrGet("href") if child.type == "link_open" else child.attrGet("src")
            if target is not None:
                yield Link(line, str(target))


@dataclass(frozen=True)
class Block:
    """A fenced block with the comment before it, or a comment alone that is an instruction."""

    line: int
    instruction: str
    """The comment; empty where there is none."""
    language: str
    text: str

    @property
    def is_picture(self) -> bool:
        """Whether it is drawn and not read."""
        return self.language == "mermaid"


ALONE = ("end", "ready", "browser")
"""Instructions that have no block."""


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page in order, and the instructions between them."""
    waiting = ""
    for token in tokens_of(text):
        line = (token.map or [0])[0] + 1
        if token.type == "html_block" and (found := _COMMENT.fullmatch(token.content.strip())):
            if found[1].split(None, 1)[0] in ALONE:
                yield Block(line, found[1], "", "")
            else:
                waiting = found[1]
        elif token.type == "fence":
            yield Block(line, waiting, token.info.strip(), token.content)
            waiting = ""
        elif token.type == "inline":
            waiting = ""

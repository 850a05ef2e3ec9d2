"""The pages are short sentences, short cells and short lines, as CONTRIBUTING.md asks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import Passage, name_of, passages, prose_pages, sentences, tokens_of, words

MAX_WORDS = 25
MAX_CELL_WORDS = 12
MAX_COLUMNS = 100

_IN_PLACE_OF_A_SUBJECT = re.compile(r"(What|Who|Whatever|Should|That)\b(?!.*\?$)")
PAGES = pytest.mark.parametrize("page", prose_pages(), ids=name_of)


@pytest.fixture
def text(page: Path) -> str:
    """The page."""
    return page.read_text(encoding="utf-8")


@PAGES
def test_a_sentence_has_few_words(text: str) -> None:
    assert [found for found in _sentences(text) if len(words(found[1])) > MAX_WORDS] == []


@PAGES
def test_a_sentence_begins_with_its_subject(text: str) -> None:
    assert [found for found in _sentences(text) if _IN_PLACE_OF_A_SUBJECT.match(found[1])] == []


@PAGES
def test_a_cell_has_few_words(text: str) -> None:
    cells = [passage for passage in passages(text) if passage.kind == "cell"]
    assert [cell for cell in cells if len(words(cell.text)) > MAX_CELL_WORDS] == []


@PAGES
def test_a_line_is_short(text: str) -> None:
    not_prose = _lines_of_code_and_tables(text)
    lines = enumerate(text.splitlines(), 1)
    assert [
        (number, line)
        for number, line in lines
        if len(line) > MAX_COLUMNS and " " in line.strip("- ") and number not in not_prose
    ] == []


@pytest.mark.parametrize(
    ("prose", "counted"),
    [
        ("One two. Three four five.", [2, 3]),
        ("It is version 5.7.0 of `a.b.c` here.", [7]),
        ("One two? Three!", [2, 1]),
        ("- One\n  two.\n- Three", [2, 1]),
        ("| a | b |\n| --- | --- |\n| one two | three |", [1, 1, 2, 1]),
        ("```text\nnot counted\n```", []),
    ],
)
def test_words_are_counted_by_sentence(prose: str, counted: list[int]) -> None:
    assert [len(words(each)) for passage in passages(prose) for each in sentences(passage.text)] == counted


@pytest.mark.parametrize("prose", ["What is here counts.", "That is why.", "Should it fail, wait."])
def test_a_sentence_without_a_subject_is_found(prose: str) -> None:
    assert _IN_PLACE_OF_A_SUBJECT.match(prose)


@pytest.mark.parametrize("prose", ["What is a lane?", "The engine waits.", "Whether it holds depends on you."])
def test_another_sentence_is_not(prose: str) -> None:
    assert not _IN_PLACE_OF_A_SUBJECT.match(prose)


def _sentences(text: str) -> list[tuple[int, str]]:
    found: list[Passage] = [passage for passage in passages(text) if passage.kind != "heading"]
    return [(passage.line, sentence) for passage in found for sentence in sentences(passage.text)]


def _lines_of_code_and_tables(text: str) -> set[int]:
    lines: set[int] = set()
    for token in tokens_of(text):
        if token.type in ("fence", "code_block", "html_block", "table_open") and token.map is not None:
            lines.update(range(token.map[0] + 1, token.map[1] + 1))
    return lines

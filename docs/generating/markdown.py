"""Tables of Markdown, and text that is safe in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, with an empty line behind it."""
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines) + "\n\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def one_line(text: str | None) -> str:
    """A text of several lines as one."""
    return " ".join((text or "").split())


def paragraphs(text: str | None) -> str:
    """A docstring as paragraphs: lines that belong together are one, and none is taken for code."""
    parts = (text or "").split("\n\n")
    return "".join(f"{one_line(part)}\n\n" for part in parts if part.strip())


def code(text: str) -> str:
    """The text as code, or nothing."""
    return f"`{text}`" if text else ""

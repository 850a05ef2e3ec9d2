"""Tables on the output: for a terminal as wide as that is, else plain lines that a program can read."""

from __future__ import annotations

import io
import sys
from collections.abc import Collection, Sequence

import click

_AS_WIDE_AS_IT_GETS = 100_000


def print_table(rows: Sequence[Sequence[str]], *, head: Sequence[str] = (), right: Collection[int] = ()) -> None:
    """
    A row a line, with two blanks between columns.

    Args:
        rows: Of as many cells each.
        head: What stands above the columns; nothing where it is empty.
        right: Columns of figures.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    terminal = sys.stdout.isatty()
    table = Table(box=None, pad_edge=False, show_header=bool(head), header_style="bold")
    for at in range(len(rows[0])):
        table.add_column(
            head[at] if head else "",
            justify="right" if at in right else "left",
            no_wrap=not terminal,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(Text, row))
    if terminal:
        Console().print(table)
        return
    plain = io.StringIO()
    Console(file=plain, width=_AS_WIDE_AS_IT_GETS, color_system=None).print(table)
    for line in plain.getvalue().splitlines():
        click.echo(line.rstrip())

"""How far something is, on a terminal. Where there is none, nothing is said before the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_WIDTH = 30


class Show(Protocol):
    """Told how many events are done, and of how many where that changes."""

    def __call__(self, events: int, total: int | None = None) -> None: ...


def figures(events: int, total: int) -> str:
    """So many of so many."""
    return f"{events:,} of {total:,} events"


@contextmanager
def progress(total: int | None) -> Iterator[Show]:
    """A bar on stderr, as long as the context lasts. `total` None: nobody knows how many events there are."""
    if not sys.stderr.isatty():
        yield lambda events, total=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    text = "{task.completed:,} events" if total is None else "{task.completed:,} of {task.total:,} events"
    columns = (BarColumn(_WIDTH), TextColumn(text), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task("", total=total)

        def show(events: int, total: int | None = total) -> None:
            shown.update(task, completed=events, total=None if total is None else max(total, events))

        yield show

"""How far something is, on a terminal. Where there is none, nothing is said before the end."""

from __future__ import annotations

import sys

import click

_WIDTH = 30


def bar(events: int, total: int) -> str:
    """So many of so many, as a picture and in figures."""
    part = min(1.0, events / total) if total else 1.0
    full = round(_WIDTH * part)
    return f"[{'#' * full}{'.' * (_WIDTH - full)}] {events:,} of {total:,} events"


class ProgressBar:
    """A bar on stderr, drawn again and again in the same line. `total` None: nobody knows how many there are."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._drawn = False

    def show(self, events: int) -> None:
        """So many are done."""
        if sys.stderr.isatty():
            self._drawn = True
            text = f"{events:,} events" if self._total is None else bar(events, max(self._total, events))
            click.echo(f"\r{text}", err=True, nl=False)

    def end(self) -> None:
        """What is written next stands in a line of its own."""
        if self._drawn:
            click.echo(err=True)

"""One figure and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """
    A measured value.

    Args:
        at_least: The aim, where more is better.
        at_most: The aim, where less is better.
        beside: What else to compare it with, in words, with its source.
    """

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    beside: str = ""

    @property
    def is_reached(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        if self.at_least is not None:
            return self.value >= self.at_least
        if self.at_most is not None:
            return self.value <= self.at_most
        return None

    @property
    def aim(self) -> str:
        if self.at_least is not None:
            return f">= {self.at_least:,g}"
        if self.at_most is not None:
            return f"<= {self.at_most:,g}"
        return "stated"

    @property
    def verdict(self) -> str:
        return {True: "reached", False: "MISSED", None: ""}[self.is_reached]


def table(figures: list[Figure]) -> str:
    """The figures as lines of a table, for people."""
    rows = [("figure", "measured", "aim", "", "beside it")]
    rows += [(f.name, f"{f.value:,.4g} {f.unit}", f.aim, f.verdict, f.beside) for f in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]), row[3].ljust(widths[3]), row[4]]
        ).rstrip()
        for row in rows
    )


def percentile(values: list[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

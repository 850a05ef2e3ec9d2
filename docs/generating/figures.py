"""
The table and the chart of `docs/figures.md`, from `docs/figures/figures.json`.

`python -m docs.generating.figures` writes both anew.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from docs.generating.markdown import code, table

DOCS = Path(__file__).parents[1]
DATA = DOCS / "figures" / "figures.json"
CHART = DOCS / "figures" / "chart.svg"
PAGE = DOCS / "figures.md"

_BEGIN, _END = "<!-- table -->\n", "<!-- end of table -->\n"

_LEFT, _RIGHT, _ROW, _TOP, _BAR = 230, 120, 26, 50, 16
_WIDTH = 800
_TICKS = (1, 2, 5, 10, 20)


@dataclass(frozen=True)
class Figure:
    """One measured figure; `value` and `bound` are there where the aim is a number."""

    suite: str
    figure: str
    aim: str
    newest: str
    value: float | None = None
    bound: float | None = None
    better: str = ""
    """`less` or `more`."""
    short: str = ""
    """Its name in the chart; empty where it is not drawn."""

    @property
    def times(self) -> float:
        """How many times better than the aim it is."""
        assert self.value is not None
        assert self.bound is not None
        return self.bound / self.value if self.better == "less" else self.value / self.bound


def load() -> tuple[str, list[Figure]]:
    """On which machine the figures were measured, and the figures."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    return data["measured"], [Figure(**each) for each in data["figures"]]


def page() -> str:
    """The page with today's table in it."""
    measured, figures = load()
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    rows = ((each.figure, code(each.suite), each.aim, each.newest) for each in figures)
    made = table(("figure", "suite", "aim", "newest"), rows)
    return f"{before}{_BEGIN}\nMeasured on {measured}\n\n{made}{_END}{after}"


def chart() -> str:
    """Bars on a logarithmic scale: how many times better than its aim each figure is."""
    drawn = sorted((each for each in load()[1] if each.short), key=lambda each: -each.times)
    height = _TOP + _ROW * len(drawn) + 10
    most = max(each.times for each in drawn)

    def x(times: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * math.log(times) / math.log(most)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"',
        '  font-family="sans-serif" font-size="13">',
        "<title>How many times better than its aim each figure is</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for tick in (each for each in _TICKS if each <= most):
        at = x(tick)
        parts.append(f'<line x1="{at:.1f}" y1="{_TOP - 14}" x2="{at:.1f}" y2="{height - 6}" stroke="#ddd"/>')
        parts.append(f'<text x="{at:.1f}" y="{_TOP - 20}" text-anchor="middle" fill="#555">{tick} ×</text>')
    for number, each in enumerate(drawn):
        top = _TOP + _ROW * number
        middle = top + _BAR / 2 + 4.5
        width = max(2.0, x(each.times) - _LEFT)
        name, said = escape(each.short), escape(f"{each.times:.2g} × ({each.newest.split(' (')[0]})")
        parts.append(f'<text x="{_LEFT - 8}" y="{middle}" text-anchor="end" fill="#222">{name}</text>')
        parts.append(f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="#3f6fb0"/>')
        parts.append(f'<text x="{_LEFT + width + 6:.1f}" y="{middle}" fill="#222">{said}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def write() -> None:
    """Write both anew."""
    PAGE.write_text(page(), encoding="utf-8")
    CHART.write_text(chart(), encoding="utf-8")


if __name__ == "__main__":
    write()

"""
The table and the chart beside peers of `docs/explanation/performance.md`, from `docs/figures/peers.json`.

`make bench-peers` measures them. `python -m docs.generating.peers` writes both anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from docs.generating.markdown import table

DOCS = Path(__file__).parents[1]
DATA = DOCS / "figures" / "peers.json"
CHART = DOCS / "figures" / "peers.svg"
PAGE = DOCS / "explanation" / "performance.md"

_BEGIN, _END = "<!-- table beside peers -->\n", "<!-- end of table beside peers -->\n"

_LEFT, _RIGHT, _BAR, _GAP, _TOP = 250, 170, 16, 14, 44
_WIDTH = 800
_OURS = "Hazelgate"
_COLORS = {
    _OURS: "#3f6fb0",
    "Mercurius with JIT": "#8a8a8a",
    "Apollo Server": "#bdbdbd",
    "polling every 10 ms": "#8a8a8a",
}


def load() -> dict[str, Any]:
    """When and where they were measured, and the figures."""
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


def page() -> str:
    """The page with the newest table in it."""
    data = load()
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    rows = [_row(each) for each in data["rows"]] + [_other(each) for each in data["others"]]
    made = table(("case", "beside", "aim", "measured", "verdict", "requests per second", "processor time"), rows)
    return f"{before}{_BEGIN}\nMeasured on {data['measured']}.\n\n{made}{_END}{after}"


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    aim, times = each["aim"], each["times"]
    (ours, theirs), (our_ms, their_ms) = each["per_second"], each["cpu_ms"]
    return (
        each["case"],
        each["peer"],
        "stated" if aim is None else f"≥ {aim:g} ×",
        f"{times:.2f} ×",
        "" if aim is None else "reached" if times >= aim else f"missed by {(1 - times / aim) * 100:.0f} %",
        f"{ours:,.0f}, {theirs:,.0f}",
        f"{our_ms:.3g} ms, {their_ms:.3g} ms ({each['times_by_cpu']:.2f} ×)",
    )


def _other(each: dict[str, Any]) -> tuple[str, ...]:
    value, unit = each["value"], each["unit"]
    least, most = each["at_least"], each["at_most"]
    aim, by = "stated", None
    if most is not None:
        aim, by = f"≤ {most:g} {unit}", value / most - 1
    elif least is not None:
        aim, by = f"≥ {least:g} {unit}", 1 - value / least
    verdict = "" if by is None else "reached" if by <= 0 else f"missed by {by * 100:.0f} %"
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return (each["name"], "", aim, f"{shown} {unit}".strip(), verdict, "", "")


def chart() -> str:
    """Bars: how many requests a second each server answers for one of its first peer."""
    cases: dict[str, list[tuple[str, float, float]]] = {}
    for each in load()["rows"]:
        if each["peer"] == _OURS:  # its workers among themselves
            continue
        (ours, theirs), case = each["per_second"], cases.setdefault(each["case"], [])
        if not case:
            case.append((_OURS, each["times"], ours))
            case.append((each["peer"], 1.0, theirs))
        else:
            case.append((each["peer"], case[0][1] / each["times"], theirs))
    most = max(times for case in cases.values() for _, times, _ in case)
    height = _TOP + sum(len(case) * _BAR + _GAP for case in cases.values())
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"',
        '  font-family="sans-serif" font-size="13">',
        "<title>Requests per second of Hazelgate and its peers, in turns in one run</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
    ]
    at = _LEFT + scale
    parts.append(f'<line x1="{at:.1f}" y1="{_TOP - 14}" x2="{at:.1f}" y2="{height - 6}" stroke="#ddd"/>')
    parts.append(f'<text x="{at:.1f}" y="{_TOP - 20}" text-anchor="middle" fill="#555">1 ×</text>')
    top = float(_TOP)
    for name, case in cases.items():
        middle = top + len(case) * _BAR / 2 + 4.5
        parts.append(f'<text x="{_LEFT - 8}" y="{middle}" text-anchor="end" fill="#222">{escape(name)}</text>')
        for server, times, per_second in case:
            said = escape(f"{server}, {per_second:,.0f}/s")
            width = max(2.0, times * scale)
            parts.append(
                f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR - 2}" fill="{_COLORS[server]}"/>'
            )
            parts.append(f'<text x="{_LEFT + width + 6:.1f}" y="{top + 11.5}" font-size="11" fill="#222">{said}</text>')
            top += _BAR
        top += _GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def write() -> None:
    """Write both anew."""
    PAGE.write_text(page(), encoding="utf-8")
    CHART.write_text(chart(), encoding="utf-8")


if __name__ == "__main__":
    write()

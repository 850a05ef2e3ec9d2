"""
The pages as the site is built from them: those by hand, those from the code, and the order in which they are read.

`python -m docs.generating.staging FOLDER` lays them into an empty folder.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from docs.generating import figures, peers, reference

DOCS = Path(__file__).parents[1]

ORDER: dict[str, tuple[str, ...]] = {
    "tutorial": ("domain", "run", "live-page"),
    "how-to": (
        "new-project",
        "reload",
        "shape-the-api",
        "view-with-another-key",
        "unique-values",
        "second-version",
        "repaired-projection",
        "dead-letters",
        "catalog-and-checks",
        "resume-a-stream",
        "live-query",
        "own-api",
        "federation",
        "python",
        "postgresql",
        "three-members",
        "upgrade",
        "backup-and-restore",
        "snapshots",
        "front-door",
        "protocols",
        "clients",
        "identity-and-rights",
        "tenants",
        "deployment",
    ),
    "reference": ("derived-api", "differences-to-graphql-core", *reference.PAGES, "protocol", "shop/catalog"),
    "explanation": (
        "architecture",
        "guarantees",
        "streams",
        "failures",
        "chaos",
        "event-versions",
        "event-store",
        "rebuilds",
        "snapshots",
        "log-transfer",
        "performance",
        "figures-history",
    ),
}
"""The pages of each part, in the order of reading."""

_INSTRUCTION = re.compile(r"^[ ]*<!--.*?-->\n(?:[ ]*\n)?", re.DOTALL | re.MULTILINE)


def stage(folder: Path) -> None:
    """Write all pages into the folder, which is emptied before."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in DOCS.rglob("*.md"):
        _write(folder / path.relative_to(DOCS), _INSTRUCTION.sub("", path.read_text(encoding="utf-8")))
    for name, text in reference.pages().items():
        _write(folder / name, text)
    index = folder / "reference" / "index.md"
    index.write_text(reference.with_links(index.read_text(encoding="utf-8")), encoding="utf-8")
    for part, pages in ORDER.items():
        _append(folder / part / "index.md", pages)
    _append(folder / "index.md", (*(f"{part}/index" for part in ORDER), "figures"))
    _write(folder / "figures" / "chart.svg", figures.chart())
    _write(folder / "figures" / "peers.svg", peers.chart())
    _write(folder / "figures.md", _INSTRUCTION.sub("", figures.page()))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _append(index: Path, pages: tuple[str, ...]) -> None:
    """What comes below this page."""
    listed = "\n".join(pages)
    index.write_text(index.read_text(encoding="utf-8") + f"\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n", "utf-8")


if __name__ == "__main__":
    stage(Path(sys.argv[1]))

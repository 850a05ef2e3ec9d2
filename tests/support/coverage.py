"""How much of the lines and branches of both languages the tests have run, room by room."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from slipcover import Slipcover, merge_coverage

ROOT = Path(__file__).parents[2]
PYTHON_REPORTS = ROOT / "build" / "coverage"
JAVA_REPORT = ROOT / "engine" / "target" / "site" / "jacoco" / "jacoco.csv"
UNMEASURED = ("hazelgate.domain", "hazelgate.sourcing.model.uniqueness")
"""What folds views is told apart by its byte code, which SlipCover's probes would change."""
PACKAGES = "io.hazelgate.engine"


@dataclass
class Covered:
    """Of so many lines and branches, so many were run."""

    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_run: int = 0

    def add(self, other: Covered) -> None:
        """Count another's as well."""
        self.lines += other.lines
        self.lines_run += other.lines_run
        self.branches += other.branches
        self.branches_run += other.branches_run

    def __str__(self) -> str:
        return f"{_percent(self.lines_run, self.lines):>9}{_percent(self.branches_run, self.branches):>12}"


def coverage_table() -> str:
    """Both languages; of one that was not measured it says so."""
    lines = [f"\n{'coverage':<28}{'lines':>9}{'branches':>12}"]
    lines += _table("Python", python_rooms(), "not measured: make test COVERAGE=yes")
    lines += _table("Java", java_packages(), "not measured: engine/target holds no report of JaCoCo")
    return "\n".join(lines) + "\n"


def _table(language: str, parts: dict[str, Covered], otherwise: str) -> list[str]:
    if not parts:
        return [f"{language:<28}{otherwise}"]
    total = Covered()
    for part in parts.values():
        total.add(part)
    return [*(f"  {name:<26}{part}" for name, part in sorted(parts.items())), f"{language:<28}{total}"]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def python_rooms() -> dict[str, Covered]:
    """What the processes of pytest have run, by room; nothing where it was not measured."""
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in PYTHON_REPORTS.glob("*.json")]
    rooms: defaultdict[str, Covered] = defaultdict(Covered)
    if reports:
        names = {path.split("/")[0] for report in reports for path in report["files"]}
        whole = Slipcover(branch=True, source=[str(ROOT / name) for name in names]).get_coverage()
        for report in reports:
            merge_coverage(whole, report)
        left_out = tuple(name.removeprefix("hazelgate.").replace(".", "/") for name in UNMEASURED)
        for path, file in whole["files"].items():
            if path.startswith(left_out):
                continue
            summary = file["summary"]
            lines, branches = summary["covered_lines"], summary["covered_branches"]
            rooms[path.split("/")[0]].add(
                Covered(lines + summary["missing_lines"], lines, branches + summary["missing_branches"], branches)
            )
    return dict(rooms)


def java_packages() -> dict[str, Covered]:
    """What JaCoCo has measured, by package; nothing where it has not."""
    packages: defaultdict[str, Covered] = defaultdict(Covered)
    if JAVA_REPORT.is_file():
        with JAVA_REPORT.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                name = "engine" + row["PACKAGE"].removeprefix(PACKAGES)
                missed, run = int(row["LINE_MISSED"]), int(row["LINE_COVERED"])
                branches_missed, branches_run = int(row["BRANCH_MISSED"]), int(row["BRANCH_COVERED"])
                packages[name].add(Covered(missed + run, run, branches_missed + branches_run, branches_run))
    return dict(packages)

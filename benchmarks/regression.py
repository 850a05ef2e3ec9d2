"""
Bulk, latency, rebuild, restart and snapshot, in turns with another commit: none may be worse by more than 5 %.

Each side runs its own benchmarks in a process of its own, one after the other, from a copy of its files. A machine that
is slow for a while is slow for both.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure

ROOT = Path(__file__).resolve().parents[1]
_JAR = Path("operations/_bundled/engine.jar")
_ENGINE = ("engine/src/main", "engine/pom.xml")
_WORSE = 1.05


@dataclass(frozen=True)
class Compared:
    """A figure as the table of its suite names it."""

    suite: str
    short: str
    name: str
    more_is_better: bool = False


COMPARED = (
    Compared("latency", "one mutation until PROJECTED, p50", "mutation over HTTP until PROJECTED, p50"),
    Compared("bulk", "events in bulk", "handle_events in bulk until PROJECTED", more_is_better=True),
    Compared("rebuild", "rebuild of all views", "rebuild of all views, from memory", more_is_better=True),
    Compared("snapshot", "restart from a snapshot", "restart from a snapshot until /ready"),
    Compared("snapshot", "a snapshot at rest", "a snapshot of all views while the stack rests"),
)
SUITES = tuple(dict.fromkeys(each.suite for each in COMPARED))


def figures(commit: str, suites: Sequence[str], rounds: int) -> list[Figure]:
    """
    Each figure of these suites, as a multiple of the commit's: above 1 it is worse.

    Raises:
        RuntimeError: There is no such commit, or a side does not run.
    """
    compared = [each for each in COMPARED if each.suite in suites]
    costs: dict[Compared, list[float]] = {each: [] for each in compared}
    seen: dict[Compared, list[tuple[float, float]]] = {each: [] for each in compared}
    with _checked_out(commit) as (here, there):
        for number in range(rounds):
            for suite in suites:
                sides = [here, there] if number % 2 == 0 else [there, here]
                measured = {side: _measure(side, suite) for side in sides}
                for each in compared:
                    if each.suite == suite:
                        ours, theirs = _of(measured[here], each), _of(measured[there], each)
                        costs[each].append(theirs / ours if each.more_is_better else ours / theirs)
                        seen[each].append((ours, theirs))
                        print(f"{each.short}: {ours:g} here, {theirs:g} there", file=sys.stderr, flush=True)
    return [_figure(each, costs[each], seen[each]) for each in compared]


def _figure(compared: Compared, costs: list[float], seen: list[tuple[float, float]]) -> Figure:
    ours, theirs = (median(side) for side in zip(*seen, strict=True))
    spread = f"rounds from {min(costs):.2f} to {max(costs):.2f}"
    return Figure(
        f"{compared.short}, against the commit",
        median(costs),
        "×",
        at_most=_WORSE,
        beside=f"above 1 is worse; {ours:,.4g} here, {theirs:,.4g} there; {spread}",
    )


def _of(measured: Mapping[str, float], compared: Compared) -> float:
    if compared.name not in measured:
        raise RuntimeError(f"one side's suite {compared.suite} has no figure “{compared.name}”")
    return measured[compared.name]


def measured_in(text: str) -> dict[str, float]:
    """The figures of a table, as `benchmarks.figures.table` prints it."""
    found = {}
    for line in text.splitlines():
        name, *rest = re.split(r"\s{2,}", line)
        value = re.match(r"-?[\d,]+(?:\.\d+)?(?:e[+-]\d+)?", rest[0]) if rest else None
        if value is not None:
            found[name] = float(value[0].replace(",", ""))
    return found


def _measure(side: Path, suite: str) -> dict[str, float]:
    print(f"{suite} {side.name}", file=sys.stderr, flush=True)
    path = os.pathsep.join([str(side / "src"), str(side)])
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", suite],
        cwd=side,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"the suite {suite} does not run in {side}:\n{ran.stdout}\n{ran.stderr}")
    return measured_in(ran.stdout)


@contextmanager
def _checked_out(commit: str) -> Iterator[tuple[Path, Path]]:
    """This tree's files and the commit's, each with its engine. Nothing is left of them."""
    with tempfile.TemporaryDirectory(prefix="hazelgate-turns-") as folder:
        here, there = Path(folder, "here"), Path(folder, "there")
        known = _output("ls-files", "-z", "--cached", "--others", "--exclude-standard").split(b"\0")
        names = b"\0".join(name for name in known if os.path.lexists(ROOT / os.fsdecode(name)) and name)
        _unpack(here, _run(["tar", "-c", "-C", str(ROOT), "--null", "-T", "-"], names))
        shutil.copy(ROOT / _JAR, here / _JAR)
        _unpack(there, _output("archive", commit))
        if _has_same_engine(commit):
            shutil.copy(ROOT / _JAR, there / _JAR)
        else:
            pom = str(there / "engine/pom.xml")
            _run(["mvn", "-B", "-q", "-Dstyle.color=never", "-f", pom, "package", "-DskipTests"])
            shutil.copy(there / "engine/target/engine.jar", there / _JAR)
        yield here, there


def _unpack(folder: Path, archive: bytes) -> None:
    folder.mkdir()
    _run(["tar", "-x", "-C", str(folder)], archive)
    (folder / _JAR).parent.mkdir(parents=True, exist_ok=True)


def _output(*git: str) -> bytes:
    return _run(["git", "-C", str(ROOT), *git])


def _run(command: Sequence[str], given: bytes = b"") -> bytes:
    """
    What it prints.

    Raises:
        RuntimeError: It failed; the message is its own.
    """
    ran = subprocess.run(command, input=given, capture_output=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed: {ran.stderr.decode() or ran.stdout.decode()}")
    return ran.stdout


def _has_same_engine(commit: str) -> bool:
    """Whether this tree's engine, changes that are not committed included, is the commit's."""
    changed = _output("diff", "--name-only", commit, "--", *_ENGINE)
    return not changed and not _output("ls-files", "--others", "--exclude-standard", "--", *_ENGINE)

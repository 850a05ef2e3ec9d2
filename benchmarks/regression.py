"""
Bulk, latency, rebuild, restart and snapshot, in turns with another commit: none may be worse by more than 5 %.

Both sides run the same small benchmarks (`sides`) with their own code, from a copy of their files, one after the other.
Held against the aim is the processor time: a machine with other work makes everything slow, and no code cost more.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.figures import Figure
from benchmarks.sides import SUITES as SIDES
from benchmarks.sides import Cost

ROOT = Path(__file__).resolve().parents[1]
_JAR = Path("operations/_bundled/engine.jar")
_ENGINE = ("engine/src/main", "engine/pom.xml")
_BENCHMARKS = "benchmarks"
_WORSE = 1.05
_PATIENCE_SECONDS = 900.0
"""For one suite of one side, which takes a minute or two."""
SUITES = tuple(SIDES)
Measured = Mapping[str, Cost]


def figures(commit: str, suites: Sequence[str], rounds: int) -> list[Figure]:
    """
    What each costs here as a multiple of the commit's: above 1 it is worse.

    Raises:
        RuntimeError: There is no such commit, or a side does not run, or not to its end.
    """
    seen: dict[str, list[tuple[Cost, Cost]]] = {}
    with _checked_out(commit) as (here, there):
        for number in range(rounds):
            for suite in suites:
                sides = [here, there] if number % 2 == 0 else [there, here]
                measured = {side: _measure(side, suite) for side in sides}
                for name, ours in measured[here].items():
                    theirs = measured[there][name]
                    seen.setdefault(name, []).append((ours, theirs))
                    print(f"{name}: {ours} here, {theirs} there", file=sys.stderr, flush=True)
    return [compared(name, pairs) for name, pairs in seen.items()]


def compared(name: str, pairs: Sequence[tuple[Cost, Cost]]) -> Figure:
    """The median of the rounds, with the least and the most."""
    costs = [ours.processor / theirs.processor for ours, theirs in pairs]
    elapsed = [ours.elapsed / theirs.elapsed for ours, theirs in pairs]
    ours, theirs = (median(side.processor for side in sides) * 1_000 for sides in zip(*pairs, strict=True))
    return Figure(
        f"processor time of {name}, against the commit",
        median(costs),
        "×",
        at_most=_WORSE,
        beside=f"rounds from {min(costs):.2f} to {max(costs):.2f}; {ours:,.4g} ms here, {theirs:,.4g} there; "
        f"elapsed {median(elapsed):.2f} ×, from {min(elapsed):.2f} to {max(elapsed):.2f}",
    )


def costs_in(text: str) -> dict[str, Cost]:
    """What a side has printed: its last line."""
    return msgspec.json.decode(text.strip().rpartition("\n")[2], type=dict[str, Cost])


def _measure(side: Path, suite: str) -> Measured:
    print(f"{suite} {side.name}", file=sys.stderr, flush=True)
    path = os.pathsep.join([str(side / "src"), str(side)])
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sides", suite],
        cwd=side,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        printed, told = process.communicate(timeout=_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired as error:
        process.send_signal(signal.SIGINT)  # so that it ends its stack
        process.communicate()
        raise RuntimeError(f"the suite {suite} does not end in {side} within {_PATIENCE_SECONDS:.0f} s") from error
    if process.returncode:
        raise RuntimeError(f"the suite {suite} does not run in {side}:\n{printed}\n{told}")
    return costs_in(printed)


@contextmanager
def _checked_out(commit: str) -> Iterator[tuple[Path, Path]]:
    """This tree's files and the commit's, each with its engine and this tree's benchmarks. Nothing is left of them."""
    with tempfile.TemporaryDirectory(prefix="hazelgate-turns-") as folder:
        here, there = Path(folder, "here"), Path(folder, "there")
        known = _output("ls-files", "-z", "--cached", "--others", "--exclude-standard").split(b"\0")
        names = b"\0".join(name for name in known if os.path.lexists(ROOT / os.fsdecode(name)) and name)
        _unpack(here, _run(["tar", "-c", "-C", str(ROOT), "--null", "-T", "-"], names))
        shutil.copy(ROOT / _JAR, here / _JAR)
        _unpack(there, _output("archive", commit))
        shutil.rmtree(there / _BENCHMARKS)
        shutil.copytree(here / _BENCHMARKS, there / _BENCHMARKS)
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

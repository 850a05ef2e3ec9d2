"""The engine's own tests, which Maven runs beside pytest, and only where the engine or they have changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENGINE = Path(__file__).parents[2] / "engine"
TARGET = ENGINE / "target"
LOG = TARGET / "tests.log"
LINES_OF_A_FAILURE = 300
# `test` and not `verify`: the jar has been built, and pytest's members may be reading it.
COMMAND = ["mvn", "-B", "-q", "-Dstyle.color=never", "-Dmaven.test.redirectTestOutputToFile=true", "test"]


class EngineTests:
    """One run of them at most."""

    def __init__(self) -> None:
        self._stamp = TARGET / f".tested-{_fingerprint()}"
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self.said = ""
        """What came of it, in a line."""

    def passed_before(self) -> bool:
        """Whether they have passed with the engine and the tests as they are."""
        return self._stamp.is_file()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start them; those that still run when the block ends are ended."""
        TARGET.mkdir(exist_ok=True)
        self._began = time.monotonic()
        with LOG.open("wb") as log:
            self._process = subprocess.Popen(
                COMMAND, cwd=ENGINE, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
            )
        try:
            yield
        finally:
            if self._process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGTERM)
                self._process.wait()

    def wait(self) -> int:
        """Wait for their end, and print what they said where they failed. Returns Maven's exit status."""
        assert self._process is not None
        status = self._process.wait()
        if status == 0:
            for stamp in TARGET.glob(".tested-*"):
                stamp.unlink()
            self._stamp.touch()
        else:
            print("\n".join(LOG.read_text(errors="replace").splitlines()[-LINES_OF_A_FAILURE:]))
        outcome = "passed" if status == 0 else "FAILED"
        # The log's own times tell when Maven ended, while pytest went on.
        seconds = LOG.stat().st_mtime - (time.time() - (time.monotonic() - self._began))
        self.said = f"engine: {_counted()} {outcome} in {seconds:.0f} s, beside pytest"
        return status


def _fingerprint() -> str:
    """Of the engine's sources, its tests and how they are built."""
    digest = hashlib.sha256()
    for path in sorted((ENGINE / "pom.xml", *(ENGINE / "src").rglob("*"))):
        if path.is_file():
            digest.update(str(path.relative_to(ENGINE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _counted() -> str:
    """How many tests there were, as their reports say."""
    suites = [ElementTree.parse(each).getroot() for each in TARGET.glob("surefire-reports/TEST-*.xml")]
    tests, failed, broken, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
    )
    return f"{tests} tests ({failed + broken} failed, {skipped} skipped)"

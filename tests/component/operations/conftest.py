"""A fake `java` for tests that must not depend on the machine's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

FakeJava = Callable[[str, str], Path]


@pytest.fixture
def fake_java(tmp_path: Path) -> FakeJava:
    """Makes a folder with `bin/java` that prints the given version line; returns the folder, as for JAVA_HOME."""

    def make(name: str, version_line: str) -> Path:
        home = tmp_path / name
        (home / "bin").mkdir(parents=True)
        java = home / "bin" / "java"
        java.write_text(f"#!/bin/sh\necho '{version_line}' >&2\n")
        java.chmod(0o755)
        return home

    return make

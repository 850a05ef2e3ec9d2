"""The page of clients names the versions that the tests run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.docs.pages import DOCS, ROOT

NPM_LOCKS = (ROOT / "tests/acceptance/node/package-lock.json", ROOT / "examples/customers/package-lock.json")
GO_LOCK = ROOT / "tests/acceptance/go/go.mod"
PYTHON_LOCKS = (ROOT / "requirements/dev.txt", ROOT / "requirements/ariadne.txt")
ROW = re.compile(r"^\| (.+?) \| (\d[\w.]*) \|", re.MULTILINE)


def locked() -> Iterator[tuple[str, str]]:
    """Each package, and its version."""
    for lock in NPM_LOCKS:
        for path, package in json.loads(lock.read_text(encoding="utf-8"))["packages"].items():
            yield path.removeprefix("node_modules/"), package.get("version")
    for lock in PYTHON_LOCKS:
        yield from re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    yield from re.findall(r"^\t(\S+) v(\S+)", GO_LOCK.read_text(encoding="utf-8"), re.MULTILINE)


def named() -> list[tuple[str, str]]:
    """Each package of the page, and its version."""
    rows = ROW.findall((DOCS / "how-to" / "clients.md").read_text(encoding="utf-8"))
    return [(package, version) for name, version in rows for package in re.findall(r"`([^`]+)`", name)]


def test_the_page_names_packages() -> None:
    assert len(named()) > 10


@pytest.mark.parametrize(("package", "version"), named())
def test_a_version_is_the_locked_one(package: str, version: str) -> None:
    assert {each for name, each in locked() if name == package} == {version}

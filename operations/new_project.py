"""A new project from the templates: a domain, its tests, a README, what runs it in containers."""

from __future__ import annotations

import importlib.util
import keyword
import re
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

TEMPLATE = "helpdesk"
"""The templates are a project of that name; it is put into the new one's."""

FILES = {
    "helpdesk.py": "helpdesk.py",
    "tests/test_helpdesk.py": "tests/test_helpdesk.py",
    "README.md": "README.md",
    "pyproject.toml": "pyproject.toml",
    "Dockerfile": "Dockerfile",
    "compose.yaml": "compose.yaml",
    "dockerignore": ".dockerignore",
    "gitignore": ".gitignore",
}
"""By template, the file that it becomes. Hidden names would be passed over where packages are built."""

_VERSION = "==0.0.0"


class CannotWrite(Exception):
    """The project can't be written; the message says why, and how to mend it."""


def write_project(name: str, parent: Path) -> list[Path]:
    """
    Write a project into a new folder, named as its domain is.

    Returns:
        What was written, below `parent`.

    Raises:
        CannotWrite: The name can't be a module's, or the folder is there already.
    """
    _require_usable(name)
    folder = parent / name
    try:
        folder.mkdir()
    except FileExistsError:
        raise CannotWrite(f"{name} is here already: choose another name, or another folder") from None
    except OSError as error:
        raise CannotWrite(f"{name} can't be made here: {error.strerror or error}") from None
    written = []
    for template, becomes in FILES.items():
        path = folder / _named(becomes, name)
        path.parent.mkdir(exist_ok=True)
        text = files("hazelgate.operations").joinpath("templates", template).read_text(encoding="utf-8")
        path.write_text(_named(text, name).replace(_VERSION, f"=={version('hazelgate')}"), encoding="utf-8")
        written.append(path.relative_to(parent))
    return written


def _require_usable(name: str) -> None:
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
        raise CannotWrite(
            f"{name!r} can't be the name of a Python module: take letters, digits and _, with a letter first"
        )
    if importlib.util.find_spec(name) is not None:
        raise CannotWrite(f"{name} is a module that is installed already, and would hide yours: choose another name")


def _named(text: str, name: str) -> str:
    return re.sub(rf"(?<![A-Za-z0-9]){TEMPLATE}(?![A-Za-z0-9])", name, text)

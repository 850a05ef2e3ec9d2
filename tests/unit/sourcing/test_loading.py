"""A user's module with a mistake in it: where it is, and what it is, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.loading import files_of, load_catalog

EVENT = """
from hazelgate import Event, Id, event

@event("NoteTaken", aggregate="Note", key="note_id")
class NoteTaken(Event):
    note_id: Id
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where modules are found, and the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def reason(name: str) -> str:
    """Why a domain is not to be used."""
    with pytest.raises(CatalogError) as caught:
        load_catalog(name)
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_module_that_is_not_there_is_named() -> None:
    said = "No module named 'nowhere_at_all'; give the import path of a module with events"
    assert reason("nowhere_at_all") == said


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("loading_syntax", "x = (\n", "loading_syntax.py, line 1: SyntaxError: '(' was never closed"),
        ("loading_name", "\n\nnope\n", "loading_name.py, line 3: NameError: name 'nope' is not defined"),
        ("loading_exit", "raise SystemExit(3)\n", "loading_exit.py, line 1: SystemExit: 3"),
        (
            "loading_import",
            "\nimport not_there_at_all\n",
            "loading_import.py, line 2: ModuleNotFoundError: No module named 'not_there_at_all'",
        ),
        ("loading_lines", "raise ValueError('one\\ntwo')\n", "loading_lines.py, line 1: ValueError: one two"),
    ],
)
def test_a_mistake_in_it_is_told_with_file_and_line(folder: Path, name: str, source: str, said: str) -> None:
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    assert reason(name) == said


def test_a_mistake_that_a_library_stumbles_on_is_told_at_the_line_of_the_domain(folder: Path) -> None:
    """The last frame is the library's, which is of no help."""
    (folder / "loading_library.py").write_text("import json\n\njson.loads('{')\n", encoding="utf-8")
    assert reason("loading_library").startswith("loading_library.py, line 3: ")


def test_a_contradiction_is_told_at_the_line_that_declares_it(folder: Path) -> None:
    source = "from hazelgate import event\n\n@event('A', aggregate='A', key='a')\nclass A: ...\n"
    (folder / "loading_declared.py").write_text(source, encoding="utf-8")
    assert reason("loading_declared") == (
        "loading_declared.py, line 3: A is registered as event 'A'; derive it from Event"
    )


def test_a_file_outside_the_current_folder_is_told_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "loading_elsewhere.py").write_text("nope\n", encoding="utf-8")
    below = folder / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    assert reason("loading_elsewhere").startswith(f"{folder}/loading_elsewhere.py, line 1: ")


def test_the_files_of_a_domain_are_its_own_and_those_that_it_imports(folder: Path) -> None:
    """And none of a library's."""
    package = folder / "loading_package"
    package.mkdir()
    (package / "__init__.py").write_text("from loading_package import notes\nimport loading_beside\n", encoding="utf-8")
    (package / "notes.py").write_text(EVENT, encoding="utf-8")
    (folder / "loading_beside.py").write_text("", encoding="utf-8")
    assert load_catalog("loading_package").event_types == ("NoteTaken",)
    found = [path for path in files_of("loading_package") if path.is_relative_to(folder)]
    assert {str(path.relative_to(folder)) for path in found} >= {
        "loading_beside.py",
        "loading_package/__init__.py",
        "loading_package/notes.py",
    }
    assert not [path for path in files_of("loading_package") if "site-packages" in str(path)]


def test_several_modules_are_parted_by_commas(folder: Path) -> None:
    (folder / "loading_one.py").write_text(EVENT, encoding="utf-8")
    (folder / "loading_two.py").write_text(EVENT.replace("Note", "Sheet"), encoding="utf-8")
    assert set(load_catalog("loading_one,loading_two").event_types) == {"NoteTaken", "SheetTaken"}

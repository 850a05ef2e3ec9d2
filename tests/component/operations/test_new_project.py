"""`hazelgate new`: what it writes passes its own tests, can be run, and has the name that was asked for."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from hazelgate.operations.domain_check import check_domain
from hazelgate.operations.new_project import FILES, CannotWrite, write_project

HAZELGATE = [sys.executable, "-P", "-m", "hazelgate.operations.cli"]


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280, check=False)


@pytest.mark.timeout(300)
def test_the_generated_tests_pass(tmp_path: Path) -> None:
    """As the README says to run them."""
    assert run(tmp_path, *HAZELGATE, "new", "bakery").returncode == 0
    tested = run(tmp_path / "bakery", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert tested.returncode == 0, tested.stdout
    assert "6 passed" in tested.stdout


def test_the_domain_has_a_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project("bakery_of_one", tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "bakery_of_one")
    assert list(check_domain("bakery_of_one").views) == ["ticket-view"]


def test_it_is_named_throughout(tmp_path: Path) -> None:
    """No file speaks of the template's name, and the version is the one that wrote it."""
    written = write_project("bakery", tmp_path)
    assert len(written) == len(FILES)
    for path in written:
        assert "helpdesk" not in f"{path}{(tmp_path / path).read_text(encoding='utf-8')}"
    project = tomllib.loads((tmp_path / "bakery" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == "bakery"
    assert project["dependencies"] == [f"hazelgate[embedded]=={version('hazelgate')}"]


@pytest.mark.parametrize("name", ["1x", "a-b", "a b", "a.b", "../x", "class", "", "bäckerei"])
def test_a_name_that_no_module_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotWrite, match="can't be the name of a Python module"):
        write_project(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_by_a_library_is_refused(tmp_path: Path) -> None:
    """Folders of installed packages come first: the domain would never be found."""
    with pytest.raises(CannotWrite, match="json is a module that is installed already"):
        write_project("json", tmp_path)


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    """One line, status 2."""
    (tmp_path / "bakery").mkdir()
    (tmp_path / "bakery" / "kept").touch()
    done = run(tmp_path, *HAZELGATE, "new", "bakery")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: bakery is here already: choose another name, or another folder\n"
    assert [path.name for path in (tmp_path / "bakery").iterdir()] == ["kept"]


def test_its_image_and_its_compose_file_are_well_formed(tmp_path: Path) -> None:
    """The same checks as this repository's own pass."""
    write_project("bakery", tmp_path)
    bin_folder = Path(sys.executable).parent
    compose = run(
        tmp_path / "bakery",
        *(str(bin_folder / "check-jsonschema"), "--quiet", "--builtin-schema", "vendor.compose-spec", "compose.yaml"),
    )
    assert compose.returncode == 0, compose.stdout
    image = run(tmp_path / "bakery", str(bin_folder / "hadolint"), "Dockerfile")
    assert image.returncode == 0, image.stdout

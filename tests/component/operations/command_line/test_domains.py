"""A domain in the current folder is found, under whatever name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DOMAIN = """
from hazelgate import Event, event
from gateway import AGGREGATE

@event("NoteTaken", aggregate=AGGREGATE, key="note_id")
class NoteTaken(Event):
    note_id: str
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's packages, with the names that two rooms of the repository have."""
    for name, source in (("domain", DOMAIN), ("gateway", 'AGGREGATE = "Note"')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(source, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "hazelgate.operations.cli", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_a_user_s_own_package_called_domain_is_the_domain(folder: Path) -> None:
    recorded = run(folder, "events", "record", "--domain", "domain")
    assert (recorded.returncode, recorded.stdout) == (0, "wrote tests/golden/NoteTaken.v1.json\n"), recorded.stderr
    checked = run(folder, "events", "check", "--domain=domain")
    assert checked.stdout == "1 event types, 1 versions: all of them can be read\n", checked.stderr


def test_the_current_folder_shadows_nothing_installed(folder: Path) -> None:
    """A file of the user's that is called like a library stays out of our processes."""
    (folder / "msgspec.py").write_text("raise SystemExit('shadowed')")
    recorded = run(folder, "events", "record", "--domain=domain")
    assert recorded.returncode == 0, recorded.stderr


def test_a_domain_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    said = run(tmp_path, "events", "check", "--domain", "nowhere")
    assert (said.returncode, said.stderr.count("\n")) == (2, 1)
    assert "--domain nowhere: No module named 'nowhere'" in said.stderr


BROKEN = {
    "missing": ("import nothing_of_that_name", "line 1: No module named 'nothing_of_that_name'\n"),
    "syntax": ("def broken(:\n    pass", "broken.py, line 1: invalid syntax"),
    "name": (
        "from hazelgate import Event\n\nclass Made(Event):\n    made_id: Idd",
        "NameError: name 'Idd' is not defined",
    ),
    "empty": ("", "registers no event"),
    "catalog": (
        (
            "from hazelgate import Event, Filled, Id, event\n"
            '@event("Made", aggregate="Thing", key="made_id")\nclass Made(Event):\n    made_id: Id\n    by: Filled[str]'
        ),
        "Made.by is Filled[…] and has no default",
    ),
    "schema": (
        (
            "from hazelgate import Event, Id, View, event, projection\n"
            '@event("Made", aggregate="Thing", key="made_id")\nclass Made(Event):\n    made_id: Id\n'
            'class Node(View):\n    node_id: Id\nprojection("node-view", Node, key="node_id", one="thing")'
        ),
        "Node is named 'Node' in the API, where every domain has a type of that name",
    ),
}


@pytest.mark.parametrize("command", [("dev", "--port=0"), ("serve", "--port=0")])
@pytest.mark.parametrize("mistake", BROKEN)
def test_a_mistake_in_the_domain_is_one_line_before_anything_is_started(
    tmp_path: Path, mistake: str, command: tuple[str, ...]
) -> None:
    source, message = BROKEN[mistake]
    (tmp_path / "broken.py").write_text(source, encoding="utf-8")
    said = run(tmp_path, *command, "--domain", "broken")
    assert (said.returncode, said.stderr.count("\n"), said.stdout) == (2, 1, ""), said.stderr
    assert said.stderr.startswith("Error: --domain broken: ")
    assert message in said.stderr

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


NO_DEFAULT = """
from hazelgate import Event, Filled, Id, event

@event("Made", aggregate="Thing", key="made_id")
class Made(Event):
    made_id: Id
    by: Filled[str]
"""


@pytest.mark.parametrize("command", ["dev", "serve", "projector"])
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = (\n", "broken.py, line 1: SyntaxError: '(' was never closed"),
        ("\nnope\n", "broken.py, line 2: NameError: name 'nope' is not defined"),
        ("import nothing_of_it\n", "broken.py, line 1: ModuleNotFoundError: No module named 'nothing_of_it'"),
        (NO_DEFAULT, "Made.by is Filled[…] and has no default"),
        ("import hazelgate\n", "broken registers no event"),
    ],
)
def test_what_runs_a_domain_looks_at_it_first(tmp_path: Path, command: str, source: str, said: str) -> None:
    """One line, status 2, and nothing was started."""
    (tmp_path / "broken.py").write_text(source, encoding="utf-8")
    done = run(tmp_path, command, "--domain=broken", "--port=0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


TWO_RECORDS = """
from hazelgate import Event, Id, View, event, projection

@event("NoteTaken", aggregate="Note", key="note_id")
class NoteTaken(Event):
    note_id: Id

class EventRecord(View):
    note_id: Id

notes = projection("note-view", EventRecord, key="note_id")

@notes.on(NoteTaken, key="note_id")
def taken(note, event): return EventRecord(note_id=event.note_id)
"""


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_a_domain_without_a_schema_is_refused_before_anything_starts(tmp_path: Path, command: str) -> None:
    """Its catalog alone is well; a view called EventRecord has no place beside the generic one."""
    (tmp_path / "records.py").write_text(TWO_RECORDS, encoding="utf-8")
    done = run(tmp_path, command, "--domain=records", "--port=0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "EventRecord" in done.stderr


WITHOUT_PSYCOPG = "import sys; sys.modules['psycopg'] = None; from hazelgate.operations.cli import main; main()"


def test_a_missing_driver_is_told_before_anything_starts(tmp_path: Path) -> None:
    """Not by a stack that looks for its database for a minute."""
    command = [sys.executable, "-P", "-c", WITHOUT_PSYCOPG, "dev", "--port=0", "--postgres"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: the PostgreSQL driver is missing: `pip install 'hazelgate[postgres]'`\n"
    assert list(tmp_path.iterdir()) == []

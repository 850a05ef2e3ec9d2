"""The wheel: everything that is needed is in it, it starts from an empty folder, and it takes nobody else's names."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.acceptance.dev_stack import running_dev

ROOT = Path(__file__).parent.parent.parent
INI = """[pytest]
pythonpath = .
addopts = --import-mode=importlib
asyncio_mode = auto
asyncio_default_fixture_loop_scope = session
asyncio_default_test_loop_scope = session
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make wheel` does."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("hazelgate-*.whl")
    return built


def test_the_wheel_holds_the_engine_and_the_page(wheel: Path) -> None:
    """And one package, and nothing of the tests."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    bundled = ("operations/_bundled/engine.jar", "gateway/_bundled/graphiql.html", "gateway/graphiql_cdn.html")
    assert {f"hazelgate/{name}" for name in bundled} <= set(names)
    folders = {name.split("/")[0] for name in names if not name.split("/")[0].endswith(".dist-info")}
    assert folders == {"hazelgate"}


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel with all that it depends on, pytest, and PyPI's `schema`: a name that one of our rooms has, too."""
    folder = tmp_path_factory.mktemp("installed") / "environment"
    venv.create(folder, with_pip=True)
    pip = folder / "bin" / "pip"
    install: list[str | Path] = [pip, "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([*install, wheel, "schema", "pytest", "pytest-asyncio", "pytest-timeout"], check=True)
    return folder


@pytest.mark.timeout(600)
async def test_an_installed_wheel_runs_the_whole_stack(environment: Path, tmp_path: Path) -> None:
    """In an environment of its own, from an empty folder."""
    async with running_dev("--no-demo-data", command=environment / "bin" / "hazelgate", folder=tmp_path) as dev:
        assert await dev.ask("{ products { totalCount } }") == {"products": {"totalCount": 0}}
        page = (await dev.http.get(dev.graphql_url, headers={"Accept": "text/html"})).text
        assert len(page) > 5_000_000
        assert "unpkg.com" not in page
    assert os.listdir(tmp_path) == []


# A user's packages, named as rooms of ours are.
GATEWAY = """
SHOUT = str.upper
"""
DOMAIN = """
from gateway import SHOUT
from hazelgate import Event, Id, View, event, projection


@event("NoteWritten", aggregate="Note", key="note_id")
class NoteWritten(Event):
    note_id: Id
    text: str


class Note(View):
    note_id: Id
    text: str


notes = projection("note-view", Note, key="note_id")


@notes.on(NoteWritten, key="note_id")
def written(_: Note | None, event: NoteWritten) -> Note:
    return Note(note_id=event.note_id, text=SHOUT(event.text))
"""
IMPORTS = """
import json, domain, gateway, schema, hazelgate.domain, hazelgate.gateway, hazelgate.schema
modules = (schema, domain, gateway, hazelgate.schema, hazelgate.domain, hazelgate.gateway)
print(json.dumps([module.__file__ for module in modules]))
"""
WRITE_A_NOTE = """mutation {
  handleEvent(input: {eventType: "NoteWritten", aggregateId: "n1", data: {noteId: "n1", text: "hello"}}) {
    __typename ... on EventPayload { receipt { sequence status } }
  }
}"""


@pytest.fixture
def users_folder(tmp_path: Path) -> Path:
    """A folder with packages `domain` and `gateway`."""
    for name, source in (("domain", DOMAIN), ("gateway", GATEWAY)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(source)
    return tmp_path


@pytest.mark.timeout(600)
def test_the_names_of_rooms_are_left_to_others(environment: Path, users_folder: Path) -> None:
    """PyPI's `schema` and a user's `domain` and `gateway` are what their names say; ours are below `hazelgate`."""
    python = environment / "bin" / "python"
    answer = subprocess.run([python, "-c", IMPORTS], cwd=users_folder, check=True, capture_output=True).stdout
    schema, domain, gateway, *ours = map(Path, json.loads(answer))
    (installed,) = environment.glob("lib/python*/site-packages")
    assert schema.parent in (installed, installed / "schema")
    assert (domain, gateway) == (users_folder / "domain/__init__.py", users_folder / "gateway/__init__.py")
    assert ours == [installed / "hazelgate" / room / "__init__.py" for room in ("schema", "domain", "gateway")]


@pytest.mark.timeout(600)
async def test_a_users_domain_is_run_whatever_its_name(environment: Path, users_folder: Path) -> None:
    """It is called `domain`, imports a `gateway` of its own, and takes the place of the shop."""
    async with running_dev("--domain=domain", command=environment / "bin" / "hazelgate", folder=users_folder) as dev:
        assert await dev.ask("{ eventCatalog { eventType updates } }") == {
            "eventCatalog": [{"eventType": "NoteWritten", "updates": ["note-view"]}]
        }
        written = await dev.ask(WRITE_A_NOTE)
        assert written["handleEvent"]["receipt"] == {"sequence": 1, "status": "SUCCESS"}
        stored = await dev.ask("{ events { edges { node { eventType aggregateId } } } }")
        assert stored["events"]["edges"] == [{"node": {"eventType": "NoteWritten", "aggregateId": "n1"}}]


API = """
from collections.abc import AsyncIterator

import strawberry
from domain import Note, NoteWritten
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from hazelgate import Id
from hazelgate.api import Context, context_of, extend, mutation, query, subscription


@strawberry.type
class Size:
    note: Note
    letters: int


@query
async def size(context: Context, note_id: Id) -> Size | None:
    note = await context.reads.get(Note, note_id)
    return None if note is None else Size(note=note, letters=len(note.text))


@mutation
async def write(context: Context, note_id: Id, text: str) -> Note | None:
    await context.handle_event(NoteWritten(note_id=note_id, text=text))
    return await context.reads.get(Note, note_id)


@subscription
async def written(context: Context) -> AsyncIterator[Note]:
    async for event in context.events(NoteWritten):
        note = await context.reads.get(Note, event.note_id)
        if note is not None:
            yield note


@extend(Note)
def whisper(note: Note) -> str:
    return note.text.lower()


async def show(request: Request) -> PlainTextResponse:
    note = await context_of(request).reads.get(Note, request.path_params["note_id"])
    return PlainTextResponse("nothing" if note is None else note.text)


routes = [Route("/notes/{note_id}", show)]
"""


@pytest.mark.timeout(600)
async def test_what_a_user_adds_to_the_api_is_served(environment: Path, users_folder: Path) -> None:
    """Queries, mutations, fields and routes of an `api.py` in the package of the domain."""
    (users_folder / "domain" / "api.py").write_text(API)
    hazelgate = environment / "bin" / "hazelgate"
    async with running_dev("--domain=domain", command=hazelgate, folder=users_folder) as dev:
        written = await dev.ask('mutation { write(noteId: "n1", text: "hello") { text whisper revision { version } } }')
        assert written == {"write": {"text": "HELLO", "whisper": "hello", "revision": {"version": 1}}}
        sized = await dev.ask('{ size(noteId: "n1") { letters note { noteId whisper } } }')
        assert sized == {"size": {"letters": 5, "note": {"noteId": "n1", "whisper": "hello"}}}
        assert (await dev.http.get(f"{dev.url}/notes/n1")).text == "HELLO"


def test_a_mistake_in_it_is_one_line(environment: Path, users_folder: Path) -> None:
    """Before anything is started."""
    (users_folder / "domain" / "api.py").write_text(f"{API}\n\n@query\ndef notes() -> int: ...\n")
    command = [str(environment / "bin" / "hazelgate"), "dev", "--domain=domain"]
    refused = subprocess.run(command, cwd=users_folder, check=False, capture_output=True, text=True)
    place = f"domain/api.py, line {API.count(chr(10)) + 3}: query notes"
    told = f"Error: --domain domain: {place}: Query has a field 'notes' already; give yours another name\n"
    assert (refused.returncode, refused.stderr) == (2, told)


@pytest.mark.timeout(1_200)
async def test_a_domain_of_ones_own_is_served_by_an_installed_wheel(environment: Path, tmp_path: Path) -> None:
    """The tests of the bookings, in an environment that has nothing else of this repository than the wheel."""
    tests_of_bookings = tmp_path / "tests" / "domains"
    shutil.copytree(ROOT / "tests" / "domains", tests_of_bookings, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pytest.ini").write_text(INI, encoding="utf-8")
    tests = await asyncio.create_subprocess_exec(
        environment / "bin" / "python",
        "-m",
        "pytest",
        "-q",
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await tests.communicate()
    assert tests.returncode == 0, printed.decode(errors="replace")[-4_000:]

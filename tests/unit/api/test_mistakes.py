"""A mistake in a user's `api.py` is one line, which names the place and the field."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner

from hazelgate.api.loading import load_api
from hazelgate.gateway.graphql.executable_schema import graphql_schema
from hazelgate.operations.cli import main
from hazelgate.operations.domain_check import check_domain
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.loading import load_catalog

PRELUDE = """
from collections.abc import AsyncIterator
import strawberry
from hazelgate.api import *
from tests.unit.api.desk import *
"""
_names = (f"own_api_{number}" for number in count())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def refused(folder: Path, source: str) -> str:
    """Why this API is not to be used; `line N` counts from the line after the prelude."""
    name = next(_names)
    (folder / f"{name}.py").write_text(PRELUDE + source, encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        check_domain("tests.unit.api.desk", api=name)
    assert "\n" not in caught.value.message
    return caught.value.message.replace(name, "api")


FIRST_LINE = PRELUDE.count("\n") + 1

MISTAKES = {
    "a query that is derived": (
        "@query\ndef tickets() -> int: ...",
        "api.py, line {0}: query tickets: Query has a field 'tickets' already; give yours another name",
    ),
    "a query that every domain has": (
        "@query\ndef node() -> int: ...",
        "api.py, line {0}: query node: 'node' is a field of Query that every",
    ),
    "a mutation that is derived": (
        "@mutation\ndef open_ticket() -> int: ...",
        "Mutation has a field 'openTicket' already",
    ),
    "a subscription that is derived": (
        "@subscription\nasync def ticket_changed() -> AsyncIterator[int]:\n    yield 1",
        "Subscription has a field 'ticketChanged' already",
    ),
    "a field that is derived": (
        "@extend(Ticket)\ndef title(ticket: Ticket) -> str: ...",
        "Ticket has a field 'title' already; give yours another name",
    ),
    "two of one name": (
        "@query\ndef one() -> int: ...\n@query\ndef One() -> int: ...\n@query\ndef one() -> str: ...",
        "api.py, line {4}: query one: there are two of the name 'one'; rename one",
    ),
    "a type that is derived": (
        "@strawberry.type\nclass TicketFilter:\n    a: int\n@query\ndef one() -> TicketFilter: ...",
        "the API has a type 'TicketFilter' already",
    ),
    "a type that every domain has": (
        "@strawberry.type\nclass Completion:\n    a: int\n@query\ndef one() -> Completion: ...",
        "the API has a type 'Completion' already",
    ),
    "an annotation that names nothing": (
        "@query\ndef one() -> 'Nothing': ...",
        "api.py, line {0}: query one: name 'Nothing' is not defined",
    ),
    "a type that nobody knows": (
        "@query\ndef one() -> bytes | object: ...",
        "api.py, line {0}: query one: ",
    ),
    "a class that is none of Strawberry": (
        "class Plain: ...\n@query\ndef one() -> Plain: ...",
        "api.py, line {1}: query one: Unexpected type",
    ),
    "a class inside a type that is none of Strawberry": (
        "class Plain: ...\n@strawberry.type\nclass Outer:\n    a: Plain\n@query\ndef one() -> Outer: ...",
        "Outer fields cannot be resolved. Unexpected type",
    ),
    "an event": (
        "@query\ndef one() -> TicketOpened: ...",
        "query one: TicketOpened is an event; return a view or a value",
    ),
    "a view of another domain": (
        "from hazelgate import View\nclass Other(View):\n    a: str\n@query\ndef one() -> Other: ...",
        "query one: Other is no view in the API; these are: Ticket",
    ),
    "another domain's view that is extended": (
        "from hazelgate import View\nclass Other(View):\n    a: str\n@extend(Other)\ndef one(other: Other) -> str: ...",
        "field one of Other: Other is no view in the API; these are: Ticket",
    ),
    "a view that clients would send": (
        "@query\ndef one(ticket: Ticket) -> int: ...",
        "api.py, line {0}: query one: ticket: clients can't send Ticket; write a @strawberry.input for it",
    ),
    "an input with a view in it": (
        "@strawberry.input\nclass In:\n    held: Ticket\n@query\ndef one(a: In) -> int: ...",
        "held: clients can't send Ticket; write a @strawberry.input for it",
    ),
    "a type that GraphQL can't have": (
        "@strawberry.type\nclass Empty:\n    pass\n@query\ndef one() -> Empty: ...",
        "what is added to the API is no GraphQL: Type Empty must define one or more fields.",
    ),
    "no annotation of the result": ("@query\ndef one(): ...", "query one: annotate it with what it returns"),
    "no annotation of an argument": ("@query\ndef one(a) -> int: ...", "query one: annotate the parameter a"),
    "arguments without a name": (
        "@query\ndef one(*a: int) -> int: ...",
        "query one: parameter a can't be given by name",
    ),
    "a field that takes no entry": (
        "@extend(Ticket)\ndef one() -> int: ...",
        "field one of Ticket: its first parameter is the entry",
    ),
    "a field that takes another thing": (
        "@extend(Ticket)\ndef one(ticket: Contact) -> int: ...",
        "field one of Ticket: its first parameter is the entry; annotate it with Ticket",
    ),
    "a subscription that is no stream": (
        "@subscription\nasync def one() -> int: ...",
        "subscription one: make it an async generator, and annotate it with AsyncIterator[…]",
    ),
    "routes that are none": ("routes = ['/a']", "api.routes has to be a list of Starlette routes"),
    "middleware that is none": ("middleware = [print]", "api.middleware has to be a list of Starlette's `Middleware`"),
    "a path of the gateway": (
        "from starlette.routing import Route\nroutes = [Route('/graphql', print)]",
        "api.routes: the gateway serves /graphql itself; give yours another path",
    ),
    "an error when it is imported": ("1 / 0", "api.py, line {0}: ZeroDivisionError: division by zero"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(folder: Path, mistake: str) -> None:
    source, said = MISTAKES[mistake]
    for number in range(6):
        said = said.replace(f"{{{number}}}", str(FIRST_LINE + number))
    assert said in refused(folder, source)


def test_a_command_says_it_and_ends_with_status_2(folder: Path) -> None:
    (folder / "wrong_api.py").write_text(f"{PRELUDE}@query\ndef tickets() -> int: ...\n", encoding="utf-8")
    for command in (["dev"], ["schema", "export"]):
        done = CliRunner().invoke(main, [*command, "--domain=tests.unit.api.desk", "--api=wrong_api"])
        assert done.exit_code == 2
        assert "Query has a field 'tickets' already" in done.output
        assert "Traceback" not in done.output


def test_a_module_that_is_not_there_is_named(folder: Path) -> None:
    load_catalog("tests.unit.api.desk")
    with pytest.raises(CatalogError, match="No module named 'nowhere_at_all'; give the import path of the module"):
        load_api("tests.unit.api.desk", "nowhere_at_all")


DOMAIN = """
from hazelgate import Event, Id, event

@event("NoteTaken", aggregate="Note", key="note_id")
class NoteTaken(Event):
    note_id: Id
"""
OWN = "from hazelgate.api import query\n\n@query\ndef answer() -> int:\n    return 42\n"


def queries(domain: str, api: str | None = None) -> set[str]:
    schema = graphql_schema(load_catalog(domain), load_api(domain, api))
    assert schema.query_type is not None
    return set(schema.query_type.fields)


@pytest.fixture
def _no_module_api() -> None:
    sys.modules.pop("api", None)


@pytest.mark.usefixtures("_no_module_api")
def test_it_is_found_in_the_package_and_in_the_folder_of_a_module(folder: Path) -> None:
    (folder / "noted").mkdir()
    for name, text in (("noted/__init__", DOMAIN), ("noted/api", OWN), ("single", DOMAIN), ("api", OWN)):
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    assert "answer" in queries("noted")
    assert "answer" in queries("single")
    sys.modules.pop("api", None)


@pytest.mark.usefixtures("_no_module_api")
def test_a_package_of_that_name_elsewhere_is_not_meant(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "api.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(elsewhere)
    (folder / "alone.py").write_text(DOMAIN, encoding="utf-8")
    assert "answer" not in queries("alone")
    assert "answer" in queries("alone", "api")
    sys.modules.pop("api", None)


@pytest.mark.usefixtures("_no_module_api")
def test_another_program_of_that_name_in_the_folder_is_not_imported(folder: Path) -> None:
    (folder / "api.py").write_text("raise SystemExit('hazelgate.api is not what this is')\n", encoding="utf-8")
    (folder / "beside.py").write_text(DOMAIN, encoding="utf-8")
    assert "node" in queries("beside")

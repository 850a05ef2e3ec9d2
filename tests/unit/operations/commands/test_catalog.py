"""`hazelgate catalog` and `hazelgate schema`: documents that validators accept, and the shop's as they are in docs/."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from hazelgate.operations.cli import main
from hazelgate.operations.commands.catalog import FILES, catalog_files
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.structure.samples import least

DOMAIN = "hazelgate.domain"
IN_DOCS = Path(__file__).parents[4] / "docs" / "reference" / "shop"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """What is written of the shop."""
    return catalog_files(DOMAIN)


@pytest.fixture(scope="module")
def schemas(files: dict[str, str]) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(files["events.schema.json"])
    return parsed


def test_all_files_are_written(files: dict[str, str], tmp_path: Path) -> None:
    """Into a folder that is made where it is not there."""
    done = run("catalog", "--to", str(tmp_path / "new" / "catalog"))
    assert done.exit_code == 0, done.output
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new" / "catalog").iterdir()} == files
    assert set(files) == set(FILES)


def test_a_subgraph_is_written_where_it_is_asked_for() -> None:
    subgraph, plain = (run("schema", "export", *told) for told in (("--federation",), ()))
    assert (subgraph.exit_code, plain.exit_code) == (0, 0), subgraph.output
    assert 'type EnrichedOrder implements Node @key(fields: "orderId") {' in subgraph.output
    assert "@key" not in plain.output


def test_a_schema_for_answers_in_parts_is_written_and_checked(tmp_path: Path) -> None:
    """A check compares like with like: the older one says whether it has the directives."""
    for told, expected in (((), False), (("--incremental-delivery",), True)):
        written = tmp_path / "schema.graphql"
        assert run("schema", "export", "--to", str(written), *told).exit_code == 0
        assert ("directive @defer(" in written.read_text(encoding="utf-8")) is expected
        assert run("schema", "check", str(written)).output == "nothing breaks\n"


def test_the_json_schema_is_one(schemas: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schemas)
    assert set(schemas["$defs"]) >= set(Catalog.load(DOMAIN).event_types)


def test_examples_of_every_event_fit_its_json_schema(schemas: dict[str, Any]) -> None:
    """Those that it shows, and one of what is required alone; and no reference in it leads nowhere."""
    catalog = Catalog.load(DOMAIN)
    registry = Registry().with_resource("urn:shop", Resource.from_contents(schemas))
    for spec in catalog.specs.values():
        validator = Draft202012Validator({"$ref": f"urn:shop#/$defs/{spec.name}"}, registry=registry)
        required = json.loads(catalog.encode(catalog.decode(spec.name, None, least(spec.cls))))
        for example in (*schemas["$defs"][spec.name]["examples"], required):
            validator.validate(example)
        assert list(validator.iter_errors({"unknown": 1}))


def test_the_asyncapi_document_has_a_channel_for_each_event(files: dict[str, str]) -> None:
    """Each with its topic; every reference within the document leads somewhere."""
    document = json.loads(files["asyncapi.json"])
    assert document["asyncapi"] == "3.0.0"
    assert {channel["address"] for channel in document["channels"].values()} == {
        f"events.{name}" for name in Catalog.load(DOMAIN).event_types
    }
    for channel in document["channels"].values():
        for message in channel["messages"].values():
            assert _resolved(document, message["$ref"])["payload"]["required"]
    for operation in document["operations"].values():
        assert _resolved(document, operation["channel"]["$ref"])["address"]
    found = re.findall(r'"\$ref": "(#/components/schemas/[^"]+)"', files["asyncapi.json"])
    assert len(found) >= len(document["channels"])
    assert [reference for reference in found if not _resolved(document, reference)] == []


def test_the_page_names_each_event_and_each_view(files: dict[str, str]) -> None:
    """With what guards it, what it updates, and what feeds it."""
    catalog = Catalog.load(DOMAIN)
    page = files["catalog.md"]
    for spec in catalog.specs.values():
        assert f"\n### {spec.name}\n" in page
        assert f"| Topic | `events.{spec.name}` |" in page
    for view in catalog.views.values():
        assert f"\n### {view.type_name}\n" in page
        assert f"| Map | `{view.name}`, by `{view.key_name}` |" in page
    assert "| Version | 2, 1 is lifted |" in page


def test_the_shop_s_catalog_in_docs_is_that_of_the_code(files: dict[str, str]) -> None:
    """`hazelgate catalog --to docs/reference/shop` writes it anew."""
    assert {name: (IN_DOCS / name).read_text(encoding="utf-8") for name in FILES} == files


def test_the_shop_s_schema_in_docs_is_that_of_the_code() -> None:
    """`hazelgate schema export --to docs/reference/shop/schema.graphql` writes it anew."""
    exported = run("schema", "export")
    assert exported.exit_code == 0, exported.output
    assert exported.output == (IN_DOCS / "schema.graphql").read_text(encoding="utf-8")


def test_the_same_schema_breaks_nothing() -> None:
    checked = run("schema", "check", str(IN_DOCS / "schema.graphql"))
    assert (checked.exit_code, checked.output) == (0, "nothing breaks\n")


def test_a_field_that_is_gone_breaks_and_is_status_1(tmp_path: Path) -> None:
    """The old schema has one field more."""
    old = (IN_DOCS / "schema.graphql").read_text(encoding="utf-8")
    (tmp_path / "old.graphql").write_text(old.replace("type Query {", "type Query {\n  lost: Int\n", 1), "utf-8")
    checked = run("schema", "check", str(tmp_path / "old.graphql"))
    assert checked.exit_code == 1
    assert checked.output == "BREAKING Field Query.lost was removed.\n"


def test_a_file_that_is_no_schema_is_one_line_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "old.graphql").write_text("type Query {", encoding="utf-8")
    checked = run("schema", "check", str(tmp_path / "old.graphql"))
    assert checked.exit_code == 2
    assert "no GraphQL schema: line 1, column 13: Syntax Error" in checked.output
    assert checked.output.count("\n") == 1


def _resolved(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found

"""The reference is written from the code, and the chart from its data."""

from __future__ import annotations

import click
import pytest

from docs.generating import (
    codes,
    commands,
    figures,
    graphql_api,
    metrics,
    peers,
    python_api,
    reference,
    settings,
    staging,
)
from hazelgate import Catalog
from hazelgate.gateway.graphql.executable_schema import graphql_schema
from hazelgate.operations.cli import main
from hazelgate.sourcing.errors import EventRejected
from tests.docs.pages import DOCS, blocks, docs_pages, passages


def names_of(group: click.Group, before: str = "hazelgate") -> set[str]:
    """All commands below a group."""
    found, context = {before}, click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found |= names_of(command, f"{before} {name}") if isinstance(command, click.Group) else {f"{before} {name}"}
    return found


def headings(text: str) -> list[str]:
    """The headings of a page."""
    return [passage.text for passage in passages(text) if passage.kind == "heading"]


def test_every_command_has_a_heading() -> None:
    assert {*headings(commands.page())} - {"Commands"} == names_of(main)


def test_an_option_has_one_name_in_the_environment_at_most() -> None:
    options = [(each, option) for each in commands.all_commands() for option in each.options()]
    assert options
    named = {option.name: commands.environment_names(option, each.context) for each, option in options}
    assert {name: found for name, found in named.items() if len(found) > 1} == {}


def test_a_setting_of_the_gateway_has_its_default_on_the_page() -> None:
    [(_, meaning, default)] = [each for each in settings.of_the_gateway() if each[0].endswith("_MAX_BODY_BYTES")]
    assert (default, bool(meaning)) == ("1048576", True)
    assert "_MAX_BODY_BYTES` |" in settings.page()


def test_every_error_has_its_code_on_the_page() -> None:
    text = codes.page()
    found = [each.__name__ for each in codes.classes()]
    assert EventRejected.__name__ in found
    assert [name for name in found if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("code", ["BAD_USER_INPUT", "BODY_TOO_LARGE", "GRAPHQL_PARSE_FAILED", "TOO_MANY_OPERATIONS"])
def test_a_code_of_the_gateway_is_found(code: str) -> None:
    assert code in codes.of_the_gateway()


def test_every_metric_is_on_the_page() -> None:
    told = [line.split()[2] for line in metrics.answer().splitlines() if line.startswith("# HELP")]
    assert "hazelgate_events_total" in told
    text = metrics.page()
    assert [name for name in told if f"`{name}`" not in text and not name.endswith("_created")] == []


def test_every_type_of_the_schema_is_on_the_page() -> None:
    told = headings(graphql_api.page())
    types = [name for name in graphql_schema(Catalog.load("hazelgate.domain")).type_map if not name.startswith("__")]
    assert "EventRecord" in types
    builtin = {"Boolean", "Float", "ID", "Int", "String"}
    assert [name for name in types if name not in told and name not in builtin] == []


def test_every_name_of_the_package_is_on_the_page() -> None:
    directives = "".join(block.text for block in blocks(python_api.page()))
    assert [
        name
        for name in ("Event", "View", "guard", "projection", "connect", "Hazelgate", "ViewReads")
        if f":: hazelgate.{name}\n" not in directives
    ] == []


def test_the_index_of_the_reference_links_to_every_page() -> None:
    index = reference.with_links((DOCS / "reference" / "index.md").read_text(encoding="utf-8"))
    assert [name for name in reference.PAGES if f"]({name}.md)" not in index] == []


def test_every_page_has_its_place_in_the_order_of_reading() -> None:
    placed = {f"{part}/{name}" for part, names in staging.ORDER.items() for name in (*names, "index")}
    written = {path.relative_to(DOCS).with_suffix("").as_posix() for path in docs_pages()}
    generated = {f"reference/{name}" for name in reference.PAGES} | {"reference/shop/catalog"}
    assert placed | {"index", "figures"} == written | generated


def test_the_table_and_the_chart_are_those_of_the_data() -> None:
    assert figures.PAGE.read_text(encoding="utf-8") == figures.page(), "run `make docs`"
    assert figures.CHART.read_text(encoding="utf-8") == figures.chart(), "run `make docs`"


def test_the_table_and_the_chart_beside_peers_are_those_of_the_data() -> None:
    assert peers.PAGE.read_text(encoding="utf-8") == peers.page(), "run `make docs`"
    assert peers.CHART.read_text(encoding="utf-8") == peers.chart(), "run `make docs`"

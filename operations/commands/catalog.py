"""`hazelgate catalog` and `hazelgate schema`: what is derived from a domain, written down. No cluster is needed."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import click
import msgspec
from graphql import build_schema

from hazelgate.api.loading import load_api
from hazelgate.gateway.graphql.executable_schema import schema_text, subgraph_text
from hazelgate.operations.command_line.domains import api_option, domain_option, load_domain, mistakes_of
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.logging import log_options
from hazelgate.operations.command_line.settings import option
from hazelgate.operations.documents.catalog import CatalogPages
from hazelgate.operations.documents.markdown import markdown
from hazelgate.operations.documents.schema_changes import read_schema, schema_changes
from hazelgate.operations.documents.schemas import asyncapi, json_schemas
from hazelgate.sourcing.settings import ApiOptions

FILES = ("catalog.md", "events.schema.json", "asyncapi.json")
"""What `hazelgate catalog` writes into its folder."""


@click.command()
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("catalog"),
    help="The folder that the files are written into.",
)
@domain_option
@log_options
def catalog(domain: str, folder: Path) -> None:
    """
    Write down what a domain consists of, for people and for machines.

    catalog.md has each event type with its guards and views, and each view with the events that feed it;
    events.schema.json is JSON Schema; asyncapi.json is AsyncAPI 3.
    """
    for path, text in catalog_files(domain).items():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
        click.echo(f"wrote {folder / path}")


def catalog_files(domain: str) -> dict[str, str]:
    """The files by name."""
    pages = CatalogPages.of(load_domain(domain))
    title = f"Catalog of {domain}"
    machines = {
        "events.schema.json": json_schemas(pages),
        "asyncapi.json": asyncapi(pages, title, version("hazelgate")),
    }
    return {"catalog.md": markdown(pages, title)} | {
        name: msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n"
        for name, made in machines.items()
    }


@click.group()
def schema() -> None:
    """The GraphQL schema that is derived from a domain."""


@schema.command("export")
@click.option(
    "--to",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that it is written into; without it, standard output.",
)
@option(ApiOptions, "federation")
@option(ApiOptions, "incremental_delivery")
@domain_option
@api_option
@log_options
def export_schema(
    domain: str, api: str | None, path: Path | None, federation: bool, incremental_delivery: bool
) -> None:
    """Write the schema in the schema definition language."""
    text = _schema_text(domain, api, federation=federation, incremental=incremental_delivery)
    if path is None:
        click.echo(text, nl=False)
    else:
        path.write_text(text, encoding="utf-8")


@schema.command("check")
@click.argument("old", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@domain_option
@api_option
@log_options
def check_schema(domain: str, api: str | None, old: Path) -> None:
    """
    Compare the schema with an older one, as `schema export` wrote it.

    Ends with status 1 where a change breaks clients: a field that is gone, an argument that is required now. Changes
    that can surprise a client are listed and let pass.
    """
    try:
        before = read_schema(old.read_text(encoding="utf-8"))
    except (ValueError, UnicodeError) as error:
        raise CannotStart(f"{old}: {error}") from None
    incremental = before.get_directive("defer") is not None
    changes = schema_changes(before, build_schema(_schema_text(domain, api, incremental=incremental)))
    for change in changes:
        click.echo(str(change))
    if any(change.breaks for change in changes):
        sys.exit(1)
    click.echo("nothing breaks")


def _schema_text(domain: str, api: str | None, *, federation: bool = False, incremental: bool = False) -> str:
    catalog = load_domain(domain)
    with mistakes_of(domain):
        own = load_api(domain, api)
        return subgraph_text(catalog, own) if federation else schema_text(catalog, own, incremental=incremental)

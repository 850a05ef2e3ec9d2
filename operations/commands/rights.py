"""`hazelgate rights` and `hazelgate api-key`: what roles may see and do, and keys for programs that have them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from hazelgate.api.loading import load_api
from hazelgate.operations.command_line.domains import api_option, domain_option, load_domain, mistakes_of
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.logging import log_options


@click.command()
@domain_option
@api_option
@log_options
def rights(domain: str, api: str | None) -> None:
    """
    Print a table of fields and roles, in Markdown: who may see and do what.

    It is made from the schemas that the roles get. No cluster is needed.
    """
    from hazelgate.client.rights.shapes import check_rules
    from hazelgate.operations.documents.rights import rights_page

    catalog = load_domain(domain)
    with mistakes_of(domain):
        check_rules(catalog)
        page = rights_page(catalog, load_api(domain, api), f"Rights in {domain}")
    click.echo(page, nl=False)


@click.command("api-key")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, help="A role that the key has; give it once for each.")
@click.option("--claim", "claims", multiple=True, metavar="NAME=VALUE", help="A claim that rules may name.")
@click.option("--expires-days", type=click.IntRange(min=1), help="After so many days it works no longer.")
@click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("api-keys.toml"),
    help="The file that its hash is added to; `hazelgate serve --api-keys-file` reads it.",
)
def api_key(name: str, roles: tuple[str, ...], claims: tuple[str, ...], expires_days: int | None, path: Path) -> None:
    """
    Make an API key for a program, and print it: once, as the file keeps its hash alone.

    The program sends it as `Authorization: Bearer …` or `X-API-Key: …`. Take its lines out of the file to end it: a
    gateway that runs sees that within seconds.
    """
    from hazelgate.gateway.identity.api_keys import new_key, read_keys

    parted = [each.partition("=") for each in claims]
    if any(not key or not separator for key, separator, _ in parted):
        raise click.UsageError("a claim is NAME=VALUE")
    expires = None if expires_days is None else datetime.now(UTC) + timedelta(days=expires_days)
    key, lines = new_key(name, roles, {key: value for key, _, value in parted}, expires)
    try:
        there = read_keys(path) if path.exists() else {}
        if any(each.name == name for each in there.values()):
            raise CannotStart(f"{path} has a key named {name!r}; give another name, or take that one out first")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
            file.write(f"\n{lines}" if there else lines)
    except (OSError, ValueError) as error:
        raise CannotStart(str(error)) from None
    click.echo(f"added to {path}; the key is shown this once", err=True)
    click.echo(key)

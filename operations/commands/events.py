"""`hazelgate events`: whether the code still fits the events that were ever written. It needs no running cluster."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from hazelgate.operations.command_line.domains import domain_option, load_domain
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.logging import log_options
from hazelgate.sourcing import golden
from hazelgate.sourcing.errors import CatalogError


@click.group()
def events() -> None:
    """Keep events readable: one golden file per version of an event that was ever written."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--golden",
            "folder",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path("tests/golden"),
            help="The folder of the golden files.",
        ),
        domain_option,
        log_options,
    ):
        command = option(command)
    return command


@events.command()
@_options
def check(domain: str, folder: Path) -> None:
    """
    Compare the code with the golden files.

    Ends with status 1 when an event was changed so that old ones can't be read as they were meant, or when a version
    is not recorded.
    """
    catalog = load_domain(domain)
    try:
        findings = golden.check(catalog, folder)
    except CatalogError as error:
        raise CannotStart(error.message) from None
    for finding in findings:
        click.echo(str(finding))
    if findings:
        sys.exit(1)
    versions = len(golden.load(folder))
    click.echo(f"{len(catalog.specs)} event types, {versions} versions: all of them can be read")


@events.command()
@_options
def record(domain: str, folder: Path) -> None:
    """
    Write golden files of new versions. Commit them; never edit or remove one.

    The examples in them are made up from the fields; real stored events may be put in their place.
    """
    catalog = load_domain(domain)
    try:
        written = golden.record(catalog, folder)
    except CatalogError as error:
        raise CannotStart(error.message) from None
    for path in written:
        click.echo(f"wrote {path}")
    if not written:
        click.echo("nothing is new")

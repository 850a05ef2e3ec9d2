"""`hazelgate new`: a project to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.new_project import CannotWrite, write_project


@click.command()
@click.argument("name")
def new(name: str) -> None:
    """
    Write a new project into the folder NAME: a domain, its tests, a README, a Dockerfile and a compose file.

    NAME is the domain's, too: a Python module is called so.
    """
    try:
        written = write_project(name, Path.cwd())
    except CannotWrite as error:
        raise CannotStart(str(error)) from None
    for path in written:
        click.echo(f"wrote {path}")
    click.echo(f"now: cd {name} && hazelgate dev --domain {name}")

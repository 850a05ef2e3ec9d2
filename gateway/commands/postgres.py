"""`hazelgate migrate`: the tables of the PostgreSQL event store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from gateway.commands.usage import CannotStart


def postgres_dsn(**settings: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    The option `--postgres-dsn`.

    Prefer the environment variable: a command line can be read by everybody on the machine.
    """
    return click.option(
        "--postgres-dsn",
        envvar="GATEWAY_POSTGRES_DSN",
        metavar="DSN",
        help="postgresql://user:password@host:5432/database; better given as GATEWAY_POSTGRES_DSN.",
        show_default=False,
        **settings,
    )


@click.command()
@postgres_dsn(required=True)
def migrate(postgres_dsn: str) -> None:
    """Make the tables that the event store in PostgreSQL needs, or bring them up to date."""
    from gateway.postgres.connecting import PostgresUnusable
    from gateway.postgres.migrating import migrate as run

    try:
        made = run(postgres_dsn)
    except PostgresUnusable as error:
        raise CannotStart(str(error)) from None
    for change in made:
        click.echo(f"made: {change}")
    click.echo("the tables are up to date" if made else "the tables were up to date already")

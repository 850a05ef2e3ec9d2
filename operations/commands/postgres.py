"""How commands are told where PostgreSQL is."""

from __future__ import annotations

from collections.abc import Callable

import click


def require_dsn(dsn: str | None) -> str:
    """
    The connection string that a command can't do without.

    Raises:
        UsageError: None was given.
    """
    if dsn is None:
        raise click.UsageError("this needs PostgreSQL: give GATEWAY_POSTGRES_DSN, or --postgres-dsn")
    return dsn


def postgres_dsn() -> Callable[[Callable[..., None]], Callable[..., None]]:
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
    )

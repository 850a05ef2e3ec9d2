"""How commands are told where PostgreSQL is."""

from __future__ import annotations

import click

from hazelgate.operations.command_line.settings import option
from hazelgate.operations.postgres.options import DSN_VARIABLE, PostgresOptions

postgres_dsn = option(PostgresOptions, "postgres_dsn")
"""The option `--postgres-dsn`. Its variable is better: a command line can be read by everybody on the machine."""


def require_dsn(dsn: str | None) -> str:
    """
    The connection string that a command can't do without.

    Raises:
        UsageError: None was given.
    """
    if dsn is None:
        raise click.UsageError(f"this needs PostgreSQL: give {DSN_VARIABLE}, or --postgres-dsn")
    return dsn

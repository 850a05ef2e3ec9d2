"""How a process is told where PostgreSQL is."""

from __future__ import annotations

from typing import Annotated

from hazelgate.sourcing.settings import Named, Options, environment_name


class PostgresOptions(Options):
    """Where events are kept."""

    postgres_dsn: Annotated[str | None, Named(metavar="DSN")] = None
    """postgresql://user:password@host:5432/database; better given by the environment than on the command line."""


DSN_VARIABLE = environment_name(PostgresOptions, "postgres_dsn")
"""What messages name."""

"""How the command line reaches PostgreSQL, and what it says when it can't. Passwords are never part of that."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

MINIMUM_VERSION = 14
_CONNECT_SECONDS = 5
_DRIVER = ("psycopg", "sqlalchemy", "alembic")
"""Of the extra `postgres`: what connects, and what makes the tables."""


class PostgresUnusable(Exception):
    """PostgreSQL can't be used; the message says why and how to mend it."""


def require_driver() -> None:
    """
    Make sure that the extra `postgres` is installed.

    Raises:
        PostgresUnusable: It is not.
    """
    try:
        for package in _DRIVER:
            import_module(package)
    except ImportError:
        raise PostgresUnusable("the PostgreSQL driver is missing: `pip install 'hazelgate[postgres]'`") from None


def connect(dsn: str, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
    """
    Connect.

    Raises:
        PostgresUnusable: It does not answer, refuses, or is too old.
    """
    require_driver()
    import psycopg

    try:
        connection = psycopg.connect(dsn, connect_timeout=_CONNECT_SECONDS, **options)
    except psycopg.Error as error:
        # libpq repeats what stands in the connection string only for what is no password: host, port, user, database.
        # A line that begins with a tab goes on about the one before.
        reasons = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
        raise PostgresUnusable(
            f"PostgreSQL can't be reached: {reasons[-1] if reasons else type(error).__name__}"
        ) from None
    version = connection.info.server_version // 10_000
    if version < MINIMUM_VERSION:
        connection.close()
        raise PostgresUnusable(f"PostgreSQL {MINIMUM_VERSION} or newer is needed, this one is {version}")
    return connection

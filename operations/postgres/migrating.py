"""Brings the tables of a PostgreSQL database to what this release needs. Running it again changes nothing."""

from __future__ import annotations

from pathlib import Path

from hazelgate.operations.postgres.connecting import PostgresUnusable, connect

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(dsn: str) -> list[str]:
    """
    Make all changes that the database does not have yet, in one transaction.

    Returns:
        The names of the changes made, in order.

    Raises:
        PostgresUnusable: The database can't be reached, or does not let its tables be changed.
    """
    connect(dsn).close()
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    made: list[str] = []
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["made"] = made
    engine = create_engine("postgresql+psycopg://", creator=lambda: connect(dsn), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise PostgresUnusable(f"PostgreSQL does not let its tables be made: {error.orig}".strip()) from None
    return made

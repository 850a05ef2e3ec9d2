"""Runs the migrations on the connection that `postgres.migrating` has opened: one transaction for all."""

from alembic import context
from alembic.runtime.migration import MigrationInfo
from sqlalchemy import text

_LOCK = 7101
"""Two `hazelgate migrate` at once: the second waits, and finds nothing left to do."""


def _noted(ctx: object, step: MigrationInfo, heads: object, run_args: object) -> None:
    context.config.attributes["made"] += [str(revision) for revision in step.up_revision_ids]


connection = context.config.attributes["connection"]
connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
context.configure(
    connection=connection, version_table="hazelgate_migrations", on_version_apply=_noted, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()

"""Indexes that cost more at each insert than they gave."""

from pathlib import Path

from alembic import op

revision = "0002_cheaper_inserts"
down_revision = "0001_event_store"


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

"""The table of all events."""

from pathlib import Path

from alembic import op

revision = "0001_event_store"
down_revision = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

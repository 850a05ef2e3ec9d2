"""Which log this is."""

from pathlib import Path

from alembic import op

revision = "0005_log_identity"
down_revision = "0004_dead_letter_decisions"


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

"""What operators decided about dead letters."""

from pathlib import Path

from alembic import op

revision = "0004_dead_letter_decisions"
down_revision = "0003_lane_owners"


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

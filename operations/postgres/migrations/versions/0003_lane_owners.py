"""Who may store events in a lane."""

from pathlib import Path

from alembic import op

revision = "0003_lane_owners"
down_revision = "0002_cheaper_inserts"


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

"""What other tenants see of an event, and have a part in of a decision."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("event", sa.Column("partners", sa.JSON))
    op.add_column("decision", sa.Column("bands", sa.JSON))

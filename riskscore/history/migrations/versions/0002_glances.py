"""What windows ask of an event, beside each of its identifiers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("sighting", sa.Column("glance", sa.JSON))

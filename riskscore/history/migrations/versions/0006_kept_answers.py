"""Answers that are kept under the keys of requests, to be given again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

whole = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "kept_answer",
        sa.Column("id", whole, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("product", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("kept_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("tenant", "name", "place"),
        sa.Index("kept_answer_by_reference", "tenant", "reference"),
        sa.Index("kept_answer_by_time", "kept_at"),
    )

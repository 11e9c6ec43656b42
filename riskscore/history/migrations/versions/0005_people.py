"""A key for each owner, who read a decision, and what must not be erased."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

whole = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    give_keys_owners()
    create_reads()
    create_holds()


def give_keys_owners() -> None:
    """Let the one key of the first form be that of every tenant there is, or of the first."""
    op.rename_table("pseudonym_key", "one_key")
    op.create_table(
        "pseudonym_key",
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("proof", sa.LargeBinary, nullable=False),
    )
    op.execute(
        "INSERT INTO pseudonym_key SELECT owner, version, proof FROM one_key, "
        "(SELECT tenant AS owner FROM stream UNION SELECT 'default') AS known"
    )
    op.drop_table("one_key")


def create_reads() -> None:
    op.create_table(
        "decision_read",
        sa.Column("id", whole, primary_key=True),
        sa.Column("decision_number", whole, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("reader", sa.String, nullable=False),
        sa.Column("read_at", sa.BigInteger, nullable=False),
    )
    op.create_index("read_by_decision", "decision_read", ["decision_number"])


def create_holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", whole, primary_key=True),
        sa.Column("entity_id", whole, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("held_by", sa.String, nullable=False),
        sa.Column("held_at", sa.BigInteger, nullable=False),
        sa.Column("released_by", sa.String),
        sa.Column("released_at", sa.BigInteger),
        sa.Column("release_reason", sa.String),
    )
    op.create_index("hold_by_entity", "hold", ["entity_id"])

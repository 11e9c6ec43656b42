"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

whole = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    create_identifiers()
    create_events()
    create_outcomes()
    create_decisions()


def create_identifiers() -> None:
    op.create_table(
        "pseudonym_key",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("proof", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "stream",
        sa.Column("id", whole, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("product", sa.String, nullable=False),
        sa.Column("known_since", sa.BigInteger),
        sa.Column("purged_until", sa.BigInteger),
        sa.UniqueConstraint("tenant", "product"),
    )
    op.create_table(
        "entity",
        sa.Column("id", whole, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("key_version", sa.Integer, nullable=False),
        sa.Column("pseudonym", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("tenant", "key_version", "pseudonym"),
    )


def create_events() -> None:
    op.create_table(
        "event",
        sa.Column("id", whole, primary_key=True),
        sa.Column("stream_id", whole, sa.ForeignKey("stream.id"), nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("score", sa.Integer),
        sa.Column("features", sa.JSON, nullable=False),
        sa.Column("entities", sa.JSON, nullable=False),
        sa.UniqueConstraint("stream_id", "reference"),
    )
    op.create_index("event_by_time", "event", ["occurred_at"])
    create_clustered("sighting", "entity_id", "stream_id", "occurred_at", "event_id")


def create_outcomes() -> None:
    op.create_table(
        "outcome",
        sa.Column("id", whole, primary_key=True),
        sa.Column("stream_id", whole, sa.ForeignKey("stream.id"), nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("label", sa.SmallInteger),
        sa.Column("role", sa.String),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("fraud_from", sa.BigInteger),
        sa.Column("amount", sa.Float),
        sa.Column("looked_because", sa.String),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    op.create_index("outcome_by_reference", "outcome", ["stream_id", "reference"])
    op.create_index("outcome_by_time", "outcome", ["known_at"])
    create_clustered(
        "verdict",
        *("entity_id", "stream_id", "known_at", "outcome_id"),
        more=[
            sa.Column("event_id", whole, nullable=False),
            sa.Column("label", sa.SmallInteger),
        ],
    )


def create_decisions() -> None:
    op.create_table(
        "decision",
        sa.Column("number", whole, primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column("stream_id", whole, sa.ForeignKey("stream.id"), nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("margin", sa.Float, nullable=False),
        sa.Column("model_version", sa.String, nullable=False),
        sa.Column("model_sha256", sa.String, nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("entities", sa.JSON, nullable=False),
        sa.Column("features", sa.JSON, nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
    )
    op.create_index("decision_by_reference", "decision", ["stream_id", "reference"])
    op.create_index("decision_by_time", "decision", ["occurred_at"])
    create_clustered("mention", "entity_id", "decision_number")


def create_clustered(name: str, *key: str, more: list[sa.Column] | None = None) -> None:
    columns = [sa.Column(each, whole, primary_key=True, autoincrement=False) for each in key]
    op.create_table(name, *columns, *(more or []), sqlite_with_rowid=False)

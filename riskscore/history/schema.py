"""The tables of the store.

A *stream* is the applications of one product at one tenant. An *event* is an application that
counts as history, once per reference; its id is its place in the order of receipt. A *sighting*
puts an event beside one of its identifiers, a *verdict* an outcome likewise, both clustered so
that everything a window asks of one identifier is one range. A *decision* is what we answered; a
*mention* says whose identifiers a decision holds that no event of its own holds. A *decision_read*
says who was told a decision again, a *hold* that an identifier's applications must not be erased.
A *kept answer* is given again to whoever sends a request again under its key.

Moments are microseconds since 1970 in UTC. Identifiers are pseudonyms behind surrogate ids, so
that keys can be replaced without touching what refers to them.

To change a table: change it here, add a migration under ``migrations/versions``, raise ``HEAD``; a
test compares the two.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
)

HEAD = "0006"  # the migration that leads here

whole = BigInteger().with_variant(Integer, "sqlite")
metadata = MetaData()


class Written(TypeDecorator[str]):
    """JSON that was written before: one text for many rows."""

    impl = JSON
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> None:  # noqa: ARG002 - it is text already
        return None


def moment(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


pseudonym_key = Table(
    "pseudonym_key",
    metadata,
    Column("owner", String, primary_key=True),  # a tenant, or "agreement NAME", as in entity
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("proof", LargeBinary, nullable=False),
)

access_key = Table(
    "access_key",
    metadata,
    Column("prefix", String, primary_key=True),
    Column("hash", LargeBinary, nullable=False),  # of the secret
    Column("tenant", String, nullable=False),
    Column("name", String, nullable=False),
    Column("scopes", JSON, nullable=False),
    moment("created_at"),
    moment("expires_at", nullable=True),
    moment("revoked_at", nullable=True),
    Column("rate", Integer),  # requests a second
    Column("quota", Integer),  # applications a day
)

usage = Table(
    "usage",
    metadata,
    Column("caller", String, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970, in UTC
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("asked", Integer, nullable=False),
)

probe = Table(
    "probe",
    metadata,
    Column("pseudonym", LargeBinary, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("asked", Integer, nullable=False),
)

stream = Table(
    "stream",
    metadata,
    Column("id", whole, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("product", String, nullable=False),
    moment("known_since", nullable=True),  # None until an application counts
    moment("purged_until", nullable=True),  # nothing older is kept
    UniqueConstraint("tenant", "product"),
)

entity = Table(
    "entity",
    metadata,
    Column("id", whole, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("pseudonym", LargeBinary, nullable=False),
    UniqueConstraint("tenant", "key_version", "pseudonym"),
)

event = Table(
    "event",
    metadata,
    Column("id", whole, primary_key=True),
    Column("stream_id", whole, ForeignKey("stream.id"), nullable=False),
    Column("reference", String, nullable=False),
    moment("occurred_at"),
    moment("received_at"),
    Column("score", Integer),  # as it was served; None where nobody said
    Column("features", JSON, nullable=False),  # as they were sent
    Column("entities", JSON, nullable=False),  # name -> id
    Column("partners", Written),  # agreement -> name -> id; None where nobody else sees it
    UniqueConstraint("stream_id", "reference"),
    Index("event_by_time", "occurred_at"),
)

sighting = Table(
    "sighting",
    metadata,
    Column("entity_id", whole, primary_key=True, autoincrement=False),
    Column("stream_id", whole, primary_key=True, autoincrement=False),
    Column("occurred_at", whole, primary_key=True, autoincrement=False),
    Column("event_id", whole, primary_key=True, autoincrement=False),
    Column("glance", Written),  # what windows ask of the event, see ``glances``
    sqlite_with_rowid=False,
)

outcome = Table(
    "outcome",
    metadata,
    Column("id", whole, primary_key=True),
    Column("stream_id", whole, ForeignKey("stream.id"), nullable=False),
    Column("reference", String, nullable=False),
    Column("status", String, nullable=False),
    Column("label", SmallInteger),
    Column("role", String),
    Column("source", String, nullable=False),
    moment("known_at"),
    moment("fraud_from", nullable=True),
    Column("amount", Float),
    Column("looked_because", String),
    moment("received_at"),
    Index("outcome_by_reference", "stream_id", "reference"),
    Index("outcome_by_time", "known_at"),
)

verdict = Table(
    "verdict",
    metadata,
    Column("entity_id", whole, primary_key=True, autoincrement=False),
    Column("stream_id", whole, primary_key=True, autoincrement=False),
    Column("known_at", whole, primary_key=True, autoincrement=False),
    Column("outcome_id", whole, primary_key=True, autoincrement=False),
    Column("event_id", whole, nullable=False),
    Column("label", SmallInteger),
    sqlite_with_rowid=False,
)

decision = Table(
    "decision",
    metadata,
    Column("number", whole, primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("stream_id", whole, ForeignKey("stream.id"), nullable=False),
    Column("reference", String, nullable=False),
    Column("purpose", String, nullable=False),
    moment("occurred_at"),
    moment("received_at"),
    Column("score", Integer, nullable=False),
    Column("probability", Float, nullable=False),
    Column("margin", Float, nullable=False),
    Column("model_version", String, nullable=False),
    Column("model_sha256", String, nullable=False),
    Column("counted", Boolean, nullable=False),  # the decision that made the event
    Column("entities", JSON, nullable=False),  # name -> id
    Column("features", JSON, nullable=False),  # as served, history included
    Column("answer", JSON, nullable=False),  # what else was said
    Column("bands", Written),  # feature -> band, of those that other tenants have a part in
    Index("decision_by_reference", "stream_id", "reference"),
    Index("decision_by_time", "occurred_at"),
)

mention = Table(
    "mention",
    metadata,
    Column("entity_id", whole, primary_key=True, autoincrement=False),
    Column("decision_number", whole, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

decision_read = Table(
    "decision_read",
    metadata,
    Column("id", whole, primary_key=True),
    Column("decision_number", whole, nullable=False),
    Column("tenant", String, nullable=False),  # of the reader
    Column("reader", String, nullable=False),  # the name of its key, or who ran which command
    moment("read_at"),
    Index("read_by_decision", "decision_number"),
)

hold = Table(
    "hold",
    metadata,
    Column("id", whole, primary_key=True),
    Column("entity_id", whole, nullable=False),
    Column("reason", String, nullable=False),
    Column("held_by", String, nullable=False),
    moment("held_at"),
    Column("released_by", String),  # None as long as it holds
    moment("released_at", nullable=True),
    Column("release_reason", String),
    Index("hold_by_entity", "entity_id"),
)

kept_answer = Table(
    "kept_answer",
    metadata,
    Column("id", whole, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("name", LargeBinary, nullable=False),  # stands for the key
    Column("place", Integer, nullable=False),  # within the request, from 0
    Column("request", LargeBinary, nullable=False),  # stands for what was asked under the key
    Column("product", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("content", LargeBinary, nullable=False),  # JSON, byte for byte
    moment("kept_at"),
    UniqueConstraint("tenant", "name", "place"),
    Index("kept_answer_by_reference", "tenant", "reference"),
    Index("kept_answer_by_time", "kept_at"),
)

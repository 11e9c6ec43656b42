"""Answers that are kept under the keys of requests, so that sending one again does nothing twice.

An answer is kept in the very transaction that stores what it says: after a crash either both are
there or none. Of a batch each row is kept by its place, as if it was sent alone, so that a batch
that broke off is answered as far as it came, and goes on from there. Key and request are stored
as pseudonyms: keys may be made of what should not be known, and a plain hash of a request would
tell whoever tries enough phone numbers which was in it.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, or_, select
from sqlalchemy.exc import OperationalError

from riskscore.errors import KeyInUse, KeyReused
from riskscore.history import entities
from riskscore.history.prepared import fetch, put_numbered
from riskscore.history.schema import kept_answer
from riskscore.history.store import Store
from riskscore.product.moments import now

LASTING = 24 * 3600 * 1_000_000  # microseconds that an answer is kept for at least
SWEEP_EVERY, SWEPT = 100, 200  # answers: with each so manieth one, at most so many old ones go
WAITED = {"55P03", "57014"}  # what PostgreSQL says of a lock that others held for too long

FOUND = select(kept_answer.c.place, kept_answer.c.request, kept_answer.c.content).where(
    kept_answer.c.tenant == bindparam("tenant"),
    kept_answer.c.name == bindparam("name"),
    or_(
        kept_answer.c.place.between(bindparam("first"), bindparam("last")),
        kept_answer.c.request != bindparam("request"),
    ),
)


class Repeatable(NamedTuple):
    """A request that may be sent again.

    Attributes:
        key: As the caller chose it.
        digest: Of all that was asked, the same for the same request alone.
    """

    key: str
    digest: str


class Claim(NamedTuple):
    """A tenant's key, and what is asked under it, by what stands for them in the store."""

    tenant: str
    name: bytes
    request: bytes


class Answer(NamedTuple):
    """What was said about one application of a request."""

    place: int
    product: str
    reference: str
    content: bytes


def claim_of(store: Store, tenant: str, sent: Repeatable) -> Claim:
    """Make the pseudonyms of a key and its request; no entity has a blank in its name.

    Raises:
        StoreUnavailable: The store was lost, and still is.
    """
    keys = store.keys_of(tenant)
    name = keys.digest("idempotency key", sent.key)
    return Claim(tenant, name, keys.digest("idempotency request", sent.digest))


def answered(connection: Connection, claim: Claim, places: Collection[int]) -> dict[int, bytes]:
    """Return what was answered under a key before, by place; nobody else answers until we did.

    Args:
        connection: In a transaction, which has locked nothing yet.
        claim: The key, and what is asked under it.
        places: Next to each other, at least one.

    Raises:
        KeyInUse: Others answered under it all the while.
        KeyReused: Something else was asked under it.
    """
    lock(connection, claim)
    return find(connection, claim, places)


def lock(connection: Connection, claim: Claim) -> None:
    """Keep others from answering under this key until the transaction ends.

    It comes before every lock on an identifier, and alone: so nobody waits in a circle, and
    whoever waits in vain knows what for. SQLite's door is lock enough.

    Raises:
        KeyInUse: Others held it all the while.
    """
    try:
        entities.lock(connection, [claim.name])
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) not in WAITED:
            raise
        raise KeyInUse("a request with this Idempotency-Key is still at work") from error


def find(connection: Connection, claim: Claim, places: Collection[int]) -> dict[int, bytes]:
    asked = claim._asdict() | {"first": min(places), "last": max(places)}
    rows = fetch(connection, FOUND, asked)
    if any(bytes(request) != claim.request for _, request, _ in rows):
        raise KeyReused("this Idempotency-Key was used for another request")
    return {place: bytes(content) for place, _, content in rows}


def keep(connection: Connection, claim: Claim, answers: Iterable[Answer]) -> None:
    """Keep answers under a key; now and then let go of old ones."""
    due, kept_at = False, now()
    for each in answers:
        row = claim._asdict() | each._asdict() | {"kept_at": kept_at}
        due |= put_numbered(connection, kept_answer, row) % SWEEP_EVERY == 0
    if due:
        sweep(connection, before=kept_at - LASTING, most=SWEPT)


def sweep(connection: Connection, *, before: int, most: int) -> int:
    """Let go of the oldest answers from before a moment; returns how many went."""
    oldest = (
        select(kept_answer.c.id)
        .where(kept_answer.c.kept_at < before)
        .order_by(kept_answer.c.kept_at)
        .limit(most)
        .with_for_update(skip_locked=True)  # others may be at it
    )
    gone = connection.execute(delete(kept_answer).where(kept_answer.c.id.in_(oldest)))
    return gone.rowcount

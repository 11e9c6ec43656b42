"""Outcomes: what was later found out about an application. Later ones supersede, none is lost."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from riskscore.errors import UnknownReference
from riskscore.history import entities
from riskscore.history.counting import all_numbers, put_beside
from riskscore.history.keys import Keys
from riskscore.history.prepared import put_numbered
from riskscore.history.schema import decision, event, outcome, stream
from riskscore.history.store import Store
from riskscore.product.moments import now
from riskscore.product.outcome import LABELS, Outcome, Status


class Accepted(NamedTuple):
    """An outcome that was stored."""

    product: str
    reference: str
    status: Status
    known_at: int
    received_at: int


class Subject(NamedTuple):
    """The application that an outcome speaks of."""

    stream_id: int
    product: str
    reference: str


def accept(
    store: Store, outcomes: Sequence[Outcome], *, tenant: str
) -> list[Accepted | UnknownReference]:
    """Store outcomes; what speaks of an application that this tenant never sent is not stored.

    It is one transaction: when this returns, they are on disk.

    Raises:
        StoreUnavailable: The store failed; nothing was stored.
    """
    keys = store.keys_of(tenant)
    with store.writing() as connection:
        return accept_within(connection, keys, outcomes, tenant=tenant)


def accept_within(
    connection: Connection, keys: Keys, outcomes: Sequence[Outcome], *, tenant: str
) -> list[Accepted | UnknownReference]:
    """Store outcomes in the caller's transaction, as ``accept`` does."""
    subjects = [subject_of(connection, tenant, each) for each in outcomes]
    known = [each for each in subjects if each]
    locks = [entities.lock_of(keys, each.product, each.reference) for each in known]
    if locks:
        entities.lock(connection, locks)
        subjects = [subject_of(connection, tenant, each) for each in outcomes]  # or just forgotten
    return [
        keep(connection, found, each)
        if found
        else UnknownReference(
            "no application of that product and reference"
            if each.decision_id is None
            else "no decision of that id"
        )
        for found, each in zip(subjects, outcomes, strict=True)
    ]


def subject_of(connection: Connection, tenant: str, said: Outcome) -> Subject | None:
    """Find the application that an outcome speaks of."""
    asked = (
        select(decision.c.stream_id, stream.c.product, decision.c.reference)
        .join(stream, stream.c.id == decision.c.stream_id)
        .where(stream.c.tenant == tenant)
        .limit(1)
    )
    if said.decision_id is not None:
        row = connection.execute(asked.where(decision.c.id == said.decision_id)).first()
        return Subject._make(row) if row else None
    of_product = asked.where(
        stream.c.product == said.product, decision.c.reference == said.reference
    )
    imported = (
        select(event.c.stream_id, stream.c.product, event.c.reference)
        .join(stream, stream.c.id == event.c.stream_id)
        .where(
            stream.c.tenant == tenant,
            stream.c.product == said.product,
            event.c.reference == said.reference,
        )
    )
    row = connection.execute(of_product).first() or connection.execute(imported).first()
    return Subject._make(row) if row else None


def keep(connection: Connection, subject: Subject, said: Outcome) -> Accepted:
    """Write an outcome, and put it beside the identifiers of its application if that counts."""
    received_at = now()
    row = row_of(subject, said, received_at)
    number = put_numbered(connection, outcome, row)
    counted = connection.execute(
        select(event.c.id, event.c.entities, event.c.partners).where(
            event.c.stream_id == subject.stream_id, event.c.reference == subject.reference
        )
    ).one_or_none()
    if counted:
        numbers = all_numbers(counted.entities, counted.partners)
        put_beside(connection, row | {"id": number}, counted.id, numbers)
    return Accepted(subject.product, subject.reference, said.status, said.known_at, received_at)


def row_of(subject: Subject, said: Outcome, received_at: int) -> dict[str, Any]:
    return {
        "stream_id": subject.stream_id,
        "reference": subject.reference,
        "status": said.status,
        "label": LABELS[said.status],
        "role": said.role,
        "source": said.source,
        "known_at": said.known_at,
        "fraud_from": said.fraud_from,
        "amount": said.amount,
        "looked_because": said.looked_because,
        "received_at": received_at,
    }

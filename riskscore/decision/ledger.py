"""The ledger: every decision as it was made, with the values it was made from."""

import math
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, Select, select

from riskscore.decision.scoring import Assessment, assess_applications, without_past
from riskscore.errors import InvalidApplication, StoreUnavailable, UnknownDecision
from riskscore.history.plan import Plan
from riskscore.history.prepared import put, put_numbered
from riskscore.history.recording import (
    Arrival,
    Desk,
    Recorded,
    arrivals_of,
    note_scores,
    record,
    sent,
)
from riskscore.history.schema import decision, mention, stream
from riskscore.history.store import Store
from riskscore.model.bundle import Bundle
from riskscore.product.application import Application
from riskscore.product.moments import EARLIEST, now, rfc3339
from riskscore.product.spec import Product

TOGETHER = 50  # applications in one transaction: others wait meanwhile, and PostgreSQL locks each
RANDOM_BITS = 80
VERSION, VARIANT = 7 << 76, 2 << 62  # of a UUID that sorts by its time
FIELDS = ~((15 << 76) | (3 << 62))


class Decided(NamedTuple):
    """What we said about an application, and under which id it is kept; None if it is not."""

    decision_id: UUID | None
    assessment: Assessment


class Judge(NamedTuple):
    """Whoever decides about one product: the model, and what of the past it asks for."""

    bundle: Bundle
    plan: Plan
    store: Store


def check_moment(application: Application, store: Store) -> None:
    """Refuse what has not happened yet, beyond what clocks may differ by, or long before us.

    Raises:
        InvalidApplication: Its moment lies in the future, or before 1900.
    """
    if application.occurred_at < EARLIEST:
        raise InvalidApplication({"occurred_at": ["expected a moment from 1900 on"]})
    if application.occurred_at > now() + store.tolerance:
        raise InvalidApplication({"occurred_at": ["expected a moment that is not in the future"]})


def decide(
    judge: Judge, applications: Sequence[Application], *, tenant: str, language: str
) -> list[Decided]:
    """Score applications of one product as if each came alone and in this order.

    It is one transaction: when this returns, the decisions are on disk and count as history.

    Args:
        judge: Model and store.
        applications: At most ``TOGETHER``.
        tenant: Whose applications they are.
        language: Of the reason texts.

    Raises:
        StoreUnavailable: The store failed, and we do not answer without it.
    """
    try:
        arrivals = arrivals_of(judge.store, tenant, applications)  # opens a store that was lost
        with transaction(judge.store, applications) as connection:
            return decide_within(connection, judge, arrivals, tenant=tenant, language=language)
    except StoreUnavailable:
        if not judge.store.optional:
            raise
    return decide_without_store(judge, applications, language=language)


def decide_without_store(
    judge: Judge, applications: Sequence[Application], *, language: str
) -> list[Decided]:
    """Score applications of which nothing is known and nothing will be kept."""
    if not applications:
        return []
    past = [without_past(judge.bundle.product, each) for each in applications]
    assessed = assess_applications(judge.bundle, applications, past, language=language)
    return [Decided(None, each) for each in assessed]


@contextmanager
def transaction(store: Store, applications: Sequence[Application]) -> Iterator[Connection]:
    """Enter a transaction that can do what the applications ask for: tests only read."""
    writes = any(each.purpose != "test" for each in applications)
    with store.writing() if writes else store.reading() as connection:
        yield connection


def decide_within(
    connection: Connection,
    judge: Judge,
    arrivals: Sequence[Arrival],
    *,
    tenant: str,
    language: str,
) -> list[Decided]:
    """Score and record applications in the caller's transaction, as ``decide`` does."""
    if not arrivals:
        return []
    bundle, plan, store = judge
    desk = Desk(connection=connection, store=store, plan=plan, tenant=tenant, received_at=now())
    recorded = record(desk, arrivals)
    applications = [each.application for each in recorded]
    past = [each.history for each in recorded]
    assessed = assess_applications(bundle, applications, past, language=language)
    decided = [
        Decided(None if each.purpose == "test" else new_id(desk.received_at), assessment)
        for each, assessment in zip(applications, assessed, strict=True)
    ]
    write(desk, bundle, recorded, decided)
    return decided


def write(
    desk: Desk, bundle: Bundle, recorded: Sequence[Recorded], decided: Sequence[Decided]
) -> None:
    """Write decisions, and what later applications see of them."""
    kept = [each for each in zip(recorded, decided, strict=True) if each[1].decision_id]
    scores = {each.event: said.assessment.score for each, said in kept if each.event is not None}
    note_scores(desk.connection, scores)
    for each, said in kept:
        number = put_numbered(desk.connection, decision, row_of(desk, bundle, each, said))
        if each.event is None:
            beside = set(each.entities.values())
            rows = [{"entity_id": entity, "decision_number": number} for entity in beside]
            put(desk.connection, mention, rows)


def row_of(desk: Desk, bundle: Bundle, recorded: Recorded, decided: Decided) -> dict[str, Any]:
    application, said = recorded.application, decided.assessment
    return {
        "id": decided.decision_id,
        "stream_id": desk.streams.of(desk.product).id,
        "reference": application.reference,
        "purpose": application.purpose,
        "occurred_at": application.occurred_at,
        "received_at": desk.received_at,
        "score": said.score,
        "probability": said.probability,
        "margin": said.margin,
        "model_version": bundle.version,
        "model_sha256": bundle.sha256,
        "counted": recorded.event is not None,
        "entities": recorded.entities,
        "features": served(bundle.product, application, said),
        "answer": {
            "level": said.level,
            "recommendation": said.recommendation,
            "reasons": said.reasons,
            "data_quality": said.data_quality,
            "coverage": said.coverage,
        },
    }


def served(product: Product, application: Application, said: Assessment) -> dict[str, Any]:
    """Give the features a decision was made from: what was sent, and what we added to it."""
    ours = {each.name for each in (*product.history, *product.derived)}
    exact = {
        each.name: None if math.isnan(value) else value
        for each, value in zip(product.columns, said.exact, strict=True)
        if each.name in ours
    }
    return sent(application) | exact


def new_id(at: int) -> UUID:
    """Make an id that nobody can guess and that sorts by its moment (a UUID of version 7)."""
    random = secrets.randbits(RANDOM_BITS)
    return UUID(int=((at // 1000) << RANDOM_BITS | random) & FIELDS | VERSION | VARIANT)


def find_decision(store: Store, text: str, *, tenant: str) -> dict[str, Any]:
    """Return one of a tenant's decisions.

    Raises:
        UnknownDecision: It has none of that id.
        StoreUnavailable: The store failed.
    """
    try:
        wanted = UUID(text)
    except ValueError:
        raise UnknownDecision("no such decision") from None
    with store.reading() as connection:
        row = connection.execute(of_tenant(tenant).where(decision.c.id == wanted)).one_or_none()
    if row is None:
        raise UnknownDecision("no such decision")
    return described(row)


def find_decisions(store: Store, reference: str, *, tenant: str) -> list[dict[str, Any]]:
    """Return a tenant's decisions of one reference, of every product, in the order they were made.

    Raises:
        StoreUnavailable: The store failed.
    """
    wanted = of_tenant(tenant).where(decision.c.reference == reference)
    with store.reading() as connection:
        return [described(row) for row in connection.execute(wanted.order_by(decision.c.number))]


def of_tenant(tenant: str) -> Select:
    return (
        select(decision, stream.c.product)
        .join(stream, stream.c.id == decision.c.stream_id)
        .where(stream.c.tenant == tenant)
    )


def described(row: Row) -> dict[str, Any]:
    """Write a decision as it was answered, with what it was made from."""
    return {
        "decision_id": str(row.id),
        "reference": row.reference,
        "product": row.product,
        "purpose": row.purpose,
        "occurred_at": rfc3339(row.occurred_at),
        "score": row.score,
        "probability": row.probability,
        "margin": row.margin,
        **row.answer,
        "model": {"version": row.model_version, "sha256": row.model_sha256},
        "scored_at": rfc3339(row.received_at),
        "features": row.features,
    }

"""The ledger: every decision as it was made, with the values it was made from."""

import math
import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, select

from riskscore.decision.scoring import Assessment, assess_applications, without_past
from riskscore.errors import (
    AskedAboutTooOften,
    InvalidApplication,
    StoreUnavailable,
    UnknownDecision,
)
from riskscore.history.counting import note_scores, sent
from riskscore.history.desk import Arrival, Desk, arrivals_of
from riskscore.history.engine import to_json
from riskscore.history.plan import Plan
from riskscore.history.prepared import put, put_numbered
from riskscore.history.quotas import Limits
from riskscore.history.reads import Reader, note_reads
from riskscore.history.recording import Recorded, record
from riskscore.history.schema import decision, mention, stream
from riskscore.history.sharing import Terms, terms_of
from riskscore.history.store import Store
from riskscore.model.bands import band
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
    judge: Judge,
    applications: Sequence[Application],
    *,
    tenant: str,
    language: str,
    limits: Limits | None = None,
) -> list[Decided | AskedAboutTooOften]:
    """Score applications of one product as if each came alone and in this order.

    It is one transaction: when this returns, the decisions are on disk and count as history.

    Args:
        judge: Model and store.
        applications: At most ``TOGETHER``.
        tenant: Whose applications they are.
        language: Of the reason texts.
        limits: What the caller may ask in a day; None without limit.

    Raises:
        QuotaExceeded: The caller asks more than it may in a day.
        StoreUnavailable: The store failed, and we do not answer without it.
    """
    try:
        terms = terms_of(judge.store, judge.plan, tenant, now())
        arrivals = arrivals_of(judge.store, tenant, applications, terms)  # opens a lost store
        with transaction(judge.store, applications, limits) as connection:
            desk = desk_of(connection, judge, tenant=tenant, terms=terms, limits=limits)
            return decide_within(desk, judge.bundle, arrivals, language=language)
    except StoreUnavailable:
        if not judge.store.optional:
            raise
    return decide_without_store(judge, applications, language=language)


def decide_without_store(
    judge: Judge, applications: Sequence[Application], *, language: str
) -> list[Decided | AskedAboutTooOften]:
    """Score applications of which nothing is known and nothing will be kept."""
    if not applications:
        return []
    past = [without_past(judge.bundle.product, each) for each in applications]
    assessed = assess_applications(judge.bundle, applications, past, language=language)
    return [Decided(None, each) for each in assessed]


def transaction(
    store: Store, applications: Sequence[Application], limits: Limits | None
) -> AbstractContextManager[Connection]:
    """Enter a transaction that can do what the applications ask for: tests only read, or count."""
    return store.writing() if writes(applications, limits) else store.reading()


def writes(applications: Sequence[Application], limits: Limits | None) -> bool:
    """Tell whether anything is stored of applications, or counted."""
    return limits is not None or any(each.purpose != "test" for each in applications)


def desk_of(
    connection: Connection, judge: Judge, *, tenant: str, terms: Terms, limits: Limits | None
) -> Desk:
    return Desk(
        connection=connection,
        store=judge.store,
        plan=judge.plan,
        tenant=tenant,
        received_at=now(),
        terms=terms,
        limits=limits,
    )


def decide_within(
    desk: Desk, bundle: Bundle, arrivals: Sequence[Arrival], *, language: str
) -> list[Decided | AskedAboutTooOften]:
    """Score and record applications in the desk's transaction, as ``decide`` does."""
    if not arrivals:
        return []
    recorded = record(desk, arrivals)
    if not recorded:
        return [*desk.refused.values()]
    applications = [each.application for each in recorded]
    past = [each.history for each in recorded]
    assessed = assess_applications(bundle, applications, past, language=language)
    decided = [
        Decided(None if each.purpose == "test" else new_id(desk.received_at), assessment)
        for each, assessment in zip(applications, assessed, strict=True)
    ]
    write(desk, bundle, recorded, decided)
    answered = iter(decided)
    return [desk.refused.get(place) or next(answered) for place in range(len(arrivals))]


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
        "bands": to_json(bands(bundle.product, said)) if said.shared else None,
        "answer": answer_of(said),
    }


def answer_of(said: Assessment) -> dict[str, Any]:
    """Give what is answered beside the score and its probability."""
    answer = {
        "level": said.level,
        "recommendation": said.recommendation,
        "reasons": said.reasons,
        "data_quality": said.data_quality,
        "coverage": said.coverage,
    }
    return answer if said.thresholds is None else answer | {"thresholds": said.thresholds}


def served(product: Product, application: Application, said: Assessment) -> dict[str, Any]:
    """Give the features a decision was made from: what was sent, and what we added to it."""
    ours = {each.name for each in (*product.history, *product.derived)}
    exact = {
        each.name: None if math.isnan(value) else value
        for each, value in zip(product.columns, said.exact, strict=True)
        if each.name in ours
    }
    return sent(application) | exact


def bands(product: Product, said: Assessment) -> dict[str, str | None]:
    """Give the bands of the features that other tenants have a part in; null where unknown."""
    columns = zip(product.columns, said.exact, strict=True)
    return {
        each.name: None if math.isnan(value) else band(each, value)
        for each, value in columns
        if each.name in said.shared
    }


def new_id(at: int) -> UUID:
    """Make an id that nobody can guess and that sorts by its moment (a UUID of version 7)."""
    random = secrets.randbits(RANDOM_BITS)
    return UUID(int=((at // 1000) << RANDOM_BITS | random) & FIELDS | VERSION | VARIANT)


def find_decision(store: Store, text: str, *, reader: Reader) -> dict[str, Any]:
    """Return one of a tenant's decisions; that it was read is recorded, or it is not told.

    Raises:
        UnknownDecision: It has none of that id.
        StoreUnavailable: The store failed.
    """
    try:
        wanted = UUID(text)
    except ValueError:
        raise UnknownDecision("no such decision") from None
    found = read_decisions(store, decision.c.id == wanted, reader)
    if not found:
        raise UnknownDecision("no such decision")
    return found[0]


def find_decisions(store: Store, reference: str, *, reader: Reader) -> list[dict[str, Any]]:
    """Return a tenant's decisions of one reference, of every product, in the order they were made.

    That they were read is recorded, or they are not told.

    Raises:
        StoreUnavailable: The store failed.
    """
    return read_decisions(store, decision.c.reference == reference, reader)


def read_decisions(
    store: Store, wanted: ColumnElement[bool], reader: Reader
) -> list[dict[str, Any]]:
    asked = (
        select(decision, stream.c.product)
        .join(stream, stream.c.id == decision.c.stream_id)
        .where(stream.c.tenant == reader.tenant, wanted)
        .order_by(decision.c.number)
        .with_for_update(read=True, of=decision)  # not erased before the reading is written
    )
    with store.writing() as connection:
        rows = connection.execute(asked).all()
        note_reads(connection, [row.number for row in rows], reader)
    return [described(row, row.product) for row in rows]


def described(row: Row, product: str) -> dict[str, Any]:
    """Write a decision as it was answered, with what it was made from.

    Of what other tenants have a part in only bands are told; the exact values stay in the store,
    where the tenant's own training finds them.
    """
    return {
        "decision_id": str(row.id),
        "reference": row.reference,
        "product": product,
        "purpose": row.purpose,
        "occurred_at": rfc3339(row.occurred_at),
        "score": row.score,
        "probability": row.probability,
        "margin": row.margin,
        **row.answer,
        "model": {"version": row.model_version, "sha256": row.model_sha256},
        "scored_at": rfc3339(row.received_at),
        "features": row.features | (row.bands or {}),
    }

"""Everything that is held of one person, for whoever asks what we know of them."""

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, select, true, tuple_

from riskscore.decision.ledger import described
from riskscore.history.holds import holds_on
from riskscore.history.reads import Reader, note_reads
from riskscore.history.schema import decision_read, outcome, stream
from riskscore.history.store import Store
from riskscore.history.subjects import Carried, carried_by
from riskscore.product.moments import rfc3339

Json = dict[str, Any]
T = TypeVar("T")
TOGETHER = 500  # rows asked for by name in one statement


def dossier(store: Store, numbers: Mapping[str, int], *, reader: str) -> list[Json]:
    """Tell everything that hangs on an identifier, tenant by tenant; it is recorded as read.

    Sightings, mentions, verdicts and glances are left out: they repeat, for speed, what events,
    decisions and outcomes say.

    Args:
        store: Where it is held.
        numbers: Tenant -> the number under which it knows the identifier.
        reader: Who asks.

    Raises:
        StoreUnavailable: The store failed.
    """
    told = []
    for tenant, number in numbers.items():
        with store.writing() as connection:
            found = carried_by(connection, number, of_events=true(), of_decisions=true())
            told.append(told_of(connection, tenant, number, found))
            note_reads(connection, [row.number for row in found.decisions], Reader(tenant, reader))
    return told


def told_of(connection: Connection, tenant: str, number: int, found: Carried) -> Json:
    products = {row.id: row.product for row in connection.execute(select(stream))}
    reads = reads_of(connection, [row.number for row in found.decisions])
    return {
        "tenant": tenant,
        "applications": [application_of(row, products) for row in found.events],
        "decisions": [
            decision_of(row, products) | {"reads": reads.get(row.number, [])}
            for row in found.decisions
        ],
        "outcomes": [outcome_of(row, products) for row in outcomes_of(connection, found)],
        "holds": [hold_of(row) for row in holds_on(connection, [number])],
    }


def application_of(row: Row, products: Mapping[int, str]) -> Json:
    return {
        "product": products[row.stream_id],
        "reference": row.reference,
        "occurred_at": rfc3339(row.occurred_at),
        "received_at": rfc3339(row.received_at),
        "score": row.score,
        "features": row.features,
        "entities": sorted(row.entities),
    }


def decision_of(row: Row, products: Mapping[int, str]) -> Json:
    about = {"counted": row.counted, "entities": sorted(row.entities)}
    return described(row, products[row.stream_id]) | about


def reads_of(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Json]]:
    reads: dict[int, list[Json]] = {}
    for some in parts(numbers):
        wanted = select(decision_read).where(decision_read.c.decision_number.in_(some))
        for row in connection.execute(wanted.order_by(decision_read.c.id)):
            said = {"tenant": row.tenant, "reader": row.reader, "read_at": rfc3339(row.read_at)}
            reads.setdefault(row.decision_number, []).append(said)
    return reads


def outcomes_of(connection: Connection, found: Carried) -> list[Row]:
    told = {(row.stream_id, row.reference) for row in (*found.events, *found.decisions)}
    rows: list[Row] = []
    for some in parts(sorted(told)):
        wanted = select(outcome).where(tuple_(outcome.c.stream_id, outcome.c.reference).in_(some))
        rows += connection.execute(wanted)
    return sorted(rows, key=attrgetter("id"))


def parts(whole: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut what one statement cannot ask for."""
    for start in range(0, len(whole), TOGETHER):
        yield whole[start : start + TOGETHER]


def outcome_of(row: Row, products: Mapping[int, str]) -> Json:
    return {
        "product": products[row.stream_id],
        "reference": row.reference,
        "status": row.status,
        "label": row.label,
        "role": row.role,
        "source": row.source,
        "known_at": rfc3339(row.known_at),
        "fraud_from": moment_or_none(row.fraud_from),
        "amount": row.amount,
        "looked_because": row.looked_because,
        "received_at": rfc3339(row.received_at),
    }


def hold_of(row: Row) -> Json:
    return {
        "reason": row.reason,
        "held_by": row.held_by,
        "held_at": rfc3339(row.held_at),
        "released_by": row.released_by,
        "released_at": moment_or_none(row.released_at),
        "release_reason": row.release_reason,
    }


def moment_or_none(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)

"""Identifiers in the store: pseudonyms, the numbers that stand for them, and who may use them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Insert, Select, bindparam, insert, select, text

from riskscore.history.prepared import fetch
from riskscore.history.schema import entity
from riskscore.privacy import PseudonymKey
from riskscore.product.application import Application

LOCK = text(
    "SELECT pg_advisory_xact_lock(lock) FROM unnest(CAST(:locks AS bigint[])) AS held (lock)"
)

TOGETHER = 20  # rows that one statement adds: an application's, and there are few such statements


class Pseudonym(NamedTuple):
    """What stands for one identifier of one kind."""

    kind: str
    value: bytes


Numbers = Mapping[Pseudonym, int]


def pseudonyms(key: PseudonymKey, tenant: str, application: Application) -> dict[str, Pseudonym]:
    """Return what stands for each identifier of an application, by entity name."""
    return {
        name: Pseudonym(name, key.pseudonym(tenant, name, identifier))
        for name, identifier in application.entities.items()
    }


def lock(connection: Connection, values: Iterable[bytes]) -> None:
    """Keep others from reading or writing the history of these until the transaction ends.

    On PostgreSQL only: of SQLite there is one writer anyway. The locks are taken in one order by
    everybody, so that nobody waits in a circle. Afterwards every statement sees what the previous
    holders committed, because READ COMMITTED looks anew for each statement; a stricter level
    would still look at the time before the wait.
    """
    if locks(connection):
        numbers = sorted({int.from_bytes(each[:8], "big", signed=True) for each in values})
        connection.execute(LOCK, {"locks": numbers})


def locks(connection: Connection) -> bool:
    """Tell whether a database is locked identifier by identifier."""
    return connection.dialect.name == "postgresql"


def lock_of(key: PseudonymKey, tenant: str, product: str, reference: str) -> bytes:
    """Return what is locked for a reference; no entity has a blank in its name."""
    return key.pseudonym(tenant, f"{product} reference", reference)


@cache
def known(number: int) -> Select:
    """Ask for so many identifiers at once."""
    wanted: list[BindParameter[bytes]] = [bindparam(f"value_{place}") for place in range(number)]
    return select(entity.c.pseudonym, entity.c.id).where(  # the index alone holds both
        entity.c.tenant == bindparam("tenant"),
        entity.c.key_version == bindparam("version"),
        entity.c.pseudonym.in_(wanted),
    )


def find(
    connection: Connection, key: PseudonymKey, tenant: str, wanted: Collection[Pseudonym]
) -> dict[Pseudonym, int]:
    """Return the numbers of those that are known."""
    if not wanted:
        return {}
    values = {f"value_{place}": each.value for place, each in enumerate(wanted)}
    asked = {"tenant": tenant, "version": key.version, **values}
    named = {each.value: each for each in wanted}
    rows = fetch(connection, known(len(values)), asked)
    return {named[bytes(value)]: number for value, number in rows}


@cache
def adding(number: int) -> Insert:
    """Add so many identifiers at once."""
    rows: list[dict[str, BindParameter[Any]]] = [
        {
            "tenant": bindparam("tenant"),
            "key_version": bindparam("version"),
            "kind": bindparam(f"kind_{place}"),
            "pseudonym": bindparam(f"value_{place}"),
        }
        for place in range(number)
    ]
    return insert(entity).values(rows).returning(entity.c.kind, entity.c.pseudonym, entity.c.id)


def add(
    connection: Connection, key: PseudonymKey, tenant: str, new: Sequence[Pseudonym]
) -> dict[Pseudonym, int]:
    """Give numbers to identifiers that nobody sent before, under ``lock``."""
    added: dict[Pseudonym, int] = {}
    for start in range(0, len(new), TOGETHER):
        some = new[start : start + TOGETHER]
        values: dict[str, Any] = {f"kind_{place}": each.kind for place, each in enumerate(some)}
        values |= {f"value_{place}": each.value for place, each in enumerate(some)}
        asked = {"tenant": tenant, "version": key.version, **values}
        rows = fetch(connection, adding(len(some)), asked)
        added |= {Pseudonym(kind, bytes(value)): number for kind, value, number in rows}
    return added

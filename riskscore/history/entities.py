"""Identifiers in the store: pseudonyms, the numbers that stand for them, and who may use them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    Insert,
    LargeBinary,
    bindparam,
    cast,
    func,
    insert,
    null,
    select,
    text,
    union_all,
)

from riskscore.history.keys import Keys
from riskscore.history.prepared import fetch
from riskscore.history.schema import entity, pseudonym_key, whole
from riskscore.product.application import Application

LOCK = text(
    "SELECT CASE WHEN place <= CAST(:shared AS bigint) THEN pg_advisory_xact_lock_shared(lock) "
    "ELSE pg_advisory_xact_lock(lock) END "
    "FROM unnest(CAST(:locks AS bigint[])) WITH ORDINALITY AS held (lock, place)"
)
LOCK_NOW = text("SELECT pg_try_advisory_xact_lock(:lock)")

TOGETHER = 20  # rows that one statement adds: an application's, and there are few such statements


class Pseudonym(NamedTuple):
    """What stands for one identifier of one kind while it is at hand: its digest."""

    kind: str
    value: bytes


Numbers = Mapping[Pseudonym, int]


def pseudonyms(keys: Keys, application: Application) -> dict[str, Pseudonym]:
    """Return what stands for each identifier of an application, by entity name."""
    return {
        name: Pseudonym(name, keys.digest(name, identifier))
        for name, identifier in application.entities.items()
    }


def lock(connection: Connection, values: Iterable[bytes], *, adding: Iterable[str] = ()) -> None:
    """Keep others from reading or writing the history of these until the transaction ends.

    On PostgreSQL only: of SQLite there is one writer anyway. The locks are taken in one order by
    everybody, so that nobody waits in a circle. Afterwards every statement sees what the previous
    holders committed, because READ COMMITTED looks anew for each statement; a stricter level
    would still look at the time before the wait.

    Args:
        connection: In a transaction.
        values: Digests of identifiers and references.
        adding: Owners of identifiers that may be added: no rotation of their key begins meanwhile.
    """
    if locks(connection):
        numbers = sorted({*map(lock_number, values)})
        rotations = sorted(map(rotation_lock, adding))
        asked = {"shared": len(rotations), "locks": [*rotations, *numbers]}
        connection.execute(LOCK, asked)


def lock_now(connection: Connection, values: Iterable[bytes]) -> bool:
    """Take more locks out of their order, which nobody may wait for; tell whether all were free."""
    numbers = [lock_number(each) for each in values]
    return all(connection.scalar(LOCK_NOW, {"lock": each}) for each in numbers)


def lock_number(value: bytes) -> int:
    return int.from_bytes(value[:8], "big", signed=True)


@cache
def rotation_lock(owner: str) -> int:
    """Return what all share who add an owner's identifiers; who begins a rotation is alone."""
    digest = sha256(f"rotation of {owner}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def locks(connection: Connection) -> bool:
    """Tell whether a database is locked identifier by identifier."""
    return connection.dialect.name == "postgresql"


def lock_of(keys: Keys, product: str, reference: str) -> bytes:
    """Return what is locked for a reference; no entity has a blank in its name."""
    return keys.digest(f"{product} reference", reference)


@cache
def known(number: int, *, rotating: bool) -> CompoundSelect:
    """Ask for so many identifiers at once, and under which versions any may be stored."""
    wanted: list[BindParameter[bytes]] = [bindparam(f"value_{place}") for place in range(number)]
    version = entity.c.key_version
    newest: BindParameter[int] = bindparam("newest")
    found = select(entity.c.pseudonym, entity.c.id, cast(null(), whole)).where(
        entity.c.tenant == bindparam("owner"),
        version.in_([bindparam("oldest"), newest]) if rotating else version == newest,
        entity.c.pseudonym.in_(wanted),
    )
    versions = select(
        cast(null(), LargeBinary),
        func.min(pseudonym_key.c.version),
        func.max(pseudonym_key.c.version),
    ).where(pseudonym_key.c.owner == bindparam("owner"))
    return union_all(found, versions)


def find(connection: Connection, keys: Keys, wanted: Collection[Pseudonym]) -> dict[Pseudonym, int]:
    """Return the numbers of those that are known.

    Raises:
        StoreUnavailable: A rotation left our keys behind.
    """
    if not wanted:
        return {}
    digests = [each.value for each in wanted]
    while True:
        oldest, newest = keys.versions
        sealed = [value for key in keys.live for value in key.sealed(digests)]
        asked: dict[str, Any] = {f"value_{place}": each for place, each in enumerate(sealed)}
        asked |= {"owner": keys.owner, "newest": newest}
        if oldest != newest:
            asked["oldest"] = oldest
        rows = fetch(connection, known(len(sealed), rotating=oldest != newest), asked)
        if (None, oldest, newest) in rows:
            break
        keys.follow(connection)
    named = dict(zip(sealed, [*wanted] * len(keys.live), strict=True))
    return {named[bytes(value)]: number for value, number, _ in rows if value is not None}


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


def add(connection: Connection, keys: Keys, new: Sequence[Pseudonym]) -> dict[Pseudonym, int]:
    """Give numbers to identifiers that ``find`` did not know, under ``lock``."""
    added: dict[Pseudonym, int] = {}
    for start in range(0, len(new), TOGETHER):
        some = new[start : start + TOGETHER]
        values: dict[str, Any] = {f"kind_{place}": each.kind for place, each in enumerate(some)}
        sealed = keys.newest.sealed(each.value for each in some)
        values |= {f"value_{place}": value for place, value in enumerate(sealed)}
        asked = {"tenant": keys.owner, "version": keys.newest.version, **values}
        named = dict(zip(sealed, some, strict=True))
        rows = fetch(connection, adding(len(some)), asked)
        added |= {named[bytes(value)]: number for _, value, number in rows}
    return added

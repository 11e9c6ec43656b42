"""Rotation: every pseudonym of an owner moves under the next key, while others serve.

1. The ring has both keys. 2. *Announce*: the database says that pseudonyms may lie under either;
whoever comes from then on looks under both and adds under the next. 3. *Move*: each pseudonym is
opened with the old seal and closed with the new one, a few at a time. 4. *Retire*: nothing lies
under the old key, the database forgets it, and so may the ring.

It can be stopped anywhere and begun again. Nothing that hangs on an identifier is touched.
"""

import time
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from riskscore.errors import StoreUnavailable, UpkeepError
from riskscore.history import entities
from riskscore.history.keys import live_keys
from riskscore.history.schema import entity, pseudonym_key
from riskscore.history.store import Store, makes_keys
from riskscore.keyring import KeyRing, named, next_key
from riskscore.privacy import PseudonymKey

TOGETHER = 500  # pseudonyms moved in one transaction
PAUSE = 0.005  # seconds between two of them, in which others find the door open
WAIT = "500ms"  # for a lock before which others would queue behind us
ATTEMPTS = 120
TAKEN = "55P03"  # what PostgreSQL calls a lock that others held for too long
ALONE = text("SELECT pg_advisory_xact_lock(:lock)")
MOVED = (
    update(entity)
    .where(entity.c.id == bindparam("number"), entity.c.key_version == bindparam("old"))
    .values(pseudonym=bindparam("value"), key_version=bindparam("new"))
)


def owners_of(store: Store) -> list[str]:
    """List the owners that the database knows."""
    store.ready()
    with store.reading() as connection:
        return [*connection.scalars(select(pseudonym_key.c.owner).distinct().order_by("owner"))]


def live_in(store: Store, ring: KeyRing, owner: str) -> tuple[PseudonymKey, ...]:
    """Return an owner's key in the versions that the database is at, oldest first.

    Raises:
        UpkeepError: The database knows no such owner, or the ring holds other keys.
    """
    with store.reading() as connection:
        live = live_keys(connection, ring, owner)
    if not live:
        raise UpkeepError(f"{named(owner)}: no such key in the database, or another than ours")
    return live


def prepared(store: Store, ring: KeyRing, owners: Sequence[str]) -> KeyRing:
    """Give a ring the key that follows, for each owner that has none such yet.

    Raises:
        UpkeepError: As ``live_in``.
    """
    store.ready()
    for owner in owners:
        newest = live_in(store, ring, owner)[-1]
        if newest.version + 1 not in ring.of(owner):
            ring = ring.having(next_key(newest))
    return ring


def trimmed(store: Store, ring: KeyRing) -> KeyRing:
    """Take from a ring every key that the database has left behind.

    Raises:
        UpkeepError: As ``live_in``.
    """
    oldest = {owner: live_in(store, ring, owner)[0] for owner in owners_of(store)}
    for owner, key in oldest.items():
        for version in ring.of(owner):
            ring = ring.without(owner, version) if version < key.version else ring
    return ring if any(key.seal is None for key in oldest.values()) else ring.without_shared()


def rotate_owner(store: Store, owner: str) -> Iterator[int]:
    """Rotate one key, or go on where that stopped; yields how many pseudonyms moved so far.

    Raises:
        UpkeepError: The ring has no next key, and may not be given one.
    """
    store.ready()
    ring = store.source.read()
    old = live_in(store, ring, owner)[0]
    if old.version + 1 not in ring.of(owner):
        if not makes_keys(store.engine.dialect, store.source):
            raise UpkeepError(
                f"{store.source}: no next key of {named(owner)}: make it with 'riskscore keys "
                "next-pseudonyms', bring the ring to every machine, and run this again"
            )
        ring = store.source.change(lambda ring: prepared(store, ring, [owner]))
    yield from rotate(store, old, ring.of(owner)[old.version + 1])


def rotate(store: Store, old: PseudonymKey, new: PseudonymKey) -> Iterator[int]:
    """Move an owner's pseudonyms from one key to the next; yields how many after each step.

    Raises:
        UpkeepError: Applications entered all the while.
        StoreUnavailable: The store failed; begin again where it stopped.
    """
    announce(store, new)
    done = 0
    while moved := move(store, old, new):
        done += moved
        yield done
        time.sleep(PAUSE)
    retire(store, old)
    yield done


def announce(store: Store, key: PseudonymKey) -> None:
    """Let pseudonyms lie under a further key.

    On PostgreSQL we wait for whoever may be about to add under the old key alone, briefly and
    again, because others queue behind us; later comers see what we announced.
    """
    for _ in range(ATTEMPTS):
        try:
            with store.writing() as connection:
                if entities.locks(connection):
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT}'")
                    connection.execute(ALONE, {"lock": entities.rotation_lock(key.owner)})
                note(connection, key)
        except StoreUnavailable as error:
            if getattr(getattr(error.__cause__, "orig", None), "sqlstate", None) != TAKEN:
                raise
            time.sleep(PAUSE)
        else:
            return
    raise UpkeepError(f"{named(key.owner)}: applications entered all the while: run this again")


def note(connection: Connection, key: PseudonymKey) -> None:
    """Enter a key in the database unless it is there."""
    there = select(func.count()).where(
        pseudonym_key.c.owner == key.owner, pseudonym_key.c.version == key.version
    )
    if not connection.scalar(there):
        row = {"owner": key.owner, "version": key.version, "proof": key.proof}
        connection.execute(insert(pseudonym_key), row)


def move(store: Store, old: PseudonymKey, new: PseudonymKey) -> int:
    """Move some pseudonyms; returns how many."""
    lying = (
        select(entity.c.id, entity.c.pseudonym)
        .where(entity.c.tenant == old.owner, entity.c.key_version == old.version)
        .limit(TOGETHER)
    )
    with store.writing() as connection:
        found = connection.execute(lying).all()
        sealed = new.sealed(old.opened(bytes(each.pseudonym) for each in found))
        rows = [
            {"number": each.id, "old": old.version, "new": new.version, "value": value}
            for each, value in zip(found, sealed, strict=True)
        ]
        if rows:
            connection.execute(MOVED, rows)
    return len(rows)


def retire(store: Store, key: PseudonymKey) -> None:
    with store.writing() as connection:
        connection.execute(
            delete(pseudonym_key).where(
                pseudonym_key.c.owner == key.owner, pseudonym_key.c.version == key.version
            )
        )

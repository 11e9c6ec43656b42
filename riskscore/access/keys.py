"""Access keys: made, listed, revoked, found again; of each the store holds only a hash.

A key reads ``rsk_<prefix>_<secret>``. The prefix is public and names the key; the secret has 256
random bits, so that a plain SHA-256 of it cannot be reversed, however fast it is.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from riskscore.access.caller import Caller
from riskscore.errors import UpkeepError
from riskscore.history.schema import access_key
from riskscore.history.store import Store
from riskscore.product.moments import now

FORM = re.compile(r"rsk_([a-z2-7]{10})_([A-Za-z0-9_-]{43})", re.ASCII)
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
PREFIX, SECRET = 10, 32  # letters; bytes
LIVE = 2  # keys of one name that may be in use at a time: an old one, and the one that replaces it
NOBODY = bytes(32)  # the hash of no key
FIND = select(access_key).where(access_key.c.prefix == bindparam("prefix"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a new key is for.

    Attributes:
        expires_at: Microseconds since 1970; None for never.
        rate: Requests a second; None without limit.
        quota: Applications a day; None without limit.
    """

    name: str
    tenant: str
    scopes: Sequence[str]
    expires_at: int | None = None
    rate: int | None = None
    quota: int | None = None


class Found(NamedTuple):
    """A key that the store knows, and the hash of its secret."""

    caller: Caller
    hash: bytes
    expires_at: int | None
    revoked: bool


def create(store: Store, grant: Grant) -> str:
    """Make a key and return it; it cannot be told again.

    Raises:
        UpkeepError: As many of that name are live as may be.
        ConfigError: The ring of pseudonym keys cannot be written.
        StoreUnavailable: The store failed.
    """
    prefix = "".join(secrets.choice(LETTERS) for _ in range(PREFIX))
    secret = secrets.token_urlsafe(SECRET)
    store.ready()
    with store.writing() as connection:
        others = [each for each in live(connection) if (each.tenant, each.name) == _names(grant)]
        if len(others) >= LIVE:
            raise UpkeepError(
                f"{grant.name}: {LIVE} keys of that name are live: revoke one before the next"
            )
        connection.execute(insert(access_key).values(row_of(grant, prefix, secret)))
    if store.source.path:
        store.source.complete(grant.tenant)  # a pseudonym key, where the ring lies in a file
    return f"rsk_{prefix}_{secret}"


def _names(grant: Grant) -> tuple[str, str]:
    return grant.tenant, grant.name


def row_of(grant: Grant, prefix: str, secret: str) -> dict[str, object]:
    return {
        "prefix": prefix,
        "hash": hash_of(secret),
        "tenant": grant.tenant,
        "name": grant.name,
        "scopes": sorted(grant.scopes),
        "created_at": now(),
        "expires_at": grant.expires_at,
        "rate": grant.rate,
        "quota": grant.quota,
    }


def hash_of(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def live(connection: Connection) -> list[Row]:
    """List the keys that open the door now."""
    at = now()
    found = connection.execute(select(access_key).where(access_key.c.revoked_at.is_(None)))
    return [each for each in found if each.expires_at is None or each.expires_at > at]


def any_live(store: Store) -> bool:
    with store.reading() as connection:
        return bool(live(connection))


def listed(store: Store) -> list[Row]:
    """List every key, in the order they were made."""
    store.ready()
    with store.reading() as connection:
        return [*connection.execute(select(access_key).order_by(access_key.c.created_at))]


def revoke(store: Store, prefix: str) -> None:
    """Let a key open no door any more.

    Raises:
        UpkeepError: There is no such key, or it was revoked before.
        StoreUnavailable: The store failed.
    """
    store.ready()
    named = (access_key.c.prefix == prefix) & access_key.c.revoked_at.is_(None)
    with store.writing() as connection:
        done = connection.execute(update(access_key).where(named).values(revoked_at=now()))
    if not done.rowcount:
        raise UpkeepError(f"{prefix}: no key of that prefix is in use")


def find(store: Store, prefix: str) -> Found | None:
    """Look a key up by its prefix.

    Raises:
        StoreUnavailable: The store failed.
    """
    store.ready()
    with store.reading() as connection:
        row = connection.execute(FIND, {"prefix": prefix}).one_or_none()
    if row is None:
        return None
    caller = Caller(
        name=row.prefix,
        tenant=row.tenant,
        scopes=frozenset(row.scopes),
        rate=row.rate,
        quota=row.quota,
    )
    return Found(caller, bytes(row.hash), row.expires_at, row.revoked_at is not None)


def opens(found: Found | None, secret: str, at: int) -> bool:
    """Tell whether a secret is that of a key which is in use; as much work whatever is wrong."""
    same = compare_digest(hash_of(secret), found.hash if found else NOBODY)
    if found is None or not same or found.revoked:
        return False
    return found.expires_at is None or found.expires_at > at

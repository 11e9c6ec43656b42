"""The store: a database, the keys its pseudonyms are made with, and the door to it.

An SQLite database is created and brought up to date by whichever worker starts first; the others
wait at the door. Beside it a key is made for every tenant that comes. PostgreSQL is brought up to
date by ``riskscore db upgrade`` and its keys by ``riskscore keys``, because many hosts share it.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, select
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from riskscore.errors import ConfigError, StoreMismatch, StoreUnavailable
from riskscore.history.agreements import Book
from riskscore.history.engine import Gate, file_of, is_sqlite, make_engine, url_from
from riskscore.history.journal import Journal
from riskscore.history.keys import Keys, live_keys, proofs_of, read_ring
from riskscore.history.migrate import check_version, upgrade
from riskscore.history.quotas import Yesterday
from riskscore.history.schema import pseudonym_key
from riskscore.history.upsert import insert_new
from riskscore.keyring import KeyRing, named
from riskscore.keysource import KeySource, key_file, source_from
from riskscore.product.application import TENANT
from riskscore.settings import Settings

log = logging.getLogger("riskscore.store")

UPGRADE_TIMEOUT = 3600  # seconds; rewriting a large table takes its time
BUGS = (IntegrityError, ProgrammingError, DataError)  # ours, where others are the database's


@dataclass(slots=True, kw_only=True)
class Store:
    """The store of one process; it is opened when it is first reached.

    Attributes:
        source: Of the ring of keys.
        journal: What makes commits last; None where the database does so itself.
        declared: Microseconds since 1970 from which the operator says that everything is known.
        tolerance: Microseconds that a moment may lie in the future.
        book: Of the agreements by which tenants see each other's history.
        optional: Whether we answer without history when the store fails.
        spare: Connections that wrote, kept for the next to write.
    """

    url: URL
    engine: Engine
    gate: Gate
    source: KeySource
    journal: Journal | None = None
    declared: int | None = None
    tolerance: int = 300_000_000
    optional: bool = False
    book: Book = field(default_factory=lambda: Book(None))
    yesterday: Yesterday = field(default_factory=Yesterday, init=False)
    opened: bool = field(default=False, init=False)
    held: dict[str, Keys] = field(default_factory=dict, init=False)
    spare: list[Connection] = field(default_factory=list, init=False)

    def keys_of(self, owner: str) -> Keys:
        """Return the key of a tenant or an agreement, which is met for it if need be.

        Args:
            owner: A tenant, or ``agreement NAME``. The first time, outside of any transaction.

        Raises:
            ConfigError, StoreMismatch: As ``open``.
            StoreUnavailable: As ``open``; or the owner has no key, and we may not make it one.
        """
        keys = self.held.get(owner)
        if keys is None:
            self.ready()
            with (
                self.reported(),
                self.gate.entered(),
                self.connected() as connection,
                connection.begin(),
            ):
                keys = met(connection, self.source, owner)
            self.held[owner] = keys
        return keys

    def ready(self) -> None:
        """Open the store unless it is.

        Raises:
            ConfigError, StoreMismatch, StoreUnavailable: As ``open``.
        """
        if not self.opened:
            self.open()

    def open(self) -> None:
        """Prove that the database and its keys are what this code works with.

        Raises:
            ConfigError: There are no keys, or they are malformed.
            StoreMismatch: The database is of another version, or written under other keys.
            StoreUnavailable: It cannot be reached.
        """
        with self.reported(), self.gate.entered():
            try:
                if is_sqlite(self.url):
                    bring_up(self.engine, self.url)
                self.held = proven_keys(self.engine, self.source)
            except DatabaseError as error:
                if type(error) is not DatabaseError:  # its kinds say what else is the matter
                    raise
                raise StoreMismatch("the database is damaged, or none of ours") from error
        self.opened = True

    def check(self) -> None:
        """Prove that the store can be reached now.

        Raises:
            StoreUnavailable: It cannot.
        """
        self.ready()
        with self.reading() as connection:
            connection.execute(select(pseudonym_key.c.version))

    def reported(self) -> AbstractContextManager[None]:
        return reported(self.engine)

    def close(self) -> None:
        """Let go of every connection and of the door."""
        if self.journal:
            self.journal.close()
        self.let_go()
        self.gate.close()

    def let_go(self) -> None:
        """Let go of every connection."""
        while self.spare:
            self.spare.pop().close()
        self.engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Enter a transaction that may write; what is written is on disk when it is left.

        Raises:
            StoreUnavailable: It cannot be reached, is full, or was busy for too long.
        """
        with self.reported():
            with self.gate.entered(), self.connected() as connection, connection.begin():
                yield connection
            if self.journal:
                self.journal.settle()
            if self.journal and self.journal.due:
                self.journal.fold_beside()

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """Use a connection that writes: on SQLite the last one again, unless it failed."""
        connection = self.spare.pop() if self.spare else self.engine.connect()
        connection.execution_options(writing=True)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if is_sqlite(self.url):  # nothing can have happened to it meanwhile
            self.spare.append(connection)
        else:
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Enter a transaction that only reads.

        Raises:
            StoreUnavailable: It cannot be reached, or was busy for too long.
        """
        with self.reported(), self.engine.connect() as connection, connection.begin():
            yield connection


@contextmanager
def reported(engine: Engine) -> Iterator[None]:
    """Turn a database's failures into ours; its own words may quote what was sent.

    They come as SQLAlchemy's errors, or as the driver's own from prepared statements.
    """
    driver: Any = engine.dialect.loaded_dbapi
    bugs = (*BUGS, driver.IntegrityError, driver.ProgrammingError, driver.DataError)
    try:
        yield
    except (DatabaseError, InterfaceError, PoolTimeout, driver.Error) as error:
        if isinstance(error, bugs):
            raise
        log.warning("the store failed", exc_info=error)
        raise StoreUnavailable("the store cannot be reached") from error


def store_from(settings: Settings) -> Store:
    """Make the store that the settings name, without reaching for it yet.

    Raises:
        ConfigError: A setting or the database's folder is not as it must be.
    """
    url = url_from(settings.database_url)
    if is_sqlite(url):
        make_file(file_of(url))
    engine = make_engine(url, seconds=settings.store_timeout)
    gate = Gate(url, settings.store_timeout)
    return Store(
        url=url,
        engine=engine,
        gate=gate,
        source=key_source(settings, url),
        journal=Journal(engine, settings.store_timeout) if is_sqlite(url) else None,
        declared=settings.known_since,
        tolerance=settings.clock_tolerance * 1_000_000,
        optional=settings.on_store_failure == "answer",
        book=Book(settings.agreements),
    )


def upgrade_store(settings: Settings) -> None:
    """Create the tables, or bring them up to date.

    Raises:
        ConfigError: A setting or the database's folder is not as it must be.
        StoreMismatch: A newer riskscore wrote the database.
        StoreUnavailable: It cannot be reached.
    """
    url = url_from(settings.database_url)
    if is_sqlite(url):
        make_file(file_of(url))
    engine = make_engine(url, seconds=max(settings.store_timeout, UPGRADE_TIMEOUT))
    gate = Gate(url, settings.store_timeout)
    try:
        with reported(engine), gate.entered():
            bring_up(engine, url)
    finally:
        engine.dispose()
        gate.close()


def source_of(settings: Settings) -> KeySource:
    return key_source(settings, url_from(settings.database_url))


def key_source(settings: Settings, url: URL) -> KeySource:
    """Say where the keys are: where a setting says, or beside an SQLite database.

    Raises:
        ConfigError: Nobody says where.
    """
    if settings.pseudonym_keys is not None:
        return source_from(settings.pseudonym_keys)
    if settings.pseudonym_key_file is not None:
        return key_file(settings.pseudonym_key_file)
    if not is_sqlite(url):
        raise ConfigError(
            "RISKSCORE_PSEUDONYM_KEYS: required with PostgreSQL: file:PATH, env:NAME or "
            "command:WORDS; 'riskscore keys new-pseudonyms' makes a key"
        )
    return key_file(file_of(url).with_suffix(".key"))


def make_file(file: Path) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}: cannot keep a database there") from error


def bring_up(engine: Engine, url: URL) -> None:
    """Make a database what this code works with; choose SQLite's log while it is empty."""
    if is_sqlite(url) and not file_of(url).stat().st_size:
        with closing(engine.raw_connection()) as bare:  # a transaction would forbid it
            bare.cursor().execute("PRAGMA journal_mode = WAL")
            bare.invalidate()  # it was prepared for another log
    with engine.connect() as connection:
        connection.execution_options(writing=True)
        with connection.begin():
            upgrade(connection)


def proven_keys(engine: Engine, source: KeySource) -> dict[str, Keys]:
    """Read the keys and prove that the database was written under them.

    A new SQLite database is given a key for the tenant of an installation that knows no other.

    Returns:
        The key of every owner that the database knows.

    Raises:
        ConfigError: There are no keys, or they are malformed.
        StoreMismatch: They are others than those that the database was written under.
    """
    with engine.connect() as connection, connection.begin():
        check_version(connection)
        known = connection.execute(select(pseudonym_key.c.owner).distinct()).scalars().all()
        if not known and makes_keys(engine.dialect, source) and not source.there:
            source.complete(TENANT)
        ring = source.read()
        if TENANT not in known and ring.of(TENANT):
            enter_key(connection, ring, TENANT)
            known = [*known, TENANT]
        held = {owner: live_keys(connection, ring, owner) for owner in known}
        if not all(held.values()):
            raise StoreMismatch(f"{source}: not the key that the database was written under")
        return {owner: Keys(owner, source, live) for owner, live in held.items()}


def makes_keys(dialect: Dialect, source: KeySource) -> bool:
    """Tell whether keys are made when they are needed: where one machine alone has them."""
    return dialect.name == "sqlite" and source.path is not None


def met(connection: Connection, source: KeySource, owner: str) -> Keys:
    """Take up the key of an owner, and note it in the database if it is new there.

    Raises:
        StoreUnavailable: There is none, or another than that of the database.
    """
    if not proofs_of(connection, owner):
        ring = read_ring(source)
        if not ring.of(owner) and makes_keys(connection.dialect, source):
            ring = source.complete(owner)
        if not ring.of(owner):
            log.error(
                "%s: no key of %s: expected 'riskscore keys new-pseudonyms'", source, named(owner)
            )
            raise StoreUnavailable(f"no pseudonym key of {named(owner)}")
        enter_key(connection, ring, owner)
    keys = Keys(owner, source, ())
    keys.follow(connection)
    return keys


def enter_key(connection: Connection, ring: KeyRing, owner: str) -> None:
    """Note the key of an owner that the database does not know; of several versions the first."""
    key = min(ring.of(owner).values(), key=attrgetter("version"))
    row = {"owner": owner, "version": key.version, "proof": key.proof}
    connection.execute(insert_new(connection, pseudonym_key), row)

"""The store: a database, the key its pseudonyms are made with, and the door to it.

An SQLite database is created and brought up to date by whichever worker starts first; the others
wait at the door. PostgreSQL is brought up to date by ``riskscore db upgrade`` and brings its own
key, because many hosts share it.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, select
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
from riskscore.history.migrate import check_version, upgrade
from riskscore.history.quotas import Yesterday
from riskscore.history.schema import pseudonym_key
from riskscore.history.upsert import insert_new
from riskscore.privacy import PseudonymKey, create_key, read_key
from riskscore.settings import Settings

log = logging.getLogger("riskscore.store")

UPGRADE_TIMEOUT = 3600  # seconds; rewriting a large table takes its time
BUGS = (IntegrityError, ProgrammingError, DataError)  # ours, where others are the database's


@dataclass(slots=True, kw_only=True)
class Store:
    """The store of one process; it is opened when it is first reached.

    Attributes:
        path: Of the key file.
        journal: What makes commits last; None where the database does so itself.
        declared: Microseconds since 1970 from which the operator says that everything is known.
        tolerance: Microseconds that a moment may lie in the future.
        book: Of the agreements by which tenants see each other's history.
        optional: Whether we answer without history when the store fails.
    """

    url: URL
    engine: Engine
    gate: Gate
    path: Path
    journal: Journal | None = None
    declared: int | None = None
    tolerance: int = 300_000_000
    optional: bool = False
    book: Book = field(default_factory=lambda: Book(None))
    yesterday: Yesterday = field(default_factory=Yesterday, init=False)
    opened: PseudonymKey | None = field(default=None, init=False)

    @property
    def key(self) -> PseudonymKey:
        """The key of the store, which is opened for it if need be.

        Raises:
            ConfigError, StoreMismatch, StoreUnavailable: As ``open``.
        """
        return self.opened or self.open()

    def key_of(self, agreement: str) -> PseudonymKey:
        """The key of an agreement, under which both of its tenants know an identifier."""
        return self.key.derived(agreement)

    def open(self) -> PseudonymKey:
        """Prove that the database and its key are what this code works with.

        Raises:
            ConfigError: There is no key file, or it is malformed.
            StoreMismatch: The database is of another version, or written under another key.
            StoreUnavailable: It cannot be reached.
        """
        with self.reported(), self.gate.entered():
            try:
                if is_sqlite(self.url):
                    bring_up(self.engine, self.url)
                self.opened = the_key(self.engine, self.path, new=is_sqlite(self.url))
            except DatabaseError as error:
                if type(error) is not DatabaseError:  # its kinds say what else is the matter
                    raise
                raise StoreMismatch("the database is damaged, or none of ours") from error
        return self.opened

    def check(self) -> None:
        """Prove that the store can be reached now.

        Raises:
            StoreUnavailable: It cannot.
        """
        _ = self.key
        with self.reading() as connection:
            connection.execute(select(pseudonym_key.c.version))

    def reported(self) -> AbstractContextManager[None]:
        return reported(self.engine)

    def close(self) -> None:
        """Let go of every connection and of the door."""
        if self.journal:
            self.journal.close()
        self.engine.dispose()
        self.gate.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Enter a transaction that may write; what is written is on disk when it is left.

        Raises:
            StoreUnavailable: It cannot be reached, is full, or was busy for too long.
        """
        with self.reported():
            with self.gate.entered(), self.engine.connect() as connection:
                connection.execution_options(writing=True)
                with connection.begin():
                    yield connection
            if self.journal:
                self.journal.settle()
            if self.journal and self.journal.due:
                self.journal.fold_beside()

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
        path=key_file(settings, url),
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


def key_file(settings: Settings, url: URL) -> Path:
    """Say where the key lies: where a setting says, or beside an SQLite database.

    Raises:
        ConfigError: Nobody says where.
    """
    if settings.pseudonym_key_file is not None:
        return settings.pseudonym_key_file
    if not is_sqlite(url):
        raise ConfigError("RISKSCORE_PSEUDONYM_KEY_FILE: required with PostgreSQL")
    return file_of(url).with_suffix(".key")


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


def the_key(engine: Engine, path: Path, *, new: bool) -> PseudonymKey:
    """Read the key and prove that the database was written under it.

    Args:
        engine: Of a database that is up to date, or refused.
        path: Of the key.
        new: Whether a database that has no key yet may be given a new one.

    Raises:
        ConfigError: There is no key file, or it is malformed.
        StoreMismatch: It is another key than the one the database was written under.
    """
    with engine.connect() as connection, connection.begin():
        check_version(connection)
        proofs: dict[int, bytes] = {
            version: bytes(proof) for version, proof in connection.execute(select(pseudonym_key))
        }
        if new and not proofs and not path.exists():
            create_key(path)
        key = read_key(path)
        if not proofs:
            row = {"version": key.version, "proof": key.proof}
            connection.execute(insert_new(connection, pseudonym_key), row)
        elif proofs.get(key.version) != key.proof:
            raise StoreMismatch(f"{path}: not the key that the database was written under")
    return key

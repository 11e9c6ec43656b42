"""One engine per process, for SQLite or PostgreSQL, with every wait bounded.

SQLite keeps a write-ahead log, chosen once when the file is made: workers that each chose it on
connecting would lock each other out. ``journal`` makes commits last before they are acknowledged;
without that log SQLite does so itself. What is deleted is overwritten. A file that is gone, or in
whose place another lies, is not written to: it would keep nothing of what we acknowledge. An engine
is made after the fork and never crosses one.
"""

import json
import os
import sqlite3
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from riskscore.errors import ConfigError
from riskscore.history.filelock import held

BROKEN = ((3, 7, 0), (3, 51, 2))  # SQLites that may corrupt a log that several processes write
CONNECTIONS = 2  # per process: workers answer one request at a time
LONGEST_LOG = 100_000  # pages; ``journal`` folds it in long before
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


def url_from(text: str) -> URL:
    """Read a database URL; PostgreSQL is spoken to through psycopg.

    Raises:
        ConfigError: It is none.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise ConfigError("RISKSCORE_DATABASE_URL: not a database URL") from None
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def file_of(url: URL) -> Path:
    """Return where an SQLite database lies."""
    return Path(url.database or "")


def make_engine(url: URL, *, seconds: float) -> Engine:
    """Make the engine of this process.

    Args:
        url: As ``url_from`` gives it.
        seconds: The longest wait for a connection, a lock or a statement.
    """
    common: dict[str, Any] = {
        "hide_parameters": True,  # they are personal data, and errors reach logs
        "json_serializer": to_json,
        "json_deserializer": orjson.loads,
        "pool_size": CONNECTIONS,
        "pool_timeout": seconds,
    }
    if is_sqlite(url):
        return _sqlite(url, seconds, common)
    milliseconds = int(seconds * 1000)
    limits = {
        "connect_timeout": max(2, int(seconds)),  # libpq knows no less
        "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}",
        "tcp_user_timeout": milliseconds,
        **KEEPALIVE,
    }
    return create_engine(url, connect_args=limits, pool_pre_ping=True, **common)


def to_json(value: object) -> str:
    """Write JSON in one spelling, by which filters find it again."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # a whole number beyond 64 bits, which a feature may be
        plain = json.loads(json.dumps(value, default=asdict), parse_int=whole)
        return orjson.dumps(plain).decode()


def whole(text: str) -> int | float:
    """Read a whole number; one beyond 64 bits came to us as the float that it becomes again."""
    number = int(text)
    return number if -(2**63) <= number < 2**64 else float(number)


def sqlite_module() -> ModuleType:
    """Choose the SQLite that is sound with several writers: the system's, or one we bring."""
    if not BROKEN[0] <= sqlite3.sqlite_version_info <= BROKEN[1]:
        return sqlite3
    try:
        from pysqlite3 import dbapi2  # noqa: PLC0415 - installed only where the system's is old
    except ImportError:
        return sqlite3
    module: ModuleType = dbapi2
    return module


def _sqlite(url: URL, seconds: float, common: dict[str, Any]) -> Engine:
    waits = {"timeout": seconds}
    engine = create_engine(
        url, module=sqlite_module(), paramstyle="named", connect_args=waits, **common
    )

    keep_to_file(engine, file_of(url))

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # we say when a transaction begins
        [mode] = connection.execute("PRAGMA journal_mode").fetchone()
        connection.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG}")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA cache_size = -32768")  # KiB

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def keep_to_file(engine: Engine, file: Path) -> None:
    """Work with the file that is found first and no other, and make none.

    SQLite goes on writing to a file that was removed, and would make a new one in its place.
    """
    driver: Any = engine.dialect.loaded_dbapi
    ours: list[tuple[int, int]] = []

    @event.listens_for(engine, "do_connect")
    def open_only(_: object, __: object, arguments: list[Any], options: dict[str, Any]) -> None:
        arguments[0] = f"file:{quote(arguments[0])}?mode=rw"
        options["uri"] = True

    @event.listens_for(engine, "checkout")
    @event.listens_for(engine, "begin")  # a connection may be kept from one to the next
    def check(*_: object) -> None:
        try:
            found = file.stat()
        except OSError as error:
            raise driver.OperationalError("the database file is gone") from error
        ours[:] = ours or [(found.st_dev, found.st_ino)]
        if ours != [(found.st_dev, found.st_ino)]:
            raise driver.OperationalError("another file lies where the database was: start again")


class Gate:
    """The door to writing: one process at a time on SQLite, wide open on PostgreSQL."""

    def __init__(self, url: URL, seconds: float) -> None:
        self.seconds = seconds
        self.lock: int | None = None
        if is_sqlite(url):
            path = file_of(url)
            self.lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)

    def close(self) -> None:
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def entered(self) -> AbstractContextManager[None]:
        """Be the one who writes.

        Raises:
            StoreUnavailable: Others wrote all the while.
        """
        return nullcontext() if self.lock is None else held(self.lock, self.seconds)

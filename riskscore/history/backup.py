"""Copies of the store with its keys: a database without its keys knows nobody again.

Keys that are not in a file are not copied: whoever keeps them keeps them, in old versions too.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from riskscore.errors import StoreMismatch, UpkeepError
from riskscore.history.engine import file_of, is_sqlite, make_engine, sqlite_module, url_from
from riskscore.history.migrate import version_in
from riskscore.history.store import Store, key_source, store_from
from riskscore.keysource import key_file
from riskscore.settings import Settings

KEY = "pseudonym.key"
SQLITE, DUMP = "riskscore.db", "riskscore.dump"
PAGES = 1_000  # copied at a time, so that whoever writes need not wait for the whole


def backup(settings: Settings, folder: Path) -> bool:
    """Copy database and keys into a new folder, while others serve; tells whether it had the keys.

    Raises:
        UpkeepError: The folder holds something, or PostgreSQL's tools are not there or fail.
        StartupError, StoreUnavailable: As ``Store.open``.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UpkeepError(f"{folder}: not empty: expected a new folder")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(store_from(settings)) as store:
        store.open()
        copy_store(store, folder)
        return store.source.path is not None


def copy_store(store: Store, folder: Path) -> None:
    if is_sqlite(store.url):
        copy_sqlite(file_of(store.url), folder / SQLITE)
    else:
        dump = ["pg_dump", "--format=custom", "--no-owner", f"--file={folder / DUMP}"]
        postgresql(dump, store.url)
        (folder / DUMP).chmod(0o600)
    if store.source.path:
        copy_private(store.source.path, folder / KEY)


def restore(settings: Settings, folder: Path) -> None:
    """Bring a backup back to where the settings point, where no store may be yet.

    Raises:
        UpkeepError: There is a store already, the backup is damaged or of another kind of
            database, or PostgreSQL's tools are not there or fail.
        StartupError, StoreUnavailable: The restored store cannot be opened.
    """
    url = url_from(settings.database_url)
    keys = key_source(settings, url)
    source = folder / (SQLITE if is_sqlite(url) else DUMP)
    if not source.is_file() or (keys.path and not (folder / KEY).is_file()):
        raise UpkeepError(f"{folder}: expected {source.name} and {KEY} in it")
    if keys.path and keys.there and keys.read() != key_file(folder / KEY).read():
        raise UpkeepError(f"{keys}: there are other keys already")
    if is_sqlite(url):
        restore_sqlite(source, file_of(url))
    else:
        restore_postgresql(source, url, settings.store_timeout)
    if keys.path and not keys.there:
        copy_private(folder / KEY, keys.path)
    with closing(store_from(settings)) as store:
        store.open()


def restore_sqlite(source: Path, target: Path) -> None:
    if target.exists() and target.stat().st_size:
        raise UpkeepError(f"{target}: there is a database already")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.restoring")
    partial.unlink(missing_ok=True)
    copy_sqlite(source, partial)
    partial.replace(target)


def restore_postgresql(source: Path, url: URL, seconds: float) -> None:
    engine = make_engine(url, seconds=seconds)
    with engine.connect() as connection:
        version = version_in(connection)
    engine.dispose()
    if version is not None:
        raise UpkeepError("there is a store already in that database")
    postgresql(["pg_restore", "--no-owner", "--exit-on-error", str(source)], url, to="--dbname=")


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, and prove the copy whole."""
    module: Any = sqlite_module()
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(module.connect(source)) as old, closing(module.connect(target)) as new:
            old.backup(new, pages=PAGES)
            [found] = new.execute("PRAGMA integrity_check").fetchone()
    except module.DatabaseError as error:
        raise UpkeepError(f"{source}: {error}") from error
    if found != "ok":
        raise StoreMismatch(f"{source}: damaged: {found}")


def copy_private(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        copy.write(source.read_bytes())
        copy.flush()
        os.fsync(copy.fileno())


def postgresql(command: list[str], url: URL, *, to: str = "") -> None:
    """Run one of PostgreSQL's tools; the password travels in its environment, not for all to see.

    Args:
        command: The tool and its options.
        url: Of the database.
        to: The option that names the database; an argument of its own unless given.

    Raises:
        UpkeepError: The tool is not there, or fails.
    """
    found = shutil.which(command[0])
    if found is None:
        raise UpkeepError(f"{command[0]}: not found: expected PostgreSQL's client tools")
    named = url.set(drivername="postgresql", password=None).render_as_string()
    secret: Mapping[str, str] = {"PGPASSWORD": str(url.password)} if url.password else {}
    try:
        subprocess.run(  # noqa: S603 - a tool by its path, on our own database
            [found, *command[1:], f"{to}{named}"], check=True, env={**os.environ, **secret}
        )
    except subprocess.CalledProcessError as error:
        raise UpkeepError(f"{command[0]}: ended with status {error.returncode}") from error

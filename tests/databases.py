"""Real databases for tests: an SQLite file, or a PostgreSQL started from its binaries."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from riskscore.history.engine import file_of, is_sqlite
from riskscore.history.store import Store

INSTALLED = Path("/usr/lib/postgresql")
ACCOUNTS = ("postgres", "nobody")  # root may not run a server
PATIENCE = 20.0  # seconds that a server may take to start


def binaries() -> Path | None:
    """Find where PostgreSQL's server is installed."""
    found = shutil.which("postgres")
    versions = sorted(INSTALLED.glob("*/bin/postgres"), reverse=True)
    paths = [Path(found).resolve()] if found else versions
    return paths[0].parent if paths else None


@contextmanager
def running(bin_: Path, *, durable: bool = False) -> Iterator[str]:
    """Run a server; yields the URL of its databases up to their name, with ``{}`` for it."""
    folder = Path(tempfile.mkdtemp(prefix="riskscore-pg-"))
    drop = given_to_another(folder)
    data = folder / "data"
    initdb = [str(bin_ / "initdb"), "-D", str(data), "-U", "riskscore", "-A", "trust", "--no-sync"]
    subprocess.run([*drop, *initdb], check=True, capture_output=True)  # noqa: S603 - our words
    options = ["-D", str(data), "-k", str(folder), "-c", "listen_addresses="]
    options += [] if durable else ["-c", "fsync=off"]
    log = (folder / "log").open("wb")
    command = [*drop, str(bin_ / "postgres"), *options]
    server = subprocess.Popen(command, stderr=log, stdout=log)  # noqa: S603 - our words
    try:
        wait_for(folder)
        yield f"postgresql://riskscore@/{{}}?host={folder}"
    finally:
        server.terminate()
        server.wait()
        log.close()
        shutil.rmtree(folder)


def given_to_another(folder: Path) -> list[str]:
    """Hand a folder to an account that may run a server; returns what to start it with."""
    if os.geteuid():
        return []
    account = next(each for each in map(account_of, ACCOUNTS) if each)
    os.chown(folder, account.pw_uid, account.pw_gid)
    ids = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}"]
    return ["setpriv", *ids, "--clear-groups"]


def account_of(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def wait_for(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(f"host={folder} user=riskscore dbname=postgres").close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def new_database(server: str, name: str, *, like: str = "template1") -> Iterator[str]:
    """Make a database, empty or like another; yields its URL."""
    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        yield server.format(name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def files_of(store: Store) -> list[Path]:
    """List the files that hold a store's rows; PostgreSQL's log of changes is not among them."""
    if is_sqlite(store.url):
        file = file_of(store.url)
        return sorted(each for each in file.parent.glob(f"{file.name}*") if each.stat().st_size)
    with store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("CHECKPOINT")
        data = Path(str(connection.exec_driver_sql("SHOW data_directory").scalar()))
        number = connection.exec_driver_sql(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        ).scalar()
    return sorted(each for each in (data / "base" / str(number)).iterdir() if each.is_file())

"""What SQLite's log must hold before anything is acknowledged, and how it stays short."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text

from riskscore.errors import StoreUnavailable
from riskscore.history import journal
from riskscore.history.store import Store, store_from
from riskscore.settings import Settings

PAGE = 4096  # bytes


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{tmp_path}/store.db", store_timeout=1)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with closing(store_from(settings)) as opened:
        opened.open()
        yield opened


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """List the files that the disk was asked to make last, by their inode."""
    asked: list[int] = []

    def noted(descriptor: int) -> None:
        asked.append(os.fstat(descriptor).st_ino)
        os.fdatasync(descriptor)

    monkeypatch.setattr(journal, "make_last", noted)
    return asked


def write(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(
            text("INSERT INTO stream (tenant, product) VALUES (hex(randomblob(8)), 'p')")
        )


def broken(_: int) -> None:
    raise OSError("Input/output error")


def fail_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as disk:
        disk.setattr(journal, "make_last", broken)
        with pytest.raises(StoreUnavailable):
            write(store)


def rows(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM stream")) or 0)


def log_of(tmp_path: Path) -> Path:
    return tmp_path / "store.db-wal"


def test_a_commit_lasts_before_the_transaction_is_left(
    store: Store, disk: list[int], tmp_path: Path
) -> None:
    write(store)

    assert disk == [log_of(tmp_path).stat().st_ino]


def test_the_door_is_open_while_the_disk_works(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock = os.open(tmp_path / "store.db.lock", os.O_RDWR)
    monkeypatch.setattr(
        journal, "make_last", lambda _: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    )

    write(store)

    with pytest.raises(BlockingIOError):  # it was free then, and has been ours since
        fcntl.flock(os.open(tmp_path / "store.db.lock", os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_disk_that_fails_is_not_acknowledged(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "make_last", broken)

    with pytest.raises(StoreUnavailable):
        write(store)


def test_nothing_is_built_on_a_log_that_a_disk_may_have_lost(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(store)
    fail_once(store, monkeypatch)
    database = (tmp_path / "store.db").read_bytes()

    write(store)

    assert log_of(tmp_path).stat().st_size == 0  # all of it is in the database now
    assert (tmp_path / "store.db").read_bytes() != database
    assert rows(store) == 3


def test_while_somebody_reads_a_doubtful_log_nothing_is_acknowledged(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store)
    fail_once(store, monkeypatch)

    with store.reading() as reader:
        assert reader.scalar(text("SELECT count(*) FROM stream")) == 2
        with pytest.raises(StoreUnavailable):
            write(store)
    write(store)

    assert rows(store) == 4


def test_a_log_that_cannot_be_folded_now_fails_no_write(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: journal.Journal) -> None:
        raise StoreUnavailable("the store is busy")

    monkeypatch.setattr(journal, "FOLD_AFTER", 1)
    monkeypatch.setattr(journal.Journal, "fold", busy)

    write(store)

    assert rows(store) == 1


def test_a_log_that_another_process_began_anew_is_the_one_that_lasts(
    store: Store, disk: list[int], tmp_path: Path
) -> None:
    write(store)
    store.let_go()  # the last to leave removes the log
    assert not log_of(tmp_path).exists()

    write(store)

    assert disk[-1] == log_of(tmp_path).stat().st_ino


def test_a_log_that_somebody_folded_is_not_due_for_all_the_commits_before(
    store: Store, settings: Settings
) -> None:
    assert store.journal
    for _ in range(3):
        write(store)
    with closing(store_from(settings)) as other:
        other.open()
        assert other.journal
        other.journal.fold()

    write(store)

    assert store.journal.commits == 1


def test_a_log_is_folded_by_one_at_a_time(store: Store, tmp_path: Path) -> None:
    assert store.journal
    write(store)
    database = tmp_path / "store.db"
    before = database.read_bytes()

    with journal.alone(log_of(tmp_path)) as first:
        assert first
        store.journal.fold()
        left_to_another = database.read_bytes()
    store.journal.fold()

    assert left_to_another == before
    assert database.read_bytes() != before


def test_the_log_stays_short_while_two_write(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "FOLD_AFTER", 100)
    with closing(store_from(settings)) as one, closing(store_from(settings)) as other:
        one.open()
        other.open()
        for _ in range(3 * journal.FOLD_AFTER):
            write(one)
            write(other)

        pages = log_of(tmp_path).stat().st_size // PAGE

    assert pages < 6 * journal.FOLD_AFTER  # each commit writes two pages and more


def test_without_that_log_sqlite_itself_waits_for_the_disk(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/store.db")
    with closing(store_from(settings)) as store:
        store.open()
        with closing(store.engine.raw_connection()) as bare:
            bare.cursor().execute("PRAGMA journal_mode = DELETE")
        store.let_go()

        write(store)

        with store.reading() as connection:
            synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    assert synchronous == 2


def test_where_no_thread_is_to_be_had_the_log_is_folded_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    assert store.journal
    write(store)
    store.journal.commits = journal.FOLD_AFTER
    with monkeypatch.context() as patched:
        patched.setattr(Thread, "start", refuse)

        write(store)

    assert store.journal.commits == 0
    store.journal.commits = journal.FOLD_AFTER
    write(store)
    assert store.journal.folding is not None

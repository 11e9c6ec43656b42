"""SQLite's write-ahead log, made to last outside the door.

With ``synchronous = FULL`` SQLite waits for the disk inside every commit, and whoever wants to
write next waits at the door for a disk that it does not need. We commit without that wait
(``NORMAL``), open the door, and make the log last before anything is acknowledged. The promise is
the same: a log is written in one order, so making it last up to our commit makes everything last
that our commit was based on. While one writer waits for the disk the next one works, and one
write to the disk may serve both.

Likewise the log is folded into the database outside the door, but for what comes in meanwhile.
Whoever wants to write waits for that rest, so it is done seldom, by one process for all, and from
close up.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from riskscore.errors import StoreUnavailable
from riskscore.history.engine import Gate, file_of
from riskscore.history.filelock import free

log = logging.getLogger("riskscore.store")

FOLD_AFTER = 400  # commits of one process, some thirty pages each
TURN = 12  # bytes into a log, where four say how often it was begun anew
make_last: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)  # macOS lacks the first


class Journal:
    """The log of one SQLite database, as one process sees it."""

    def __init__(self, engine: Engine, seconds: float) -> None:
        self.engine = engine
        self.gate = Gate(engine.url, seconds)  # of its own: threads of one gate do not wait
        self.folding: Thread | None = None
        file = file_of(engine.url)
        self.path = file.with_name(f"{file.name}-wal")
        self.file: int | None = None
        self.commits = 0  # since the log was last folded in, by whomever
        self.turn = b""
        self.doubtful = False  # did the disk fail? then no later write may be built on this log

    @property
    def due(self) -> bool:
        """Tell whether the log has grown so long that it is time to fold it in."""
        return self.commits >= FOLD_AFTER

    def settle(self) -> None:
        """Make everything last that was committed until now.

        Raises:
            StoreUnavailable: The disk failed, or did before and cannot be trusted yet.
        """
        if self.doubtful:
            self.begin_anew()
        try:
            log_file = self.opened()
            make_last(log_file)
            self.count(log_file)
        except FileNotFoundError:  # no such log: then SQLite itself waited for the disk
            return
        except OSError as error:
            self.doubtful = True
            raise StoreUnavailable("the store cannot be reached") from error

    def count(self, log_file: int) -> None:
        """Count a commit, from the first again when the log was begun anew."""
        turn = os.pread(log_file, 4, TURN)
        if turn != self.turn:
            self.turn, self.commits = turn, 0
        self.commits += 1

    def begin_anew(self) -> None:
        """Bring all of the log into the database, which SQLite makes last, and empty it.

        A disk that failed once may report the next write as done though the last is lost.

        Raises:
            StoreUnavailable: Somebody still reads the log.
        """
        with closing(self.engine.raw_connection()) as bare, self.gate.entered():
            [busy, *_] = bare.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreUnavailable("the store cannot be reached")
        self.doubtful = False

    def opened(self) -> int:
        """Open the log; anew if it is another file than before, whose name must last too."""
        found = self.path.stat()
        if self.file is not None and os.path.samestat(found, os.fstat(self.file)):
            return self.file
        self.let_go()
        self.file = os.open(self.path, os.O_RDONLY)
        make_name_last(self.path)
        return self.file

    def fold_beside(self) -> None:
        """Fold the log in while we go on; one that is still being folded is left to it."""
        if self.folding is None or not self.folding.is_alive():
            self.commits = 0
            folding = Thread(target=self.fold_or_say, daemon=True)
            try:
                folding.start()
            except RuntimeError as error:  # no thread is to be had; what was written lasts already
                log.warning("the log was not folded in", exc_info=error)
            else:
                self.folding = folding

    def fold_or_say(self) -> None:
        """Fold, or say why not: what was written lasts already, and it is tried again later."""
        driver: Any = self.engine.dialect.loaded_dbapi
        try:
            self.fold()
        except (StoreUnavailable, SQLAlchemyError, driver.Error, OSError) as error:
            log.warning("the log was not folded in", exc_info=error)

    def fold(self) -> None:
        """Bring the log into the database: most of it while others write, the rest at the door.

        What came in during the first, long pass would make the door's pass long.
        """
        with closing(self.engine.raw_connection()) as bare, alone(self.path) as first:
            if first:
                bare.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
                bare.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
                with self.gate.entered():
                    bare.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")

    def let_go(self) -> None:
        if self.file is not None:
            os.close(self.file)
            self.file = None

    def close(self) -> None:
        """Wait for what is under way, and let go of log and door."""
        if self.folding is not None:
            self.folding.join()
        self.let_go()
        self.gate.close()


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Tell whether no other process folds this log, and keep them from it meanwhile."""
    log_file = os.open(path, os.O_RDONLY)
    try:
        yield free(log_file)
    finally:
        os.close(log_file)


def make_name_last(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""What breaks in the drills: each fault happens while clients send, and ends."""

import fcntl
import os
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psycopg

from tests.drills import Service
from tests.killing import workers_of
from tests.serving import start

BETWEEN = 0.4  # seconds
UNLIMITED = resource.RLIM_INFINITY


@dataclass(frozen=True, kw_only=True)
class Drill:
    """A fault, and what clients may be told because of it.

    Attributes:
        told: Statuses beside 200 and 201, or ``cut``; unless ``subtle``, some were told.
        subtle: Whether clients may notice nothing.
        only: The kind of database that it can happen to; None for each.
        cutting: How often clients hang up.
    """

    fault: Callable[[Service, Random], None]
    told: frozenset[str] = frozenset()
    subtle: bool = False
    only: str | None = None
    cutting: float = 0.0


def killed_workers(service: Service, chance: Random) -> None:
    for _ in range(8):
        time.sleep(chance.random() * BETWEEN)
        if workers := workers_of(service.running.process.pid):
            os.kill(chance.choice(workers), signal.SIGKILL)


def killed_service(service: Service, chance: Random) -> None:
    """Kill everything at once, as a power cut would but for the disk."""
    for _ in range(2):
        time.sleep(BETWEEN + chance.random())
        arbiter = service.running.process.pid
        for each in (arbiter, *workers_of(arbiter)):
            os.kill(each, signal.SIGKILL)
        service.down()
        service.up()


def restarted(service: Service, chance: Random) -> None:
    for _ in range(2):
        time.sleep(BETWEEN + chance.random())
        service.down()
        service.up()


def full_disk(service: Service, chance: Random) -> None:
    """No file may grow any more; for the workers that is a disk without room."""
    log = Path(service.settings.database_url.removeprefix("sqlite:///") + "-wal")
    for _ in range(3):
        time.sleep(chance.random() * BETWEEN)
        with limited(service, log.stat().st_size):
            time.sleep(BETWEEN)


@contextmanager
def limited(service: Service, most: int) -> Iterator[None]:
    processes = [*workers_of(service.running.process.pid)]
    for each in processes:
        resource.prlimit(each, resource.RLIMIT_FSIZE, (most, UNLIMITED))
    try:
        yield
    finally:
        for each in processes:
            with suppress(ProcessLookupError):
                resource.prlimit(each, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))


def locked(service: Service, _: Random) -> None:
    with held(service):
        time.sleep(2.5)


def slow(service: Service, chance: Random) -> None:
    for _ in range(5):
        with held(service):
            time.sleep(chance.random() * 0.6)
        time.sleep(0.05)


@contextmanager
def held(service: Service) -> Iterator[None]:
    """Hold what every write needs."""
    url = service.settings.database_url
    if url.startswith("sqlite"):
        with Path(f"{url.removeprefix('sqlite:///')}.lock").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            yield
        return
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE decision")
        yield


def lost(service: Service, chance: Random) -> None:
    """Refuse every connection and end those there are, for a while."""
    url = service.settings.database_url
    with psycopg.connect(service.settings.database_url, autocommit=True) as connection:
        name = connection.info.dbname
    with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as connection:
        for _ in range(2):
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            time.sleep(chance.random() + BETWEEN)
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            time.sleep(BETWEEN)


def lost_file(service: Service, chance: Random) -> None:
    """Take the database's files away and bring them back; nobody is ready meanwhile."""
    away = service.folder / "away"
    away.mkdir()
    for _ in range(2):
        move(service.folder, away, ("", "-wal", "-shm"))
        time.sleep(chance.random() + BETWEEN)
        ready = {service.running.request("GET", "/readyz")[0] for _ in range(20)}
        move(away, service.folder, ("-shm", "-wal", ""))
        assert ready == {503}
        time.sleep(BETWEEN)


def move(here: Path, there: Path, parts: Iterable[str]) -> None:
    for part in parts:
        if (file := here / f"riskscore.db{part}").exists():
            file.rename(there / file.name)


def jumping_clock(_: Service, chance: Random) -> None:
    """Let the clock be wrong by up to two hours either way, and right again."""
    shift = Path(os.environ["SHIFTED_BY"])
    for _jump in range(8):
        set_clock(shift, chance.uniform(-7200, 7200))
        time.sleep(chance.random() * BETWEEN)
    set_clock(shift, 0)


def set_clock(shift: Path, seconds: float) -> None:
    partial = shift.with_suffix(".partial")
    partial.write_text(str(seconds))
    partial.rename(shift)


def hanging_up(_: Service, __: Random) -> None:
    time.sleep(4)


def half_written_bundle(service: Service, chance: Random) -> None:
    model = next(service.models.glob("*/*/model.ubj"))
    damaged_start(service, model, chance, "model.ubj")


def half_written_manifest(service: Service, chance: Random) -> None:
    manifest = next(service.models.glob("*/*/manifest.json"))
    damaged_start(service, manifest, chance, "manifest.json")


def damaged_key(service: Service, chance: Random) -> None:
    assert service.settings.pseudonym_key_file
    key = service.settings.pseudonym_key_file
    damaged_start(service, key, chance, key.name)


def exchanged_key(service: Service, _: Random) -> None:
    """Put another key of the right form where the key was."""
    assert service.settings.pseudonym_key_file
    broken_start(
        service, service.settings.pseudonym_key_file, b"1 " + b"0" * 64 + b"\n", "not the key"
    )


def damaged_start(service: Service, file: Path, chance: Random, said: str) -> None:
    """Cut a file short while the service runs, which goes on; started again, it refuses."""
    whole = file.read_bytes()
    broken_start(service, file, whole[: chance.randrange(len(whole) - 1)], said)


def broken_start(service: Service, file: Path, content: bytes, said: str) -> None:
    whole = file.read_bytes()
    file.write_bytes(content)
    time.sleep(BETWEEN)
    service.down()
    assert said in refused_start(service)
    file.write_bytes(whole)
    service.up()


def refused_start(service: Service) -> str:
    """Start what must not start; returns what it said."""
    log = service.folder / "refused.txt"
    with log.open("w") as file, start(service.models, file, **service.environ) as process:
        assert process.wait(60) != 0
    return log.read_text()


FULL = frozenset({"503"})
CUT = frozenset({"cut"})
DRILLS = {
    "workers killed": Drill(fault=killed_workers, told=CUT),
    "everything killed": Drill(fault=killed_service, told=CUT),
    "restart under load": Drill(fault=restarted, told=CUT | {"503"}),
    "full disk": Drill(fault=full_disk, told=FULL, only="sqlite"),
    "locked database": Drill(fault=locked, told=FULL | {"409"}),
    "slow database": Drill(fault=slow, subtle=True),
    "lost database": Drill(fault=lost, told=FULL, only="postgresql"),
    "lost file": Drill(fault=lost_file, told=FULL, only="sqlite"),
    "clock jumps": Drill(fault=jumping_clock, told=frozenset({"422"}), subtle=True),
    "answers cut": Drill(fault=hanging_up, told=CUT, cutting=0.3),
    "half-written bundle": Drill(fault=half_written_bundle, told=CUT),
    "half-written manifest": Drill(fault=half_written_manifest, told=CUT),
    "damaged key file": Drill(fault=damaged_key, told=CUT),
    "exchanged key file": Drill(fault=exchanged_key, told=CUT),
}

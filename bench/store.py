"""What the store costs: history, decision and event of one application, as the store grows.

    python -m bench.store [--url URL] [--folder DIR] [--events N ...]

Fills a store by plain SQL so that every identifier has as many events in a large store as in a
small one, then takes in new applications through the code that serves, with twelve windows and
without a model. SQLite in a temporary folder unless a PostgreSQL database is named, which is
emptied before. The first line says what the disk takes to make a few bytes last: no commit is
faster; in a folder in memory, such as /dev/shm, what is left is our own work. The last line of each
size is a dealer with 100,000 sales.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from riskscore.decision.ledger import new_id
from riskscore.history.plan import Plan, plan
from riskscore.history.prepared import put_numbered
from riskscore.history.recording import Desk, arrivals_of, note_scores, record, sent
from riskscore.history.schema import decision, metadata
from riskscore.history.store import TENANT, Store, store_from, upgrade_store
from riskscore.privacy import create_key
from riskscore.product.application import Application
from riskscore.product.moments import now
from riskscore.product.toml import product_from
from riskscore.settings import Settings

PRODUCT = """
product = "sale"
title = "Sale of a SIM"
version = 1
[entities.document]
[entities.phone]
[entities.device]
[entities.dealer]
[[feature]]
name = "channel"
kind = "category"
values = ["store", "dealer"]
"""
WINDOWS = (
    ("document", "count", "1h"), ("document", "count", "24h"), ("document", "count", "7d"),
    ("document", "count", "90d"), ("document", "seconds_since_latest", "90d"),
    ("document", "confirmed", "90d"), ("device", "count", "7d"), ("device", "count", "30d"),
    ("phone", "count", "90d"), ("dealer", "count", "24h"), ("dealer", "count", "7d"),
    ("dealer", "confirmed_rate", "90d"),
)  # fmt: skip
PER = {"document": 4, "phone": 2, "device": 4, "dealer": 200}  # events of one identifier
FEATURES = "{" + ", ".join(f'"f{place}": {place}.25' for place in range(20)) + "}"
CROWD = 100_000  # sales of the large dealer
SAMPLE = 1_000  # applications measured
SPAN = 90 * 86_400_000_000  # microseconds
JUDGED = 50  # one event in so many has an outcome


class Took(NamedTuple):
    """Milliseconds by the clock, and those of it that the processor worked for us."""

    wall: float
    work: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", help="a PostgreSQL database that may be emptied")
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 10_000_000])
    parser.add_argument("--folder", help="where SQLite's file lies")
    asked = parser.parse_args()
    print(f"a synchronous write: {synchronous(asked.folder):.3f} ms")
    print(f"{'events':>12} {'what':<22} {'median':>9} {'p90':>9} {'p99':>9} {'processor':>9}   ms")
    for events in asked.events:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            measure(settings(Path(folder), asked.url), events)


def synchronous(folder: str | None) -> float:
    """Return the median time of a small write that is on disk when it is done, in ms."""
    took = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(200):
            started = time.perf_counter()
            file.write(b"0" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def settings(folder: Path, url: str | None) -> Settings:
    create_key(folder / "store.key")
    return Settings(
        database_url=url or f"sqlite:///{folder}/store.db",
        pseudonym_key_file=folder / "store.key",
        known_since=0,
        store_timeout=600,
    )


def measure(asked: Settings, events: int) -> None:
    with closing(store_from(asked)) as store:
        if not asked.database_url.startswith("sqlite"):
            with store.engine.begin() as connection:
                metadata.drop_all(connection)
                connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        upgrade_store(asked)
        _ = store.key
        started = now()
        with store.writing() as connection:
            fill(connection, store, events, started)
        settle(store)
        asks = prepared(store)
        ordinary = [application(place, events, started) for place in range(SAMPLE)]
        report(events, "history alone", [looked_up(store, asks, each) for each in ordinary])
        report(events, "ordinary", [timed(store, asks, each) for each in ordinary])
        crowded = [crowd(each) for each in ordinary[:30]]
        report(events, f"dealer of {CROWD:,}", [timed(store, asks, each) for each in crowded])


def prepared(store: Store) -> Plan:
    windows = "".join(
        f'[[history]]\nname = "w{place}"\nof = "sale"\nentity = "{entity}"\n'
        f'measure = "{measure}"\nwindow = "{window}"\n'
        + ("base_rate = 0.01\n" if measure == "confirmed_rate" else "")
        for place, (entity, measure, window) in enumerate(WINDOWS)
    )
    return plan(product_from(PRODUCT + windows, "sale"), {}, store.engine.dialect)


def fill(connection: Connection, store: Store, events: int, started: int) -> None:
    """Put events, sightings, verdicts and decisions in, and the identifiers that we ask for."""
    run = connection.exec_driver_sql
    run(f"INSERT INTO stream VALUES (1, '{TENANT}', 'sale', 0, NULL)")
    numbers(connection, events)
    first, kinds = 1, {}
    sqlite = connection.dialect.name == "sqlite"
    blob = "randomblob(16)" if sqlite else "decode(md5(random()::text), 'hex')"
    for kind, per in PER.items():
        kinds[kind] = first
        run(
            f"INSERT INTO entity SELECT n + {first}, '{TENANT}', '{kind}', 1, {blob} "
            f"FROM numbers WHERE n < {events // per}"
        )
        first += events // per
    run(f"INSERT INTO entity SELECT {first}, '{TENANT}', 'dealer', 1, {blob}")
    rest = "%" if sqlite else "%%"
    of = {kind: f"{kinds[kind]} + n * 7919 {rest} {events // per}" for kind, per in PER.items()}
    at = f"{started - SPAN} + n * {SPAN // events}"
    held = " || ',' || ".join(f"'\"{kind}\":' || ({place})" for kind, place in of.items())
    json = "" if sqlite else "::json"
    run(
        f"INSERT INTO event SELECT n + 1, 1, 'r' || n, {at}, {at}, 500, '{FEATURES}'{json}, "
        f"('{{' || {held} || '}}'){json} FROM numbers"
    )
    for place in of.values():
        run(f"INSERT INTO sighting SELECT {place}, 1, {at}, n + 1 FROM numbers ORDER BY 1, 3")
        run(
            f"INSERT INTO verdict SELECT {place}, 1, {at}, n + 1, n + 1, 1 "
            f"FROM numbers WHERE n {rest} {JUDGED} = 0 ORDER BY 1, 3"
        )
    run(
        f"INSERT INTO sighting SELECT {first}, 1, {at}, n + 1 FROM numbers "
        f"WHERE n >= {events - min(events, CROWD)}"
    )
    name_some(connection, store, kinds, {"crowd": first})


def numbers(connection: Connection, events: int) -> None:
    run = connection.exec_driver_sql
    if connection.dialect.name == "postgresql":
        run(
            "CREATE TEMPORARY TABLE numbers AS SELECT generate_series(0::bigint, %s) n"
            % (events - 1)
        )
        return
    run("CREATE TEMPORARY TABLE numbers (n INTEGER PRIMARY KEY)")
    run(
        "INSERT INTO numbers WITH RECURSIVE r (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM r "
        f"WHERE n < {events - 1}) SELECT n FROM r"
    )


def name_some(
    connection: Connection, store: Store, kinds: dict[str, int], more: dict[str, int]
) -> None:
    """Give the identifiers that we shall ask for the pseudonyms that they really have."""
    rows = [
        {"number": start + place, "value": store.key.pseudonym(TENANT, kind, f"{kind}{place}")}
        for kind, start in kinds.items()
        for place in range(0, SAMPLE * 13, 13)
    ]
    rows += [
        {"number": number, "value": store.key.pseudonym(TENANT, "dealer", name)}
        for name, number in more.items()
    ]
    connection.execute(text("UPDATE entity SET pseudonym = :value WHERE id = :number"), rows)


def settle(store: Store) -> None:
    """Let the database come to rest: statistics, checkpoint, sequences."""
    with store.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            with closing(store.engine.raw_connection()) as bare:
                bare.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in ("event", "entity", "stream"):
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")


def application(place: int, events: int, at: int) -> Application:
    """Ask about identifiers of which the store has seen as many events as of any other."""
    known = {kind: f"{kind}{place * 13 % (events // per)}" for kind, per in PER.items()}
    known["dealer"] = f"dealer{place * 13 % min(events // PER['dealer'], SAMPLE * 13) // 13 * 13}"
    return Application(
        reference=f"new-{place}",
        occurred_at=at,
        purpose="onboard",
        entities=known | {"phone": f"new-phone-{place}"},
        since={},
        features={"channel": "dealer", **{f"f{each}": each + 0.25 for each in range(20)}},
    )


def crowd(ordinary: Application) -> Application:
    return replace(
        ordinary,
        reference=f"crowd-{ordinary.reference}",
        entities={**ordinary.entities, "dealer": "crowd"},
    )


def looked_up(store: Store, asks: Plan, each: Application) -> Took:
    """Read one application's history and store nothing."""
    worked, started = time.process_time(), time.perf_counter()
    with store.reading() as connection:
        desk = Desk(connection=connection, store=store, plan=asks, tenant=TENANT, received_at=now())
        record(desk, arrivals_of(store, TENANT, [replace(each, purpose="test")]))
    wall = time.perf_counter() - started
    return Took(wall * 1000, (time.process_time() - worked) * 1000)


def timed(store: Store, asks: Plan, each: Application) -> Took:
    """Take one application in, from begin to commit."""
    worked, started = time.process_time(), time.perf_counter()
    with store.writing() as connection:
        desk = Desk(connection=connection, store=store, plan=asks, tenant=TENANT, received_at=now())
        [recorded] = record(desk, arrivals_of(store, TENANT, [each]))
        if recorded.event is None:
            raise AssertionError("measured twice")
        note_scores(connection, {recorded.event: 500})
        put_numbered(connection, decision, row(desk, each, recorded.entities))
    wall = time.perf_counter() - started
    return Took(wall * 1000, (time.process_time() - worked) * 1000)


def row(desk: Desk, each: Application, entities: Any) -> dict[str, Any]:
    return {
        "id": new_id(desk.received_at),
        "stream_id": 1,
        "reference": each.reference,
        "purpose": each.purpose,
        "occurred_at": each.occurred_at,
        "received_at": desk.received_at,
        "score": 500,
        "probability": 0.05,
        "margin": -3.0,
        "model_version": "1",
        "model_sha256": "0" * 64,
        "counted": True,
        "entities": entities,
        "features": sent(each),
        "answer": {"level": "medium", "recommendation": "review", "reasons": []},
    }


def report(events: int, what: str, took: Sequence[Took]) -> None:
    cuts = statistics.quantiles([each.wall for each in took], n=100)
    work = statistics.median(each.work for each in took)
    print(
        f"{events:>12,} {what:<22} {cuts[49]:9.3f} {cuts[89]:9.3f} {cuts[98]:9.3f} {work:9.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()

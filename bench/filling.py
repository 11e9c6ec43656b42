"""Stores filled by plain SQL: an identifier has as many events in a large one as in a small one.

A filled store says so in a table of its own, and is taken up again by the next run.
"""

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, inspect, text

from riskscore.history.schema import metadata
from riskscore.history.store import Store, store_from, upgrade_store
from riskscore.keysource import key_file
from riskscore.product.application import TENANT
from riskscore.product.moments import now
from riskscore.settings import Settings

PER = {"document": 4, "phone": 2, "device": 4, "dealer": 200}  # events of one identifier
FEATURES = "{" + ", ".join(f'"f{place}": {place}.25' for place in range(20)) + "}"
CROWD = 100_000  # sales of the large dealer
SAMPLE = 1_000  # identifiers of each kind that can be asked for
SPAN = 90 * 86_400_000_000  # microseconds
SIGHTINGS = "INSERT INTO sighting (entity_id, stream_id, occurred_at, event_id)"
JUDGED = 50  # one event in so many has an outcome
BY_CHANCE = f"n * 2654435761 % 4294967296 / 65536 % {JUDGED}"  # whichever identifiers it bears


class Kept(NamedTuple):
    """A store that holds so many events, the last of which occurred at a moment."""

    store: Store
    events: int
    at: int


def number_of(events: int, kind: str, place: int) -> int:
    """Pick an identifier to ask for: they lie as far apart as there are many."""
    there = events // PER[kind]
    return place * max(1, there // SAMPLE) % there


def kept(settings: Settings, events: int) -> Kept:
    """Open a store that holds so many events, which are put in if it is another or none."""
    store = store_from(settings)
    with store.engine.connect() as connection:
        known = inspect(connection).has_table("filled")
        found = (
            connection.execute(text("SELECT events, moment FROM filled")).one() if known else None
        )
    if found and found.events == events:
        upgrade_store(settings)
        store.keys_of(TENANT)
        return Kept(store, events, found.moment)
    if not settings.database_url.startswith("sqlite"):
        with store.engine.begin() as connection:
            metadata.drop_all(connection)
            connection.execute(text("DROP TABLE IF EXISTS alembic_version, filled"))
    upgrade_store(settings)
    store.keys_of(TENANT)
    at = now()
    with store.writing() as connection:
        fill(connection, store, events, at)
        connection.execute(text("CREATE TABLE filled (events BIGINT, moment BIGINT)"))
        connection.execute(
            text("INSERT INTO filled VALUES (:events, :at)"), {"events": events, "at": at}
        )
    settle(store)
    return Kept(store, events, at)


def settings_of(folder: Path, url: str | None, events: int) -> Settings:
    """Name the store of so many events: a file in the folder, or a database of that name."""
    key_file(folder / "store.key").complete(TENANT)
    return Settings(
        database_url=(url or f"sqlite:///{folder}/events-{{}}.db").format(events),
        pseudonym_key_file=folder / "store.key",
        known_since=0,
        store_timeout=600,
    )


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
        f"('{{' || {held} || '}}'){json}, NULL FROM numbers"
    )
    for place in of.values():
        run(f"{SIGHTINGS} SELECT {place}, 1, {at}, n + 1 FROM numbers ORDER BY 1, 3")
        run(
            f"INSERT INTO verdict SELECT {place}, 1, {at}, n + 1, n + 1, 1 "
            f"FROM numbers WHERE {BY_CHANCE.replace('%', rest)} = 0 ORDER BY 1, 3"
        )
    run(
        f"{SIGHTINGS} SELECT {first}, 1, {at}, n + 1 FROM numbers "
        f"WHERE n >= {events - min(events, CROWD)}"
    )
    name_some(connection, store, events, kinds, {"crowd": first})


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
    connection: Connection, store: Store, events: int, kinds: dict[str, int], more: dict[str, int]
) -> None:
    """Give the identifiers that we shall ask for the pseudonyms that they really have."""
    key = store.keys_of(TENANT).newest
    rows = [
        {"number": start + place, "value": key.pseudonym(kind, f"{kind}{place}")}
        for kind, start in kinds.items()
        for place in {number_of(events, kind, each) for each in range(SAMPLE)}
    ]
    rows += [
        {"number": number, "value": key.pseudonym("dealer", name)} for name, number in more.items()
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

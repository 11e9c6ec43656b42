"""What the store costs: history, decision and event of one application, as the store grows.

    python -m bench.store [--url URL] [--folder DIR] [--events N ...] [--rounds N]

Takes new applications into a small store and a large one, in turns, through the code that serves,
with twelve windows and without a model; every identifier has as many events in one as in the
other. SQLite files unless a server of PostgreSQL is named, ``postgresql://.../events_{}``, whose
databases of those names are emptied. Named folders and databases are taken up again, because ten
million events take a while. The first line says what the disk takes to make a few bytes last: no
commit is faster; in a folder in memory, such as /dev/shm, what is left is our own work. A dealer
with 100,000 sales stands beside the ordinary ones.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from bench.filling import CROWD, PER, SAMPLE, Kept, kept, number_of, settings_of
from riskscore.decision.ledger import new_id
from riskscore.history.counting import note_scores, sent
from riskscore.history.desk import Desk, arrivals_of
from riskscore.history.plan import Plan, plan
from riskscore.history.prepared import put_numbered
from riskscore.history.recording import record
from riskscore.history.schema import decision
from riskscore.history.store import Store
from riskscore.product.application import TENANT, Application
from riskscore.product.moments import now
from riskscore.product.toml import product_from

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
ROUNDS = 10


class Took(NamedTuple):
    """Milliseconds by the clock, and those of it that the processor worked for us."""

    wall: float
    work: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", help="PostgreSQL databases that may be emptied, with {}")
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 10_000_000])
    parser.add_argument("--folder", help="where SQLite's files lie, and stay")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing, ExitStack() as opened:
        folder = Path(asked.folder or passing)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"a synchronous write: {synchronous(folder):.3f} ms")
        stores = [kept(settings_of(folder, asked.url, each), each) for each in asked.events]
        for each in stores:
            opened.enter_context(closing(each.store))
        compare(stores, asked.rounds)


def synchronous(folder: Path) -> float:
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


def compare(stores: Sequence[Kept], rounds: int) -> None:
    """Measure each in turns and print what each took, and how much more the last."""
    took: dict[tuple[str, int], list[Took]] = defaultdict(list)
    plans = {each.events: prepared(each.store) for each in stores}
    many = SAMPLE // rounds
    for number in range(rounds):
        for each in stores:
            places = range(number * many, (number + 1) * many)
            rows = [application(place, each.events, each.at) for place in places]
            for what, found in measured(each.store, plans[each.events], rows).items():
                took[what, each.events] += found
    print(f"{'events':>12} {'what':<22} {'median':>9} {'p90':>9} {'p99':>9} {'processor':>9}   ms")
    for (what, events), found in sorted(took.items()):
        report(events, what, found)
    for what in dict.fromkeys(what for what, _ in took):
        first, last = (median(took[what, each.events]) for each in (stores[0], stores[-1]))
        print(f"{what}: {last / first:.2f} times with {stores[-1].events:,} events")


def measured(store: Store, asks: Plan, rows: Sequence[Application]) -> dict[str, list[Took]]:
    crowded = [crowd(each) for each in rows[:5]]
    return {
        "history alone": [looked_up(store, asks, each) for each in rows],
        "ordinary": [timed(store, asks, each) for each in rows],
        f"dealer of {CROWD:,}": [timed(store, asks, each) for each in crowded],
    }


def median(took: Sequence[Took]) -> float:
    return statistics.median(each.wall for each in took)


def prepared(store: Store) -> Plan:
    windows = "".join(
        f'[[history]]\nname = "w{place}"\nof = "sale"\nentity = "{entity}"\n'
        f'measure = "{measure}"\nwindow = "{window}"\n'
        + ("base_rate = 0.01\n" if measure == "confirmed_rate" else "")
        for place, (entity, measure, window) in enumerate(WINDOWS)
    )
    return plan(product_from(PRODUCT + windows, "sale"), {}, store.engine.dialect)


def application(place: int, events: int, at: int) -> Application:
    """Ask about identifiers of which the store has seen as many events as of any other."""
    known = {kind: f"{kind}{number_of(events, kind, place)}" for kind in PER}
    return Application(
        reference=f"new-{uuid4()}",
        occurred_at=at,
        purpose="onboard",
        entities=known | {"phone": f"new-phone-{uuid4()}"},
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

"""Contenders side by side: all are up at once, and take turns round by round."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench import wrk
from bench.environments import NotInstalled
from bench.places import BUILD
from bench.proof import first_body, prove
from bench.servers import Launch, NotServed, Server, serving

CLIENTS = 4
WARM = 2  # seconds, before the first round


class Entry(NamedTuple):
    """Who runs: a server, and what it is sent."""

    name: str
    server: Server
    bodies: Path


Loads = Mapping[str, Sequence[wrk.Load]]


@contextmanager
def entered(launches: Mapping[str, tuple[Launch, Path]]) -> Iterator[list[Entry]]:
    """Start everybody; who cannot be started is left out with a line that says why."""
    with ExitStack() as stack:
        entries = []
        for name, (launch, bodies) in launches.items():
            try:
                server = stack.enter_context(serving(launch, first_body(bodies)))
                prove(name, server.url, bodies)
            except (NotInstalled, NotServed) as error:
                skipped(name, error)
                continue
            entries.append(Entry(name, server, bodies))
        yield entries


def skipped(name: str, why: Exception) -> None:
    print(f"skipped {name}: {why}", flush=True)


def race(entries: Sequence[Entry], *, seconds: float, rounds: int) -> Loads:
    """Load one after another, round by round, so that noise hits all alike."""
    for each in entries:
        wrk.load(each.server.url, each.bodies, clients=CLIENTS, seconds=WARM)
    loads: dict[str, list[wrk.Load]] = defaultdict(list)
    for number in range(rounds):
        for each in entries:
            found = wrk.load(each.server.url, each.bodies, clients=CLIENTS, seconds=seconds)
            loads[each.name].append(found)
            report(number, each.name, found)
    return loads


def report(number: int, name: str, found: wrk.Load) -> None:
    errors = f"  {found.errors} ERRORS" if found.errors else ""
    print(
        f"round {number + 1}  {name:<16} {found.rate:>8,.0f}/s  p50 {found.p50:>7.2f} ms  "
        f"p99 {found.p99:>7.2f} ms{errors}",
        flush=True,
    )


def keep(name: str, loads: Loads) -> None:
    """Write what every round found, as csv."""
    with (BUILD / f"{name}-rounds.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["contender", "round", *wrk.Load._fields])
        for each, found in loads.items():
            writer.writerows([each, number + 1, *row] for number, row in enumerate(found))

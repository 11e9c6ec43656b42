"""What a reasoned score costs over HTTP, beside an echo and what a user could take instead.

    python -m bench.serving [--only NAME ...] [--parts PART ...] [--seconds N] [--rounds N]

Parts: ``race`` (all contenders, four clients), ``half`` (latency at half of the top load),
``clients`` (1 to 16), ``events`` (a large store against a small one), ``start`` (until the first
answer); ``half`` and ``clients`` come with the race. Servers and load share this machine, so that
only ratios within one run mean anything.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import wrk
from bench.contenders import CONTENDERS, TITLES, write_bodies
from bench.environments import NotInstalled
from bench.ground import Ground, prepare
from bench.growth import by_clients, by_events, halves
from bench.picture import Bar, draw
from bench.places import BUILD
from bench.race import Loads, entered, keep, race, skipped
from bench.ratios import ratios
from bench.servers import Launch
from bench.starting import starts
from bench.table import Line, save, table

PARTS = ("race", "half", "clients", "events", "start")
Launches = dict[str, tuple[Launch, Path]]


def main() -> None:
    asked = arguments()
    if not wrk.installed():
        sys.exit(wrk.MISSING)
    ground = prepare(asked.python)
    bodies = write_bodies(ground)
    lines: list[Line] = []
    for part in measured(asked, ground, bodies):
        lines += part
        save("serving", lines)
    print(f"\n{table(lines)}")


def measured(
    asked: argparse.Namespace, ground: Ground, bodies: dict[str, Path]
) -> Iterator[list[Line]]:
    """Measure what was asked for, the longest last, so that what was found till then is kept."""
    launches = launched(ground, bodies, asked.only)
    if {"race", "half", "clients"} & set(asked.parts):
        yield raced(launches, asked)
    if "start" in asked.parts and "ours" in launches:
        yield starts(*launches["ours"])
    if "events" in asked.parts:
        yield by_events(
            ground, bodies["sale"], events=asked.events, seconds=asked.seconds, rounds=asked.rounds
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", nargs="+", choices=TITLES, default=list(TITLES), metavar="NAME")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--seconds", type=float, default=6, help="of load in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=10_000_000, help="in the large store")
    parser.add_argument("--python", default=sys.executable, help="interpreter of foreign stacks")
    return parser.parse_args()


def launched(ground: Ground, bodies: dict[str, Path], names: list[str]) -> Launches:
    """Install and prepare whom we want; who cannot be installed is left out."""
    launches: Launches = {}
    for each in CONTENDERS:
        if each.name in names:
            try:
                launches[each.name] = (each.launch(ground), bodies[each.bodies])
            except NotInstalled as error:
                skipped(each.name, error)
    return launches


def raced(launches: Launches, asked: argparse.Namespace) -> list[Line]:
    with entered(launches) as entries:
        loads = race(entries, seconds=asked.seconds, rounds=asked.rounds)
        lines = ratios(loads)
        if "half" in asked.parts:
            lines += halves(entries, loads, asked.seconds)
        if "clients" in asked.parts:
            lines += by_clients(entries, asked.seconds)
    keep("serving", loads)
    picture(loads)
    return lines


def picture(loads: Loads) -> None:
    bars = []
    for name, found in loads.items():
        rates = [each.rate for each in found]
        p99 = statistics.median(each.p99 for each in found)
        middle = statistics.median(rates)
        bars.append(Bar(TITLES[name], middle, min(rates), max(rates), f"/s, p99 {p99:.1f} ms"))
    draw(BUILD / "serving.svg", "Answers per second, four clients, two workers each", bars)


if __name__ == "__main__":
    main()

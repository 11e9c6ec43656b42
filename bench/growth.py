"""How the service bears more: more clients, more stored events, half of what it can, a start."""

import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import wrk
from bench.contenders import TITLES, on_store
from bench.filled import filled
from bench.ground import EVENTS, Ground
from bench.paced import paced
from bench.places import BUILD
from bench.race import Entry, Loads, entered, keep, race
from bench.servers import Launch
from bench.table import Line, over_rounds

COMMAND = "python -m bench.serving"
CLIENTS = (1, 2, 4, 8, 16)
OURS = ("shipped", "ours")


def halves(entries: Sequence[Entry], loads: Loads, seconds: float) -> list[Line]:
    """Take the p99 of ours when callers come at half of the rate that four clients reached."""
    lines = []
    for each in entries:
        if each.name not in OURS:
            continue
        rate = statistics.median(load.rate for load in loads[each.name]) / 2
        found = paced(each.server.url, each.bodies, rate=rate, seconds=2 * seconds)
        print(f"half load  {each.name:<16} {found.rate:.0f}/s  p99 {found.p99:.2f} ms", flush=True)
        lines.append(
            Line(
                what=f"p99 at half of the top load: {TITLES[each.name]}",
                figure=found.p99,
                unit="ms",
                least=8,
                aim=5,
                falling=True,
                command=f"{COMMAND} --parts race half --only {each.name}",
            )
        )
    return lines


def by_clients(entries: Sequence[Entry], seconds: float) -> list[Line]:
    """Load our service from more and more clients; ratios to one."""
    found = {
        clients: wrk.load(each.server.url, each.bodies, clients=clients, seconds=seconds)
        for each in entries
        if each.name == "ours"
        for clients in CLIENTS
    }
    keep("clients", {str(clients): [load] for clients, load in found.items()})
    return [
        Line(
            what=f"answers/s: {clients} clients / 1, p99 {load.p99:.1f} ms",
            figure=load.rate / found[1].rate,
            unit="x",
            command=f"{COMMAND} --parts race clients --only ours",
        )
        for clients, load in found.items()
        if clients > 1
    ]


def by_events(
    ground: Ground, bodies: Path, *, events: int, seconds: float, rounds: int
) -> list[Line]:
    """Race our service on a large store against itself on a small one."""
    with ExitStack() as stack:
        launches: dict[str, tuple[Launch, Path]] = {}
        for number in (EVENTS, events):
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=BUILD))
            print(f"filling a store with {number:,} events", flush=True)
            store = filled(Path(folder) / "store", number)
            launches[f"{number:,} events"] = (on_store(ground, store, f"events-{number}"), bodies)
        entries = stack.enter_context(entered(launches))
        loads = race(entries, seconds=seconds, rounds=rounds)
    keep("events", loads)
    small, large = (loads[name] for name in launches)
    line = over_rounds(
        [late.rate / early.rate for early, late in zip(small, large, strict=True)],
        what=f"answers/s: {events:,} stored events / {EVENTS:,}",
        unit="x",
        command=f"{COMMAND} --parts events --events {events}",
        least=0.8,
        aim=0.95,
    )
    return [line]

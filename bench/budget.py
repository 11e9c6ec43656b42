"""Where the time of one reasoned score goes, in microseconds: ``python -m bench.budget``.

The application of a worker answers real bodies in this process, with a filled store on disk. Clocks
are put around its functions from outside. The sum is set against the same without any clock, and
against what one client waits for over HTTP. What the server takes is what an echo takes over HTTP
beyond what it takes in this process.
"""

import argparse
import secrets
import statistics
from collections import defaultdict
from collections.abc import Mapping
from itertools import cycle
from pathlib import Path
from time import perf_counter
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench import wrk
from bench.apps import echo
from bench.bodies import REFERENCE
from bench.contenders import CONTENDERS, write_bodies
from bench.filled import filled
from bench.ground import EVENTS, Ground, prepare
from bench.key import HEADER, admit
from bench.places import BUILD
from bench.race import entered
from bench.stages import BETWEEN, Clock, clocked, placed
from bench.table import Line, save, table
from riskscore.app import create_app
from riskscore.settings import settings_from

BLOCK = 200  # requests between two looks at the clock
MICRO = 1_000_000
STAGES = {
    "riskscore.api.scores:read_object": "reading JSON",
    "riskscore.api.scores:read_application": "validation",
    "riskscore.history.entities:pseudonyms": "encoding and pseudonyms",
    "riskscore.product.one_row:RowEncoder.__call__": "encoding and pseudonyms",
    "riskscore.decision.judgement:rounded": "encoding and pseudonyms",
    "riskscore.history.recording:look_up": "history",
    "riskscore.history.recording:history_of": "history",
    "riskscore.decision.scoring:judge": "margin and reasons",
    "riskscore.decision.scoring:explain": "margin and reasons",
    "riskscore.history.counting:count": "writing",
    "riskscore.decision.ledger:write": "writing",
    "riskscore.api.scores:answer": "answer",
    "riskscore.api.scores:answered": "answer",
}
ENTRIES = {"riskscore.decision.ledger:transaction": "begin and commit"}
COMMAND = "python -m bench.budget"
SERVER = "server and client"
ORDER = (SERVER, BETWEEN, *dict.fromkeys((*STAGES.values(), *ENTRIES.values())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--blocks", type=int, default=10, help=f"of {BLOCK} requests each")
    parser.add_argument("--seconds", type=float, default=5, help="of each look over HTTP")
    asked = parser.parse_args()
    ground = prepare()
    bodies = write_bodies(ground)["sale"]
    for target in (*STAGES, *ENTRIES):
        if placed(target) is None:
            print(f"no {target}: what it took is part of the stage around it")
    stages, whole = inside(ground, bodies, asked.blocks)
    echoed = Caller(echo.app, "/echo", bodies)
    alone = statistics.median(echoed.block() for _ in range(asked.blocks))
    waited = over_http(ground, bodies, asked.seconds)
    found = rows({SERVER: waited["echo"] - alone, **stages}, whole, waited["ours"])
    lines = [line(stage, micro) for stage, micro in found.items()]
    save("budget", lines)
    print(table(lines))


class Caller:
    """Asks an application in this process, each time with a body that it has not seen."""

    def __init__(self, app: Flask, path: str, bodies: Path) -> None:
        self.app = app
        self.path = path
        self.run = secrets.token_hex(4)
        self.lines = cycle(bodies.read_text().splitlines())
        self.sent = 0

    def block(self, clock: Clock | None = None) -> float:
        """Return the microseconds of one request, over so many."""
        environs = [self.environ() for _ in range(BLOCK)]
        started = perf_counter()
        for each in environs:
            if clock is None:
                self.ask(each)
            else:
                with clock.stage(BETWEEN):
                    self.ask(each)
        return (perf_counter() - started) / BLOCK * MICRO

    def environ(self) -> dict[str, Any]:
        self.sent += 1
        body = next(self.lines).replace(REFERENCE, f"{self.run}-{self.sent:08}", 1).encode()
        environ = EnvironBuilder(
            self.path,
            method="POST",
            data=body,
            content_type="application/json",
            headers=HEADER.items(),
        ).get_environ()
        return {**environ, "wsgi.input_terminated": True}  # as gunicorn says

    def ask(self, environ: dict[str, Any]) -> None:
        _, status, _ = run_wsgi_app(self.app.wsgi_app, environ, buffered=True)
        if status != "200 OK":
            raise AssertionError(f"answered {status}")


def inside(ground: Ground, bodies: Path, number: int) -> tuple[dict[str, float], float]:
    """Return microseconds of each stage, and of the whole without a clock."""
    store = filled(BUILD / "budget-store", EVENTS)
    settings = admit({**store.environ, "RISKSCORE_MODELS": str(ground.sale)})
    app = create_app(settings_from(settings))
    caller = Caller(app, "/v1/sale/scores", bodies)
    caller.block()  # warm
    bare: list[float] = []
    spent: dict[str, list[float]] = defaultdict(list)
    for _ in range(number):
        bare.append(caller.block())
        with clocked(STAGES, ENTRIES) as clock:
            caller.block(clock)
        for name, seconds in clock.spent.items():
            spent[name].append(seconds / BLOCK * MICRO)
    return {name: statistics.median(each) for name, each in spent.items()}, statistics.median(bare)


def over_http(ground: Ground, bodies: Path, seconds: float) -> dict[str, float]:
    """Return the microseconds that one client waits for an answer of the echo and of ours."""
    launches = {
        each.name: (each.launch(ground), bodies)
        for each in CONTENDERS
        if each.name in {"echo", "ours"}
    }
    with entered(launches) as entries:
        loads = {
            each.name: wrk.load(each.server.url, each.bodies, clients=1, seconds=seconds)
            for each in entries
        }
    return {name: MICRO / load.rate for name, load in loads.items()}


def rows(stages: Mapping[str, float], whole: float, waited: float) -> dict[str, float]:
    """Order the stages, then their sum, then what the same costs without clocks."""
    total = sum(stages.values())
    return {
        **{name: stages[name] for name in ORDER if name in stages},
        "sum": total,
        "sum without server and client": total - stages[SERVER],
        "whole in this process, no clocks": whole,
        "whole over HTTP, one client": waited,
    }


def line(stage: str, micro: float) -> Line:
    return Line(what=f"budget: {stage}", figure=micro, unit="us", command=COMMAND)


if __name__ == "__main__":
    main()

"""Exact reasons from our own walk against those of xgboost.

    python -m bench.kernel [--python PATH ...] [--growth]

Grows the reference model, then takes turns with xgboost in a process of its own: one row at a
time, every one another, and a block of 10,000. A second interpreter may be named whose xgboost is
of another release. Microseconds of processor time per row, one thread, median of the rounds; the
ratios are to xgboost of the same line, and those of the reference model enter the one table. With
``--growth`` it says how time grows with trees, depth and columns.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.reference import COLUMNS, DEPTH, TREES, Reference, reference_model
from bench.table import Line, save
from riskscore.model.trees import Trees

BLOCK = 10_000  # rows
ALONE = 1_000  # rows asked for one by one
WHAT = ("explain one", "explain", "margins one", "margins")


class Asked(NamedTuple):
    """What a ratio must be at least, and should be."""

    least: float
    aim: float


WORDS = {
    "explain one": "exact reasons of one row",
    "explain": "exact reasons of 10,000 rows",
    "margins one": "margin of one row",
    "margins": "margins of 10,000 rows",
}
COMMAND = "python -m bench.kernel"
FASTER = (3, 4)  # the release from which on xgboost's own reasons cost a third or less
OLDER = {"explain one": Asked(10, 20), "explain": Asked(12, 25)}
NEWER = {"explain one": Asked(3, 6), "explain": Asked(3, 6)}
NOTHING = Asked(math.nan, math.nan)
GROWTH = {
    "trees": [{"trees": each} for each in (100, 200, 400, 800)],
    "depth": [{"trees": 100, "depth": each} for each in range(3, 11)],
    "columns": [{"columns": each} for each in (10, 50, 200)],
}

Times = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", action="append", default=[], help="with another xgboost")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--growth", action="store_true")
    asked = parser.parse_args(arguments)
    pythons = [sys.executable, *asked.python]
    lines: list[Line] = []
    head = f"{'trees':>5} {'depth':>5} {'columns':>7} {'xgboost':>7}"
    print(head, *(f"{each:>11} {'ours':>6} {'ratio':>6}" for each in WHAT))
    for size in sizes(growth=asked.growth):
        for theirs, ours in compared(reference_model(**size), pythons, asked.rounds):
            print(row(size, theirs, ours), flush=True)
            if not size:
                lines += ratios(theirs, ours)
                save("kernel", lines)


def sizes(*, growth: bool) -> list[dict[str, int]]:
    return [{}, *(each for ways in GROWTH.values() for each in ways)] if growth else [{}]


def compared(
    reference: Reference, pythons: Sequence[str], rounds: int
) -> Iterator[tuple[Times, Times]]:
    """Measure both sides in turn, and give each interpreter's times beside ours."""
    trees, rows = Trees(reference.booster), reference.rows[:BLOCK]
    trees.explain(rows[:1])
    ours: list[Times] = []
    theirs: dict[str, list[Times]] = {each: [] for each in pythons}
    with tempfile.TemporaryDirectory() as name:
        model, file = Path(name, "model.ubj"), Path(name, "rows.npy")
        reference.booster.save_model(model)
        np.save(file, rows)
        for _ in range(rounds):
            ours.append(measured(trees, rows))
            for each in pythons:
                theirs[each].append(asked_of(each, model, file))
    for each in pythons:
        yield median(theirs[each]), median(ours)


def measured(trees: Trees, rows: Any) -> Times:
    ones = [rows[row : row + 1] for row in range(ALONE)]
    return {
        "explain one": statistics.median(taken(trees.explain, row) for row in ones),
        "explain": taken(trees.explain, rows) / len(rows),
        "margins one": statistics.median(taken(trees.margins, row) for row in ones),
        "margins": taken(trees.margins, rows) / len(rows),
    }


def taken(function: Callable[[Any], object], rows: Any) -> float:
    start = time.process_time()
    function(rows)
    return (time.process_time() - start) * 1e6


def asked_of(python: str, model: Path, rows: Path) -> Times:
    script = Path(__file__).with_name("theirs.py")
    said = subprocess.run([python, script, model, rows], capture_output=True, check=True, text=True)
    times: Times = json.loads(said.stdout)
    return times


def median(times: Sequence[Times]) -> Times:
    return times[0] | {each: statistics.median(one[each] for one in times) for each in WHAT}


def ratios(theirs: Times, ours: Times) -> list[Line]:
    """Say how many times as long xgboost takes, and what is asked of that."""
    asked = asked_against(theirs["release"])
    return [
        Line(
            what=f"xgboost {theirs['release']} / ours: {WORDS[each]}",
            figure=theirs[each] / ours[each],
            unit="x",
            command=COMMAND,
            least=asked.get(each, NOTHING).least,
            aim=asked.get(each, NOTHING).aim,
        )
        for each in WHAT
    ]


def asked_against(release: str) -> Mapping[str, Asked]:
    major, minor = (int(each) for each in release.split(".")[:2])
    return NEWER if (major, minor) >= FASTER else OLDER


def row(size: dict[str, int], theirs: Times, ours: Times) -> str:
    trees, depth = size.get("trees", TREES), size.get("depth", DEPTH)
    cells = [
        f"{theirs[each]:11.1f} {ours[each]:6.1f} {theirs[each] / ours[each]:6.1f}" for each in WHAT
    ]
    head = f"{trees:5} {depth:5} {size.get('columns', COLUMNS):7} {theirs['release']:>7}"
    return " ".join([head, *cells])


if __name__ == "__main__":
    main()

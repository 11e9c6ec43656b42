"""What a bundle costs to serve: bytes on disk, and time for one application."""

import statistics
import time
from pathlib import Path
from typing import NamedTuple

from riskscore.model.bundle import Bundle
from riskscore.model.manifest import NAME
from riskscore.model.trees import Trees
from riskscore.product.encode import Matrix
from training.evaluate import folder_of
from training.gate.sides import Sides

APPLICATIONS = 60
ROUNDS = 3


def megabytes(bundle: Bundle, folder: Path) -> float:
    """Return the size of what serving loads; a card beside it is not."""
    place = folder_of(folder)
    names: list[str] = [*bundle.manifest["files"], NAME]
    return sum((place / name).stat().st_size for name in names) / 1e6


class Latency(NamedTuple):
    """What one application takes: in milliseconds, and in times the champion's."""

    milliseconds: float
    times_champion: float


def latency(sides: Sides) -> Latency:
    """Measure how long the challenger takes to score and explain one application.

    Both take turns, so that a busy machine slows both; medians over the turns.
    """
    new, old = sides.challenger, sides.champion
    for side in (new, old):  # the first answer may compile or load something
        side.bundle.trees.explain(side.rows.matrix[:1])
    turns = [
        (_seconds(new.bundle.trees, new.rows.matrix), _seconds(old.bundle.trees, old.rows.matrix))
        for _ in range(ROUNDS)
    ]
    return Latency(
        1_000 * statistics.median(mine for mine, _ in turns),
        statistics.median(mine / theirs for mine, theirs in turns),
    )


def _seconds(trees: Trees, matrix: Matrix) -> float:
    """Return the median time of one application."""
    taken = []
    for place in range(min(APPLICATIONS, len(matrix))):
        began = time.perf_counter()
        trees.explain(matrix[place : place + 1])
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)

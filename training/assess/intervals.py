"""Figures of some rows with their intervals."""

from typing import Any, NamedTuple

from riskscore.model.scale import Thresholds
from training.bootstrap import DRAWS, Interval, Rows, interval, resampled
from training.datasets import Dataset
from training.judge import Answers
from training.measure import Measure

ALERTS = (50, 100, 500, 1_000)  # of the highest
ENOUGH = 10  # rows of either label below which nothing is said

Record = dict[str, Any]


class Drawing(NamedTuple):
    """How intervals are drawn."""

    draws: int = DRAWS
    seed: int = 0


def with_intervals(
    rows: Dataset, given: Answers, thresholds: Thresholds, how: Drawing
) -> dict[str, Record]:
    """Return every figure as ``{value, low, high}``."""
    alerts = [each for each in ALERTS if each <= len(rows)]
    measure = Measure(given, rows.labels, thresholds, alerts=alerts)
    about = Rows(rows.labels, rows.weights, rows.times)
    drawn = resampled(about, measure, draws=how.draws, seed=how.seed)
    values = measure(rows.weights)
    return {name: told(value, interval(drawn[name])) for name, value in values.items()}


def told(value: float, around: Interval) -> Record:
    return {"value": value, "low": around.low, "high": around.high}


def enough(rows: Dataset) -> bool:
    return min(rows.positives, len(rows) - rows.positives) >= ENOUGH

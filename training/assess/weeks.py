"""Week by week: do the rules still hit the share of the innocent that was asked for?"""

import numpy as np
from numpy.typing import NDArray

from riskscore.model.scale import Thresholds
from riskscore.product.moments import rfc3339
from training.assess.intervals import Record
from training.bootstrap import DAY
from training.datasets import Dataset
from training.judge import Answers
from training.rules import flagged
from training.shares import share_interval

WEEK = 7 * DAY
MONDAY = 4 * DAY  # 1970-01-05


def weeks(rows: Dataset, given: Answers, thresholds: Thresholds) -> list[Record]:
    """Describe every week that has rows, from Monday 00:00 UTC; none where there is no time."""
    if rows.times is None:
        return []
    number = (rows.times - MONDAY) // WEEK
    found = []
    for week in np.unique(number).tolist():
        start = {"from": rfc3339(week * WEEK + MONDAY)}
        found.append(start | _week(number == week, rows, given, thresholds))
    return found


def _week(ours: NDArray[np.bool_], rows: Dataset, given: Answers, thresholds: Thresholds) -> Record:
    innocent = ours & (rows.labels == 0)
    expected = float(rows.weights[ours] @ given.probabilities[ours])
    observed = float(rows.weights[ours] @ rows.labels[ours])
    return {
        "rows": int(ours.sum()),
        "positives": int(rows.labels[ours].sum()),
        "observed_over_expected": observed / expected,
        **{
            f"{name}_fpr": _rate(hit[innocent], rows.weights[innocent])
            for name, hit in flagged(given, thresholds).items()
        },
    }


def _rate(hit: NDArray[np.bool_], weights: NDArray[np.float64]) -> Record | None:
    if not weights.sum():
        return None
    low, high = share_interval(int(hit.sum()), len(hit))
    return {"value": float(np.average(hit, weights=weights)), "low": low, "high": high}

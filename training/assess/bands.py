"""Observed over expected frauds by score band, with intervals."""

import numpy as np

from training.assess.intervals import Drawing, Record, told
from training.bootstrap import Rows, Weights, interval, resampled
from training.datasets import Dataset
from training.judge import BAND, Answers


def bands(rows: Dataset, given: Answers, how: Drawing) -> list[Record]:
    """Describe every band of 50 points that has rows."""
    number, place = np.unique(given.scores // BAND, return_inverse=True)
    count = len(number)
    names = [str(each) for each in number.tolist()]

    def ratios(weights: Weights) -> dict[str, float]:
        observed = np.bincount(place, weights * rows.labels, count)
        expected = np.bincount(place, weights * given.probabilities, count)
        unknown = np.full(count, np.nan)
        found = np.divide(observed, expected, out=unknown, where=expected > 0)
        return dict(zip(names, found.tolist(), strict=True))

    about = Rows(rows.labels, rows.weights, rows.times)
    drawn = resampled(about, ratios, draws=how.draws, seed=how.seed)
    values = ratios(rows.weights)
    held = np.bincount(place, minlength=count)
    frauds = np.bincount(place, rows.labels, count)
    return [
        {
            "from": each * BAND,
            "rows": int(held[at]),
            "positives": int(frauds[at]),
            "observed_over_expected": told(values[str(each)], interval(drawn[str(each)])),
        }
        for at, each in enumerate(number.tolist())
    ]

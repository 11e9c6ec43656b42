"""How far scores and columns moved between two periods: the population stability index.

Below .1 is usually called stable, from .25 on moved.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskscore.model.scale import HIGHEST
from training.assess.intervals import Record
from training.datasets import Dataset
from training.judge import BAND, Answers

PARTS = 10
LEAST = 1e-4  # share of a part that nothing is in
BANDS = HIGHEST // BAND

Counts = NDArray[np.floating] | NDArray[np.integer]


def psi(before: Counts, after: Counts) -> float:
    """Compare two distributions over the same parts, given as counts or shares.

    Source:
        Siddiqi, "Credit Risk Scorecards", 2006.
    """
    shares = [np.maximum(each / each.sum(), LEAST) for each in (before, after)]
    return float((shares[1] - shares[0]) @ np.log(shares[1] / shares[0]))


def stability(rows: Dataset, given: Answers, manifest: Mapping[str, Any]) -> Record:
    """Compare the scores with those of the fit's test slice, and each column's halves in time."""
    found: Record = {"scores_since_fit": _since_fit(given, manifest), "columns": {}}
    if rows.times is None:
        return found
    late = rows.times > np.median(rows.times)
    bands = _bands(given.scores)
    before, after = (np.bincount(bands[half], minlength=BANDS) for half in (~late, late))
    names = [each.name for each in rows.product.columns]
    return found | {
        "scores": psi(before, after),
        "columns": {
            name: column_psi(column[~late], column[late])
            for name, column in zip(names, rows.matrix.T, strict=True)
        },
    }


def column_psi(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """Compare a column in two periods over tenths of the earlier; missing is a part of its own."""
    known = before[~np.isnan(before)]
    borders = np.unique(np.quantile(known, np.arange(1, PARTS) / PARTS)) if len(known) else known

    def counts(column: NDArray[np.float32]) -> Counts:
        places = np.where(np.isnan(column), PARTS, np.searchsorted(borders, column, "right"))
        return np.bincount(places, minlength=PARTS + 1)

    return psi(counts(before), counts(after))


def _since_fit(given: Answers, manifest: Mapping[str, Any]) -> float | None:
    bands = manifest.get("metrics", {}).get("bands")
    if not bands:
        return None
    before = np.zeros(BANDS)
    for each in bands:
        before[each["from"] // BAND] = each["rows"]
    return psi(before, np.bincount(_bands(given.scores), minlength=BANDS))


def _bands(scores: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.minimum(scores, HIGHEST - 1) // BAND

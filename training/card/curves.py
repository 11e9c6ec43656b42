"""ROC and precision-recall curves with their intervals, on fixed grids."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.assess.intervals import Drawing
from training.bootstrap import Rows, Weights, interval, resampled
from training.datasets import Dataset
from training.judge import Answers
from training.ranking import Curve, curve, ranking

RATES = np.geomspace(1e-4, 1, 41)  # of innocent rows
RECALLS = np.linspace(0.025, 1, 40)  # of frauds

Record = dict[str, Any]
Grid = NDArray[np.float64]


def curves(rows: Dataset, given: Answers, how: Drawing) -> Record:
    """Return ``roc`` and ``precision_recall``, each a list of ``{x, value, low, high}``."""
    ranked = ranking(given.margins, rows.labels)

    def heights(weights: Weights) -> dict[str, float]:
        found = curve(ranked, weights)
        values = np.concatenate([_tpr(found), _precision(found)])
        return {str(place): value for place, value in enumerate(values.tolist())}

    about = Rows(rows.labels, rows.weights, rows.times)
    drawn = resampled(about, heights, draws=how.draws, seed=how.seed)
    values = heights(rows.weights)
    points = [
        {"x": x, "value": values[str(place)], **interval(drawn[str(place)])._asdict()}
        for place, x in enumerate([*RATES.tolist(), *RECALLS.tolist()])
    ]
    return {"roc": points[: len(RATES)], "precision_recall": points[len(RATES) :]}


def _tpr(found: Curve) -> Grid:
    return np.interp(RATES, found.fpr, found.tpr)


def _precision(found: Curve) -> Grid:
    place = np.searchsorted(found.tpr, RECALLS * (1 - 1e-12))
    flagged = found.guilty + found.innocent
    return np.asarray(found.guilty[place] / flagged[place])

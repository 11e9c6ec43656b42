"""Every figure of some answers, for any weights of their rows: what intervals are made of."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskscore.model.scale import Thresholds
from training.bootstrap import Weights
from training.judge import Answers
from training.labels import Labels
from training.metrics import row_losses
from training.ranking import (
    area,
    area_within,
    average_precision,
    curve,
    precision_at,
    ranking,
    tpr_at,
)
from training.rules import flagged
from training.slope import Slope

WITHIN = 0.05  # false-positive rate: what people look at
RATES = {"tpr_at_0.1": 0.001, "tpr_at_1": 0.01, "tpr_at_5": 0.05}


class Measure:
    """Figures of given answers by row weights, shape (n_rows,); rows of both labels.

    Args:
        alerts: Of how many of the highest the precision is wanted, too.
        innocent: How far each row counts as innocent where a rule hits it, shape (n_rows,); as
            the labels say unless told.
    """

    def __init__(
        self,
        given: Answers,
        labels: Labels,
        thresholds: Thresholds,
        *,
        alerts: Sequence[int] = (),
        innocent: NDArray[np.float64] | None = None,
    ) -> None:
        self._claimed = given.probabilities
        self._ranked = ranking(given.margins, labels)
        self._slope = Slope(given.probabilities, labels)
        self._losses = row_losses(given.probabilities, labels)
        self._fraud = (labels == 1).astype(np.float64)
        self._innocent = 1 - self._fraud if innocent is None else innocent
        hit = flagged(given, thresholds)
        self._flagged = {name: each.astype(np.float64) for name, each in hit.items()}
        self._alerts = alerts

    def __call__(self, weights: Weights) -> dict[str, float]:
        found = curve(self._ranked, weights)
        innocent, guilty = float(self._innocent @ weights), found.guilty[-1]
        whole = float(weights.sum())
        figures = {
            "partial_auc": area_within(found, WITHIN),
            "auc": area(found),
            "average_precision": average_precision(found),
            **{name: tpr_at(found, rate) for name, rate in RATES.items()},
            "log_loss": float(self._losses @ weights) / whole,
            "slope": self._slope(weights),
            "observed_over_expected": guilty / float(self._claimed @ weights),
        }
        for name, each in self._flagged.items():
            figures[f"{name}_fpr"] = float((each * self._innocent) @ weights) / innocent
            figures[f"{name}_tpr"] = float((each * self._fraud) @ weights) / guilty
        for alerts in self._alerts:
            precision = precision_at(found, min(alerts, whole))
            figures[f"precision_at_{alerts}"] = precision
            figures[f"lift_at_{alerts}"] = precision * whole / guilty
        return {name: float(each) for name, each in figures.items()}

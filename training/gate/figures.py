"""What the gate goes by, of both sides on the same resamples, so that luck is shared."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.model.scale import REVIEW
from training.bootstrap import Interval, Rows, Weights, interval, resampled
from training.gate.sides import Side, Sides
from training.metrics import row_losses
from training.ranking import area, area_within, average_precision, curve, ranking, tpr_at
from training.slope import Slope

SMALLER_IS_BETTER = frozenset({"log_loss"})
WITHIN, AT = 0.05, 0.01  # false-positive rates: what people look at, what they act on
RULES = ("review", "block")

Draws = dict[str, NDArray[np.float64]]


class Measured(NamedTuple):
    """One figure of one side, and where it lies in 95 of 100 resamples."""

    value: float
    interval: Interval


class Difference(NamedTuple):
    """A figure of the challenger less that of the champion, turned so that more is better."""

    value: float
    interval: Interval


class Figures:
    """Every figure of both sides, with intervals; ``difference`` pairs them draw by draw."""

    def __init__(self, sides: Sides, *, draws: int, seed: int) -> None:
        self.draws = draws
        self._sides = {"challenger": sides.challenger, "champion": sides.champion}
        self._values: dict[str, dict[str, float]] = {}
        self._draws: dict[str, Draws] = {}
        for name, side in self._sides.items():
            measure = _Measure(side)
            self._values[name] = measure(side.rows.weights)
            rows = Rows(side.rows.labels, side.rows.weights, side.rows.times)
            self._draws[name] = resampled(rows, measure, draws=draws, seed=seed)

    @property
    def names(self) -> list[str]:
        return list(self._values["challenger"])

    def of(self, side: str, name: str) -> Measured:
        return Measured(self._values[side][name], interval(self._draws[side][name]))

    def difference(self, name: str) -> Difference:
        sign = -1 if name in SMALLER_IS_BETTER else 1
        values, draws = self._values, self._draws
        return Difference(
            sign * (values["challenger"][name] - values["champion"][name]),
            interval(sign * (draws["challenger"][name] - draws["champion"][name])),
        )

    def as_record(self) -> dict[str, dict[str, object]]:
        return {name: self._one(name) for name in self.names}

    def _one(self, name: str) -> dict[str, object]:
        sides = {side: _record(self.of(side, name)) for side in self._sides}
        return {**sides, "difference": _record(self.difference(name))}


def _record(found: Measured | Difference) -> dict[str, float]:
    return {"value": found.value, "low": found.interval.low, "high": found.interval.high}


class _Measure:
    """Every figure of one side for given row weights."""

    def __init__(self, side: Side) -> None:
        labels, self.claimed = side.rows.labels, side.given.probabilities
        self.ranked = ranking(side.given.margins, labels)
        self.slope = Slope(self.claimed, labels)
        self.losses = row_losses(self.claimed, labels)
        scores = side.given.scores
        rules = zip(RULES, (REVIEW, side.bundle.thresholds.block_score), strict=True)
        self.innocent = labels == 0
        self.flagged = {name: scores[self.innocent] >= score for name, score in rules}

    def __call__(self, weights: Weights) -> dict[str, float]:
        found = curve(self.ranked, weights)
        return {
            "partial_auc": area_within(found, WITHIN),
            "auc": area(found),
            "average_precision": average_precision(found),
            "tpr_at_1": tpr_at(found, AT),
            "log_loss": float(self.losses @ weights / weights.sum()),
            "slope": self.slope(weights),
            "observed_over_expected": found.guilty[-1] / float(weights @ self.claimed),
            **{
                f"{name}_fpr": float(np.average(flagged, weights=weights[self.innocent]))
                for name, flagged in self.flagged.items()
            },
        }

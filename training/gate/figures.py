"""What the gate goes by, of both sides on the same resamples, so that luck is shared."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.bootstrap import Interval, Rows, interval, resampled
from training.gate.reading import as_labelled, innocent_shares
from training.gate.sides import Sides
from training.measure import Measure

SMALLER_IS_BETTER = frozenset({"log_loss"})

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
            told = side.given, side.rows, side.found_share
            measure = Measure(
                as_labelled(*told),
                side.rows.labels,
                side.bundle.thresholds,
                innocent=innocent_shares(*told),
            )
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

"""Rules and model on the same rows, at the same numbers of alerts, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.model.calibration import Margins
from riskscore.product.values import Values
from training.assess.intervals import Drawing, told
from training.backtest.known import Known
from training.backtest.swap import Shares, Swap, alerted, counts, middle, swap
from training.bootstrap import DAY, Rows, Weights, interval, resampled
from training.labels import Labels
from training.ranking import Curve, curve, ranking
from training.receipts import Times

SERIES = (1, 2, 5)
HIGHEST = 0.05  # share of the applications that the grid reaches
LEAST = 20  # alerts in the whole period, below which a point says little
POINTS = 5  # of the grid
HEIGHTS = 30  # of the drawn curve

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What is compared, shape (n_rows,) each.

    Attributes:
        points: Of the rules, 0 where they raise no alert.
        claimed: By the model.
    """

    points: Values
    claimed: Margins
    labels: Labels
    times: Times
    known: Known

    @property
    def days(self) -> int:
        """Calendar days, first and last included."""
        return int(self.times.max() // DAY - self.times.min() // DAY) + 1


class Point(NamedTuple):
    """A number of alerts in the whole period; ``own``: as many as the rules raise."""

    alerts: float
    own: bool


class Sides:
    """Figures at several numbers of alerts, for any row weights."""

    def __init__(self, judged: Judged, points: Sequence[Point]) -> None:
        self.judged, self.points = judged, points
        self._hits = (judged.points > 0).astype(np.float64)
        self._rules = ranking(judged.points, judged.labels)
        self._model = ranking(judged.claimed, judged.labels)
        self.grid = np.linspace(0, max(each.alerts for each in points), HEIGHTS + 1)[1:]

    def at(self, point: Point, weights: Weights) -> Swap | None:
        """Return who is alerted by whom; None where the rules do not raise so many."""
        most = float(self._hits @ weights)
        if not point.own and point.alerts > float(self._hits.sum()):
            return None
        alerts = most if point.own else min(point.alerts, most)
        return swap(alerted(self._rules, weights, alerts), alerted(self._model, weights, alerts))

    def alone(self, point: Point, weights: Weights) -> Shares:
        """Return whom the model alerts."""
        return alerted(self._model, weights, point.alerts)

    def __call__(self, weights: Weights) -> dict[str, float]:
        found = {
            f"{place}.{name}": value
            for place, point in enumerate(self.points)
            for name, value in self._figures(point, weights).items()
        }
        heights = self._heights(weights)
        return found | {f"curve.{name}.{n}": v for name, vs in heights.items() for n, v in vs}

    def _figures(self, point: Point, weights: Weights) -> dict[str, float]:
        labels, days = self.judged.labels, self.judged.known.days
        frauds = float(weights @ labels)
        both = self.at(point, weights)
        if both is None:
            return _side("model", self.alone(point, weights), weights, labels, frauds)
        model = _side("model", both.model, weights, labels, frauds)
        rules = _side("rules", both.rules, weights, labels, frauds)
        cells = {}
        for name, shares in both._asdict().items():
            cells[f"{name}_alerts"], cells[f"{name}_frauds"] = counts(shares, weights, labels)
            cells[f"{name}_days"] = middle(days, shares * weights * labels)
        more = {
            f"more_{name}": model[f"model_{name}"] - rules[f"rules_{name}"]
            for name in ("frauds", "share", "innocents_per_fraud")
        }
        return model | rules | cells | more

    def _heights(self, weights: Weights) -> dict[str, list[tuple[int, float]]]:
        """Return frauds found on the grid by both; NaN beyond what the rules raise."""
        most = float(self._hits.sum())
        reached = float(self._hits @ weights)
        model = _found(curve(self._model, weights), self.grid)
        rules = _found(curve(self._rules, weights), np.minimum(self.grid, reached))
        rules = np.where(self.grid <= most, rules, np.nan)
        return {
            "model": list(enumerate(model.tolist())),
            "rules": list(enumerate(rules.tolist())),
        }


def points_of(judged: Judged, asked: Sequence[float]) -> list[Point]:
    """Choose numbers of alerts: those asked a day, else a grid; and the rules' own."""
    own = float((judged.points > 0).sum())
    a_day = asked or _grid(judged, own)
    points = [Point(each * judged.days, own=False) for each in a_day]
    return sorted([*points, Point(own, own=True)])


def with_intervals(sides: Sides, how: Drawing) -> Mapping[str, Record]:
    """Return every figure of ``sides`` as ``{value, low, high}``."""
    judged = sides.judged
    ones = np.ones(len(judged.labels))
    drawn = resampled(
        Rows(judged.labels, ones, judged.times), sides, draws=how.draws, seed=how.seed
    )
    return {name: told(value, interval(drawn[name])) for name, value in sides(ones).items()}


def _grid(judged: Judged, own: float) -> list[float]:
    most = max(HIGHEST * len(judged.labels), own) / judged.days
    steps = [one * 10.0**power for power in range(-2, 7) for one in SERIES]
    return [each for each in steps if LEAST / judged.days <= each <= most][-POINTS:]


def _side(
    name: str, shares: Shares, weights: Weights, labels: Labels, frauds: float
) -> dict[str, float]:
    alerts, found = counts(shares, weights, labels)
    return {
        f"{name}_alerts": alerts,
        f"{name}_frauds": found,
        f"{name}_share": found / frauds,
        f"{name}_innocents_per_fraud": (alerts - found) / found if found > 0 else np.nan,
    }


def _found(ranked: Curve, alerts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(alerts, ranked.guilty + ranked.innocent, ranked.guilty)

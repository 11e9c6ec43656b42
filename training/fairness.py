"""Fairness: whom the recommendation to review hits, group by group of a protected input.

The figure of the gate is the lowest false-positive rate of a group over the highest: how much more
often the innocent of one group are looked at than those of another. Rows of whom nobody knows the
group are shown and not compared.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.bootstrap import DRAWS, Interval, Rows, Weights, interval, resampled
from training.datasets import Dataset
from training.groups import UNKNOWN, Groups, protected_groups
from training.judge import Answers
from training.rules import Flagged, reviewed


class Group(NamedTuple):
    """One group of rows; what has no rows to go by is NaN."""

    name: str
    rows: int
    frauds: int
    expected_false_positives: float
    fpr: float
    fpr_interval: Interval
    tpr: float
    tpr_interval: Interval
    observed_over_expected: float
    observed_over_expected_interval: Interval


class Fairness(NamedTuple):
    """What one protected input shows: its groups, and the ratio of their extremes."""

    feature: str
    groups: tuple[Group, ...]
    ratio: float
    ratio_interval: Interval

    def as_record(self) -> dict[str, Any]:
        return {
            "feature": self.feature,
            "ratio": _told(self.ratio, self.ratio_interval),
            "groups": [_group_record(each) for each in self.groups],
        }

    @property
    def fewest(self) -> float:
        """False positives to expect in the group that has fewest."""
        known = [each for each in self.groups if each.name != UNKNOWN]
        return min(each.expected_false_positives for each in known)


def _told(value: float, around: Interval) -> dict[str, float]:
    return {"value": value, "low": around.low, "high": around.high}


def _group_record(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "rows": group.rows,
        "frauds": group.frauds,
        "expected_false_positives": group.expected_false_positives,
        "fpr": _told(group.fpr, group.fpr_interval),
        "tpr": _told(group.tpr, group.tpr_interval),
        "observed_over_expected": _told(
            group.observed_over_expected, group.observed_over_expected_interval
        ),
    }


def fairness(
    dataset: Dataset, given: Answers, *, draws: int = DRAWS, seed: int = 0
) -> list[Fairness]:
    """Judge by each protected input that the rows' file has, of at least two known groups."""
    grouped = protected_groups(dataset)
    judged = [each for each in grouped if len(set(each.names) - {UNKNOWN}) > 1]
    return [_of(each, dataset, given, draws=draws, seed=seed) for each in judged]


def _of(groups: Groups, dataset: Dataset, given: Answers, *, draws: int, seed: int) -> Fairness:
    measure = _Measure(groups, dataset, given)
    values = measure(dataset.weights)
    rows = Rows(dataset.labels, dataset.weights, dataset.times)
    drawn = resampled(rows, measure, draws=draws, seed=seed)
    return Fairness(
        feature=groups.feature,
        groups=tuple(
            _group(number, name, groups, dataset, measure, values, drawn)
            for number, name in enumerate(groups.names)
        ),
        ratio=values["ratio"],
        ratio_interval=interval(drawn["ratio"]),
    )


def _group(  # noqa: PLR0913, PLR0917 - all of one row
    number: int,
    name: str,
    groups: Groups,
    dataset: Dataset,
    measure: "_Measure",
    values: dict[str, float],
    drawn: dict[str, NDArray[np.float64]],
) -> Group:
    ours = groups.places == number
    rate = float(np.average(measure.flagged[measure.innocent]))
    found: list[Any] = []
    for figure in ("fpr", "tpr", "observed_over_expected"):
        found += [values[f"{figure} {number}"], interval(drawn[f"{figure} {number}"])]
    innocents = int((ours & measure.innocent).sum())
    frauds = int(dataset.labels[ours].sum())
    return Group(name, int(ours.sum()), frauds, rate * innocents, *found)


class _Measure:
    """Every figure of every group for given row weights."""

    def __init__(self, groups: Groups, dataset: Dataset, given: Answers) -> None:
        self.places, self.count = groups.places, len(groups.names)
        self.known = np.array([name != UNKNOWN for name in groups.names])
        self.flagged: Flagged = reviewed(given)
        self.innocent: Flagged = dataset.labels == 0
        self.claimed = given.probabilities

    def __call__(self, weights: Weights) -> dict[str, float]:
        fpr = self._share(weights * self.innocent)
        tpr = self._share(weights * ~self.innocent)
        observed = self._sum(weights * ~self.innocent)
        ratio = _over(observed, self._sum(weights * self.claimed))
        found = {"ratio": lowest_over_highest(fpr[self.known])}
        for number in range(self.count):
            found[f"fpr {number}"] = float(fpr[number])
            found[f"tpr {number}"] = float(tpr[number])
            found[f"observed_over_expected {number}"] = float(ratio[number])
        return found

    def _share(self, weights: Weights) -> Weights:
        return _over(self._sum(weights * self.flagged), self._sum(weights))

    def _sum(self, weights: Weights) -> Weights:
        return np.bincount(self.places, weights, self.count).astype(np.float64)


def _over(part: Weights, whole: Weights) -> Weights:
    nothing = np.full(len(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=nothing, where=whole > 0))


def lowest_over_highest(rates: Weights) -> float:
    """Return 1 where no group is hit at all, NaN where none has a rate."""
    known = rates[~np.isnan(rates)]
    if not len(known):
        return float("nan")
    return float(known.min() / known.max()) if known.max() > 0 else 1.0

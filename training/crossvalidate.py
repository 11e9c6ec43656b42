"""Cross-validate: what a recipe reaches on data, without a bundle."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedKFold

from riskscore.model.trees import Trees
from training.calibrate import calibrate
from training.datasets import Dataset, Places
from training.doubts import warn_of_copies
from training.errors import TooFewRows
from training.fit import grow
from training.metrics import Figures, Judged, metrics
from training.progress import counting
from training.splits import check_slice, cut

INNER = 0.15  # share of a training fold that decides the rounds


class Folds(NamedTuple):
    """How to cut: repeat r is shuffled with seed ``seed + r``."""

    folds: int
    repeats: int
    seed: int = 0


def crossvalidate(dataset: Dataset, how: Folds) -> dict[str, Any]:
    """Return the mean of every figure over all folds, and its standard deviation as ``*_sd``.

    Raises:
        TooFewRows: Fewer rows of one label than folds.
    """
    rarer = min(dataset.positives, len(dataset) - dataset.positives)
    if rarer < 2 * how.folds:
        raise TooFewRows(
            f"{dataset.file}: {rarer} rows of the rarer label are too few for {how.folds} folds: "
            f"expected at least {2 * how.folds}"
        )
    warn_of_copies(dataset)
    with counting("Cross-validating", total=how.folds * how.repeats) as advance:
        found = []
        for train, test, seed in _folds(dataset, how):
            found.append(metrics(_judged(dataset, train, test, seed=seed)))
            advance(1)
    return {
        "product": dataset.product.name,
        "rows": len(dataset),
        "positives": dataset.positives,
        "folds": how.folds,
        "repeats": how.repeats,
        "seed": how.seed,
        **summary(found),
    }


class Fold(NamedTuple):
    """Places of one fold's rows, and its seed."""

    train: Places
    test: Places
    seed: int


def _folds(dataset: Dataset, how: Folds) -> Iterator[Fold]:
    for seed in range(how.seed, how.seed + how.repeats):
        cutter = StratifiedKFold(how.folds, shuffle=True, random_state=seed)
        for train, test in cutter.split(dataset.labels, dataset.labels):
            yield Fold(train, test, seed)


def _judged(dataset: Dataset, train: Places, test: Places, *, seed: int) -> Judged:
    """Fit on a fold: an inner slice decides rounds and calibration, then all rows are used."""
    inner = cut(dataset.labels[train], None, (1 - INNER, INNER), seed=seed)
    fit, stop = (train[part] for part in inner)
    check_slice(dataset, stop, f"{dataset.file}: the slice that decides the rounds")
    grown = grow(dataset, fit, stop, seed=seed)
    calibration = calibrate(
        Trees(grown.stopped).margins(dataset.matrix[stop])[:, 0],
        dataset.labels[stop],
        dataset.weights[stop],
    )
    margins = Trees(grown.final).margins(dataset.matrix[test])[:, 0]
    return Judged(
        margins, calibration.probabilities(margins), dataset.labels[test], dataset.weights[test]
    )


def summary(found: Sequence[Figures]) -> dict[str, Any]:
    """Average figures over folds; of nested ones each on its own."""
    averaged: dict[str, Any] = {}
    for name, first in found[0].items():
        each = [figures[name] for figures in found]
        if isinstance(first, dict):
            inner = summary([dict(one) for one in each if isinstance(one, Mapping)])
            averaged[name] = {key: inner[key] for key in first}
            averaged[f"{name}_sd"] = {key: inner[f"{key}_sd"] for key in first}
        else:
            numbers = [one for one in each if isinstance(one, float)]
            averaged[name] = float(np.mean(numbers)) if numbers else None
            averaged[f"{name}_sd"] = float(np.std(numbers, ddof=1)) if len(numbers) > 1 else None
    return averaged

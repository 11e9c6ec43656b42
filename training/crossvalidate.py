"""Cross-validate: what a recipe, or a search for one, reaches on data, without a bundle."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
from training.tune import Search, Tuned, tune_on

INNER = 0.15  # share of a training fold that decides the rounds


class Folds(NamedTuple):
    """How to cut: repeat r is shuffled with seed ``seed + r``."""

    folds: int
    repeats: int
    seed: int = 0


def crossvalidate(dataset: Dataset, how: Folds, search: Search | None = None) -> dict[str, Any]:
    """Return the mean of every figure over all folds, and its standard deviation as ``*_sd``.

    Args:
        dataset: The rows.
        how: How to cut them.
        search: For a better recipe, anew in every fold and on its training rows alone, so that no
            row is judged by a recipe that it helped to choose.

    Raises:
        TooFewRows: Fewer rows of one label than folds.
        OptionInvalid: The file of the search is of other rows or folds, or no study.
    """
    check_folds(dataset, how)
    warn_of_copies(dataset)
    with counting("Cross-validating", total=how.folds * how.repeats) as advance:
        found, searched = [], []
        for fold in folds_of(dataset, how):
            tuned = None if search is None else searched_in(fold, dataset, search)
            found.append(metrics(judged(with_recipe(dataset, tuned), fold)))
            searched += [] if tuned is None else [{"fold": fold.name, **tuned.record}]
            advance(1)
    return {
        "product": dataset.product.name,
        "rows": len(dataset),
        "positives": dataset.positives,
        "folds": how.folds,
        "repeats": how.repeats,
        "seed": how.seed,
        **summary(found),
        **({} if search is None else {"tuning": searched}),
    }


def check_folds(dataset: Dataset, how: Folds) -> None:
    """Refuse folds that would hold next to nothing of one label.

    Raises:
        TooFewRows: Says how many of each there are.
    """
    rarer = min(dataset.positives, len(dataset) - dataset.positives)
    if rarer < 2 * how.folds:
        raise TooFewRows(
            f"{dataset.file}: {rarer} rows of the rarer label are too few for {how.folds} folds: "
            f"expected at least {2 * how.folds}"
        )


class Fold(NamedTuple):
    """Places of a fold's rows, its seed, and its name: ``0.3`` is the third fold of seed 0."""

    train: Places
    test: Places
    seed: int
    name: str


def folds_of(dataset: Dataset, how: Folds) -> Iterator[Fold]:
    """Cut, repeat by repeat, each fold with as much fraud as the whole."""
    for seed in range(how.seed, how.seed + how.repeats):
        cutter = StratifiedKFold(how.folds, shuffle=True, random_state=seed)
        cuts = cutter.split(dataset.labels, dataset.labels)
        for number, (train, test) in enumerate(cuts, start=1):
            yield Fold(train, test, seed, f"{seed}.{number}")


def searched_in(fold: Fold, dataset: Dataset, search: Search) -> Tuned:
    """Search on the training rows of a fold; the file keeps a study of each."""
    return tune_on(dataset, fold.train, search, seed=fold.seed, name=f"fold {fold.name}")


def with_recipe(dataset: Dataset, tuned: Tuned | None) -> Dataset:
    if tuned is None:
        return dataset
    return replace(dataset, product=replace(dataset.product, recipe=tuned.recipe))


def judged(dataset: Dataset, fold: Fold) -> Judged:
    """Fit on a fold: an inner slice decides rounds and calibration, then all rows are used."""
    inner = cut(dataset.labels[fold.train], None, (1 - INNER, INNER), seed=fold.seed)
    fit, stop = (fold.train[part] for part in inner)
    check_slice(dataset, stop, f"{dataset.file}: the slice that decides the rounds")
    grown = grow(dataset, fit, stop, seed=fold.seed)
    calibration = calibrate(
        Trees(grown.stopped).margins(dataset.matrix[stop])[:, 0],
        dataset.labels[stop],
        dataset.weights[stop],
    )
    margins = Trees(grown.final).margins(dataset.matrix[fold.test])[:, 0]
    return Judged(
        margins,
        calibration.probabilities(margins),
        dataset.labels[fold.test],
        dataset.weights[fold.test],
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

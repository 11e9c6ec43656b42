"""Reason stability: would other rows of the same kind have given a person the same reasons?"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from riskscore.model.reasons import LEAST, MOST, by_code
from riskscore.model.trees import Trees
from riskscore.product.encode import Matrix
from riskscore.product.spec import Product
from training.bootstrap import Interval
from training.datasets import Dataset
from training.fit import grow, regrow
from training.progress import counting
from training.shares import share_interval
from training.splits import split
from training.thresholds import threshold

EXPLAINED = 300  # rows of the test slice, those that the rule hits hardest


class ReasonStability(NamedTuple):
    """How often reasons stay when the rows they were learned from are drawn anew.

    Attributes:
        refits: How many other draws.
        rows: How many applications, all of which a person would look at.
        first: Share of them, over all refits, whose first code stays.
        first_interval: Of that share, as if refits and rows were all of one kind.
        top: Mean share of the codes told, at most four, that are told again.
        lowest: Share whose first code stays, in the refit that keeps fewest.
    """

    refits: int
    rows: int
    first: float
    first_interval: Interval
    top: float
    lowest: float


def reason_stability(dataset: Dataset, *, refits: int, seed: int = 0) -> ReasonStability:
    """Fit as a fit does, then on bootstraps of the same rows, and compare what is told.

    Raises:
        TooFewRows: Some slice would have only one label.
    """
    parts = split(dataset, seed=seed)
    learned = np.union1d(parts.fit, parts.stop)
    grown = grow(dataset, parts.fit, parts.stop, seed=seed)
    trees = Trees(grown.final)
    rows = _looked_at(trees, dataset, parts.calibrate, parts.test)
    told = codes_told(dataset.product, trees, rows)
    rng = np.random.default_rng(seed)
    first, top = [], []
    with counting("Fitting on other draws", total=refits) as advance:
        for number in range(refits):
            drawn = np.sort(rng.choice(learned, len(learned)))
            other = Trees(regrow(dataset, drawn, grown.rounds, seed=seed + 1 + number))
            again = codes_told(dataset.product, other, rows)
            first.append([_first_stays(*pair) for pair in zip(told, again, strict=True)])
            top.append([_kept(*pair) for pair in zip(told, again, strict=True)])
            advance(1)
    stays = np.array(first)
    return ReasonStability(
        refits=refits,
        rows=len(rows),
        first=float(stays.mean()),
        first_interval=share_interval(int(stays.sum()), stays.size),
        top=float(np.mean(top)),
        lowest=float(stays.mean(axis=1).min()),
    )


def codes_told(product: Product, trees: Trees, rows: Matrix) -> list[list[str]]:
    """List the reason codes of each row as serving would, largest first."""
    contributions = trees.explain(rows).contributions[:, 0, :-1]
    told = []
    for row in contributions:
        sums = by_code(product, row.tolist())
        raising = [code for code, total in sums.items() if total >= LEAST]
        told.append(sorted(raising, key=lambda code: -sums[code])[:MOST])
    return told


def _looked_at(trees: Trees, dataset: Dataset, calibrate: np.ndarray, test: np.ndarray) -> Matrix:
    """Take the later rows that a person would look at, or the riskiest one."""
    review = threshold(
        trees.margins(dataset.matrix[calibrate])[:, 0],
        dataset.labels[calibrate],
        dataset.weights[calibrate],
        dataset.product.recipe.review_fpr,
    )
    margins = trees.margins(dataset.matrix[test])[:, 0]
    highest = np.argsort(-margins, kind="stable")[:EXPLAINED]
    chosen = highest[: max(1, int((margins[highest] >= review).sum()))]
    looked_at: Matrix = dataset.matrix[test[chosen]]
    return looked_at


def _first_stays(told: Sequence[str], again: Sequence[str]) -> bool:
    return list(told[:1]) == list(again[:1])


def _kept(told: Sequence[str], again: Sequence[str]) -> float:
    return len(set(told) & set(again)) / len(told) if told else float(not again)

"""Judge rows column by column: what one request and a portfolio of millions have in common."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskscore.model.bundle import Bundle
from riskscore.model.reasons import Reason, reasons_of
from riskscore.model.scale import Level, Recommendation, levels, recommendations
from riskscore.product.encode import Matrix, rounded
from riskscore.product.values import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the model says about some rows, in their order.

    Attributes:
        exact: The model's columns in float64, shape (n_rows, n_columns).
        matrix: The same as the model sees them, in float32.
        coverage: Share of what usually moves the model that is known of each row.
    """

    exact: Values
    matrix: Matrix
    margins: NDArray[np.float32]
    probabilities: Values
    scores: NDArray[np.int64]
    coverage: Values
    block_score: int

    @property
    def levels(self) -> list[Level]:
        return levels(self.scores)

    @property
    def recommendations(self) -> list[Recommendation]:
        return recommendations(self.scores, self.block_score)


def judge(bundle: Bundle, exact: Values) -> Judgement:
    """Score rows.

    Args:
        bundle: The model.
        exact: Its columns in model order in float64, shape (n_rows, n_columns), NaN where missing.
    """
    matrix = rounded(exact)
    return judged(bundle, exact, matrix, bundle.trees.margins(matrix))


def judged(bundle: Bundle, exact: Values, matrix: Matrix, raw: NDArray[np.float32]) -> Judgement:
    """Score rows whose margins are known, raw as the trees give them, shape (n_rows, 1)."""
    margins = raw[:, 0]
    probabilities = bundle.calibration.probabilities(margins)
    scores = bundle.scale.scores(probabilities)
    return Judgement(
        exact=exact,
        matrix=matrix,
        margins=margins,
        probabilities=probabilities,
        scores=scores,
        coverage=coverage(exact, bundle.importance),
        block_score=bundle.thresholds.block_score,
    )


def coverage(exact: Values, importance: Values) -> Values:
    """Weigh what each row knows by how much it usually moves the model; 1 if nothing does."""
    total = importance.sum()
    if not total:
        return np.ones(len(exact))
    known: Values = np.where(np.isnan(exact), 0.0, importance).sum(axis=1) / total
    return known.clip(max=1)


def explain(bundle: Bundle, judgement: Judgement, language: str) -> list[list[Reason]]:
    """Give each row's reasons, largest first."""
    shares = bundle.trees.contributions(judgement.matrix)[:, 0, :-1]
    return [
        reasons_of(bundle.product, share, row, language=language)
        for share, row in zip(shares, judgement.exact, strict=True)
    ]

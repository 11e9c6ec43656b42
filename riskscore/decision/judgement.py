"""Judge rows column by column: what one request and a portfolio of millions have in common."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from riskscore.model.bundle import Bundle
from riskscore.model.cutting import Cuts
from riskscore.model.reasons import Reason, reasons_of
from riskscore.model.scale import (
    RECOMMENDATIONS,
    Level,
    Recommendation,
    levels,
    recommendation_places,
)
from riskscore.product.encode import Matrix, rounded
from riskscore.product.values import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the model says about some rows, in their order.

    Attributes:
        exact: The model's columns in float64, shape (n_rows, n_columns).
        contributions: Of the model's columns in log-odds, shape (n_rows, n_columns); None where
            nobody asked for reasons.
        coverage: Share of what usually moves the model that is known of each row.
        cuts: The thresholds of each row; None where all go by the common ones.
    """

    exact: Values
    contributions: NDArray[np.float32] | None
    margins: NDArray[np.float32]
    probabilities: Values
    scores: NDArray[np.int64]
    coverage: Values
    block_score: int
    cuts: Cuts | None

    @property
    def levels(self) -> list[Level]:
        return levels(self.scores)

    @property
    def recommendations(self) -> list[Recommendation]:
        return [RECOMMENDATIONS[place] for place in self.recommendation_places.tolist()]

    @property
    def recommendation_places(self) -> NDArray[np.int64]:
        if self.cuts is None:
            return recommendation_places(self.scores, self.block_score)
        return self.cuts.recommendation_places(self.scores)


def judge(bundle: Bundle, exact: Values, *, cuts: Cuts | None, reasons: bool = True) -> Judgement:
    """Score rows.

    Args:
        bundle: The model.
        exact: Its columns in model order in float64, shape (n_rows, n_columns), NaN where missing.
        cuts: What ``bundle.cutter`` says of the rows; None where there is none.
        reasons: Whether ``explain`` will be asked.
    """
    margins, contributions = _walked(bundle, rounded(exact), reasons=reasons)
    probabilities = bundle.calibration.probabilities(margins)
    scores = bundle.scale.scores(probabilities)
    return Judgement(
        exact=exact,
        contributions=contributions,
        margins=margins,
        probabilities=probabilities,
        scores=scores,
        coverage=coverage(exact, bundle.importance),
        block_score=bundle.thresholds.block_score,
        cuts=cuts,
    )


def _walked(
    bundle: Bundle, matrix: Matrix, *, reasons: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    if not reasons:
        return bundle.trees.margins(matrix)[:, 0], None
    margins, contributions = bundle.trees.explain(matrix)
    return margins[:, 0], contributions[:, 0, :-1]


def coverage(exact: Values, importance: Values) -> Values:
    """Weigh what each row knows by how much it usually moves the model; 1 if nothing does."""
    total = importance.sum()
    if not total:
        return np.ones(len(exact))
    known: Values = np.where(np.isnan(exact), 0.0, importance).sum(axis=1) / total
    return np.minimum(known, 1)


def explain(
    bundle: Bundle,
    judgement: Judgement,
    language: str,
    shared: Sequence[Collection[str]] | None = None,
) -> list[list[Reason]]:
    """Give each row's reasons, largest first; there are none where they were not asked for.

    Args:
        bundle: The model.
        judgement: What it says of the rows.
        language: Of the texts.
        shared: Of each row the columns that other tenants have a part in; None of none.
    """
    if judgement.contributions is None:
        return [[] for _ in judgement.margins]
    return [
        reasons_of(bundle.product, share, row, language=language, shared=partly)
        for share, row, partly in zip(
            judgement.contributions,
            judgement.exact,
            shared or repeat((), len(judgement.exact)),
            strict=True,
        )
    ]

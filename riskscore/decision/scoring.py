"""Score applications: what we say, why, and what we did not know."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from riskscore.decision.judgement import explain, judge
from riskscore.model.bundle import Bundle
from riskscore.model.reasons import Reason
from riskscore.model.scale import Level, Recommendation
from riskscore.product.application import Application
from riskscore.product.encode import values
from riskscore.product.past import GapCode, Past, unavailable
from riskscore.product.spec import Derived, History, Product
from riskscore.product.values import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something the model would have used and did not get."""

    code: GapCode
    feature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What we say about one application.

    Attributes:
        exact: The values of the model's columns, shape (n_columns,), NaN where missing.
        reasons: What raised the risk, largest first.
        coverage: Share of what usually moves the model that was known here.
    """

    exact: Values = field(compare=False)
    margin: float
    probability: float
    score: int
    level: Level
    recommendation: Recommendation
    reasons: Sequence[Reason]
    data_quality: Sequence[Gap]
    coverage: float


def without_past(product: Product, applications: Sequence[Application]) -> Past:
    """Say of every application that there was no store to ask."""
    held = {
        each.name: np.array([each.name in row.entities for row in applications])
        for each in product.entities
    }
    return unavailable(product, held)


def assess_applications(
    bundle: Bundle, applications: Sequence[Application], past: Past, *, language: str = "en"
) -> list[Assessment]:
    """Score applications with what is known of their past, in their order."""
    product = bundle.product
    columns = {
        each.name: values(each, [row.features.get(each.name) for row in applications])
        for each in product.inputs
        if each.model
    }
    judgement = judge(bundle, columns, past)
    reasons = explain(bundle, judgement, language)
    return [
        Assessment(
            exact=judgement.exact[row],
            margin=float(judgement.margins[row]),
            probability=float(judgement.probabilities[row]),
            score=int(judgement.scores[row]),
            level=judgement.levels[row],
            recommendation=judgement.recommendations[row],
            reasons=reasons[row],
            data_quality=gaps(product, judgement.exact[row], past, row),
            coverage=float(judgement.coverage[row]),
        )
        for row in range(len(applications))
    ]


def gaps(product: Product, exact: Values, past: Past, row: int) -> list[Gap]:
    """Name what one row did not know; what is derived from it is not named again.

    Args:
        product: Whose columns.
        exact: The row's values in model order, shape (n_columns,).
        past: Of all rows.
        row: Which of them this is.
    """
    found = []
    for place in np.flatnonzero(np.isnan(exact)):
        feature = product.columns[place]
        code = past.gaps[feature.name][row] if isinstance(feature, History) else "MISSING"
        if code and not isinstance(feature, Derived):
            found.append(Gap(code=code, feature=feature.name))
    return found

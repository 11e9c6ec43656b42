"""Score applications: what we say, why, and what we did not know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from riskscore.model.bundle import Bundle
from riskscore.model.reasons import Reason, reasons_of
from riskscore.model.scale import Level, Recommendation, level, recommendation
from riskscore.product.encode import Matrix, complete, rounded, values
from riskscore.product.past import GapCode, Past, unavailable
from riskscore.product.spec import Derived, History, Product
from riskscore.product.values import Values

Purpose = Literal["onboard", "rescreen", "backfill", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One row sent for scoring, already found valid.

    Attributes:
        occurred_at: Microseconds since 1970 in UTC; so the values of ``since``.
        entities: Name -> canonical identifier; absent ones are not in it.
        since: Entity name -> when this identifier started afresh with its holder.
        features: Name -> value as sent; absent ones are not in it or None.
    """

    reference: str
    occurred_at: int
    purpose: Purpose
    entities: Mapping[str, str]
    since: Mapping[str, int]
    features: Mapping[str, str | bool | int | float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something the model would have used and did not get."""

    code: GapCode
    feature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What we say about one application.

    Attributes:
        reasons: What raised the risk, largest first; empty when not asked for.
        coverage: Share of what usually moves the model that was known here.
    """

    margin: float
    probability: float
    score: int
    level: Level
    recommendation: Recommendation
    reasons: Sequence[Reason]
    data_quality: Sequence[Gap]
    coverage: float


def assess_applications(
    bundle: Bundle, applications: Sequence[Application], *, language: str = "en"
) -> list[Assessment]:
    """Score applications, each on its own, in their order."""
    product = bundle.product
    columns = {
        each.name: values(each, [row.features.get(each.name) for row in applications])
        for each in product.inputs
        if each.model
    }
    held = {
        each.name: np.array([each.name in row.entities for row in applications])
        for each in product.entities
    }
    return assess(bundle, columns, unavailable(product, held), language=language)


def assess(
    bundle: Bundle,
    columns: Mapping[str, Values],
    past: Past,
    *,
    language: str = "en",
    explain: bool = True,
) -> list[Assessment]:
    """Score rows given column by column.

    Args:
        bundle: The model.
        columns: Name -> values, shape (n_rows,), of every input of the model.
        past: Of the same rows.
        language: Of the reason texts.
        explain: False leaves the reasons empty and saves most of the time.
    """
    exact = complete(bundle.product, {**columns, **past.values})
    matrix = rounded(exact)
    margins = bundle.trees.margins(matrix)[:, 0]
    probabilities = bundle.calibration.probabilities(margins)
    scores = bundle.scale.scores(probabilities).tolist()
    reasons = _reasons(bundle, exact, matrix, language) if explain else [[] for _ in scores]
    covered = coverage(exact, bundle.importance)
    return [
        Assessment(
            margin=float(margins[row]),
            probability=float(probabilities[row]),
            score=score,
            level=level(score),
            recommendation=recommendation(score, bundle.thresholds.block_score),
            reasons=reasons[row],
            data_quality=gaps(bundle.product, exact[row], past, row),
            coverage=float(covered[row]),
        )
        for row, score in enumerate(scores)
    ]


def _reasons(bundle: Bundle, exact: Values, matrix: Matrix, language: str) -> list[list[Reason]]:
    shares = bundle.trees.explain(matrix).contributions[:, 0, :-1]
    return [
        reasons_of(bundle.product, share, row, language=language)
        for share, row in zip(shares, exact, strict=True)
    ]


def coverage(exact: Values, importance: Values) -> Values:
    """Weigh what each row knows by how much it usually moves the model; 1 if nothing does."""
    total = importance.sum()
    if not total:
        return np.ones(len(exact))
    known: Values = np.where(np.isnan(exact), 0.0, importance).sum(axis=1) / total
    return known.clip(max=1)


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

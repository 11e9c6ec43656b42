"""Score applications: what we say, why, and what we did not know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from riskscore.model.bundle import Bundle
from riskscore.model.reasons import Reason, reasons_of
from riskscore.model.scale import Level, Recommendation, level, recommendation
from riskscore.product.encode import complete, rounded, values
from riskscore.product.spec import Derived, Product
from riskscore.product.values import Values

Purpose = Literal["onboard", "rescreen", "backfill", "test"]
GapCode = Literal["MISSING", "HISTORY_UNAVAILABLE", "HISTORY_SHORT"]


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
    return assess(bundle, columns, held, language=language)


def assess(
    bundle: Bundle,
    columns: Mapping[str, Values],
    held: Mapping[str, np.ndarray],
    *,
    language: str = "en",
    explain: bool = True,
) -> list[Assessment]:
    """Score rows given column by column.

    Args:
        bundle: The model.
        columns: Name -> values, shape (n_rows,), of every input of the model.
        held: Entity name -> whether a row has that identifier, shape (n_rows,).
        language: Of the reason texts.
        explain: False leaves the reasons empty and saves most of the time.
    """
    product = bundle.product
    n_rows = len(next(iter(columns.values()), next(iter(held.values()), np.empty(0))))
    nothing = np.full(n_rows, np.nan)
    exact = complete(product, {**columns, **{each.name: nothing for each in product.history}})
    matrix = rounded(exact)
    margins = bundle.trees.margins(matrix)[:, 0]
    probabilities = bundle.calibration.probabilities(margins)
    scores = bundle.scale.scores(probabilities).tolist()
    shares = bundle.trees.explain(matrix).contributions[:, 0, :-1] if explain else None
    covered = coverage(exact, bundle.importance).tolist()
    return [
        Assessment(
            margin=float(margins[row]),
            probability=float(probabilities[row]),
            score=scores[row],
            level=level(scores[row]),
            recommendation=recommendation(scores[row], bundle.thresholds.block_score),
            reasons=[]
            if shares is None
            else reasons_of(product, shares[row], exact[row], language=language),
            data_quality=gaps(
                product, exact[row], {name: bool(each[row]) for name, each in held.items()}
            ),
            coverage=covered[row],
        )
        for row in range(n_rows)
    ]


def coverage(exact: Values, importance: Values) -> Values:
    """Weigh what each row knows by how much it usually moves the model; 1 if nothing does."""
    total = importance.sum()
    if not total:
        return np.ones(len(exact))
    return np.minimum(np.where(np.isnan(exact), 0, importance).sum(axis=1) / total, 1)


def gaps(product: Product, exact: Values, held: Mapping[str, bool]) -> list[Gap]:
    """Name what one row did not know; what is derived from it is not named again."""
    entity_of = {each.name: each.entity for each in product.history}
    return [
        Gap(code=_gap_code(entity_of.get(each.name), held), feature=each.name)
        for each, value in zip(product.columns, exact.tolist(), strict=True)
        if value != value and not isinstance(each, Derived)  # noqa: PLR0124 - only NaN is not itself
    ]


def _gap_code(entity: str | None, held: Mapping[str, bool]) -> GapCode:
    """Tell what was not sent from what no store could answer."""
    return "MISSING" if entity is None or not held[entity] else "HISTORY_UNAVAILABLE"

"""Score applications: what we say, why, and what we did not know."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import repeat

import numpy as np

from riskscore.decision.judgement import explain, judge
from riskscore.model.bundle import Bundle
from riskscore.model.by_group import TakenBy
from riskscore.model.cutting import Cuts
from riskscore.model.reasons import Reason
from riskscore.model.scale import Level, Recommendation
from riskscore.product.application import Application
from riskscore.product.encode import values
from riskscore.product.past import GapCode, Known
from riskscore.product.spec import Derived, History, Product

NAN = float("nan")
UNAVAILABLE, MISSING = Known(NAN, "HISTORY_UNAVAILABLE"), Known(NAN, "MISSING")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something the model would have used and did not get."""

    code: GapCode
    feature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What we say about one application.

    Attributes:
        exact: The values of the model's columns in float64, in model order, NaN where missing.
        reasons: What raised the risk, largest first.
        coverage: Share of what usually moves the model that was known here.
        shared: Names of the columns that other tenants have a part in.
        thresholds: Those it was taken by, where the bundle has some by group; else the common ones.
    """

    exact: Sequence[float] = field(compare=False)
    margin: float
    probability: float
    score: int
    level: Level
    recommendation: Recommendation
    reasons: Sequence[Reason]
    data_quality: Sequence[Gap]
    coverage: float
    shared: Collection[str] = ()
    thresholds: TakenBy | None = None


def without_past(product: Product, application: Application) -> dict[str, Known]:
    """Say of an application that there was no store to ask."""
    return {
        each.name: UNAVAILABLE if each.entity in application.entities else MISSING
        for each in product.history
    }


def assess_applications(
    bundle: Bundle,
    applications: Sequence[Application],
    past: Sequence[Mapping[str, Known]],
    *,
    language: str = "en",
) -> list[Assessment]:
    """Score applications with what is known of their past, in their order.

    Args:
        bundle: The model.
        applications: Valid ones.
        past: Of each, every history column by name.
        language: Of the reason texts.
    """
    exact = [
        bundle.encode_row(each.features, known)
        for each, known in zip(applications, past, strict=True)
    ]
    columns = np.array(exact).reshape(len(exact), len(bundle.product.columns))
    judgement = judge(bundle, columns, cuts=cuts_of(bundle, applications))
    shared = [shared_columns(bundle.product, each) for each in past]
    reasons = explain(bundle, judgement, language, shared)
    rows = zip(
        judgement.margins.tolist(),
        judgement.probabilities.tolist(),
        judgement.scores.tolist(),
        judgement.levels,
        judgement.recommendations,
        judgement.coverage.tolist(),
        repeat(None, len(exact)) if judgement.cuts is None else judgement.cuts.of_rows(),
        strict=True,
    )
    return [
        Assessment(
            exact=exact[place],
            margin=margin,
            probability=probability,
            score=score,
            level=level,
            recommendation=recommendation,
            reasons=reasons[place],
            data_quality=gaps(bundle.product, exact[place], past[place]),
            coverage=coverage,
            shared=shared[place],
            thresholds=taken_by,
        )
        for place, (
            margin,
            probability,
            score,
            level,
            recommendation,
            coverage,
            taken_by,
        ) in enumerate(rows)
    ]


def cuts_of(bundle: Bundle, applications: Sequence[Application]) -> Cuts | None:
    """Find the thresholds of each application; None where all go by the common ones."""
    cutter = bundle.cutter
    if cutter is None:
        return None
    name = cutter.feature.name
    return cutter(values(cutter.feature, [each.features.get(name) for each in applications]))


def shared_columns(product: Product, past: Mapping[str, Known]) -> Collection[str]:
    """Name the columns that other tenants have a part in, and those derived from them."""
    shared = {name for name, known in past.items() if known.shared}
    if not shared:
        return ()
    for each in product.computable:
        if isinstance(each, Derived) and shared.intersection(each.of):
            shared.add(each.name)
    return shared


def gaps(product: Product, exact: Sequence[float], past: Mapping[str, Known]) -> list[Gap]:
    """Name what one row did not know; what is derived from it is not named again.

    Args:
        product: Whose columns.
        exact: The row's values in model order.
        past: The row's history columns by name.
    """
    found = []
    for feature, value in zip(product.columns, exact, strict=True):
        if value == value or isinstance(feature, Derived):  # noqa: PLR0124 - only NaN differs
            continue
        code = past[feature.name].gap if isinstance(feature, History) else "MISSING"
        if code:
            found.append(gap(code, feature.name))
    return found


@cache
def gap(code: GapCode, feature: str) -> Gap:
    return Gap(code=code, feature=feature)

"""Why a score is as it is: exact Shapley values summed per reason code, and put into words."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskscore.model.bands import COUNTS, band
from riskscore.product.spec import Category, Feature, Flag, History, Integer, Product
from riskscore.product.values import Values

MOST = 4  # more do not help a person
LEAST = 0.1  # log-odds; less is noise to a reader
UNKNOWN = {"en": "not known", "th": "ไม่ทราบ"}
YES = {"en": "yes", "th": "ใช่"}
NO = {"en": "no", "th": "ไม่ใช่"}
PARTNER = {"en": " (with a partner's history)", "th": " (รวมประวัติจากองค์กรพันธมิตร)"}

Shown = str | bool | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One code that raised the risk, in log-odds, with the values behind it."""

    code: str
    contribution: float
    text: str
    features: Mapping[str, Shown]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedReason(Reason):
    """A reason that rests on another tenant's history too: of those values only bands are told.

    Attributes:
        contribution: To one decimal; more would tell a count.
        shared: Names of those features.
    """

    shared: Sequence[str]


def by_code(product: Product, shares: Sequence[float]) -> dict[str, float]:
    """Sum one row's contributions, in the order of the columns, per reason code."""
    sums = {}
    for code, places in product.codes.items():
        total = 0.0
        for place in places:  # sum() would correct its errors, from Python 3.12 on
            total += shares[place]
        sums[code] = total
    return sums


def reasons_of(
    product: Product,
    contributions: NDArray[np.floating],
    values: Values,
    *,
    language: str = "en",
    shared: Collection[str] = (),
) -> list[Reason]:
    """List what raised one row's risk, largest first.

    Args:
        product: Whose columns, codes and texts.
        contributions: Shapley values in log-odds, shape (n_columns,).
        values: Of the model columns in float64, shape (n_columns,), NaN where missing.
        language: Of the texts; English where a text has no such translation.
        shared: Columns that other tenants have a part in.
    """
    shares, known = contributions.tolist(), values.tolist()  # numpy's numbers are slow one by one
    sums = by_code(product, shares)
    raising = [code for code, total in sums.items() if total >= LEAST]
    reasons = []
    for code in sorted(raising, key=lambda each: -sums[each])[:MOST]:
        places = product.codes[code]
        features = {
            product.columns[place].name: told(product.columns[place], known[place], shared)
            for place in places
        }
        feature = product.columns[max(places, key=shares.__getitem__)]
        reason = Reason(
            code=code,
            contribution=round(sums[code], 4),
            text=text(feature, features[feature.name], language),
            features=features,
        )
        reasons.append(resting(reason, shared, language) if shared else reason)
    return reasons


def resting(reason: Reason, shared: Collection[str], language: str) -> Reason:
    """Say of a reason that it rests on another tenant's history too, if it does."""
    partly = [name for name in reason.features if name in shared]
    if not partly:
        return reason
    return SharedReason(
        code=reason.code,
        contribution=round(reason.contribution, 1),
        text=reason.text + PARTNER[language],
        features=reason.features,
        shared=partly,
    )


def told(feature: Feature, value: float, shared: Collection[str]) -> Shown:
    """Show a value, or its band where another tenant has a part in it."""
    if feature.name not in shared or math.isnan(value):
        return shown(feature, value)
    return band(feature, value)


def shown(feature: Feature, value: float) -> Shown:
    """Give a model value back as the caller knows it; None where missing."""
    if math.isnan(value):
        return None
    match feature:
        case Category(values=words):
            return words[int(value)]
        case Flag():
            return bool(value)
        case Integer():
            return int(value)
        case History(measure=measure) if measure in COUNTS:
            return int(value)
        case _:
            return float(value)


def text(feature: Feature, value: Shown, language: str) -> str:
    """Put what is told of a value into the feature's sentence."""
    language = language if language in feature.reason else "en"
    return feature.reason[language].replace("{value}", _worded(value, language))


def _worded(value: Shown, language: str) -> str:
    match value:
        case None:
            return UNKNOWN[language]
        case bool():
            return YES[language] if value else NO[language]
        case float():
            return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.2g}"
        case _:
            return str(value)

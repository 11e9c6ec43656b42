"""Golden rows: synthetic rows with the answers they must get, checked again at every load.

They prove the whole way from a sent value to a probability: a changed encoder, another library
or a damaged booster scores them differently. They are drawn from the declaration alone, so that
no row of any customer travels in a bundle.
"""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

import numpy as np

from riskscore.model.calibration import Calibration
from riskscore.model.reasons import by_code
from riskscore.model.trees import Trees
from riskscore.product.encode import encode, values
from riskscore.product.spec import Category, Flag, History, Input, Integer, Number, Product
from riskscore.product.values import Values

ROWS = 20
SEED = 20
MISSING = 0.1
TOLERANCE = 1e-4  # log-odds; another release of xgboost may sum in another order

Row = dict[str, Any]


def golden_rows(
    product: Product, trees: Trees, calibration: Calibration, *, seed: int = SEED
) -> list[Row]:
    """Draw rows and answer them; each is ``{values, margin, probability, reasons}``."""
    rng = np.random.default_rng(seed)
    drawn = [_draw(product, rng) for _ in range(ROWS)]
    return [
        {"values": row, **answer}
        for row, answer in zip(drawn, _answers(product, trees, calibration, drawn), strict=True)
    ]


def difference(
    product: Product, trees: Trees, calibration: Calibration, golden: Sequence[Row]
) -> float:
    """Answer the golden rows again and return the largest deviation, in log-odds.

    Raises:
        KeyError, TypeError, ValueError: There are no rows, or not of this product.
    """
    if not golden:
        raise ValueError("no golden rows")
    answers = _answers(product, trees, calibration, [row["values"] for row in golden])
    return max(_deviation(now, row) for now, row in zip(answers, golden, strict=True))


def _deviation(now: Row, row: Row) -> float:
    if now["reasons"].keys() != row["reasons"].keys():
        raise ValueError("not the codes of the product")
    parts = [now["margin"] - row["margin"], now["probability"] - row["probability"]]
    parts += [now["reasons"][code] - share for code, share in row["reasons"].items()]
    return float(np.max(np.abs(parts)))


def _answers(
    product: Product, trees: Trees, calibration: Calibration, rows: Sequence[Mapping[str, Any]]
) -> list[Row]:
    matrix = encode(product, _columns(product, rows))
    margins, contributions = trees.explain(matrix)
    probabilities = calibration.probabilities(margins[:, 0])
    return [
        {
            "margin": float(margins[row, 0]),
            "probability": float(probabilities[row]),
            "reasons": by_code(product, contributions[row, 0, :-1].tolist()),
        }
        for row in range(len(rows))
    ]


def _columns(product: Product, rows: Sequence[Mapping[str, Any]]) -> dict[str, Values]:
    sent = {
        each.name: values(each, [row[each.name] for row in rows])
        for each in product.inputs
        if each.model
    }
    history = {
        each.name: np.array([row[each.name] for row in rows], np.float64)
        for each in product.history
    }
    return sent | history


def _draw(product: Product, rng: np.random.Generator) -> Row:
    inputs = {each.name: _draw_input(each, rng) for each in product.inputs if each.model}
    history = {each.name: _draw_history(each, rng) for each in product.history}
    return inputs | history


def _draw_input(feature: Input, rng: np.random.Generator) -> float | bool | str | None:
    if feature.missing and rng.random() < MISSING:
        return None
    match feature:
        case Number(low=low, high=high):
            return float(low + (high - low) * rng.random() ** 3)
        case Integer(low=low, high=high):
            return int(low + (high - low) * rng.random() ** 3)
        case Flag():
            return bool(rng.random() < 0.5)  # noqa: PLR2004 - a fair coin
        case Category(values=words):
            return words[int(rng.integers(len(words)))]
        case _:
            assert_never(feature)


def _draw_history(feature: History, rng: np.random.Generator) -> float | None:
    if rng.random() < MISSING:
        return None
    share = feature.measure in {"share", "confirmed_rate"}
    return float(rng.random()) if share else float(rng.integers(20))

"""What the leading columns do to the score, by exact Shapley values, in parts of many rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskscore.model.bundle import Bundle
from riskscore.product.encode import Matrix
from riskscore.product.spec import Category, Feature, Flag

LEADING = 8
ROWS = 2_000
PARTS = 10
FEWEST = 5  # rows of a part that is told, so that no card shows one customer
BATCH = 100

Record = dict[str, Any]


def dependence(bundle: Bundle, matrix: Matrix) -> list[Record]:
    """Describe the columns that usually move the score most, the first most of all.

    Each part of a column's values has the quartiles of its contribution in log-odds.
    """
    chosen = matrix[np.unique(np.linspace(0, len(matrix) - 1, ROWS).astype(np.int64))]
    shares = np.concatenate(
        [
            bundle.trees.explain(chosen[start : start + BATCH]).contributions[:, 0, :-1]
            for start in range(0, len(chosen), BATCH)
        ]
    )
    leading = np.argsort(-bundle.importance, kind="stable")[:LEADING].tolist()
    columns = bundle.product.columns
    return [
        {
            "name": columns[place].name,
            "doc": columns[place].doc,
            "unit": columns[place].unit,
            "importance": float(bundle.importance[place]),
            "parts": parts(columns[place], chosen[:, place], shares[:, place]),
        }
        for place in leading
        if bundle.importance[place] > 0
    ]


def parts(
    column: Feature, values: NDArray[np.float32], shares: NDArray[np.float32]
) -> list[Record]:
    """Cut a column's rows into parts of about as many; missing values are the last."""
    missing = np.isnan(values)
    known = values[~missing]
    if isinstance(column, Category | Flag):
        borders = np.unique(known)
    else:
        borders = np.unique(np.quantile(known, np.arange(PARTS) / PARTS)) if len(known) else known
    place = np.where(missing, len(borders) + 1, np.searchsorted(borders, values, "right"))
    found = []
    for part in np.unique(place).tolist():
        ours = place == part
        if ours.sum() >= FEWEST:
            low, middle, high = np.quantile(shares[ours], [0.25, 0.5, 0.75]).tolist()
            value = None if missing[ours].all() else float(np.median(values[ours]))
            told = {"value": value, "word": _word(column, value), "rows": int(ours.sum())}
            found.append(told | {"low": low, "middle": middle, "high": high})
    return found


def _word(column: Feature, value: float | None) -> str | None:
    if value is None:
        return "missing"
    if isinstance(column, Category):
        return column.values[int(value)]
    return ("no", "yes")[int(value)] if isinstance(column, Flag) else None

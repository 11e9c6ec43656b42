"""What must tell nothing: gaps, digits, clocks, spellings and the order of rows.

Each function turns a product's rows into a matrix that holds only one of these. A model that
finds fraud in it has found a fault of the simulator.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from training.simulate.arrays import Floats
from training.simulate.sensors import Scale

SMALL = 100  # last digits of smaller whole numbers are the value itself
SEED = 20_261_121


def missingness(rows: pd.DataFrame, scales: Sequence[Scale]) -> Floats:
    return rows[[scale.name for scale in scales]].isna().to_numpy(float)


def digits(rows: pd.DataFrame, scales: Sequence[Scale]) -> Floats:
    """Last digits, never the value: what lies on a bound, or is small and whole, is replaced."""
    rng = np.random.default_rng(SEED)
    numbers = [scale for scale in scales if scale.kind in ("number", "integer")]
    return np.column_stack([last_digits(rows[scale.name], scale, rng) for scale in numbers])


def last_digits(values: pd.Series, scale: Scale, rng: np.random.Generator) -> Floats:
    seen = values.to_numpy(float, na_value=np.nan)
    known = seen[~np.isnan(seen)]
    if scale.kind == "integer":
        units = np.abs(seen)
        silent = np.isnan(units) | (units < SMALL)
    else:
        units = np.round(np.abs(seen) * 1_000)
        edges = (known.min(), known.max()) if len(known) else (0.0, 0.0)
        silent = np.isnan(units) | np.isin(seen, edges)
    drawn = rng.choice(units[~silent], len(units)) if (~silent).any() else np.zeros(len(units))
    shown = np.where(silent, drawn, units)
    return np.column_stack([shown % 10, shown // 10 % 10, shown % 100 == 0])


def timestamps(rows: pd.DataFrame, _: Sequence[Scale]) -> Floats:
    parts = []
    for name in ("occurred_at", "received_at"):
        at = rows[name].dt
        parts += [at.hour, at.minute, at.second, at.microsecond, at.dayofweek, at.day, at.month]
    parts.append((rows.received_at - rows.occurred_at).dt.total_seconds())
    return np.column_stack([part.to_numpy(float) for part in parts])


def spelling(rows: pd.DataFrame, entities: Sequence[str]) -> Floats:
    """Length, first letters, last digits and sum of digits of every identifier."""
    return np.column_stack([spelled(rows[name]) for name in entities])


def spelled(identifiers: pd.Series) -> Floats:
    text = identifiers.fillna("").str
    first = pd.factorize(text[:2])[0]
    tail = pd.to_numeric(text[-4:].str.replace(r"\D", "", regex=True), errors="coerce").fillna(0)
    digits_only = text.replace(r"\D", "", regex=True).str
    total = sum(digits_only.count(str(digit)) * digit for digit in range(1, 10))
    # an absent identifier is missingness, judged elsewhere
    shape = np.column_stack([text.len(), first, tail % 10, tail % 100, tail // 100, total])
    return np.where(identifiers.isna().to_numpy()[:, None], np.nan, shape)


def row_order(rows: pd.DataFrame, _: Sequence[Scale]) -> Floats:
    place = np.arange(len(rows))
    return np.column_stack([place / len(rows), place % 2, place % 10, place % 100, place % 1_000])


TELLTALES: dict[str, Callable[[pd.DataFrame, Sequence[Scale]], Floats]] = {
    "missingness": missingness,
    "digits and rounding": digits,
    "timestamps": timestamps,
    "row order": row_order,
}

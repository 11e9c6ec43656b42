"""What must tell nothing: gaps, digits, clocks, spellings and the order of rows.

Each function turns a product's rows into a matrix that holds only one of these. A model that
finds fraud in it has found a fault of the simulator.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from riskscore.product.spec import Input, Integer, Number, Product
from training.simulate.arrays import Array, Flags, Floats

SMALL = 100  # the last digit of fewer units than these is the value itself
LARGE = 10_000  # likewise the last but one
SEED = 20_261_121


def missingness(rows: pd.DataFrame, product: Product) -> Floats:
    return rows[[each.name for each in product.inputs]].isna().to_numpy(float)


def digits(rows: pd.DataFrame, product: Product) -> Floats:
    """Last digits, never the value: those of a small value, or of a bound, are dealt anew."""
    rng = np.random.default_rng(SEED)
    numbers = [each for each in product.inputs if isinstance(each, Number | Integer)]
    return np.column_stack([last_digits(rows[each.name], each, rng) for each in numbers])


def last_digits(values: pd.Series, declared: Input, rng: np.random.Generator) -> Floats:
    """Return the last digit, the one before, and whether both are zero."""
    seen = np.abs(values.to_numpy(float, na_value=np.nan))
    units = seen if isinstance(declared, Integer) else np.round(seen * 10 ** decimals(seen))
    bound = np.isin(seen, (np.nanmax(seen), np.nanmin(seen)))
    last = dealt_anew(units % 10, bound | ~(units >= SMALL), rng)
    silent = bound | ~(units >= LARGE)
    tens = dealt_anew(units // 10 % 10, silent, rng)
    return np.column_stack([last, tens, dealt_anew(units % 100 == 0, silent, rng)])


def decimals(seen: Floats) -> int:
    """Count the decimals that a column is written with, at most three."""
    known = seen[~np.isnan(seen)]
    return next((d for d in range(3) if np.array_equal(np.round(known, d), known)), 3)


def dealt_anew(shown: Array, silent: Flags, rng: np.random.Generator) -> Floats:
    """Replace what may not be shown by what others show."""
    telling = shown[~silent]
    dealt = rng.choice(telling, len(shown)) if len(telling) else np.zeros(len(shown))
    return np.where(silent, dealt, shown).astype(float)


def timestamps(rows: pd.DataFrame, _: Product) -> Floats:
    parts = []
    for name in ("occurred_at", "received_at"):
        at = rows[name].dt
        parts += [at.hour, at.minute, at.second, at.microsecond, at.day_of_week, at.day, at.month]
    parts.append((rows.received_at - rows.occurred_at).dt.total_seconds())
    return np.column_stack([part.to_numpy(float) for part in parts])


def spelling(rows: pd.DataFrame, product: Product) -> Floats:
    """Form of every identifier: length, first letters, outer digits.

    An identifier that was seen before would be recognised by its digits, and that is linking, not
    form; an absent one is missingness. Both are judged apart, and shown as another row's.
    """
    rng = np.random.default_rng(SEED)
    return np.column_stack([spelled(rows[each.name], rng) for each in product.entities])


def spelled(identifiers: pd.Series, rng: np.random.Generator) -> Floats:
    text = identifiers.fillna("").str
    figures = text.replace(r"\D", "", regex=True).str
    form = (
        text.len().to_numpy(float),
        pd.factorize(text[:2])[0].astype(float),
        pd.to_numeric(figures[:2]).to_numpy(float),
        pd.to_numeric(figures[-2:]).to_numpy(float),
    )
    silent = (identifiers.isna() | identifiers.duplicated()).to_numpy()
    return np.column_stack([dealt_anew(each, silent, rng) for each in form])


def row_order(rows: pd.DataFrame, _: Product) -> Floats:
    place = np.arange(len(rows))
    return np.column_stack([place / len(rows), place % 2, place % 10, place % 100, place % 1_000])


TELLTALES: dict[str, Callable[[pd.DataFrame, Product], Floats]] = {
    "missingness": missingness,
    "digits and rounding": digits,
    "timestamps": timestamps,
    "identifier format": spelling,
    "row order": row_order,
}

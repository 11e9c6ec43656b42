"""What must tell nothing: gaps, digits, clocks, spellings and the order of rows.

Each function turns a product's rows into a matrix that holds only one of these. A model that
finds fraud in it has found a fault of the simulator.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from training.simulate.arrays import Array, Flags, Floats
from training.simulate.sensors import Scale

SMALL = 100  # the last digit of fewer units than these is the value itself
LARGE = 10_000  # likewise the last but one
SEED = 20_261_121


def missingness(rows: pd.DataFrame, scales: Sequence[Scale]) -> Floats:
    return rows[[scale.name for scale in scales]].isna().to_numpy(float)


def digits(rows: pd.DataFrame, scales: Sequence[Scale]) -> Floats:
    """Last digits, never the value: those of a small value, or of a bound, are dealt anew."""
    rng = np.random.default_rng(SEED)
    numbers = [scale for scale in scales if scale.kind in ("number", "integer")]
    return np.column_stack([last_digits(rows[scale.name], scale, rng) for scale in numbers])


def last_digits(values: pd.Series, scale: Scale, rng: np.random.Generator) -> Floats:
    """Return the last digit, the one before, and whether both are zero."""
    seen = np.abs(values.to_numpy(float, na_value=np.nan))
    units = seen if scale.kind == "integer" else np.round(seen * 1_000)
    bound = np.isin(seen, (np.nanmax(seen), np.nanmin(seen)))
    last = dealt_anew(units % 10, bound | ~(units >= SMALL), rng)
    silent = bound | ~(units >= LARGE)
    tens = dealt_anew(units // 10 % 10, silent, rng)
    return np.column_stack([last, tens, dealt_anew(units % 100 == 0, silent, rng)])


def dealt_anew(shown: Array, silent: Flags, rng: np.random.Generator) -> Floats:
    """Replace what may not be shown by what others show."""
    telling = shown[~silent]
    dealt = rng.choice(telling, len(shown)) if len(telling) else np.zeros(len(shown))
    return np.where(silent, dealt, shown).astype(float)


def timestamps(rows: pd.DataFrame, _: Sequence[Scale]) -> Floats:
    parts = []
    for name in ("occurred_at", "received_at"):
        at = rows[name].dt
        parts += [at.hour, at.minute, at.second, at.microsecond, at.dayofweek, at.day, at.month]
    parts.append((rows.received_at - rows.occurred_at).dt.total_seconds())
    return np.column_stack([part.to_numpy(float) for part in parts])


def spelling(rows: pd.DataFrame, entities: Sequence[str]) -> Floats:
    """Form of every identifier: length, first letters, outer digits.

    An identifier that was seen before would be recognised by its digits, and that is linking, not
    form; an absent one is missingness. Both are judged apart, and shown as another row's.
    """
    rng = np.random.default_rng(SEED)
    return np.column_stack([spelled(rows[name], rng) for name in entities])


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


def row_order(rows: pd.DataFrame, _: Sequence[Scale]) -> Floats:
    place = np.arange(len(rows))
    return np.column_stack([place / len(rows), place % 2, place % 10, place % 100, place % 1_000])


TELLTALES: dict[str, Callable[[pd.DataFrame, Sequence[Scale]], Floats]] = {
    "missingness": missingness,
    "digits and rounding": digits,
    "timestamps": timestamps,
    "row order": row_order,
}

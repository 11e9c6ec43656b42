"""What acts leave behind: the truth that a perfect instrument would see.

Traces are all that sensors get. They hold no role, no label, no manner and no case: who did it,
and why, is not written on anything.
"""

from dataclasses import dataclass

import numpy as np

from training.simulate.acts import Acts
from training.simulate.arrays import Array, Floats, Ints, Moments
from training.simulate.record_parameters import Product

SECRET = frozenset(
    {"role", "label", "manner", "cover", "boldness", "case", "use_from", "use_until", "aging"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """One row per application: what happened, and who and what was there."""

    at: Moments
    vendor: Ints  # whose instruments look at this row
    values: dict[str, Floats]  # NaN where nothing happened; words as places in ``words``
    words: dict[str, tuple[str, ...]]
    entities: dict[str, Ints]

    def __post_init__(self) -> None:
        if secrets := SECRET & {*self.values, *self.words, *self.entities}:
            raise ValueError(f"traces may not carry {sorted(secrets)}")

    def __len__(self) -> int:
        return len(self.at)


def lawful(
    product: Product, acts: Acts, rng: np.random.Generator, *, mishap: float
) -> dict[str, Floats]:
    """Draw the traces that follow a law, part by part.

    In each part of an act a person is bold and acts in their own manner, or hides behind their
    cover; and in each part an innocent manner may go wrong by mishap. Manners declared after
    ``mishap`` are criminal.
    """
    unlucky = product.manner("mishap")
    parts: dict[str, Array] = {}
    for part in sorted({law.part for law in product.laws}):
        shown = rng.random(len(acts)) < acts.boldness
        manner = np.where(shown, acts.manner, acts.cover)
        innocent = manner < unlucky
        parts[part] = np.where(innocent & (rng.random(len(acts)) < mishap), unlucky, manner)
    return {law.name: law.draw(parts[law.part], rng) for law in product.laws}


def law_words(product: Product) -> dict[str, tuple[str, ...]]:
    return {law.name: law.words for law in product.laws if law.words}


def age_band(age: Floats) -> Floats:
    """Return places in AGE_BANDS."""
    return np.searchsorted(np.array([25.0, 50.0]), age, side="right").astype(float)


AGE_BANDS = ("under_25", "25_49", "50_plus")
NATIONALITIES = ("national", "foreign")


def absent(values: Floats, where: Array) -> Floats:
    """Take away what did not happen."""
    return np.where(where, np.nan, values)

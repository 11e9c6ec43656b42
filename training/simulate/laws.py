"""Laws of chance, one set of numbers per manner of acting.

A law says how one trace falls: ``beta`` (mean, strength), ``lognormal`` (median, sigma), ``normal``
(mean, sd), ``count`` (mean, dispersion), ``chance`` (probability) and ``word`` (a weight per word).
Its numbers are rows by manner; a manner that a law does not mention acts in the ordinary way.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.simulate.arrays import Array, Floats, Ints

ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """How one trace falls under each manner; ``numbers`` has one row per manner."""

    name: str
    kind: str
    part: str  # the part of the act that leaves this trace; a crew hides part by part
    numbers: Floats
    words: tuple[str, ...] = ()

    def draw(self, manner: Ints, rng: np.random.Generator) -> Array:
        return DRAWS[self.kind](self.numbers[manner], rng)


def beta(numbers: Floats, rng: np.random.Generator) -> Array:
    mean, strength = numbers.T
    return np.asarray(rng.beta(mean * strength, (1 - mean) * strength))


def lognormal(numbers: Floats, rng: np.random.Generator) -> Array:
    median, sigma = numbers.T
    return np.asarray(median * np.exp(sigma * rng.standard_normal(len(numbers))))


def normal(numbers: Floats, rng: np.random.Generator) -> Array:
    mean, deviation = numbers.T
    return np.asarray(mean + deviation * rng.standard_normal(len(numbers)))


def count(numbers: Floats, rng: np.random.Generator) -> Array:
    """Poisson with a gamma-distributed rate: the smaller the dispersion, the longer the tail."""
    mean, dispersion = numbers.T
    rate = rng.standard_gamma(dispersion) * mean / dispersion
    return np.asarray(rng.poisson(rate).astype(np.float64))


def chance(numbers: Floats, rng: np.random.Generator) -> Array:
    return np.asarray((rng.random(len(numbers)) < numbers[:, 0]).astype(np.float64))


def word(numbers: Floats, rng: np.random.Generator) -> Array:
    """Return places in the law's list of words."""
    edges = np.cumsum(numbers, axis=1)
    point = rng.random(len(numbers)) * edges[:, -1]
    return np.asarray((point[:, None] >= edges[:, :-1]).sum(axis=1).astype(np.float64))


DRAWS: dict[str, Callable[[Floats, np.random.Generator], Array]] = {
    "beta": beta,
    "lognormal": lognormal,
    "normal": normal,
    "count": count,
    "chance": chance,
    "word": word,
}

"""Points of sale: shops and small dealers, their clerks, their tablets and their habits."""

from dataclasses import dataclass

import numpy as np

from training.simulate.arrays import NOBODY, Flags, Floats, Ints
from training.simulate.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """One row per point of sale, sorted by the operator and province it serves."""

    operator: Ints
    province: Ints
    clerks: Ints
    licence: Floats  # days licensed, on the first day
    store: Flags  # run by the operator itself
    complicit: Flags
    kiosk: Flags  # every customer is entered on one tablet
    stamps_minutes: Flags
    stamps_days: Flags
    starts: Ints  # first desk of each (operator, province)
    counts: Ints
    crowding: float  # above 1, the first desks of a cell have more custom

    @property
    def count(self) -> int:
        return len(self.operator)


def open_desks(parameters: Parameters, people: int, rng: np.random.Generator) -> Desks:
    dealers, places = parameters.dealers, parameters.people
    cells = len(places.operators) * places.provinces
    count = max(cells * 2, int(people / dealers.people_each))
    cell = np.sort(np.r_[np.repeat(np.arange(cells), 2), rng.integers(0, cells, count - 2 * cells)])
    years, sigma = dealers.licence_years
    counts = np.bincount(cell, minlength=cells)
    return Desks(
        operator=cell // places.provinces,
        province=cell % places.provinces,
        clerks=1 + rng.poisson(dealers.clerks, count),
        licence=365 * years * np.exp(sigma * rng.standard_normal(count)),
        store=rng.random(count) < dealers.stores,
        complicit=rng.random(count) < dealers.complicit,
        kiosk=rng.random(count) < dealers.kiosk_share,
        stamps_minutes=rng.random(count) < dealers.stamps_minutes,
        stamps_days=rng.random(count) < dealers.stamps_days,
        starts=np.r_[0, np.cumsum(counts)[:-1]],
        counts=counts,
        crowding=dealers.crowding,
    )


def desk_for(
    desks: Desks, operator: Ints, province: Ints, rng: np.random.Generator, *, provinces: int
) -> Ints:
    """Choose a desk of the operator in the province; the first of each is the busiest."""
    cell = operator * provinces + province
    place = (rng.random(len(cell)) ** desks.crowding * desks.counts[cell]).astype(np.int64)
    return np.asarray(desks.starts[cell] + place)


def clerk_at(desks: Desks, desk: Ints, rng: np.random.Generator) -> Ints:
    """Choose who serves; a remote act is served by nobody."""
    clerk = (rng.random(len(desk)) * desks.clerks[desk]).astype(np.int64)
    return np.where(desk == NOBODY, NOBODY, desk * 100 + clerk)


def complicit_desks(desks: Desks, rng: np.random.Generator) -> Ints:
    found = np.flatnonzero(desks.complicit)
    return found if len(found) else rng.integers(0, desks.count, 1)

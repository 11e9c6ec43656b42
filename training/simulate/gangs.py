"""Gangs that farm SIMs, and how they learn.

A gang that loses too large a share of its cards retreats: fewer cards per document, cards left to
age, other desks, other handsets, more care. One that does well grows bolder again.
"""

from dataclasses import dataclass, replace

import numpy as np

from training.simulate import calendar, dealers
from training.simulate.arrays import Flags, Floats, Ints
from training.simulate.crime_parameters import Crime
from training.simulate.stage import ALIAS, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Gangs:
    """One row per gang, as it works in the current period."""

    method: Ints  # place in the parameter file's methods
    operator: Ints
    province: Ints
    boldness: Floats
    per_document: Floats
    aging: Floats  # days that cards lie before use
    desks: Ints  # shape (n_gangs, n_desks)
    generation: Ints  # how often the gang has changed its handsets and its house

    @property
    def count(self) -> int:
        return len(self.method)


def form_gangs(stage: Stage, rng: np.random.Generator, *, count: int) -> Gangs:
    crime, places = stage.parameters.crime, stage.parameters.people
    mean, strength = crime.boldness
    return Gangs(
        method=calendar.pick(np.array(list(crime.methods.values())), count, rng),
        operator=calendar.pick(np.array(places.operators), count, rng),
        province=rng.integers(0, places.provinces, count),
        boldness=rng.beta(mean * strength, (1 - mean) * strength, count),
        per_document=crime.sims_per_document * rng.uniform(0.6, 1.4, count),
        aging=np.zeros(count),
        desks=favourite_desks(stage, rng, count=count),
        generation=np.zeros(count, np.int64),
    )


def favourite_desks(stage: Stage, rng: np.random.Generator, *, count: int) -> Ints:
    """Choose desks to work with: some that look away, and others."""
    crime = stage.parameters.crime
    shape = (count, crime.gang_dealers)
    willing = rng.choice(dealers.complicit_desks(stage.desks, rng), shape)
    other = rng.integers(0, stage.desks.count, shape)
    return np.where(rng.random(shape) < crime.willing, willing, other)


def losses(crime: Crime, gangs: Gangs, gang: Ints, rng: np.random.Generator) -> Floats:
    """Count the cards, given by their ``gang``, that each gang saw cut off in a period.

    The more cards on one document, the surer they are cut off together; the bold lose more.
    """
    crowding = np.sqrt(gangs.per_document[gang] / crime.sims_per_document)
    cut = rng.random(len(gang)) < crime.cut * crowding * (crime.cut_careful + gangs.boldness[gang])
    return np.bincount(gang[cut], minlength=gangs.count).astype(float)


def adapt(stage: Stage, gangs: Gangs, rng: np.random.Generator, *, retreat: Flags) -> Gangs:
    crime = stage.parameters.crime
    fewer = np.maximum(crime.fewest_per_document, gangs.per_document * crime.retreat)
    other = favourite_desks(stage, rng, count=gangs.count)
    return replace(
        gangs,
        per_document=np.where(retreat, fewer, gangs.per_document * crime.settling),
        boldness=np.where(retreat, gangs.boldness * crime.caution, gangs.boldness),
        aging=np.where(retreat, gangs.aging + crime.aging_days, gangs.aging * crime.resting),
        desks=np.where(retreat[:, None], other, gangs.desks),
        generation=gangs.generation + retreat,
    )


def handset_of(crime: Crime, gangs: Gangs, gang: Ints, rng: np.random.Generator) -> Ints:
    """Move cards through the few phones that a gang has at present."""
    return house_of(gangs, gang) * 100 + rng.integers(0, crime.handsets, len(gang))


def house_of(gangs: Gangs, gang: Ints) -> Ints:
    return ALIAS + gangs.generation[gang] * 1_000_000 + gang

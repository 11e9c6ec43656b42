"""Where everything takes place."""

from dataclasses import dataclass

import numpy as np

from training.simulate.arrays import Flags, Ints
from training.simulate.calendar import Days
from training.simulate.dealers import Desks
from training.simulate.parameters import Parameters
from training.simulate.people import Population

ALIAS = 1 << 40  # identifiers that are not people's own start at multiples of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The country before anybody acts."""

    parameters: Parameters
    people: Population
    desks: Desks
    days: Days

    def adults(self) -> Flags:
        """Tell whose names are worth borrowing."""
        grown = self.people.age >= self.parameters.crime.adult_age
        return grown & ~self.people.of_kind("company", "fleet", "tourist")

    def usual_manner(self, product: str, person: Ints) -> Ints:
        """Say how each person acts: after their kind, or in the ordinary way."""
        spec = self.parameters.products[product]
        names = [kind if kind in spec.manners else "ordinary" for kind in self.people.kinds]
        return np.array([spec.manner(name) for name in names])[self.people.kind[person]]

"""The people of the country: who they are, where they live, what they carry."""

from dataclasses import dataclass

import numpy as np

from training.simulate import calendar
from training.simulate.arrays import Flags, Floats, Ints
from training.simulate.parameters import Parameters

DOCUMENTS = ("national_id", "passport", "residence_permit", "work_permit", "border_pass")
FOREIGN_DOCUMENTS = {"migrant": (0, 0.25, 0.05, 0.6, 0.1), "seasonal": (0, 0.05, 0, 0.25, 0.7)}
SEXES = ("female", "male")
COUNTRIES = ("TH", "MM", "KH", "LA", "VN", "CN", "IN", "MY", "GB", "RU")
NEIGHBOURS = (0, 0.55, 0.25, 0.15, 0.05, 0, 0, 0, 0, 0)
VISITORS = (0, 0.03, 0.03, 0.03, 0.06, 0.3, 0.15, 0.2, 0.1, 0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """One row per person; a company stands here as the person who signs for it."""

    kind: Ints  # place in kinds
    kinds: tuple[str, ...]
    age: Floats
    sex: Ints  # place in SEXES
    income: Floats  # baht a month
    document: Ints  # place in DOCUMENTS
    country: Ints  # place in COUNTRIES
    expiry: Floats  # days the document is valid, counted from the first day
    province: Ints
    household: Ints
    handset: Ints
    operator: Ints
    bank: Ints
    online: Floats  # share of acts done from home
    number_age: Floats  # days since the first number was registered, on the first day
    sims: Floats  # active SIMs before the first day, over all operators
    activity: Floats  # how often this person does anything, mean 1

    @property
    def count(self) -> int:
        return len(self.kind)

    @property
    def foreign(self) -> Flags:
        return np.asarray(self.document > 0)

    def of_kind(self, *names: str) -> Flags:
        return np.isin(self.kind, [self.kinds.index(name) for name in names])

    def trait(self, parameters: Parameters, name: str) -> Floats:
        """Spread a number of each kind over its people."""
        by_kind = [getattr(parameters.kinds[kind], name) for kind in self.kinds]
        return np.array(by_kind, float)[self.kind]


def populate(parameters: Parameters, count: int, rng: np.random.Generator) -> Population:
    kinds = tuple(parameters.kinds)
    traits = list(parameters.kinds.values())
    kind = calendar.pick(np.array([each.share for each in traits]), count, rng)
    people = parameters.people
    mean_age, age_sd = np.array([each.age for each in traits])[kind].T
    income, income_sigma = np.array([each.income for each in traits])[kind].T
    foreign = rng.random(count) < np.array([each.foreign for each in traits])[kind]
    document = documents(kinds, kind, foreign=foreign, rng=rng)
    household = rng.integers(0, max(1, int(count / people.household)), count)
    shared = rng.random(count) < np.array([each.handset_shared for each in traits])[kind]
    age = (mean_age + age_sd * rng.standard_normal(count)).clip(15, 98)
    years, sigma = people.number_years
    number_age = 365 * years * np.exp(sigma * rng.standard_normal(count))
    return Population(
        kind=kind,
        kinds=kinds,
        age=age,
        sex=rng.integers(0, len(SEXES), count),
        income=income * np.exp(income_sigma * rng.standard_normal(count)),
        document=document,
        country=countries(kinds, kind, foreign=foreign, rng=rng),
        expiry=document_days(parameters, document, rng),
        province=provinces(parameters, kinds, kind, household),
        household=household,
        handset=np.where(shared, first_of_household(household), np.arange(count)),
        operator=calendar.pick(np.array(people.operators), count, rng),
        bank=calendar.pick(np.array(people.banks), count, rng),
        online=np.array([each.online for each in traits])[kind],
        number_age=np.minimum(number_age, (age - 10).clip(1) * 365)
        * np.where(foreign, people.foreign_years, 1),
        sims=rng.poisson(people.sims_before, count).astype(float)
        + np.where(
            np.isin(kind, [kinds.index("company"), kinds.index("fleet")]), people.company_sims, 0.0
        )
        * rng.standard_exponential(count),
        activity=rng.standard_gamma(4, count) / 4,
    )


def documents(
    kinds: tuple[str, ...], kind: Ints, *, foreign: Flags, rng: np.random.Generator
) -> Ints:
    document = np.where(foreign, DOCUMENTS.index("passport"), 0)
    for name, weights in FOREIGN_DOCUMENTS.items():
        rows = foreign & (kind == kinds.index(name))
        document[rows] = calendar.pick(np.array(weights), int(rows.sum()), rng)
    return document


def countries(
    kinds: tuple[str, ...], kind: Ints, *, foreign: Flags, rng: np.random.Generator
) -> Ints:
    near = np.isin(kind, [kinds.index("migrant"), kinds.index("seasonal")])
    neighbours = calendar.pick(np.array(NEIGHBOURS), len(kind), rng)
    visitors = calendar.pick(np.array(VISITORS), len(kind), rng)
    return np.where(foreign, np.where(near, neighbours, visitors), 0)


def document_days(parameters: Parameters, document: Ints, rng: np.random.Generator) -> Floats:
    years = np.array([parameters.people.document_years[each] for each in DOCUMENTS])[document]
    return 365 * years * rng.random(len(document)) + 200


def provinces(parameters: Parameters, kinds: tuple[str, ...], kind: Ints, household: Ints) -> Ints:
    """Place households; seasonal workers live in the border provinces, which come first."""
    at_home = household * 7919 % parameters.people.provinces
    at_border = household % parameters.people.border_provinces
    return np.where(kind == kinds.index("seasonal"), at_border, at_home)


def first_of_household(household: Ints) -> Ints:
    """Name the member of each household whose phone the others use."""
    _, first, place = np.unique(household, return_index=True, return_inverse=True)
    return first[place]

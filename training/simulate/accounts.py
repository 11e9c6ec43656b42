"""Honest people opening accounts."""

from typing import NamedTuple

import numpy as np

from training.simulate import calendar
from training.simulate.acts import CHANNELS, INNOCENT, OpeningActs, SimActs
from training.simulate.arrays import DAY, NEVER, Floats, Ints, Moments
from training.simulate.parameters import Parameters
from training.simulate.people import Population
from training.simulate.stage import Stage

PRODUCT = "account_opening"


class Held(NamedTuple):
    """The phone numbers that people give, and their age in days."""

    number: Ints
    age: Floats


def open_honestly(stage: Stage, sims: SimActs, rng: np.random.Generator) -> OpeningActs:
    """Open accounts; ``sims`` are the honest registrations, some of whose numbers are given."""
    people, days = stage.people, stage.days
    rate = people.trait(stage.parameters, "openings") * people.activity * days.count / 365
    person = np.repeat(np.arange(people.count), rng.poisson(rate))
    count = len(person)
    at = calendar.moments(days, count, rng)
    manner = stage.usual_manner(PRODUCT, person)
    number, number_age = numbers_held(stage, sims, rng, person=person, at=at)
    return OpeningActs(
        at=at,
        person=person,
        manner=manner,
        cover=manner,
        boldness=np.ones(count),
        role=np.full(count, INNOCENT),
        case=people.count + np.arange(count),
        handset=people.handset[person],
        number=number,
        address=people.household[person],
        bank=banks(stage.parameters, people, person, rng),
        channel=channels(stage.parameters, people.online[person], rng),
        account=people.count + np.arange(count),
        number_age=number_age,
        use_from=np.full(count, NEVER),
        use_until=np.full(count, NEVER),
    )


def banks(
    parameters: Parameters, people: Population, person: Ints, rng: np.random.Generator
) -> Ints:
    other = calendar.pick(np.array(parameters.people.banks), len(person), rng)
    return np.where(
        rng.random(len(person)) < parameters.openings.second_bank, other, people.bank[person]
    )


def channels(parameters: Parameters, online: Floats, rng: np.random.Generator) -> Ints:
    """People open from home as they do other things from home, more readily than for a SIM."""
    habits = parameters.openings
    remote = rng.random(len(online)) < np.sqrt(online)
    weights = np.array([habits.branch, habits.kiosk, habits.agent])
    return np.where(remote, CHANNELS.index("online"), calendar.pick(weights, len(online), rng))


def numbers_held(
    stage: Stage, sims: SimActs, rng: np.random.Generator, *, person: Ints, at: Moments
) -> Held:
    """Name the number of each person at a moment.

    Most give the number they have always had; some the one they registered last before ``at``.
    """
    first, span = stage.days.first, stage.days.last - stage.days.first + DAY
    order = np.lexsort((sims.at, sims.person))
    keys = sims.person[order] * span + (sims.at[order] - first)
    found = np.searchsorted(keys, person * span + (at - first)) - 1
    latest = order[found.clip(0)]
    has = (found >= 0) & (sims.person[latest] == person)
    use = has & (rng.random(len(person)) < stage.parameters.openings.latest_number)
    old = stage.people.number_age[person] + (at - first) / DAY
    age = np.where(use, (at - sims.at[latest]) / DAY, old)
    return Held(np.where(use, sims.number[latest], person), age)

"""Mule accounts: herders recruit people, take over names, and buy accounts that others own.

A part of the mules runs on the cards of SIM farms; the rest cannot be linked to any bad SIM.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from training.simulate import calendar
from training.simulate.accounts import PRODUCT
from training.simulate.acts import CHANNELS, ROLES, OpeningActs, SimActs
from training.simulate.arrays import DAY, Array, Flags, Floats, Ints, Moments
from training.simulate.calendar import Days
from training.simulate.crime import LONE_CASES
from training.simulate.stage import ALIAS, Stage

HERDERS = 4 * ALIAS  # identifiers of herders' devices, houses and cases start here
SOLD = 5 * ALIAS
FRESH = 10 * ALIAS  # numbers that mules bought elsewhere


MANNER_OF_ROLE = {
    "complicit": "lent_name",
    "recruited": "lent_name",
    "deceived": "guided",
    "coerced": "escorted",
    "impersonated": "stolen_name",
    "unknown": "lent_name",
}


class Linked(NamedTuple):
    """Which mules follow a SIM, and when."""

    rows: Flags
    at: Moments


class Deals(NamedTuple):
    """When each account is opened or sold, and how long after that it is used."""

    at: Moments
    linked: Flags
    wait: Floats  # days
    account: Ints
    person: Ints


class Numbers(NamedTuple):
    """The phone numbers of accounts, and their age in days."""

    number: Ints
    age: Floats


class Manners(NamedTuple):
    """How mules act, and behind whose manner they hide."""

    own: Ints
    cover: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Mules:
    """Accounts opened for crime, and accounts that their owners sold."""

    opened: OpeningActs
    sold: OpeningActs  # opened long before the first day; never in the openings' file


@dataclass(frozen=True, slots=True, kw_only=True)
class Herd:
    """One row per mule."""

    herder: Ints
    role: Ints
    boldness: Floats
    hidden: Flags  # nothing about this one can be told from an honest person
    sim: Ints  # row of a farm's SIM
    linked: Flags
    lag: Floats  # days from that SIM to the account, or to its sale


def recruit(
    stage: Stage, opened: OpeningActs, bad: SimActs, rng: np.random.Generator, *, rate: float
) -> Mules:
    """Recruit so many mules that ``prevalence * rate`` of the openings are theirs."""
    mules = stage.parameters.mules
    count = int(len(opened) * mules.prevalence * rate)
    sold = int(count * mules.sold / (1 - mules.sold))
    fresh = herd(stage, bad, rng, count=count)
    return Mules(
        opened=mule_openings(stage, fresh, bad, rng, first=len(opened)),
        sold=sold_accounts(stage, herd(stage, bad, rng, count=sold), bad, rng),
    )


def herd(stage: Stage, bad: SimActs, rng: np.random.Generator, *, count: int) -> Herd:
    mules = stage.parameters.mules
    herders = max(mules.fewest, stage.people.count // mules.people_each)
    mean, strength = mules.boldness
    style = rng.beta(mean * strength, (1 - mean) * strength, herders)
    herder = calendar.pick(rng.standard_exponential(herders), count, rng)
    hidden = rng.permutation(count) < round(count * mules.traceless)
    farmed = np.flatnonzero(bad.case < LONE_CASES)
    farmed = farmed if len(farmed) else np.arange(len(bad))
    sim = rng.choice(farmed, count)
    median, sigma = mules.lag_days
    weights = np.array([mules.roles[each] for each in ROLES])
    return Herd(
        herder=herder,
        role=calendar.pick(weights, count, rng),
        boldness=np.where(hidden, 0.0, style[herder]),
        hidden=hidden,
        sim=sim,
        linked=(rng.random(count) < mules.linked / (1 - mules.traceless)) & ~hidden,
        lag=median * np.exp(sigma * rng.standard_normal(count)) + bad.aging[sim],
    )


def mule_openings(
    stage: Stage, herd: Herd, bad: SimActs, rng: np.random.Generator, *, first: int
) -> OpeningActs:
    days, count = stage.days, len(herd.role)
    usual = calendar.moments_on(days, calendar.pick(days.crime * days.busy, count, rng), rng)
    linked, at = after_sim(days, herd, bad, usual, rng)
    median, sigma = stage.parameters.mules.use_after_days
    wait = median * np.exp(sigma * rng.standard_normal(count))
    account = stage.people.count + first + np.arange(count)
    person = people_for(stage, herd, bad, rng, linked=linked)
    return run_by(stage, herd, bad, rng, deals=Deals(at, linked, wait, account, person))


def sold_accounts(stage: Stage, herd: Herd, bad: SimActs, rng: np.random.Generator) -> OpeningActs:
    """Let owners sell accounts that they have had for years; ``at`` is the day of the sale."""
    days, count = stage.days, len(herd.role)
    usual = calendar.moments_on(days, calendar.pick(days.crime, count, rng), rng)
    linked, at = after_sim(days, herd, bad, usual, rng)
    least, rest = stage.parameters.mules.sale_days
    wait = least + rest * rng.standard_exponential(count)
    person = people_for(stage, herd, bad, rng, linked=linked)
    account = SOLD + np.arange(count)
    return run_by(stage, herd, bad, rng, deals=Deals(at, linked, wait, account, person))


def after_sim(
    days: Days, herd: Herd, bad: SimActs, usual: Moments, rng: np.random.Generator
) -> Linked:
    """Let linked mules follow their SIM; a lag beyond the last day leaves a mule unlinked."""
    day = (bad.at[herd.sim] - days.first) // DAY + herd.lag.astype(np.int64)
    after = np.maximum(calendar.moments_on(days, day, rng), bad.at[herd.sim])
    linked = herd.linked & (after < days.last)
    return Linked(linked, np.where(linked, after, usual))


def run_by(
    stage: Stage, herd: Herd, bad: SimActs, rng: np.random.Generator, *, deals: Deals
) -> OpeningActs:
    """Fit out accounts with the phones, numbers and houses of their herders, or of their owners."""
    mules, people, count = stage.parameters.mules, stage.people, len(deals.at)
    person = deals.person
    manner, cover = manners(stage, herd, rng, person=person, at=deals.at)
    number, number_age = numbers(stage, herd, bad, rng, deals)
    use_from = deals.at + (deals.wait * DAY).astype(np.int64)
    median, sigma = mules.use_days
    use = median * np.exp(sigma * rng.standard_normal(count)) + mules.shortest_use_days
    theirs = ~herd.hidden & (rng.random(count) < mules.herder_device)
    house = ~herd.hidden & (rng.random(count) < mules.herder_address)
    device = device_of(stage, herd, deals.at, rng)
    return OpeningActs(
        at=deals.at,
        person=person,
        manner=np.where(herd.hidden, cover, manner),
        cover=cover,
        boldness=herd.boldness,
        role=herd.role,
        case=HERDERS + deals.account,
        handset=np.where(theirs, device, people.handset[person]),
        number=number,
        address=np.where(house, HERDERS + herd.herder, people.household[person]),
        bank=calendar.pick(np.array(stage.parameters.people.banks), count, rng),
        channel=channels(stage, herd, rng, person=person),
        account=deals.account,
        number_age=number_age,
        use_from=use_from,
        use_until=use_from + (use * DAY).astype(np.int64),
    )


def device_of(stage: Stage, herd: Herd, at: Moments, rng: np.random.Generator) -> Ints:
    """Herders run a few devices at a time and replace them."""
    mules = stage.parameters.mules
    generation = (at - stage.days.first) // (mules.device_days * DAY)
    device = rng.integers(0, mules.devices, len(at))
    return HERDERS + (herd.herder * 1_000 + generation) * 100 + device


def numbers(
    stage: Stage, herd: Herd, bad: SimActs, rng: np.random.Generator, deals: Deals
) -> Numbers:
    """Give linked mules their SIM's number, some others a fresh one, the rest the holder's own."""
    mules, person, count = stage.parameters.mules, deals.person, len(deals.person)
    fresh = ~deals.linked & ~herd.hidden & (rng.random(count) < mules.fresh_number)
    own = np.where(fresh, FRESH + deals.account, person)
    age = stage.people.number_age[person] + (deals.at - stage.days.first) / DAY
    young = mules.fresh_number_days * rng.standard_exponential(count)
    own_age = np.where(fresh, np.minimum(age, young), age)
    return Numbers(
        np.where(deals.linked, bad.number[herd.sim], own),
        np.where(deals.linked, (deals.at - bad.at[herd.sim]) / DAY, own_age),
    )


def people_for(
    stage: Stage, herd: Herd, bad: SimActs, rng: np.random.Generator, *, linked: Flags
) -> Ints:
    """Name the holder: half of the linked ones opened in the SIM's own name, others lend theirs."""
    people, count = stage.people, len(herd.role)
    free = stage.adults().astype(float)
    free[bad.person] = 0
    young = free * (people.age <= stage.parameters.crime.old_age)
    lent = calendar.pick(young / (stage.parameters.crime.poverty + people.income), count, rng)
    stolen = calendar.pick(free * (1 + (people.age > stage.parameters.mules.easy_age)), count, rng)
    anybody = calendar.pick(free, count, rng)
    other = np.where(herd.role == ROLES.index("impersonated"), stolen, lent)
    same = linked & (rng.random(count) < stage.parameters.mules.same_name)
    return np.where(same, bad.person[herd.sim], np.where(herd.hidden, anybody, other))


def manners(
    stage: Stage, herd: Herd, rng: np.random.Generator, *, person: Ints, at: Moments
) -> Manners:
    product = stage.parameters.products[PRODUCT]
    by_role = np.array([product.manner(MANNER_OF_ROLE[each]) for each in ROLES])
    late = at >= stage.days.last - stage.parameters.crime.late_days * DAY
    puppet = late & (rng.random(len(at)) < stage.parameters.mules.late_share)
    manner = np.where(puppet, product.manner("puppet"), by_role[herd.role])
    return Manners(manner, stage.usual_manner(PRODUCT, person))


def channels(stage: Stage, herd: Herd, rng: np.random.Generator, *, person: Ints) -> Array:
    """Mules open from home a little more than others; who is hidden opens as anybody does."""
    count = len(person)
    usual = np.sqrt(stage.people.online[person])
    remote = rng.random(count) < np.where(
        herd.hidden, usual, np.maximum(usual, stage.parameters.mules.remote)
    )
    return np.where(remote, CHANNELS.index("online"), rng.integers(0, 3, count))

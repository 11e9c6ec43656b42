"""Weeks in the life of accounts, as a monitoring desk looks at them.

Of honest accounts only a sample is looked at, of mule accounts every one, so that about one row
in a hundred is positive: real
weeks of mules are far rarer. How many weeks of an account are taken, and how
they are spaced, does not depend on what the account is.
"""

from dataclasses import replace

import numpy as np

from training.simulate.acts import INNOCENT, OpeningActs, WeekActs
from training.simulate.arrays import DAY, HOUR, NEVER, Ints, Moments, rank_within
from training.simulate.calendar import Days
from training.simulate.mules import Mules
from training.simulate.stage import ALIAS, Stage

PRODUCT = "account_activity"
WEEK = 7 * DAY
OLD = 8 * ALIAS  # identifiers of accounts older than the period
PROOF = 30 * DAY  # the label asks: will it prove a mule within so long?


def live(stage: Stage, opened: OpeningActs, mules: Mules, rng: np.random.Generator) -> WeekActs:
    honest = honest_weeks(stage, opened, rng)
    sold = mule_weeks(stage, mules.sold, rng, old=True)
    fresh = mule_weeks(stage, mules.opened, rng, old=False)
    return honest.joined(sold).joined(fresh)


def honest_weeks(stage: Stage, opened: OpeningActs, rng: np.random.Generator) -> WeekActs:
    """Sample accounts opened in the period, and more that are older than it."""
    habits, people, days = stage.parameters.weeks, stage.people, stage.days
    wanted = people.count * habits.per_person_year * days.count / 365 / (1 + habits.more_weeks)
    row = rng.choice(len(opened), int(wanted))
    fresh = rng.random(len(row)) < habits.new_accounts
    person = np.where(fresh, opened.person[row], rng.integers(0, people.count, len(row)))
    sampled = opened.map(lambda column: column[row])
    accounts = replace(
        sampled,
        person=person,
        handset=people.handset[person],
        address=people.household[person],
        number=np.where(fresh, sampled.number, person),
        number_age=np.where(fresh, sampled.number_age, people.number_age[person]),
        account=np.where(fresh, sampled.account, OLD + person * 16 + sampled.bank),
        case=np.where(fresh, sampled.case, OLD + person),
    )
    born = np.where(fresh, sampled.at, born_before(stage, len(row), rng))
    start = np.maximum(born, days.first)
    last = start + (rng.random(len(row)) * (days.last - start)).astype(np.int64)
    return weeks_of(stage, accounts, rng, born=born, last=last)


def born_before(stage: Stage, count: int, rng: np.random.Generator) -> Moments:
    """Draw when an account was opened that is older than the period."""
    years, sigma = stage.parameters.weeks.account_years
    age = 365 * DAY * years * np.exp(sigma * rng.standard_normal(count))
    return stage.days.first - age.astype(np.int64)


def mule_weeks(
    stage: Stage, accounts: OpeningActs, rng: np.random.Generator, *, old: bool
) -> WeekActs:
    """Take weeks from a little before the use begins until it ends."""
    count = len(accounts)
    born = born_before(stage, count, rng) if old else accounts.at
    before = int(stage.parameters.mules.seen_before_days * DAY)
    start = np.maximum(accounts.use_from - before, born + WEEK)
    last = start + (rng.random(count) * (accounts.use_until - start).clip(WEEK)).astype(np.int64)
    return weeks_of(stage, accounts, rng, born=born, last=last)


def weeks_of(
    stage: Stage,
    accounts: OpeningActs,
    rng: np.random.Generator,
    *,
    born: Moments,
    last: Moments,
) -> WeekActs:
    """Look at the week that ends at ``last`` and at a few before it, each in a batch at night."""
    habits, days = stage.parameters.weeks, stage.days
    row = np.repeat(np.arange(len(accounts)), 1 + rng.poisson(habits.more_weeks, len(accounts)))
    back = rank_within(row) * (1 + rng.poisson(habits.gap_weeks, len(row)))
    at = night_runs(days, last[row], rng) - back * WEEK
    kept = (at >= born[row] + WEEK) & (at >= days.first + WEEK) & (at < days.last)
    row, at = row[kept], at[kept]
    mule = accounts.use_from[row] != NEVER
    coming = accounts.use_from[row] - at
    label = mule & (coming <= PROOF) & (at < accounts.use_until[row] + WEEK)
    taken = mule & (coming <= stage.parameters.mules.prepare_days * DAY)
    person = accounts.person[row]
    manner = everyday(stage, person, rng)
    return WeekActs(
        at=at,
        person=person,
        manner=np.where(
            taken, week_manners(stage, accounts.map(lambda column: column[row]), at, manner), manner
        ),
        cover=manner,
        boldness=np.where(mule, accounts.boldness[row], 1.0),
        role=np.where(label, accounts.role[row], INNOCENT),
        case=accounts.case[row],
        handset=np.where(taken, accounts.handset[row], stage.people.handset[person]),
        number=np.where(taken | ~mule, accounts.number[row], person),
        address=accounts.address[row],
        bank=accounts.bank[row],
        account=accounts.account[row],
        account_age=(at - born[row]) / DAY,
        number_age=accounts.number_age[row] + (at - accounts.at[row]).clip(0) / DAY,
        use_from=np.where(label, accounts.use_from[row], NEVER),
        label=label.astype(np.int64),
    )


def night_runs(days: Days, last: Moments, rng: np.random.Generator) -> Moments:
    """The desk computes the weeks at night, account after account, from two to five o'clock."""
    midnight = days.first + (last - days.first) // DAY * DAY
    return midnight + 2 * HOUR + (rng.random(len(last)) * 3 * HOUR).astype(np.int64)


def everyday(stage: Stage, person: Ints, rng: np.random.Generator) -> Ints:
    """People live after their kind; now and then an account sleeps, travels, or changes phone."""
    product, habits = stage.parameters.products[PRODUCT], stage.parameters.weeks
    manner = stage.usual_manner(PRODUCT, person)
    events = {
        "dormant": habits.dormant,
        "traveller": habits.traveller,
        "new_phone": habits.new_phone,
        "windfall": habits.windfall,
    }
    point, edge = rng.random(len(person)), 0.0
    for name, share in events.items():
        manner[(point >= edge) & (point < edge + share)] = product.manner(name)
        edge += share
    return manner


def week_manners(stage: Stage, taken: OpeningActs, at: Moments, everyday_manner: Ints) -> Ints:
    """Say how weeks of mule accounts go: prepared, then drained; who hides goes on as ever."""
    product, mules = stage.parameters.products[PRODUCT], stage.parameters.mules
    late = at >= stage.days.last - stage.parameters.crime.late_days * DAY
    style = (taken.account * 2_654_435_761 >> 7) % 1_000 / 1_000  # constant for an account
    drain = np.where(style < mules.layered, product.manner("layered"), product.manner("draining"))
    drain = np.where(late & (style < mules.late_share), product.manner("puppet"), drain)
    before = at < taken.use_from
    criminal = np.where(before, product.manner("preparing"), drain)
    return np.where(taken.boldness == 0, everyday_manner, criminal)

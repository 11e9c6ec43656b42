"""Honest people registering SIMs: for themselves, for relatives, for a company, for a fleet."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from training.simulate import calendar, dealers
from training.simulate.acts import INNOCENT, REQUESTS, SimActs
from training.simulate.arrays import DAY, NOBODY, SECOND, Flags, Floats, Ints, Moments, rank_within
from training.simulate.parameters import Parameters
from training.simulate.people import Population
from training.simulate.stage import Stage

PRODUCT = "sim_registration"
IN_BATCHES = ("company", "fleet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchases:
    """One visit to a desk, or one evening at the phone; it may yield many SIMs."""

    person: Ints
    at: Moments
    operator: Ints
    desk: Ints
    clerk: Ints
    size: Ints
    launch: Flags


class Numbers(NamedTuple):
    """Numbers of SIMs, and the days since others held them; NaN for a fresh one."""

    number: Ints
    idle: Floats


def register_honestly(stage: Stage, rng: np.random.Generator) -> SimActs:
    parameters, people = stage.parameters, stage.people
    bought = purchases(stage, rng)
    row = np.repeat(np.arange(len(bought.person)), bought.size)
    person, rank = bought.person[row], rank_within(row)
    count = len(row)
    manner = manners(stage, bought, row)
    gap = rng.standard_exponential(count) * parameters.registrations.batch_seconds
    request = requests(parameters, manner, rng)
    number, idle = numbers(stage, request, person, rng)
    return SimActs(
        at=bought.at[row] + (rank * gap * SECOND).astype(np.int64),
        person=person,
        manner=manner,
        cover=manner,
        boldness=np.ones(count),
        role=np.full(count, INNOCENT),
        case=people.count + np.arange(count),
        handset=handsets(stage, person, rank, rng),
        number=number,
        address=people.household[person],
        operator=bought.operator[row],
        desk=bought.desk[row],
        clerk=bought.clerk[row],
        sim=np.arange(count),
        request=request,
        idle=idle,
        batch=bought.size[row],
        gap=np.where(rank > 0, gap, np.nan),
        aging=np.zeros(count),
    )


def purchases(stage: Stage, rng: np.random.Generator) -> Purchases:
    parameters, people, days = stage.parameters, stage.people, stage.days
    habits = parameters.registrations
    rate = people.trait(parameters, "registrations") * people.activity * days.count / 365
    person = np.repeat(np.arange(people.count), rng.poisson(rate))
    count = len(person)
    median, sigma = people.trait(parameters, "batch")[person].T
    size = np.exp(np.log(median) + sigma * rng.standard_normal(count)).clip(1, 400).astype(np.int64)
    launch = rng.random(count) < habits.launch_share
    day = np.where(launch, rng.choice(days.launches, count), calendar.pick(days.busy, count, rng))
    province = np.where(
        rng.random(count) < habits.elsewhere,
        rng.integers(0, parameters.people.provinces, count),
        people.province[person],
    )
    other = calendar.pick(np.array(parameters.people.operators), count, rng)
    moved = rng.random(count) < habits.other_operator
    operator = np.where(moved, other, people.operator[person])
    places = parameters.people.provinces
    desk = dealers.desk_for(stage.desks, operator, province, rng, provinces=places)
    desk = np.where(rng.random(count) < people.online[person], NOBODY, desk)
    return Purchases(
        person=person,
        at=calendar.moments_on(days, day, rng),
        operator=operator,
        desk=desk,
        clerk=dealers.clerk_at(stage.desks, desk, rng),
        size=size,
        launch=launch,
    )


def manners(stage: Stage, bought: Purchases, row: Ints) -> Ints:
    """People act after their kind; on a launch day most act alike, and some buy for relatives."""
    product = stage.parameters.products[PRODUCT]
    manner = stage.usual_manner(PRODUCT, bought.person[row])
    ordinary = manner == product.manner("ordinary")
    manner[ordinary & bought.launch[row]] = product.manner("launch")
    manner[ordinary & (bought.size[row] > 1)] = product.manner("family")
    return manner


def requests(parameters: Parameters, manner: Ints, rng: np.random.Generator) -> Ints:
    """Draw what is asked for; a port-in or a replacement keeps the number."""
    manners = parameters.products[PRODUCT].manners
    table = parameters.registrations.requests
    weights = np.array([table.get(each, table["ordinary"]) for each in manners], float)
    edges = np.cumsum(weights, axis=1)[manner]
    return np.asarray(
        (rng.random(len(manner))[:, None] * edges[:, -1:] >= edges[:, :-1]).sum(axis=1)
    )


def numbers(stage: Stage, request: Ints, person: Ints, rng: np.random.Generator) -> Numbers:
    """Give a fresh or recycled number to a new SIM, the person's own to any other."""
    habits = stage.parameters.registrations
    count = len(request)
    fresh = stage.people.count + np.arange(count)
    new = request == REQUESTS.index("new")
    recycled = new & (rng.random(count) < habits.recycled)
    median, sigma = habits.recycled_days
    idle = habits.rest_days + median * np.exp(sigma * rng.standard_normal(count))
    return Numbers(np.where(new, fresh, person), np.where(recycled, idle, np.nan))


def recycle(acts: SimActs, rng: np.random.Generator) -> SimActs:
    """Let some recycled numbers be ones that were given out earlier in the period.

    Rows must be in order of time. The earlier holder is searched as long ago as the number idled.
    """
    earlier = np.searchsorted(acts.at, acts.at - np.nan_to_num(acts.idle * DAY).astype(np.int64))
    again = np.isfinite(acts.idle) & (earlier > 0)
    chosen = (rng.random(len(acts)) * earlier).astype(np.int64)
    acts.number[again] = acts.number[chosen[again]]
    return acts


def handsets(stage: Stage, person: Ints, rank: Ints, rng: np.random.Generator) -> Ints:
    """Put the SIM into the person's phone, a relative's, or a machine of its own."""
    parameters, people = stage.parameters, stage.people
    helped = rng.random(len(person)) < people.trait(parameters, "helped")[person]
    relative = phone_of_relative(people)[person]
    own = np.where(helped, relative, people.handset[person])
    machine = people.of_kind(*IN_BATCHES)[person] | (rank > 1)
    return np.where(machine, people.count + np.arange(len(person)), own)


def phone_of_relative(people: Population) -> Ints:
    """Name the phone of the next member of each person's household."""
    order = np.argsort(people.household, kind="stable")
    household = people.household[order]
    following = np.roll(order, -1)
    same = np.roll(household, -1) == household
    relative = np.empty(people.count, np.int64)
    relative[order] = np.where(same, following, order)
    return people.handset[relative]

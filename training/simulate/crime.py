"""SIMs registered for crime: by gangs, by lone offenders, and by some who cannot be told apart.

Gangs plan a few weeks at a time and learn from their losses (``gangs``).
"""

from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from training.simulate import calendar, dealers, gangs
from training.simulate.acts import REQUESTS, ROLES, SimActs
from training.simulate.arrays import DAY, NOBODY, SECOND, Array, Flags, Floats, Ints, rank_within
from training.simulate.gangs import Gangs
from training.simulate.registrations import PRODUCT
from training.simulate.stage import ALIAS, Stage

LONE_CASES = 2 * ALIAS
HIDDEN_CASES = 3 * ALIAS
LONE = 10_000  # generations of gangs never get here
REMOTE = ("injected",)  # methods that need no desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Registrations to be made; rows of one ``visit`` share a name, a desk and a day."""

    gangs: Gangs
    gang: Ints
    visit: Ints  # from 0 up
    day: Ints
    method: Ints  # place in the parameter file's methods

    @property
    def visits(self) -> int:
        return int(self.visit.max()) + 1 if len(self.visit) else 0

    def by_visit(self, drawn: Array) -> Array:
        """Spread what was drawn once per visit over its rows."""
        return drawn[self.visit]


def register_for_crime(
    stage: Stage, honest: SimActs, rng: np.random.Generator, *, rate: float
) -> SimActs:
    """Make all criminal registrations, about ``prevalence * rate`` of all."""
    crime = stage.parameters.crime
    wanted = len(honest) * crime.prevalence * rate
    hidden = indistinguishable(stage, honest, rng, count=int(wanted * crime.traceless))
    open_acts = wanted * (1 - crime.traceless)
    lone = lone_acts(stage, rng, count=int(open_acts * crime.lone))
    farmed = farm(stage, rng, wanted=open_acts * (1 - crime.lone))
    joined = hidden.joined(lone).joined(farmed)
    serial = stage.people.count + len(honest) + np.arange(len(joined))
    new = joined.request == REQUESTS.index("new")
    return replace(joined, number=np.where(new, serial, joined.person))


def indistinguishable(
    stage: Stage, honest: SimActs, rng: np.random.Generator, *, count: int
) -> SimActs:
    """Do exactly what some honest person did, in that person's name and home, at another time."""
    single = np.flatnonzero(honest.batch == 1)
    row = rng.choice(single, count)
    return replace(
        honest.map(lambda column: column[row]),
        at=calendar.moments(stage.days, count, rng),
        role=calendar.pick(np.array(stage.parameters.crime.roles_traceless), count, rng),
        case=HIDDEN_CASES + np.arange(count),
    )


def lone_acts(stage: Stage, rng: np.random.Generator, *, count: int) -> SimActs:
    """Let single offenders take over a number, or register in one stolen name."""
    alone = gangs.form_gangs(stage, rng, count=count)
    methods = np.array([each in ("swap", "stolen") for each in stage.parameters.crime.methods])
    plan = Plan(
        gangs=replace(alone, generation=alone.generation + LONE),
        gang=np.arange(count),
        visit=np.arange(count),
        day=calendar.pick(stage.days.crime, count, rng),
        method=calendar.pick(methods.astype(float), count, rng),
    )
    return replace(carry_out(stage, plan, rng), case=LONE_CASES + np.arange(count))


def farm(stage: Stage, rng: np.random.Generator, *, wanted: float) -> SimActs:
    """Let gangs work period after period, and learn in between."""
    crime, days = stage.parameters.crime, stage.days
    count = max(crime.fewest, int(stage.people.count / crime.people_each))
    working = gangs.form_gangs(stage, rng, count=count)
    lost, held = np.zeros(count), np.zeros(count)
    batches = []
    for first in range(0, days.count, crime.period_days):
        period = np.arange(first, min(first + crime.period_days, days.count))
        rate = wanted / count * float(days.crime[period].sum()) / days.count
        plan = plan_period(stage, working, period, rng, rate=rate)
        batches.append(carry_out(stage, plan, rng))
        lost = crime.memory * lost + gangs.losses(crime, working, plan.gang, rng)
        held = crime.memory * held + np.bincount(plan.gang, minlength=count)
        retreat = lost > crime.loss_rate * np.maximum(held, 1)
        working = gangs.adapt(stage, working, rng, retreat=retreat)
    return reduce(SimActs.joined, batches)


def plan_period(
    stage: Stage, working: Gangs, period: Ints, rng: np.random.Generator, *, rate: float
) -> Plan:
    """Plan one period; the newest method is known only in the last weeks."""
    crime = stage.parameters.crime
    volume = rng.poisson(rate * rng.standard_exponential(working.count))
    gang = np.repeat(np.arange(working.count), volume)
    place = (rank_within(gang) / working.per_document[gang]).astype(np.int64)
    names, visit = np.unique(gang * 1_000_000 + place, return_inverse=True)
    day = rng.choice(period, len(names))[visit]
    late = day >= stage.days.count - crime.late_days
    late &= rng.random(len(gang)) < crime.late_share
    method = np.where(late, list(crime.methods).index("injected"), working.method[gang])
    return Plan(gangs=working, gang=gang, visit=visit, day=day, method=method)


def carry_out(stage: Stage, plan: Plan, rng: np.random.Generator) -> SimActs:
    crime, people, gang = stage.parameters.crime, stage.people, plan.gang
    count, visits = len(gang), plan.visits
    rank = rank_within(plan.visit)
    gap = rng.standard_exponential(count) * crime.gap_seconds
    hour = calendar.moments_on(stage.days, np.zeros(visits, np.int64), rng)
    person = borrow_names(stage, plan, rng)
    desk = desks_for(stage, plan, rng)
    size = np.bincount(plan.visit, minlength=visits)
    ordered = plan.by_visit(rng.random(visits) < crime.ordered)
    housed = plan.by_visit(rng.random(visits) < crime.house)
    own = rng.random(count) < crime.own_handset
    return SimActs(
        at=plan.by_visit(hour) + plan.day * DAY + (rank * gap * SECOND).astype(np.int64),
        person=person,
        manner=manners(stage, plan),
        cover=stage.usual_manner(PRODUCT, person),
        boldness=plan.gangs.boldness[gang],
        role=roles(stage, plan, rng),
        case=ALIAS + (plan.day * 1_000_000 + plan.visit) * 1_000 + gang,
        handset=np.where(
            own, people.handset[person], gangs.handset_of(crime, plan.gangs, gang, rng)
        ),
        number=person,
        address=np.where(housed, gangs.house_of(plan.gangs, gang), people.household[person]),
        operator=np.where(desk == NOBODY, plan.gangs.operator[gang], stage.desks.operator[desk]),
        desk=desk,
        clerk=dealers.clerk_at(stage.desks, desk, rng),
        sim=np.arange(count),
        request=requests(stage, plan, rng),
        idle=idle_days(stage, rng, count=count),
        batch=np.where(ordered, plan.by_visit(size), 1),
        gap=np.where(rank > 0, gap, np.nan),
        aging=plan.gangs.aging[gang],
    )


def borrow_names(stage: Stage, plan: Plan, rng: np.random.Generator) -> Ints:
    """Rent names of the poor, not the old; steal anybody's, of the old and foreigners first."""
    crime, people = stage.parameters.crime, stage.people
    young = stage.adults() & (people.age <= crime.old_age)
    poor = young / (crime.poverty + people.income)
    easy: Floats = (
        1.0 + crime.old_pull * (people.age > crime.old_age) + crime.foreign_pull * people.foreign
    )
    rented = plan.by_visit(near_or_far(stage, plan, poor, rng))
    stolen = plan.by_visit(near_or_far(stage, plan, easy * stage.adults(), rng))
    return np.where(plan.method == list(crime.methods).index("rented"), rented, stolen)


def near_or_far(stage: Stage, plan: Plan, weights: Floats, rng: np.random.Generator) -> Ints:
    """Choose a person for each visit, most of them from the gang's province."""
    _, first = np.unique(plan.visit, return_index=True)
    province = plan.gangs.province[plan.gang[first]]
    near = calendar.pick_in(stage.people.province, weights, province, rng)
    far = calendar.pick(weights, plan.visits, rng)
    return np.where(rng.random(plan.visits) < stage.parameters.crime.local, near, far)


def manners(stage: Stage, plan: Plan) -> Ints:
    product = stage.parameters.products[PRODUCT]
    return np.array([product.manner(each) for each in stage.parameters.crime.methods])[plan.method]


def roles(stage: Stage, plan: Plan, rng: np.random.Generator) -> Ints:
    """Draw the role of the person whose name is used, by how the name was come by."""
    crime = stage.parameters.crime
    point = plan.by_visit(rng.random(plan.visits))
    edges = np.cumsum([crime.roles[each] for each in crime.methods], axis=1)[plan.method]
    return np.asarray((point[:, None] >= edges[:, : len(ROLES) - 2]).sum(axis=1))


def desks_for(stage: Stage, plan: Plan, rng: np.random.Generator) -> Ints:
    """Go to a favourite desk, or to any in the gang's province, or to none."""
    crime, count = stage.parameters.crime, len(plan.gang)
    methods = list(crime.methods)
    choice = plan.by_visit(rng.integers(0, crime.gang_dealers, plan.visits))
    near = dealers.desk_for(
        stage.desks,
        plan.gangs.operator[plan.gang],
        plan.gangs.province[plan.gang],
        rng,
        provinces=stage.parameters.people.provinces,
    )
    favourite = plan.by_visit(rng.random(plan.visits) < crime.gang_dealer_share)
    desk = np.where(favourite, plan.gangs.desks[plan.gang, choice], near)
    remote: Flags = np.isin(plan.method, [methods.index(each) for each in REMOTE])
    at_home = remote | plan.by_visit(rng.random(plan.visits) < crime.remote)
    return np.where(at_home, np.full(count, NOBODY), desk)


def requests(stage: Stage, plan: Plan, rng: np.random.Generator) -> Ints:
    """A takeover keeps the victim's number; everybody else wants new ones."""
    crime, point = stage.parameters.crime, rng.random(len(plan.gang))
    replaced, ported = REQUESTS.index("replacement"), REQUESTS.index("port_in")
    taken = np.where(point < crime.replacement, replaced, ported)
    other = np.where(point < crime.new, REQUESTS.index("new"), REQUESTS.index("reactivation"))
    return np.where(plan.method == list(crime.methods).index("swap"), taken, other)


def idle_days(stage: Stage, rng: np.random.Generator, *, count: int) -> Array:
    """Some numbers of gangs were others' before, as numbers are."""
    median, sigma = stage.parameters.registrations.recycled_days
    idle = stage.parameters.registrations.rest_days + median * np.exp(
        sigma * rng.standard_normal(count)
    )
    return np.where(rng.random(count) < stage.parameters.crime.recycled, idle, np.nan)

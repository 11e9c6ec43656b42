"""START HERE: a country of people, desks, gangs and instruments.

act -> traces -> sensors. People and gangs act (``registrations``, ``accounts``, ``activity``,
``crime``, ``mules``); acts leave traces (``sim_traces``, ``opening_traces``, ``week_traces``);
``sensors`` read traces with error, and see nothing else. ``noise`` and ``labels`` then do what
desks, wires and back offices do.

Tenants: operators A and B and banks A to C share one installation, so their rows carry the tenant
``default`` and a window sees both halves; the other two operators and three banks keep to
themselves, each under its own name.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from training.simulate import (
    accounts,
    activity,
    crime,
    mules,
    noise,
    opening_traces,
    registrations,
    sim_traces,
    week_traces,
)
from training.simulate.acts import INNOCENT, Acts, OpeningActs, SimActs, WeekActs
from training.simulate.arrays import DAY, NEVER, Array, Floats, Moments
from training.simulate.calendar import days_from
from training.simulate.dealers import open_desks
from training.simulate.parameters import Parameters
from training.simulate.people import populate
from training.simulate.records import Case, Events, recorded
from training.simulate.stage import Stage

STAGES = (
    "people",
    "dealers",
    "calendar",
    "registrations",
    "crime",
    "recycling",
    "accounts",
    "mules",
    "activity",
    "sim_registration",
    "account_opening",
    "account_activity",
    "keys",
)
OPERATORS = ("default", "default", "operator_c", "operator_d")
BANKS = ("default", "default", "default", "bank_d", "bank_e", "bank_f")
MONTH = 30 * DAY
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How large a country, for how long, with which luck and how much crime."""

    people: int
    days: int
    seed: int = 0
    crime: float = 1.0  # times the parameter file's prevalence


class Registered(NamedTuple):
    """Registrations of the honest and of gangs."""

    honest: SimActs
    farmed: SimActs


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """Everything that happened."""

    stage: Stage
    events: tuple[Events, ...]
    sold: OpeningActs  # accounts that changed hands
    key: int  # of identifiers and references


def simulate(
    parameters: Parameters,
    scenario: Scenario,
    progress: Progress = lambda _: None,
) -> Country:
    """Let a country live for so many days; the same arguments give the same country."""
    people, days = scenario.people, scenario.days
    seeds = np.random.SeedSequence(scenario.seed).spawn(len(STAGES))
    rng = {name: np.random.default_rng(each) for name, each in zip(STAGES, seeds, strict=True)}
    progress("people")
    stage = Stage(
        parameters=parameters,
        people=populate(parameters, people, rng["people"]),
        desks=open_desks(parameters, people, rng["dealers"]),
        days=days_from(parameters.calendar, days, rng["calendar"]),
    )
    progress("SIM registrations")
    honest, farmed = all_registrations(stage, rng, crime_rate=scenario.crime)
    sims = stocked(registrations.recycle(honest.joined(farmed).by_time(), rng["recycling"]))
    sims = sims.map(within(stage, sims))
    progress("accounts")
    opened = accounts.open_honestly(stage, honest, rng["accounts"])
    herd = mules.recruit(stage, opened, farmed, rng["mules"], rate=scenario.crime)
    weeks = activity.live(stage, opened, herd, rng["activity"]).by_time()
    openings = opened.joined(herd.opened).by_time()
    openings = openings.map(within(stage, openings))
    progress("instruments")
    events = (
        sim_events(stage, sims, rng["sim_registration"]),
        opening_events(stage, openings, rng["account_opening"]),
        week_events(stage, weeks, rng["account_activity"]),
    )
    key = int(rng["keys"].integers(1 << 40))
    return Country(stage=stage, events=events, sold=herd.sold, key=key)


def all_registrations(
    stage: Stage, rng: dict[str, np.random.Generator], *, crime_rate: float
) -> Registered:
    honest = registrations.register_honestly(stage, rng["registrations"])
    return Registered(
        honest, crime.register_for_crime(stage, honest, rng["crime"], rate=crime_rate)
    )


def within(stage: Stage, acts: Acts) -> Callable[[Array], Array]:
    kept = (acts.at >= stage.days.first) & (acts.at < stage.days.last)
    return lambda column: column[kept]


def stocked(sims: SimActs) -> SimActs:
    """Number the cards: those of one desk come one after the other."""
    serial = np.empty(len(sims), np.int64)
    serial[np.lexsort((sims.at, sims.desk, sims.operator))] = np.arange(len(sims))
    return replace(sims, sim=serial)


def sim_events(stage: Stage, acts: SimActs, rng: np.random.Generator) -> Events:
    share = stage.parameters.registrations.rescreened
    seen_again = (rng.random(len(acts)) < share) & (acts.at + MONTH < stage.days.last)
    traces = sim_traces.leave(stage, acts, seen_again, rng)
    scored = replace(acts, at=np.where(seen_again, acts.at + MONTH, acts.at))
    case = Case(
        product=registrations.PRODUCT,
        acts=scored,
        traces=traces,
        at=noise.stamped(scored, stage.desks, scored.at),
        tenant=acts.operator,
        tenants=OPERATORS,
        purpose=seen_again * 1,
        fraud=acts.role != INNOCENT,
        fraud_from=acts.at,
        number_since=np.where(np.isfinite(acts.idle), acts.at, NEVER),
    )
    return recorded(stage, case, rng)


def opening_events(stage: Stage, acts: OpeningActs, rng: np.random.Generator) -> Events:
    case = Case(
        product=accounts.PRODUCT,
        acts=acts,
        traces=opening_traces.leave(stage, acts, rng),
        at=acts.at,
        tenant=acts.bank,
        tenants=BANKS,
        purpose=np.zeros(len(acts), np.int64),
        fraud=acts.role != INNOCENT,
        fraud_from=acts.use_from,
        number_since=held_since(stage, acts, acts.number_age),
    )
    return recorded(stage, case, rng)


def week_events(stage: Stage, acts: WeekActs, rng: np.random.Generator) -> Events:
    case = Case(
        product=activity.PRODUCT,
        acts=acts,
        traces=week_traces.leave(stage, acts, rng),
        at=acts.at,
        tenant=acts.bank,
        tenants=BANKS,
        purpose=np.zeros(len(acts), np.int64),
        fraud=acts.label == 1,
        fraud_from=acts.use_from,
        number_since=held_since(stage, acts, acts.number_age),
    )
    return recorded(stage, case, rng)


def held_since(stage: Stage, acts: Acts, number_age: Floats) -> Moments:
    """Operators tell since when a number is its holder's, where it was given out lately."""
    since = acts.at - (number_age * DAY).astype(np.int64)
    return np.where(acts.number >= stage.people.count, since, NEVER)

"""What a SIM registration leaves behind."""

import numpy as np

from training.simulate.acts import REQUESTS, SimActs
from training.simulate.arrays import DAY, NOBODY, Flags, Floats, Ints, rank_within
from training.simulate.people import DOCUMENTS
from training.simulate.registrations import PRODUCT
from training.simulate.stage import ALIAS, Stage
from training.simulate.traces import (
    AGE_BANDS,
    NATIONALITIES,
    Traces,
    absent,
    age_band,
    law_words,
    lawful,
)

PLACES = ("store", "dealer", "kiosk", "online")
CUSTOMERS = ("person", "business")


def leave(stage: Stage, acts: SimActs, seen_again: Flags, rng: np.random.Generator) -> Traces:
    """Collect traces of acts in order of time; ``seen_again`` are scored a month after the sale."""
    product = stage.parameters.products[PRODUCT]
    drawn = lawful(product, acts, rng, mishap=stage.parameters.registrations.mishap)
    values = {**drawn, **of_person(stage, acts), **of_desk(stage, acts, drawn, rng)}
    values |= of_holdings(stage, acts, drawn, rng) | of_number(stage, acts, drawn, rng)
    values |= of_later(acts, drawn, seen_again)
    return Traces(
        at=acts.at,
        vendor=(acts.operator * 3 + (acts.desk == NOBODY)) % stage.parameters.noise.vendors,
        values=values,
        words=law_words(product)
        | {
            "document": DOCUMENTS,
            "customer": CUSTOMERS,
            "request": REQUESTS,
            "channel": PLACES,
            "age": AGE_BANDS,
            "nationality": NATIONALITIES,
        },
        entities=entities(stage, acts, seen_again, rng),
    )


def of_person(stage: Stage, acts: SimActs) -> dict[str, Floats]:
    people, person = stage.people, acts.person
    since_start = (acts.at - stage.days.first) / DAY
    same = people.operator[person] == acts.operator
    lifelong = (people.document[person] == 0) & (
        people.age[person] > stage.parameters.people.lifelong_age
    )
    return {
        "document": people.document[person].astype(float),
        "days_to_expiry": absent(people.expiry[person] - since_start, lifelong),
        "customer": people.of_kind("company", "fleet")[person].astype(float),
        "tenure": np.where(same, (people.number_age[person] + since_start) // 30.44, 0.0),
        "age": age_band(people.age[person]),
        "nationality": people.foreign[person].astype(float),
    }


def of_desk(
    stage: Stage, acts: SimActs, drawn: dict[str, Floats], rng: np.random.Generator
) -> dict[str, Floats]:
    desks, desk = stage.desks, acts.desk
    remote = desk == NOBODY
    other = desks.province[desk] != stage.people.province[acts.person]
    far: Floats = stage.parameters.people.far_km * rng.standard_gamma(2, len(acts)) / 2
    km = np.asarray(drawn["near_km"] + far * other, np.float64)
    licensed = desks.licence[desk] + (acts.at - stage.days.first) / DAY
    place = np.where(desks.kiosk[desk], 2, np.where(desks.store[desk], 0, 1))
    border = stage.parameters.people.border_provinces
    wall = stage.parameters.registrations.shared_wall
    return {
        "channel": np.where(remote, 3, place).astype(float),
        "days_licensed": absent(np.asarray(licensed, np.float64), remote),
        "after_hours": absent(drawn["after_hours"], remote),
        "background_seen": absent(drawn["background_seen"], rng.random(len(acts)) < wall * remote),
        "cards_in_a_row": absent(1 + drawn["run_of_cards"] + np.minimum(acts.batch - 1, 8), remote),
        "km_to_shop": absent(km, remote),
        "at_border": absent((desks.province[desk] < border).astype(float), remote),
        "network": absent(drawn["network"], ~remote),
        "abroad": absent(drawn["abroad"], ~remote),
    }


def of_holdings(
    stage: Stage, acts: SimActs, drawn: dict[str, Floats], rng: np.random.Generator
) -> dict[str, Floats]:
    """Count what hangs on the document already; rows are in order of time."""
    places = stage.parameters.people
    share = stage.parameters.registrations.held_here
    before = stage.people.sims[acts.person] + drawn["further_sims_held"]
    here = rng.binomial(before.astype(np.int64), share) + rank_within(
        acts.person * 8 + acts.operator
    )
    everywhere = np.maximum(before + rank_within(acts.person), here)
    company = stage.people.of_kind("company", "fleet")[acts.person]
    cap = np.where(company, places.cap_business, places.cap_person)
    return {
        "sims_here": here.astype(float),
        "sims_everywhere": everywhere,
        "order": acts.batch.astype(float),
        "cap_share": (here + acts.batch) / cap,
    }


def of_number(
    stage: Stage, acts: SimActs, drawn: dict[str, Floats], rng: np.random.Generator
) -> dict[str, Floats]:
    never = stage.parameters.registrations.never_moved
    new = acts.request == REQUESTS.index("new")
    return {
        "request": acts.request.astype(float),
        "days_idle": absent(acts.idle, ~new),
        "hours_since_swap": absent(drawn["swap_hours"], new | (rng.random(len(acts)) < never)),
        "ports": drawn["ports"],
        "name_points": 99 * drawn["name_likeness"],
        "attempts": 1 + drawn["further_attempts"],
        "devices_seen": absent(1 + drawn["devices_of_number"], new),
    }


def of_later(acts: SimActs, drawn: dict[str, Floats], seen_again: Flags) -> dict[str, Floats]:
    """Traces of the first month, which only a later look can see."""
    return {
        "hours_to_activation": absent(drawn["idle_hours"] + acts.aging * 3, ~seen_again),
        "first_cell": absent(drawn["first_cell_km"], ~seen_again),
        "sims_of_wallet": absent(1 + drawn["wallet_sims"], ~seen_again),
        "otp_heard": absent(drawn["otp_senders"], ~seen_again),
        "calls_per_contact": absent(np.maximum(drawn["calls_each"], 1), ~seen_again),
    }


def entities(
    stage: Stage, acts: SimActs, seen_again: Flags, rng: np.random.Generator
) -> dict[str, Ints]:
    """Name who and what was there; a kiosk's tablet serves every customer of its desk."""
    tablet = (acts.desk != NOBODY) & stage.desks.kiosk[acts.desk]
    camera = np.where(tablet, 2 * ALIAS + acts.desk, acts.handset)
    method = stage.parameters.products[PRODUCT].manners
    runner = np.isin(acts.manner, [method.index("stolen"), method.index("complicit_desk")])
    runner &= (acts.handset >= ALIAS) & (rng.random(len(acts)) < stage.parameters.crime.runner)
    gang_money = (acts.handset >= ALIAS) & (rng.random(len(acts)) < stage.parameters.crime.wallet)
    return {
        "id_document": acts.person,
        "msisdn": acts.number,
        "imei": acts.handset,
        "iccid": acts.sim,
        "dealer": acts.desk,
        "clerk": acts.clerk,
        "device": np.where((acts.desk == NOBODY) | tablet, camera, NOBODY),
        "address": acts.address,
        "face": np.where(runner, acts.handset // 100, acts.person),
        "wallet": np.where(
            seen_again, np.where(gang_money, acts.handset // 100, acts.person), NOBODY
        ),
    }

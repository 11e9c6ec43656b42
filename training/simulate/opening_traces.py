"""What the opening of an account leaves behind."""

import numpy as np

from training.simulate.accounts import PRODUCT
from training.simulate.acts import CHANNELS, Acts, OpeningActs
from training.simulate.arrays import DAY, NOBODY, Floats, Ints, rank_within
from training.simulate.people import DOCUMENTS, SEXES
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

PLACES = ("branch", "agent", "online", "app")
SESSION = {
    "session_minutes": "minutes",
    "session_pause": "pause",
    "session_pasted": "pasted",
    "session_network": "network",
    "session_abroad": "abroad",
    "session_apart": "phone_apart_km",
    "session_call": "on_the_phone",
    "session_steered": "steered",
}


def leave(stage: Stage, acts: OpeningActs, rng: np.random.Generator) -> Traces:
    """Collect traces of acts in order of time."""
    product = stage.parameters.products[PRODUCT]
    drawn = lawful(product, acts, rng, mishap=stage.parameters.openings.mishap)
    remote = acts.channel == CHANNELS.index("online")
    values = {**drawn, **of_person(stage, acts), **of_money(stage, acts, drawn)}
    values |= of_relation(acts, drawn, remote)
    values |= {name: absent(drawn[law], ~remote) for name, law in SESSION.items()}
    values["channel"] = place(acts.channel, drawn["app"])
    return Traces(
        at=acts.at,
        vendor=(acts.bank * 2 + remote) % stage.parameters.noise.vendors,
        values=values,
        words=law_words(product)
        | {
            "document": DOCUMENTS,
            "channel": PLACES,
            "session_network": law_words(product)["network"],
            "age": AGE_BANDS,
            "nationality": NATIONALITIES,
            "sex": SEXES,
        },
        entities=entities(stage, acts, rng),
    )


def place(channel: Ints, app: Floats) -> Floats:
    """A kiosk stands in a branch; from home people use the app or the web."""
    desk = np.where(channel == CHANNELS.index("agent"), PLACES.index("agent"), 0)
    home = np.where(app > 0, PLACES.index("app"), PLACES.index("online"))
    return np.where(channel == CHANNELS.index("online"), home, desk).astype(float)


def of_person(stage: Stage, acts: OpeningActs) -> dict[str, Floats]:
    people, person = stage.people, acts.person
    lifelong = (people.document[person] == 0) & (
        people.age[person] > stage.parameters.people.lifelong_age
    )
    days = people.expiry[person] - (acts.at - stage.days.first) / DAY
    return {
        "document": people.document[person].astype(float),
        "days_to_expiry": absent(days, lifelong),
        "age": age_band(people.age[person]),
        "nationality": people.foreign[person].astype(float),
        "sex": people.sex[person].astype(float),
    }


def of_money(stage: Stage, acts: OpeningActs, drawn: dict[str, Floats]) -> dict[str, Floats]:
    income = stage.people.income[acts.person] * drawn["income_told"]
    empty = drawn["deposit_from"] == 0
    return {
        "income": income,
        "turnover": income * drawn["turnover_told"],
        "first_deposit": np.where(empty, 0.0, drawn["deposit"]),
    }


def of_relation(acts: OpeningActs, drawn: dict[str, Floats], remote: Ints) -> dict[str, Floats]:
    known = rank_within(acts.person * 8 + acts.bank)
    here = drawn["accounts_here"] * (drawn["months_customer"] >= 1) + known
    return {
        "name_points": 99 * drawn["name_likeness"],
        "sim_name_points": 99 * drawn["sim_name_likeness"],
        "attempts": 1 + drawn["further_attempts"],
        "sim_age": acts.number_age,
        "km_to_branch": absent(drawn["near_km"], remote),
        "accounts_here": here,
        "accounts_everywhere": here + drawn["accounts_elsewhere"],
    }


def entities(stage: Stage, acts: OpeningActs, rng: np.random.Generator) -> dict[str, Ints]:
    """Name who and what was there; a kiosk's tablet serves every customer of its branch."""
    remote = acts.channel == CHANNELS.index("online")
    kiosk = acts.channel == CHANNELS.index("kiosk")
    branch = acts.bank * 1_000 + stage.people.province[acts.person]
    herded = acts.handset >= ALIAS
    product = stage.parameters.products[PRODUCT].manners
    runner = (
        herded
        & (acts.manner == product.index("stolen_name"))
        & (rng.random(len(acts)) < stage.parameters.mules.runner)
    )
    return {
        "id_document": acts.person,
        "account": acts.account,
        "msisdn": acts.number,
        "device": np.where(remote, acts.handset, np.where(kiosk, 2 * ALIAS + branch, NOBODY)),
        "address": acts.address,
        "email": np.where(
            herded & (rng.random(len(acts)) < stage.parameters.mules.email),
            acts.handset,
            acts.person,
        ),
        "face": np.where(runner, acts.handset, acts.person),
        "branch": np.where(remote, NOBODY, branch),
        "clerk": np.where(remote, NOBODY, branch * 100 + rng.integers(0, 6, len(acts))),
        "payee": payees(stage, acts, rng),
    }


def payees(stage: Stage, acts: Acts, rng: np.random.Generator) -> Ints:
    """Name whom most money goes to: kin, a landlord or shop of many, or a herder's account."""
    habits, count = stage.parameters.openings, len(acts)
    kin = 7 * ALIAS + stage.people.household[acts.person]
    known = (
        7 * ALIAS
        - 1
        - (rng.random(count) ** 2 * stage.people.count / habits.people_each_payee).astype(np.int64)
    )
    usual = np.where(rng.random(count) < habits.known_payee, known, kin)
    return np.where(
        (acts.handset >= ALIAS) & (rng.random(count) < stage.parameters.mules.payee),
        acts.handset,
        usual,
    )

"""What a week leaves behind in an account."""

import numpy as np

from training.simulate.activity import PRODUCT, WEEK
from training.simulate.acts import WeekActs
from training.simulate.arrays import MINUTE, Floats, Ints
from training.simulate.opening_traces import payees
from training.simulate.people import SEXES
from training.simulate.stage import Stage
from training.simulate.traces import (
    AGE_BANDS,
    NATIONALITIES,
    Traces,
    absent,
    age_band,
    law_words,
    lawful,
)


def leave(stage: Stage, acts: WeekActs, rng: np.random.Generator) -> Traces:
    """Collect traces of acts in order of time."""
    product = stage.parameters.products[PRODUCT]
    drawn = lawful(product, acts, rng, mishap=stage.parameters.weeks.mishap)
    values = {**drawn, **of_holder(stage, acts, drawn), **of_flows(stage, acts, drawn)}
    values |= of_counterparties(drawn, rng) | of_shares(drawn)
    return Traces(
        at=acts.at,
        vendor=acts.bank % stage.parameters.noise.vendors,
        values=values,
        words=law_words(product) | {"age": AGE_BANDS, "nationality": NATIONALITIES, "sex": SEXES},
        entities=entities(stage, acts, rng),
    )


def of_holder(stage: Stage, acts: WeekActs, drawn: dict[str, Floats]) -> dict[str, Floats]:
    """Nothing can have changed, or slept, for longer than the account has been there."""
    people, person, open_days = stage.people, acts.person, acts.account_age
    number = np.minimum(drawn["phone_days"], acts.number_age)
    return {
        "days_open": open_days,
        "days_quiet": np.minimum(drawn["quiet_days"], open_days),
        "income": people.income[person],
        "age": age_band(people.age[person]),
        "nationality": people.foreign[person].astype(float),
        "sex": people.sex[person].astype(float),
        "days_of_number": absent(number, number > open_days),
        "days_of_device": absent(drawn["device_days"], drawn["device_days"] > open_days),
        "sim_name_points": 99 * drawn["sim_name_likeness"],
    }


def of_flows(stage: Stage, acts: WeekActs, drawn: dict[str, Floats]) -> dict[str, Floats]:
    """Money in after the income and the week's manner; what is not kept goes out."""
    habits = stage.parameters.weeks
    income = stage.people.income[acts.person]
    arrived = drawn["credits"] > 0
    total = np.where(arrived, income * drawn["incoming"], 0.0)
    usual = income * drawn["usual"]
    spent = np.where(drawn["debits"] > 0, habits.everyday_spending * usual, 0.0)
    alone = drawn["credits"] <= 1
    part = np.where(alone, 1.0, np.maximum(drawn["largest_part"], 1 / drawn["credits"].clip(1)))
    return {
        "money_in": total,
        "money_out": np.where(drawn["debits"] > 0, total * (1 - drawn["kept"]) + spent, 0.0),
        "largest": total * part,
        "money_usual": absent(usual, acts.account_age < habits.usual_after_days),
        "passing_share": absent(drawn["passing"], ~arrived),
        "drain_minutes": absent(drawn["drain"], ~arrived | (drawn["drain"] > WEEK / MINUTE)),
        "kept_share": absent(drawn["kept"], ~arrived),
    }


def of_counterparties(drawn: dict[str, Floats], rng: np.random.Generator) -> dict[str, Floats]:
    """Count who paid and who was paid, among the week's movements."""
    payers = among(drawn["credits"], drawn["payer_spread"], rng)
    payees = among(drawn["debits"], drawn["payee_spread"], rng)
    nobody_paid = payers == 0
    new = rng.binomial(payers.astype(np.int64), drawn["new_payers"]) / payers.clip(1)
    known = payers + payees
    listed = rng.binomial(known.astype(np.int64), drawn["listed_met"]) / known.clip(1)
    return {
        "payers": payers,
        "payees": payees,
        "new_payer_share": absent(new, nobody_paid),
        "main_payee_share": absent(np.where(payees == 1, 1.0, drawn["main_payee"]), payees == 0),
        "listed_share": absent(listed, known == 0),
        "payee_used_by": absent(drawn["payee_shared"], payees == 0),
    }


def among(movements: Floats, spread: Floats, rng: np.random.Generator) -> Floats:
    """Of so many movements, count the distinct partners: one, and a share of the rest."""
    rest = (movements - 1).clip(0).astype(np.int64)
    return np.where(movements > 0, 1 + rng.binomial(rest, spread), 0).astype(float)


def of_shares(drawn: dict[str, Floats]) -> dict[str, Floats]:
    none = drawn["credits"] + drawn["debits"] == 0
    nothing_out = drawn["debits"] == 0
    movements = {
        "burst_share": "burst",
        "night_share": "night",
        "threshold_share": "under_threshold",
        "round_share": "round_part",
    }
    outward = {
        "everyday_part": "everyday",
        "crypto_part": "crypto",
        "cash_part": "cash",
        "border_part": "cross_border",
    }
    return (
        {name: absent(drawn[law], none) for name, law in movements.items()}
        | {name: absent(drawn[law], nothing_out) for name, law in outward.items()}
        | {
            "call_share": drawn["calls"],
            "masked_share": drawn["masked"],
            "weeks_unpaid": absent(drawn["salary_weeks"], drawn["salaried"] == 0),
        }
    )


def entities(stage: Stage, acts: WeekActs, rng: np.random.Generator) -> dict[str, Ints]:
    return {
        "account": acts.account,
        "id_document": acts.person,
        "msisdn": acts.number,
        "device": acts.handset,
        "address": acts.address,
        "email": acts.person,
        "branch": acts.bank * 1_000 + stage.people.province[acts.person],
        "payee": payees(stage, acts, rng),
    }

"""Acts become records: read by instruments, smudged, delivered, and partly found out."""

from dataclasses import dataclass

import numpy as np

from training.simulate import labels, noise, sensors
from training.simulate.acts import Acts
from training.simulate.arrays import DAY, Flags, Floats, Ints, Moments
from training.simulate.labels import Look, Outcomes
from training.simulate.noise import Receipts
from training.simulate.stage import Stage
from training.simulate.traces import Traces

PURPOSES = ("onboard", "rescreen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All acts of one product with their traces, and what the desk writes beside them."""

    product: str
    acts: Acts
    traces: Traces
    at: Moments  # as stamped
    tenant: Ints
    tenants: tuple[str, ...]
    purpose: Ints  # place in PURPOSES
    fraud: Flags
    fraud_from: Moments
    number_since: Moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """One product's applications, before they are spelled out."""

    case: Case
    receipts: Receipts
    readings: dict[str, Floats]
    entities: dict[str, Ints]
    outcomes: Outcomes
    traceless: Flags


def recorded(stage: Stage, case: Case, rng: np.random.Generator) -> Events:
    """Read the traces, smudge and deliver the records, and let time find out what it finds out."""
    parameters = stage.parameters
    product = parameters.products[case.product]
    vendors = parameters.noise.vendors
    readings = sensors.readings(product, case.product, case.traces, rng, vendors=vendors)
    look = Look(
        acts=case.acts,
        fraud=case.fraud,
        traceless=traceless(case, criminal_from=product.manner("mishap")),
        hits=labels.rule_hits(parameters.labels.rules[case.product], readings),
        foreign=readings["nationality_group"] == 1,
        fraud_from=case.fraud_from,
        until=stage.days.last + parameters.labels.follow_up_days * DAY,
    )
    return Events(
        case=case,
        receipts=noise.receipts(parameters.noise, case.acts.at, rng),
        readings=readings,
        entities=noise.smudged(parameters.noise, case.traces.entities, rng),
        outcomes=labels.find_out(parameters.labels, look, rng),
        traceless=look.traceless,
    )


def traceless(case: Case, *, criminal_from: int) -> Flags:
    """Tell the fraud that was done entirely in an innocent manner."""
    innocently = (case.acts.manner < criminal_from) | (case.acts.boldness == 0)
    return np.asarray(case.fraud & innocently)

"""The parameter file, read into frozen records.

Every number of the country is in ``parameters.toml`` with its source beside it; code holds none.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from training.simulate.laws import ORDINARY, Law

FILE = Path(__file__).with_name("parameters.toml")
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of person: how many there are, and how they live."""

    share: float
    age: tuple[float, float]  # mean, sd
    income: tuple[float, float]  # median in baht a month, sigma
    registrations: float  # a year
    openings: float  # a year
    online: float  # share of their acts done from home
    foreign: float
    batch: tuple[float, float]  # SIMs bought at once: median, sigma
    handset_shared: float  # share who use a phone of their household
    helped: float  # share of acts done for them by a relative, with the relative's phone


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Households and documents."""

    household: float
    provinces: int
    border_provinces: int
    number_years: tuple[float, float]
    document_years: dict[str, float]
    sims_before: float
    company_sims: float
    foreign_years: float
    lifelong_age: float
    cap_person: float
    cap_business: float
    far_km: float
    operators: tuple[float, ...]
    banks: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealers:
    """Points of sale."""

    people_each: float
    clerks: float
    crowding: float
    licence_years: tuple[float, float]
    stores: float
    complicit: float
    kiosk_share: float
    stamps_minutes: float
    stamps_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When things happen."""

    start: str
    months: tuple[float, ...]
    weekdays: tuple[float, ...]
    hours: tuple[float, ...]
    launches: int
    launch_factor: float
    crime_drift: float
    crime_season: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrations:
    """What people ask for at a SIM desk."""

    requests: dict[str, tuple[float, ...]]
    recycled: float
    recycled_days: tuple[float, float]
    rest_days: float
    launch_share: float
    elsewhere: float
    other_operator: float
    mishap: float
    batch_seconds: float
    rescreened: float
    never_moved: float
    held_here: float
    shared_wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """How people open accounts."""

    latest_number: float
    branch: float
    kiosk: float
    agent: float
    mishap: float
    second_bank: float
    known_payee: float
    people_each_payee: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """Which account-weeks are looked at."""

    per_person_year: float
    more_weeks: float
    gap_weeks: float
    new_accounts: float
    account_years: tuple[float, float]
    dormant: float
    traveller: float
    new_phone: float
    windfall: float
    mishap: float
    usual_after_days: float
    everyday_spending: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Crime:
    """SIM farms."""

    prevalence: float
    people_each: int
    fewest: int
    period_days: int
    methods: dict[str, float]
    roles: dict[str, tuple[float, ...]]
    traceless: float
    boldness: tuple[float, float]
    sims_per_document: float
    handsets: int
    gang_dealers: int
    gang_dealer_share: float
    loss_rate: float
    retreat: float
    fewest_per_document: float
    aging_days: float
    late_days: int
    late_share: float
    lone: float
    own_handset: float
    gap_seconds: float
    adult_age: float
    local: float
    old_age: float
    old_pull: float
    foreign_pull: float
    poverty: float
    willing: float
    remote: float
    house: float
    recycled: float
    ordered: float
    replacement: float
    new: float
    cut: float
    cut_careful: float
    memory: float
    caution: float
    settling: float
    resting: float
    runner: float
    wallet: float
    roles_traceless: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mules:
    """Mule accounts and the herders behind them."""

    prevalence: float
    sold: float
    people_each: int
    fewest: int
    roles: dict[str, float]
    linked: float
    lag_days: tuple[float, float]
    traceless: float
    boldness: tuple[float, float]
    herder_device: float
    herder_address: float
    use_after_days: tuple[float, float]
    use_days: tuple[float, float]
    prepare_days: float
    seen_before_days: float
    late_share: float
    layered: float
    same_name: float
    fresh_number: float
    fresh_number_days: float
    easy_age: float
    remote: float
    sale_days: tuple[float, float]
    device_days: int
    devices: int
    shortest_use_days: float
    runner: float
    email: float
    payee: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What the wires and the desks do to a record."""

    retries: float
    retry_minutes: tuple[float, float]
    late: float
    late_hours: tuple[float, float]
    receipt_seconds: tuple[float, float]
    handset_missing: float
    entity_missing: dict[str, float]
    typos: float
    vendors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What is found out, by whom, and when."""

    found: float
    found_traceless: float
    wrong: float
    delay_days: tuple[float, float]
    rule_pull: float
    foreign_pull: float
    blocked: float
    blocked_hits: int
    reasons: tuple[float, ...]
    foreign_inspected: float
    rule_named: float
    cleared: float
    disputed: float
    retracted: float
    wrongly_cleared: float
    role_known: float
    loss: tuple[float, float]
    follow_up_days: int
    rules: dict[str, dict[str, tuple[float, float]]]  # product, input: hit from, to


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """How one trace is read; errors are in the unit of the feature, flips for flags and words."""

    name: str
    reads: str
    missing: float = 0.0
    error: float = 0.0
    relative: float = 0.0
    vendor: float = 0.0  # sd of a vendor's constant miscalibration
    decimals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Manners of acting, laws of their traces, and sensors, of one product."""

    manners: tuple[str, ...]
    laws: tuple[Law, ...]
    sensors: tuple[Sensor, ...]

    def manner(self, name: str) -> int:
        return self.manners.index(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Everything the country is made from."""

    kinds: dict[str, Kind]
    people: People
    dealers: Dealers
    calendar: Calendar
    registrations: Registrations
    openings: Openings
    weeks: Weeks
    crime: Crime
    mules: Mules
    noise: Noise
    labels: Labels
    products: dict[str, Product]


def read_parameters(file: Path = FILE) -> Parameters:
    table = tomllib.loads(file.read_text("utf-8"))
    plain = {each.name: each.type for each in fields(Parameters)}
    plain.pop("kinds")
    plain.pop("products")
    records: dict[str, Any] = {name: record(cls, table[name]) for name, cls in plain.items()}  # type: ignore[arg-type]
    return Parameters(
        kinds={name: record(Kind, each) for name, each in table["kinds"].items()},
        products={name: product(each) for name, each in table["products"].items()},
        **records,
    )


def record(cls: type[Record], table: Mapping[str, Any]) -> Record:
    return cls(**{name: frozen(value) for name, value in table.items()})


def frozen(value: Any) -> Any:
    match value:
        case list():
            return tuple(value)
        case dict():
            return {name: frozen(each) for name, each in value.items()}
        case _:
            return value


def product(table: Mapping[str, Any]) -> Product:
    manners = tuple(table["manners"])
    return Product(
        manners=manners,
        laws=tuple(law(name, each, manners) for name, each in table["traces"].items()),
        sensors=tuple(record(Sensor, {"name": n} | each) for n, each in table["sensors"].items()),
    )


def law(name: str, table: Mapping[str, Any], manners: tuple[str, ...]) -> Law:
    if unknown := table.keys() - {*manners, "law", "part", "words"}:
        raise ValueError(f"trace {name}: no such manner: {sorted(unknown)}")
    rows = [np.ravel(table.get(each, table[ORDINARY])).astype(float) for each in manners]
    return Law(
        name=name,
        kind=table["law"],
        part=table["part"],
        numbers=np.array(rows),
        words=tuple(table.get("words", ())),
    )

"""Parameters of honest life: who there is, where they go, and what they ask for when."""

from dataclasses import dataclass


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

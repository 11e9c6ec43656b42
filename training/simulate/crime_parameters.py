"""Parameters of crime: SIM farms, mule accounts, and the gangs behind both."""

from dataclasses import dataclass


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

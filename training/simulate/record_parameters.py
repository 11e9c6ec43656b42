"""Parameters of what is written down: traces, how they are read, and what is found out."""

from dataclasses import dataclass

from training.simulate.laws import Law


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

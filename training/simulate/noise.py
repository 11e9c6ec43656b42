"""What desks and wires do to a record: stamps, delays, retries, typos, gaps."""

from dataclasses import dataclass

import numpy as np

from training.simulate.acts import SimActs
from training.simulate.arrays import DAY, HOUR, MINUTE, NOBODY, SECOND, Ints, Moments
from training.simulate.dealers import Desks
from training.simulate.record_parameters import Noise
from training.simulate.stage import ALIAS

MISTYPED = 16 * ALIAS
TYPED = ("id_document", "msisdn", "imei", "email", "address")  # entered by hand somewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """Which row was received when; a retried row stands here twice."""

    row: Ints
    received_at: Moments


def stamped(acts: SimActs, desks: Desks, at: Moments) -> Moments:
    """Some desks stamp whole minutes, some whole days of UTC."""
    desk, served = acts.desk, acts.desk != NOBODY
    at = np.where(served & desks.stamps_minutes[desk], at // MINUTE * MINUTE, at)
    return np.where(served & desks.stamps_days[desk], at // DAY * DAY, at)


def receipts(noise: Noise, at: Moments, rng: np.random.Generator) -> Receipts:
    """Deliver each row soon, late, or twice; rows come in order of receipt, ties at random."""
    count = len(at)
    delay = spread(noise.receipt_seconds, SECOND, count, rng)
    late = rng.random(count) < noise.late
    delay += np.where(late, spread(noise.late_hours, HOUR, count, rng), 0)
    again = np.flatnonzero(rng.random(count) < noise.retries)
    later = at[again] + delay[again] + spread(noise.retry_minutes, MINUTE, len(again), rng)
    row = np.r_[np.arange(count), again]
    received = np.r_[at + delay, later]
    order = np.lexsort((rng.random(len(row)), received))
    return Receipts(row=row[order], received_at=received[order])


def spread(law: tuple[float, float], unit: int, count: int, rng: np.random.Generator) -> Ints:
    median, sigma = law
    return (median * np.exp(sigma * rng.standard_normal(count)) * unit).astype(np.int64)


def smudged(noise: Noise, entities: dict[str, Ints], rng: np.random.Generator) -> dict[str, Ints]:
    """Lose identifiers and mistype some; a mistyped one is well-formed and somebody else's."""
    return {name: smudge(noise, name, ids, rng) for name, ids in entities.items()}


def smudge(noise: Noise, name: str, ids: Ints, rng: np.random.Generator) -> Ints:
    share = noise.handset_missing if name == "imei" else noise.entity_missing.get(name, 0.0)
    lost = rng.random(len(ids)) < share
    wrong = (rng.random(len(ids)) < noise.typos * (name in TYPED)) & (ids != NOBODY)
    mistyped = MISTYPED + rng.integers(0, MISTYPED, len(ids))
    return np.where(lost, NOBODY, np.where(wrong, mistyped, ids))

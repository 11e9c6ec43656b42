"""When things happen: seasons, weekdays, launch days, hours of the day.

Local time is UTC+7; moments are kept in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from training.simulate.arrays import DAY, HOUR, Floats, Ints, Moments
from training.simulate.honest_parameters import Calendar

LOCAL = 7 * HOUR
CLOSED = 1e-9  # a day or an hour may be quiet, never impossible


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The simulated days, with how busy each is."""

    first: int  # microseconds UTC of local midnight of day 0
    busy: Floats  # sums to 1
    launches: Ints
    hours: Floats
    crime: Floats  # season and drift of crime by day, mean 1

    @property
    def count(self) -> int:
        return len(self.busy)

    @property
    def last(self) -> int:
        return self.first + self.count * DAY


def days_from(calendar: Calendar, count: int, rng: np.random.Generator) -> Days:
    start = datetime.fromisoformat(calendar.start).replace(tzinfo=UTC)
    dates = [start + timedelta(days=each) for each in range(count)]
    busy = np.array(
        [calendar.months[date.month - 1] * calendar.weekdays[date.weekday()] for date in dates]
    )
    launches = rng.choice(
        count, min(count, max(1, calendar.launches * count // 365)), replace=False
    )
    busy[launches] *= calendar.launch_factor
    season = 1 + calendar.crime_season * np.sin(
        2 * np.pi * np.array([date.timetuple().tm_yday for date in dates]) / 365.25
    )
    crime = season * np.linspace(1, 1 + calendar.crime_drift, count)
    return Days(
        first=int(start.timestamp()) * 1_000_000 - LOCAL,
        busy=busy / busy.sum(),
        launches=np.sort(launches),
        hours=np.array(calendar.hours) / np.sum(calendar.hours),
        crime=crime / crime.mean(),
    )


def moments(days: Days, count: int, rng: np.random.Generator) -> Moments:
    """Draw moments over the whole period, as people go about their business."""
    return moments_on(days, pick(days.busy, count, rng), rng)


def moments_on(days: Days, day: Ints, rng: np.random.Generator) -> Moments:
    """Draw a moment of business hours on each given day."""
    hour = pick(days.hours, len(day), rng)
    within = (rng.random(len(day)) * HOUR).astype(np.int64)
    return days.first + day * DAY + hour * HOUR + within


def pick_in(place: Ints, weights: Floats, wanted: Ints, rng: np.random.Generator) -> Ints:
    """Draw one row for each wanted place, among the rows there, in proportion to their weights."""
    order = np.argsort(place, kind="stable")
    edges = np.r_[0.0, np.cumsum((weights + CLOSED * (weights == 0))[order])]
    low = np.searchsorted(place[order], wanted)
    high = np.searchsorted(place[order], wanted, side="right")
    point = edges[low] + rng.random(len(wanted)) * (edges[high] - edges[low])
    return np.asarray(order[np.searchsorted(edges, point, side="right").clip(1, len(order)) - 1])


def pick(weights: Floats, count: int, rng: np.random.Generator) -> Ints:
    """Draw places in proportion to their weights."""
    edges = np.cumsum(weights + CLOSED * (weights == 0))
    place = np.searchsorted(edges, rng.random(count) * edges[-1], side="right")
    return np.asarray(place.clip(0, len(weights) - 1))

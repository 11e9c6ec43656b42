"""Bands: what is told of a value that another tenant has a part in, never the value itself."""

from bisect import bisect_right

from riskscore.product.spec import Feature, History

COUNTS = frozenset({"count", "distinct", "confirmed"})
STEPS = (0, 3, 10, 30, 100, 300, 1_000)  # of what is counted: each band begins at one of them
NEAR = 0.01  # what is nearer to nothing is told together
GROWTH = (1.0, 3.0)  # where bands begin within each power of ten


def band(feature: Feature, value: float) -> str:
    """Name the band that a known value lies in, both ends included."""
    if isinstance(feature, History) and feature.measure in COUNTS:
        return _of_count(int(value))
    if abs(value) < NEAR:
        return f"-{NEAR} to {NEAR}"
    low, high = _of_size(abs(value))
    return f"{low:g} to {high:g}" if value > 0 else f"-{high:g} to -{low:g}"


def _of_count(value: int) -> str:
    place = bisect_right(STEPS, value)
    if place == len(STEPS):
        return f"{STEPS[-1]} or more"
    return f"{STEPS[place - 1]} to {STEPS[place] - 1}"


def _of_size(size: float) -> tuple[float, float]:
    power = NEAR
    while True:
        for step, following in zip(GROWTH, (*GROWTH[1:], 10.0), strict=True):
            if size < power * following:
                return power * step, power * following
        power *= 10

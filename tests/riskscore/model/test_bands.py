"""Bands hold the value they stand for, and say no more of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.model.bands import band
from riskscore.product.spec import Derived, History

COUNT = History(
    name="sims",
    code="SIMS",
    reason={"en": "{value}"},
    of="sim",
    entity="person",
    measure="count",
    window=timedelta(days=7),
)
RATIO = Derived(name="rate", code="RATE", reason={"en": "{value}"}, kind="ratio", of=("a", "b"))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "0 to 2"),
        (2, "0 to 2"),
        (3, "3 to 9"),
        (10, "10 to 29"),
        (999, "300 to 999"),
        (1000, "1000 or more"),
    ],
)
def test_counts(value: float, told: str) -> None:
    assert band(COUNT, value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, "-0.01 to 0.01"), (0.02, "0.01 to 0.03"), (1.0, "1 to 3"), (-4000.0, "-10000 to -3000")],
)
def test_sizes(value: float, told: str) -> None:
    assert band(RATIO, value) == told


@given(st.floats(-1e12, 1e12))
def test_a_value_lies_in_its_band(value: float) -> None:
    low, high = map(float, band(RATIO, value).split(" to "))

    slack = 1e-9 * abs(value)
    assert low - slack <= value <= high + slack


@given(st.integers(0, 999), st.integers(0, 999))
def test_values_of_one_band_are_told_alike(one: int, other: int) -> None:
    low, high = map(int, band(COUNT, one).split(" to "))

    assert (low <= other <= high) == (band(COUNT, other) == band(COUNT, one))

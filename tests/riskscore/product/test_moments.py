"""Moments are written and told as ``datetime`` writes and tells them in UTC."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.product.moments import microseconds, moment, now, rfc3339


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_written_as_its_datetime_in_utc(at: datetime) -> None:
    assert rfc3339(microseconds(at)) == at.isoformat().replace("+00:00", "Z")


@given(st.datetimes(datetime(1900, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis asks
def test_what_is_written_is_read_again(at: datetime) -> None:
    assert moment(rfc3339(microseconds(at))) == microseconds(at)


@pytest.mark.parametrize("years", [-2000, 9000])
def test_a_moment_of_no_year_is_not_written(years: int) -> None:
    with pytest.raises(OverflowError):
        rfc3339(years * 365 * 86_400_000_000)


def test_now_is_the_moment_of_the_clock() -> None:
    before = microseconds(datetime.now(UTC))

    told = now()

    assert before <= told <= microseconds(datetime.now(UTC))
